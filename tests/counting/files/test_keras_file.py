"""Counting saved models by their configuration, against the models that were saved."""

import io
import json
import sys
import zipfile
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kerastune.backends import is_abstract
from kerastune.counting import ModelCount, Weight, count_model
from kerastune.counting.files.keras_file import count_keras_file
from kerastune.errors import InputError, MissingExtraError
from kerastune.untrusted import reading
from tests.tiny import tiny_bert_preset

pytestmark = pytest.mark.any_backend

layers = keras.layers


def seeds(count):
    """The numbers that random generators keep."""
    return sum(weight.parameters for weight in count.weights if weight.kind == "seed")


def saved(model: keras.Model, folder: Path) -> Path:
    path = folder / "model.keras"
    model.save(path)
    return path


def members(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def changed(path: Path, changes: dict[str, bytes | None], compression: int = 0) -> Path:
    """The archive with some members changed or, for None, left out."""
    contents = {**members(path), **changes}
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in contents.items():
            if data is not None:
                archive.writestr(name, data)
    return path


def configured(path: Path, change: Any) -> Path:
    """The archive with its configuration changed by a function."""
    config = json.loads(members(path)["config.json"])
    change(config)
    return changed(path, {"config.json": json.dumps(config).encode()})


def refused(path: Path, message: str, **options: bool) -> None:
    with pytest.raises(InputError, match=message) as caught:
        count_keras_file(path, **options)
    assert len(str(caught.value).splitlines()) == 1
    assert len(str(caught.value)) < 700


def parameters(count: ModelCount) -> list[Weight]:
    """The weights without seeds, which are in layers with automatic names, in one order."""
    return sorted((w for w in count.weights if w.kind != "seed"), key=lambda w: w.path)


def assert_same(path: Path, model: keras.Model) -> None:
    """The count of a file is that of the model, weight by weight, and takes no memory."""
    count, known = count_keras_file(path), count_model(model)
    assert parameters(count) == parameters(known)
    assert (count.by_kind(), seeds(count)) == (known.by_kind(), seeds(known))
    assert count.model is not None
    assert is_abstract(count.model)


class TestCountKerasFile:
    def test_archive(self, model, tmp_path):
        path = saved(model, tmp_path)
        assert_same(path, model)
        assert count_keras_file(path).by_kind() == {
            "trainable": 15 + 6 + 20,
            "frozen": 8,
            "adapter": 0,
            "state": 6,
            "unknown": 0,
        }

    def test_directory(self, model, tmp_path):
        keras.saving.save_model(model, tmp_path / "folder", zipped=False)
        assert_same(tmp_path / "folder", model)

    def test_json(self, model, tmp_path):
        path = tmp_path / "model.json"
        path.write_text(model.to_json())
        assert_same(path, model)

    def test_stateful_layer(self, tmp_path):
        inputs = keras.Input((5, 4), batch_size=2)
        model = keras.Sequential([inputs, layers.LSTM(3, stateful=True)])
        assert_same(saved(model, tmp_path), model)

    def test_frozen_nested_model(self, model, tmp_path):
        model.get_layer("inner").trainable = False
        assert_same(saved(model, tmp_path), model)
        assert count_keras_file(tmp_path / "model.keras").by_kind()["frozen"] == 8 + 15 + 6

    def test_optimizer_is_neither_built_nor_counted(self, trained, tmp_path):
        path = saved(trained, tmp_path)
        assert_same(path, trained)
        assert not count_keras_file(path).model.compiled

    def test_weights_are_not_read(self, trained, tmp_path):
        """Every number of the weights may be lost, and the file still counts."""
        path = saved(trained, tmp_path)
        stored = members(path)["model.weights.h5"]
        with h5py.File(io.BytesIO(stored)) as file:
            dataset = file["layers/dense/vars/0"]
            start, size = dataset.id.get_offset(), dataset.id.get_storage_size()
        assert start
        damaged = stored[:start] + b"\xff" * size + stored[start + size :]
        path.write_bytes(path.read_bytes().replace(stored, damaged))
        assert_same(path, trained)

    @pytest.mark.parametrize("mode", ["int8", "int4", "float8"])
    @pytest.mark.filterwarnings("ignore:Layer InputLayer does not have a `quantize`")
    def test_quantized(self, tmp_path, mode):
        model = keras.Sequential([keras.Input((8,)), layers.Dense(6, name="a"), layers.Dense(5)])
        model.quantize(mode)
        assert_same(saved(model, tmp_path), model)

    def test_adapters(self, tmp_path):
        model = keras.Sequential([keras.Input((8,)), layers.Dense(6)])
        model.layers[0].enable_lora(2)
        assert_same(saved(model, tmp_path), model)
        assert count_keras_file(tmp_path / "model.keras").by_kind()["adapter"] == 2 * (8 + 6)

    @pytest.mark.parametrize(
        "layer",
        [
            lambda: layers.Bidirectional(layers.GRU(3)),
            lambda: layers.TimeDistributed(layers.Dense(3)),
            lambda: layers.RNN([layers.LSTMCell(3), layers.GRUCell(2)]),
            lambda: layers.SpectralNormalization(layers.Conv1D(3, 2)),
            lambda: layers.Dense(3, dtype="mixed_bfloat16"),
            lambda: layers.Dense(3, dtype="bfloat16"),
            lambda: layers.BatchNormalization(renorm=True),
        ],
        ids=["bidirectional", "time", "cells", "spectral", "mixed", "bfloat16", "renorm"],
    )
    def test_layers_that_hold_more(self, tmp_path, layer):
        model = keras.Sequential([keras.Input((5, 4)), layer()])
        assert_same(saved(model, tmp_path), model)

    def test_repacked_archive(self, model, tmp_path):
        assert_same(changed(saved(model, tmp_path), {}, zipfile.ZIP_DEFLATED), model)

    @pytest.mark.any_backend
    def test_preset_of_keras_hub(self, tmp_path):
        import keras_hub

        preset = tiny_bert_preset(tmp_path)
        backbone = keras_hub.models.BertBackbone.from_preset(str(preset), load_weights=False)
        assert_same(preset, backbone)

    def test_classes_of_this_package(self, tmp_path, monkeypatch):
        from kerastune.models import augmentation

        model = augmentation((8, 8, 1), rotation=10.0, seed=0)
        monkeypatch.setitem(sys.modules, "keras_hub", None)
        assert_same(saved(model, tmp_path), model)

    def test_backbone_of_this_package(self, tmp_path):
        from kerastune.models.bert import ExactGeluBertBackbone

        model = ExactGeluBertBackbone(9, 1, 1, 4, 8)
        assert_same(saved(model, tmp_path), model)

    def test_keras_hub_is_named_where_it_is_missing(self, tmp_path, monkeypatch):
        path = tmp_path / "model.json"
        path.write_text('{"module": "keras_hub.models", "class_name": "Backbone", "config": {}}')
        monkeypatch.setitem(sys.modules, "keras_hub", None)
        with pytest.raises(MissingExtraError, match=r"\[hub\]"):
            count_keras_file(path)


class TestCountedFromWeights:
    """What cannot be built without weights."""

    def unknown(self, folder: Path) -> Path:
        """A model with a layer of a class that nobody has registered here."""
        model = keras.Sequential([keras.Input((2,)), Stranger(), layers.Dense(3)])

        def rename(config):
            config["config"]["layers"][1] |= {"class_name": "Gone", "registered_name": "far>Gone"}

        return configured(saved(model, folder), rename)

    def test_archive(self, tmp_path):
        count = count_keras_file(self.unknown(tmp_path), trust=True)
        assert count.parameters == count.by_kind()["unknown"] == 7 + 9
        assert count.model is None
        assert count.notes[0].startswith("counted from its weights, which do not say what trains")
        assert len(count.notes[0]) < 300

    def test_json_says_how_to_go_on(self, tmp_path):
        path = tmp_path / "model.json"
        path.write_bytes(members(self.unknown(tmp_path))["config.json"])
        refused(path, "Save the model with its weights", trust=True)

    def test_layers_that_wait_for_a_call(self, tmp_path):
        model = Late()
        model(np.zeros((2, 4)))
        count = count_keras_file(saved(model, tmp_path), trust=True)
        assert count.parameters == 4 + 15
        assert "when they are called" in count.notes[0]

    def test_layers_shared_between_models(self, tmp_path):
        """Keras would build the layer twice where its configuration is read without weights."""
        import keras_hub

        backbone = keras_hub.models.BertBackbone(9, 1, 1, 4, 8)
        positions = keras.Input((3,), dtype="int32", name="positions")
        head = keras_hub.layers.MaskedLMHead(token_embedding=backbone.token_embedding)
        model = keras.Model(
            {**backbone.input, "positions": positions},
            head(backbone.output["sequence_output"], mask_positions=positions),
        )
        count = count_keras_file(saved(model, tmp_path))
        assert count.parameters == model.count_params()


@keras.saving.register_keras_serializable("stranger")
class Late(keras.Model):
    """Makes some of its weights only when it is called."""

    def __init__(self, **options):
        super().__init__(**options)
        self.inside = layers.Dense(3)

    def build(self, shape):
        self.scale = self.add_weight(shape=(4,))
        self.built = True

    def call(self, inputs):
        return self.inside(inputs * self.scale)


def with_lambda() -> keras.Model:
    return keras.Sequential([keras.Input((2,)), layers.Lambda(lambda x: x, name="double")])


@keras.saving.register_keras_serializable("stranger")
class Stranger(layers.Layer):
    """Of a class outside of Keras."""

    def build(self, shape):
        self.kernel = self.add_weight(shape=(7,), name="kernel")

    def call(self, inputs):
        return inputs


FOREIGN = {
    "Lambda": (with_lambda, "Lambda .'double'."),
    "class": (
        lambda: keras.Sequential([keras.Input((2,)), Stranger()]),
        "the class 'Stranger' of ",
    ),
    "inside": (
        lambda: keras.Sequential([keras.Input((2, 2)), layers.TimeDistributed(Stranger())]),
        "the class 'Stranger' of ",
    ),
}


class TestTrust:
    @pytest.mark.parametrize(("build", "message"), FOREIGN.values(), ids=FOREIGN)
    def test_refused_unless_trusted(self, tmp_path, build, message):
        model = build()
        path = saved(model, tmp_path)
        refused(path, f"{message}.*--trust")
        assert count_keras_file(path, trust=True).by_kind() == count_model(model).by_kind()
        keras.saving.save_model(model, tmp_path / "folder", zipped=False)
        refused(tmp_path / "folder", message)
        (tmp_path / "model.json").write_text(model.to_json())
        refused(tmp_path / "model.json", message)

    @pytest.mark.parametrize(
        ("part", "message"),
        [
            ({"class_name": "__lambda__", "config": {"value": "x"}}, "__lambda__"),
            ({"class_name": "TFSMLayer", "config": {"filepath": "x"}}, "TFSMLayer"),
            ({"class_name": "X", "module": "os", "config": {}}, "the class 'X' of 'os'"),
            ({"class_name": "function", "module": "os", "config": "system"}, "function 'system'"),
            (
                {"class_name": "Dense", "module": "keras.layers", "registered_name": "evil>D"},
                "evil",
            ),
            ({"class_name": "X", "module": "kerasevil.layers"}, "kerasevil"),
            (
                {"class_name": "Mine", "module": None, "registered_name": "Mine"},
                "the class 'Mine', which is not Keras'",
            ),
            ({"vocabulary": "/etc/passwd"}, "a file to be opened, vocabulary='/etc/passwd'"),
        ],
    )
    def test_wherever_it_hides(self, model, tmp_path, part, message):
        path = saved(model, tmp_path)
        configured(
            path, lambda config: config["config"]["layers"][1]["config"].update(deep=[[part]])
        )
        refused(path, message)

    def test_nothing_runs_before_it_is_refused(self, tmp_path):
        ran = tmp_path / "ran"
        function = eval(f"lambda x: open({str(ran)!r}, 'w').close() or x")
        path = saved(keras.Sequential([keras.Input((2,)), layers.Lambda(function)]), tmp_path)
        ran.unlink()
        refused(path, "Lambda")
        assert not ran.exists()
        count_keras_file(path, trust=True)
        assert ran.exists()


class TestRefused:
    def test_missing(self, tmp_path):
        refused(tmp_path / "x.keras", "no such file")
        refused(tmp_path, "no such file")

    @pytest.mark.parametrize("data", [b"", b"no archive", b"PK\x03\x04"])
    def test_something_else(self, tmp_path, data):
        (tmp_path / "x.keras").write_bytes(data)
        refused(tmp_path / "x.keras", "something else or was cut short")

    @pytest.mark.parametrize("name", ["config.json", "model.weights.h5"])
    def test_without_a_part(self, model, tmp_path, name):
        refused(changed(saved(model, tmp_path), {name: None}), f"there is no {name} in it")

    def test_weights_cut_short(self, model, tmp_path):
        path = saved(model, tmp_path)
        weights = members(path)["model.weights.h5"][:-100]
        refused(changed(path, {"model.weights.h5": weights}), "truncated")

    def test_weights_of_another_model(self, model, tmp_path):
        other = io.BytesIO()
        with h5py.File(other, "w") as file:
            file["layers/dense/vars/0"] = np.zeros((4, 4))
        path = changed(saved(model, tmp_path), {"model.weights.h5": other.getvalue()})
        refused(path, "configuration has 55 numbers and whose weights are 16")

    def test_configuration_of_another_model(self, model, tmp_path):
        path = saved(model, tmp_path)

        def widen(config):
            (fixed,) = [layer for layer in config["config"]["layers"] if layer["name"] == "fixed"]
            fixed["config"]["units"] = 10**9

        configured(path, widen)
        refused(path, "configuration has 4,000,000,047 numbers and whose weights are 55")

    def test_configuration_in_bombs(self, model, tmp_path, monkeypatch):
        monkeypatch.setattr(reading, "MOST_BYTES", 10**6)
        bomb = b" " * (10**6 + 1)
        path = changed(saved(model, tmp_path), {"config.json": bomb}, zipfile.ZIP_DEFLATED)
        assert path.stat().st_size < 10**5
        refused(path, "longer than 1,000,000 bytes")

    def test_weights_in_bombs(self, model, tmp_path, monkeypatch):
        monkeypatch.setattr(reading, "MOST_BYTES", 10**6)
        weights = members(saved(model, tmp_path))["model.weights.h5"] + bytes(10**6)
        path = changed(
            tmp_path / "model.keras", {"model.weights.h5": weights}, zipfile.ZIP_DEFLATED
        )
        refused(path, "compressed and have more than")

    @pytest.mark.parametrize(
        ("config", "message"),
        [
            (b"{", "no JSON"),
            (b"[]", "holds a value of type list"),
            (b"{}", "describes a value of type dict, which is no model"),
            (b'{"module": "keras.layers", "class_name": "Dense", "config": {"units": 3}}', "Dense"),
            (b'{"module": "keras", "class_name": "Nothing", "config": {}}', "Nothing"),
            (b'{"module": "keras", "class_name": "Sequential", "config": 3}', "Received"),
            (b'{"module": "keras", "class_name": ["Sequential"], "config": {}}', "Received"),
        ],
    )
    def test_no_model(self, tmp_path, config, message):
        path = tmp_path / "model.json"
        path.write_bytes(config)
        refused(path, message)

    def test_layers_without_shapes(self, tmp_path):
        path = tmp_path / "model.json"
        path.write_text(keras.Sequential([layers.Dense(3)]).to_json())
        refused(path, "Expected a built model")


@pytest.fixture(scope="module")
def archive(tmp_path_factory) -> bytes:
    """A small model as it is saved."""
    model = keras.Sequential([keras.Input((2,)), layers.Dense(3, name="only")])
    return saved(model, tmp_path_factory.mktemp("valid")).read_bytes()


@pytest.mark.any_backend
class TestHostile:
    @settings(max_examples=60)
    @given(
        # Where, as a share of the file: how long it is differs from one run to the next.
        changes=st.lists(st.tuples(st.floats(0, 0.999), st.integers(0, 255)), max_size=4),
        cut=st.floats(0, 1) | st.just(1.0),
    )
    def test_an_error_or_a_count(self, archive, changes, cut, tmp_path_factory):
        data = bytearray(archive)
        for where, value in changes:
            data[int(where * len(data))] = value
        path = tmp_path_factory.mktemp("hostile") / "model.keras"
        path.write_bytes(data[: int(cut * len(data))])
        try:
            count = count_keras_file(path)
        except InputError:
            return
        assert count.parameters == 9
