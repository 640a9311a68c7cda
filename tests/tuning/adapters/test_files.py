"""Adapters in a folder: read back as they were, on each backend; nothing wrong is read."""

import json
from dataclasses import dataclass

import keras
import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from kerastune.errors import InputError
from kerastune.tuning import (
    Adapter,
    AdapterLayer,
    LoRA,
    MiSS,
    add_adapters,
    load_adapters,
    save_adapters,
    train_only,
    use_adapters,
)
from kerastune.tuning.adapters.attaching import adapters_of

pytestmark = pytest.mark.first_backend

INPUTS = np.random.default_rng(0).normal(size=(4, 3)).astype("float32")
WEIGHTS, TOLD = "adapters.safetensors", "adapters.json"


def _model(seed: int = 0) -> keras.Model:
    parts = [keras.layers.Dense(5, name="wide"), keras.layers.BatchNormalization(name="norm")]
    body = keras.Sequential([keras.Input((3,)), *parts], name="body")
    model = keras.Sequential([body, keras.layers.Dense(2, name="logits")])
    draw = np.random.default_rng(seed)
    for weight in body.weights:
        weight.assign(np.abs(draw.normal(size=weight.shape)))
    return model


def _trained() -> keras.Model:
    model = _model()
    add_adapters(model, LoRA(rank=2, targets="wide"))
    add_adapters(model, MiSS(rank=2, targets="wide", name="second"))
    use_adapters(model, {"default": 0.5, "second": 1.0})
    train_only(model, "adapters | head")
    draw = np.random.default_rng(1)
    for weight in model.trainable_weights:
        weight.assign(draw.normal(size=weight.shape))
    return model


@pytest.mark.each_backend
def test_a_folder_holds_adapters_and_head_and_is_read_beside_the_base(tmp_path):
    trained = _trained()
    folder = save_adapters(trained, tmp_path / "kept")
    sizes = sorted(array.size for array in load_file(folder / WEIGHTS).values())
    assert sizes == [2, 6, 10, 10, 10]
    model = _model()
    assert load_adapters(model, folder) == ["default", "second"]
    np.testing.assert_array_equal(
        model.predict(INPUTS, verbose=0), trained.predict(INPUTS, verbose=0)
    )
    assert adapters_of(model) == adapters_of(trained)


class ScaleLayer(AdapterLayer):
    def build(self, input_shape=None):
        self.scale = self.add_weight(name="scale", shape=(), initializer="zeros")
        self.built = True

    def adapt(self, inputs, linear):
        return linear(inputs) * self.scale


@dataclass(frozen=True)
class Scale(Adapter):
    method = "scale_of_test_files"

    def layer(self, place, path, linear):
        return ScaleLayer(self, place)


def test_a_single_number_is_kept_as_one(tmp_path):
    model = _model()
    add_adapters(model, Scale(targets="wide"))
    model.get_layer("body").get_layer("wide").adapter_default.scale.assign(2.5)
    save_adapters(model, tmp_path)
    again = _model()
    load_adapters(again, tmp_path)
    np.testing.assert_array_equal(
        again.predict(INPUTS, verbose=0), model.predict(INPUTS, verbose=0)
    )


def test_a_folder_is_written_again(tmp_path):
    save_adapters(_trained(), tmp_path)
    other = _model()
    add_adapters(other, LoRA(rank=1, targets="wide"))
    save_adapters(other, tmp_path)
    assert load_adapters(_model(), tmp_path, is_same_base=False) == ["default"]


def test_another_base_is_refused_by_its_first_weight(tmp_path):
    save_adapters(_trained(), tmp_path)
    model = _model(seed=5)
    with pytest.raises(InputError, match="with other numbers in '.*wide/kernel'"):
        load_adapters(model, tmp_path)
    assert adapters_of(model) == {}
    assert load_adapters(model, tmp_path, is_same_base=False) == ["default", "second"]


