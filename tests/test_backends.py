"""Which backend runs, and the private Keras names that this project rests on."""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import keras
import keras_hub
import numpy as np
import pytest

from kerastune import backends
from kerastune.errors import InputError

PACKAGE = Path(backends.__file__).parents[1]


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
        monkeypatch.setattr(backends.choice, "installed", lambda: ["jax", "torch"])
        assert backends.select() == "jax"

    def test_preferred_order_without_a_choice(self, fresh, monkeypatch):
        configure(fresh, "tensorflow")  # As Keras itself writes it at its first import.
        monkeypatch.setattr(backends.choice, "installed", lambda: ["tensorflow", "jax"])
        assert backends.select(preferred=backends.QUICKEST_FIRST) == "jax"
        monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
        assert backends.select(preferred=backends.QUICKEST_FIRST) == "tensorflow"

    def test_file_that_keras_wrote_is_no_choice(self, fresh, monkeypatch):
        configure(fresh, "tensorflow")
        monkeypatch.setattr(backends.choice, "installed", lambda: ["torch"])
        assert backends.select() == "torch"

    def test_file_that_a_person_wrote_is_a_choice(self, fresh, monkeypatch):
        configure(fresh, "tensorflow", nnx_enabled="")
        monkeypatch.setattr(backends.choice, "installed", lambda: ["torch"])
        with pytest.raises(InputError, match=r"\[tensorflow\]"):
            backends.select()

    def test_broken_configuration_file_is_no_choice(self, fresh):
        (fresh / "keras.json").write_text("{", encoding="utf-8")
        assert backends.select() == backends.installed()[0]

    @pytest.mark.parametrize(
        ("name", "meant"),
        [
            ("pytorch", " Did you mean 'torch'?"),
            ("PyTorch", " Did you mean 'torch'?"),
            ("tf", " Did you mean 'tensorflow'?"),
            ("Jax", " Did you mean 'jax'?"),
            ("theano", ""),
        ],
    )
    def test_unknown(self, fresh, monkeypatch, name, meant):
        with pytest.raises(InputError) as caught:
            backends.select(name)
        told = f"out of tensorflow, jax, torch. Received: {name!r}"
        assert str(caught.value).endswith(f"{told}.{meant}" if meant else told)
        monkeypatch.setenv("KERAS_BACKEND", name)
        with pytest.raises(InputError, match=f"Received: '{name}'"):
            backends.select()

    def test_not_installed_names_the_extra(self, fresh, monkeypatch):
        monkeypatch.setattr(backends.choice, "installed", lambda: ["torch"])
        with pytest.raises(InputError, match=r"install .*\[jax\]'"):
            backends.select("jax")

    def test_none_installed(self, fresh, monkeypatch):
        monkeypatch.setattr(backends.choice, "installed", list)
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


def named_backends(code: str) -> list[int]:
    """The lines that name a backend in a string, or a private attribute in `getattr`.

    Imports and attributes are left to ruff (`TID251`, `SLF001`), which does not look into
    strings.
    """
    nodes = ast.walk(ast.parse(code))
    return sorted({getattr(node, "lineno", 0) for node in nodes if names_backend(node)})


def names_backend(node: ast.AST) -> bool:
    match node:
        case ast.Constant(value=str(text)):
            # With a space it is prose, or the name of something in a file of PyTorch's.
            names_one = " " not in text and text.split(".")[0] in backends.BACKENDS
            return text == "KERAS_BACKEND" or names_one
        case ast.Call(func=ast.Name(id="getattr"), args=[_, ast.Constant(value=str(name)), *_]):
            return name.startswith("_") and not name.startswith("__")
    return False


@pytest.mark.any_backend
def test_only_backends_names_a_backend():
    # In a checkout `recipes` is a link, which `rglob` does not follow.
    files = [*PACKAGE.rglob("*.py"), *(PACKAGE / "recipes").rglob("*.py")]
    assert len(files) > 40
    offenders = {
        str(path.relative_to(PACKAGE.parent)): lines
        for path in files
        if (lines := named_backends(path.read_text(encoding="utf-8")))
    }
    assert offenders
    rooms = ("kerastune/backends/", "kerastune/distribution/")
    assert all(path.startswith(rooms) for path in offenders), offenders


