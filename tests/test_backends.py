"""Which backend runs, and the private Keras names that this project rests on."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import keras
import keras_hub
import numpy as np
import pytest

from kerastune import backends
from kerastune.errors import InputError

PACKAGE = Path(backends.__file__).parent


@pytest.fixture
def fresh(monkeypatch, tmp_path):
    """As before Keras is imported, with no choice made anywhere."""
    monkeypatch.delitem(sys.modules, "keras")
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    return tmp_path


def configure(folder: Path, backend: str, **more: str) -> None:
    values = {"floatx": "float32", "epsilon": 1e-07, "backend": backend}
    values |= {"image_data_format": "channels_last", **more}
    (folder / "keras.json").write_text(json.dumps(values), encoding="utf-8")


@pytest.mark.any_backend
class TestSelect:
    def test_argument_wins(self, fresh, monkeypatch):
        monkeypatch.setenv("KERAS_BACKEND", "torch")
        assert backends.select("jax") == "jax"
        assert os.environ["KERAS_BACKEND"] == "jax"

    def test_environment_beats_configuration_file(self, fresh, monkeypatch):
        configure(fresh, "jax")
        monkeypatch.setenv("KERAS_BACKEND", "torch")
        assert backends.select() == "torch"

    def test_configuration_file_beats_order(self, fresh):
        configure(fresh, "jax")
        assert backends.select() == "jax"

    def test_first_installed_without_a_choice(self, fresh, monkeypatch):
        monkeypatch.setattr(backends, "installed", lambda: ["jax", "torch"])
        assert backends.select() == "jax"

    def test_file_that_keras_wrote_is_no_choice(self, fresh, monkeypatch):
        configure(fresh, "tensorflow")
        monkeypatch.setattr(backends, "installed", lambda: ["torch"])
        assert backends.select() == "torch"

    def test_file_that_a_person_wrote_is_a_choice(self, fresh, monkeypatch):
        configure(fresh, "tensorflow", nnx_enabled="")
        monkeypatch.setattr(backends, "installed", lambda: ["torch"])
        with pytest.raises(InputError, match=r"kerastune\[tensorflow\]"):
            backends.select()

    def test_broken_configuration_file_is_no_choice(self, fresh):
        (fresh / "keras.json").write_text("{", encoding="utf-8")
        assert backends.select() == backends.installed()[0]

    def test_unknown(self, fresh):
        with pytest.raises(InputError, match="Received: 'theano'"):
            backends.select("theano")

    def test_not_installed_names_the_extra(self, fresh, monkeypatch):
        monkeypatch.setattr(backends, "installed", lambda: ["torch"])
        with pytest.raises(InputError, match=r"pip install 'kerastune\[jax\]'"):
            backends.select("jax")

    def test_none_installed(self, fresh, monkeypatch):
        monkeypatch.setattr(backends, "installed", list)
        with pytest.raises(InputError, match="none of them"):
            backends.select()


def test_a_running_backend_cannot_be_changed():
    running = backends.select()
    assert running == keras.config.backend()
    assert backends.select(running) == running
    other = next(name for name in backends.BACKENDS if name != running)
    with pytest.raises(InputError, match="start a new process"):
        backends.select(other)


def test_seed_everything_repeats_the_backend():
    backends.seed_everything(7)
    first = keras.ops.convert_to_numpy(keras.random.normal((4,)))
    backends.seed_everything(7)
    again = keras.ops.convert_to_numpy(keras.random.normal((4,)))
    np.testing.assert_array_equal(first, again)


@pytest.mark.parametrize("seed", [-1, 2**32])
def test_seed_out_of_range(seed):
    with pytest.raises(InputError, match=f"Received: seed={seed}"):
        backends.seed_everything(seed)


def test_precision_is_set_and_checked():
    backends.set_precision("mixed_bfloat16")
    assert keras.layers.Dense(1).compute_dtype == "bfloat16"
    assert backends.precision() == "mixed_bfloat16"
    with pytest.raises(InputError, match="Received: 'float31'"):
        backends.set_precision("float31")


def test_devices_and_versions():
    assert all(":" in device for device in backends.devices())
    assert {"keras", backends.select()} <= set(backends.versions())


def test_nested_layers_reaches_inside_composite_layers():
    """Fails when Keras renames or changes `Layer._flatten_layers`."""

    class Block(keras.layers.Layer):
        def __init__(self):
            super().__init__(name="block")
            self.inside = keras.layers.Dense(2, name="inside")

        def call(self, inputs):
            return self.inside(inputs)

    inner = keras.Sequential([keras.Input((2,)), Block()], name="inner")
    model = keras.Sequential([keras.Input((2,)), inner])
    names = [layer.name for layer in backends.nested_layers(model)]
    assert names.index("inner") < names.index("block") < names.index("inside")
    assert len(names) == len(set(names))


@pytest.mark.any_backend
def test_only_backends_asks_which_backend_runs():
    """One path for three backends: nobody else compares the backend's name."""
    question = re.compile(
        r"backend\(\)\s*[!=]=|KERAS_BACKEND|backend\s*[!=]=\s*[\"']|import (jax|torch|tensorflow)\b"
    )
    recipes = PACKAGE.parent / "recipes"
    offenders = [
        f"{path.name}: {line.strip()}"
        for path in [*PACKAGE.rglob("*.py"), *recipes.rglob("*.py")]
        if path.name != "backends.py"
        for line in path.read_text(encoding="utf-8").splitlines()
        if question.search(line) and "default: KERAS_BACKEND" not in line
    ]
    assert offenders == []


@pytest.mark.any_backend
@pytest.mark.parametrize("statement", ["import kerastune, recipes", "import kerastune.cli"])
def test_import_loads_no_framework(statement):
    code = (
        f"{statement}\nimport sys\n"
        "heavy = {'keras', 'tensorflow', 'jax', 'torch', 'numpy', 'grain', 'matplotlib'}\n"
        "sys.exit(str(heavy & set(sys.modules)) if heavy & set(sys.modules) else 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_every_layer_computes_the_exact_gelu():
    """Fails when KerasHub renames the dense layer inside its transformer layers."""
    backbone = keras_hub.models.BertBackbone(9, 2, 1, 4, 8)
    backends.use_exact_gelu(backbone)
    dense = [layer._feedforward_intermediate_dense for layer in backbone.transformer_layers]
    assert [layer.activation for layer in dense] == [keras.activations.gelu] * 2


def test_kerashub_still_approximates_on_its_own():
    # When this fails, KerasHub reads `hidden_act` itself and the workaround can go.
    backbone = keras_hub.models.BertBackbone(9, 1, 1, 4, 8)
    activation = backbone.transformer_layers[0]._feedforward_intermediate_dense.activation
    values = keras.ops.convert_to_tensor([-1.0, 0.5, 2.0])
    difference = keras.ops.abs(activation(values) - keras.activations.gelu(values))
    assert float(keras.ops.max(difference)) > 1e-5


def test_another_kerashub_is_refused_by_its_version():
    class Changed:
        transformer_layers = (keras.layers.Dense(1, name="block"),)

    with pytest.raises(RuntimeError, match=r"'block'.*keras-hub.*Install keras-hub"):
        backends.use_exact_gelu(Changed())  # type: ignore[arg-type]