def test_a_model_of_another_shape_is_refused(tmp_path):
    save_adapters(_trained(), tmp_path)
    body = keras.Sequential([keras.Input((3,)), keras.layers.Dense(5, name="wide")], name="body")
    fewer = keras.Sequential([body, keras.layers.Dense(2, name="logits")])
    with pytest.raises(InputError, match="Expected a model of 11 weights"):
        load_adapters(fewer, tmp_path)
    parts = [keras.layers.Dense(6, name="wide"), keras.layers.BatchNormalization(name="norm")]
    body = keras.Sequential([keras.Input((3,)), *parts], name="body")
    wider = keras.Sequential([body, keras.layers.Dense(2, name="logits")])
    with pytest.raises(InputError, match="of shape .3, 5., as the adapters' model had"):
        load_adapters(wider, tmp_path)
    assert adapters_of(wider) == adapters_of(fewer) == {}


def _with_rank(folder, rank):
    described = json.loads((folder / TOLD).read_text())
    described["adapters"][0]["rank"] = rank
    (folder / TOLD).write_text(json.dumps(described))


def _with_arrays(folder, change):
    arrays = load_file(folder / WEIGHTS)
    change(arrays)
    save_file(arrays, folder / WEIGHTS)


def _pickled(folder):
    (folder / WEIGHTS).unlink()
    (folder / "adapters.bin").write_bytes(b"\x80\x04cos\nsystem\n.")


def _header_of_a_rank(folder):
    header = {"0": {"dtype": "F32", "shape": [3, 10**9], "data_offsets": [0, 12 * 10**9]}}
    text = json.dumps(header).encode()
    (folder / WEIGHTS).write_bytes(len(text).to_bytes(8, "little") + text)


def _link(folder):
    (folder / TOLD).rename(folder.parent / "elsewhere.json")
    (folder / TOLD).symlink_to(folder.parent / "elsewhere.json")


HOSTILE = {
    "a rank of a thousand million": (lambda f: _with_rank(f, 10**9), "Expected a rank"),
    "a rank that fits no file": (lambda f: _with_rank(f, 60000), "as there are in their file"),
    "another rank": (lambda f: _with_rank(f, 1), "Expected"),
    "a header of a rank": (_header_of_a_rank, "cut short or broken"),
    "a pickle": (_pickled, "Expected a folder that `save_adapters` wrote"),
    "no numbers": (
        lambda f: _with_arrays(f, lambda a: a.update({"9": np.full((5, 2), np.nan, "float32")})),
        "Expected finite numbers",
    ),
    "an array less": (lambda f: _with_arrays(f, lambda a: a.pop("9")), "Received: no array"),
    "other shapes": (
        lambda f: _with_arrays(f, lambda a: a.update({"9": np.zeros((2, 5), "float32")})),
        "Expected an array of shape",
    ),
    "cut short": (
        lambda f: (f / WEIGHTS).write_bytes((f / WEIGHTS).read_bytes()[:-3]),
        "cut short or broken",
    ),
    "no JSON": (lambda f: (f / TOLD).write_text("[" * 10**5), "Expected a folder"),
    "a list": (lambda f: (f / TOLD).write_text("[]"), "Expected a folder"),
    "a later format": (lambda f: (f / TOLD).write_text('{"format": 9}'), "it is of format 9"),
    "a link": (_link, "Expected a folder that `save_adapters` wrote"),
    "nothing": (lambda f: (f / TOLD).unlink(), "Expected a folder that `save_adapters` wrote"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_nothing_wrong_is_read(case, tmp_path):
    folder = save_adapters(_trained(), tmp_path / "kept")
    change, message = HOSTILE[case]
    change(folder)
    model = _model()
    before = [keras.ops.convert_to_numpy(weight).copy() for weight in model.weights]
    with pytest.raises(InputError, match=message):
        load_adapters(model, folder)
    assert len(model.weights) == len(before)
    for weight, value in zip(model.weights, before, strict=True):
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(weight), value)


def test_what_cannot_be_saved(tmp_path):
    with pytest.raises(InputError, match="Expected a model with adapters"):
        save_adapters(_model(), tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="Expected a folder that can be written"):
        save_adapters(_trained(), tmp_path / "file")