@pytest.mark.any_backend
@pytest.mark.parametrize(
    "code",
    [
        'if backends.select() == "torch": pass',
        'if "jax" != running: pass',
        'slow = running in ("torch",)',
        'slow = {"torch": True}.get(running)',
        'match running:\n case "tensorflow": pass',
        'os.environ["KERAS_BACKEND"]',
        'importlib.import_module("torch.nn")',
        'getattr(layer, "_dense", None)',
    ],
)
def test_each_name_of_a_backend_is_found(code):
    assert named_backends(code) != []


@pytest.mark.any_backend
@pytest.mark.parametrize(
    "code",
    [
        "backend = backends.select()",
        "arguments.backend",
        'help = "tensorflow, jax or torch"',
        '"""Runs on torch."""',
    ],
)
def test_what_anybody_may_do_is_not_found(code):
    assert named_backends(code) == []


FORBIDDEN = """\
keras.config.backend()
ask = keras.backend.backend
from keras.config import backend
import torch
import torch.nn as nn
def lazy(): import tensorflow as tf
from torch import nn
from jax.numpy import sum
model._flatten_layers()
keras.layers.Dense(1)._tracker
self.model._layers
keras.src.tree
from keras.src import tree
import keras_hub.src.models
"""
ALLOWED = """\
import tensorflow_datasets
import keras, keras_hub
self._cache
model.__class__
"""


@pytest.mark.any_backend
@pytest.mark.parametrize(
    ("file", "code", "found"),
    [
        ("kerastune/models/lenet.py", FORBIDDEN, FORBIDDEN.count("\n")),
        ("recipes/lenet.py", FORBIDDEN, FORBIDDEN.count("\n")),
        ("kerastune/models/lenet.py", ALLOWED, 0),
        ("kerastune/backends/layers.py", FORBIDDEN, 0),
    ],
)
def test_ruff_keeps_backends_and_private_names_to_their_room(file, code, found):
    """Fails when the settings of ruff lose what they are to refuse."""
    arguments = ["--select", "SLF,TID251", "--output-format", "json", "--stdin-filename", file, "-"]
    finished = subprocess.run(
        [sys.executable, "-m", "ruff", "check", *arguments],
        input="import keras\n" + code,
        cwd=PACKAGE.parent,
        capture_output=True,
        text=True,
    )
    lines = {fault["location"]["row"] for fault in json.loads(finished.stdout)}
    assert len(lines) == found, finished.stdout + finished.stderr


CHOSEN_FIRST = """
import importlib, os, pkgutil, sys
import kerastune

class Watch:
    def find_spec(self, name, path=None, target=None):
        if name == "keras":
            print(room, "KERAS_BACKEND" in os.environ)
            raise ModuleNotFoundError("far enough")

sys.meta_path.insert(0, Watch())
for module in pkgutil.walk_packages(kerastune.__path__, "kerastune.", onerror=lambda name: None):
    room = module.name
    os.environ.pop("KERAS_BACKEND", None)
    for name in [name for name in sys.modules if name.startswith("kerastune.")]:
        del sys.modules[name]
    try:
        importlib.import_module(room)
    except ImportError:
        pass
"""


@pytest.mark.any_backend
@pytest.mark.slow
def test_every_room_chooses_the_backend_before_it_imports_keras(tmp_path):
    """Whichever is entered first, also where Keras' own default is not installed."""
    environment = {**os.environ, "KERAS_HOME": str(tmp_path)}
    finished = subprocess.run(
        [sys.executable, "-c", CHOSEN_FIRST], env=environment, capture_output=True, text=True
    )
    assert finished.returncode == 0, finished.stderr
    entered = [line.split() for line in finished.stdout.splitlines()]
    assert {"kerastune.models", "kerastune.jobs.result", "kerastune.training"} <= {
        room for room, _ in entered
    }
    assert [room for room, chosen in entered if chosen == "False"] == []


@pytest.mark.any_backend
@pytest.mark.parametrize("statement", ["import kerastune.recipes", "import kerastune.cli"])
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
