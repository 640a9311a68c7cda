import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import keras
import keras_hub
import numpy as np
import pytest

from kerastune import backends
from kerastune.errors import InputError, MissingExtraError
from kerastune.models.backbones import load_backbone
from kerastune.models.bert import ExactGeluBertBackbone
from kerastune.preprocessing import load_text_preprocessor
from tests.tiny import tiny_bert_preset, tiny_hugging_face_bert

pytestmark = pytest.mark.first_backend

REFERENCE = Path(__file__).with_name("minilm_reference.npz")
SENTENCES = ["The good film!", "Ä bad… book", ""]


@pytest.fixture(scope="module")
def preset(tmp_path_factory):
    return tiny_bert_preset(tmp_path_factory.mktemp("preset"))


@pytest.fixture(scope="module")
def hugging_face(tmp_path_factory):
    return tiny_hugging_face_bert(tmp_path_factory.mktemp("hugging_face"))


@pytest.fixture
def plain_file(tmp_path):
    """A model without a dropout option, in a `.keras` file."""
    inputs = keras.Input((3,))
    model = keras.Model(inputs, keras.layers.Dense(2)(inputs))
    model.save(tmp_path / "plain.keras")
    return tmp_path / "plain.keras"


def hidden_states(backbone, inputs):
    return backbone.predict(inputs, verbose=0)["sequence_output"]


def cut(file, share=0.5):
    file.write_bytes(file.read_bytes()[: int(file.stat().st_size * share)])


@pytest.mark.quick_on_tensorflow
@pytest.mark.each_backend
def test_minilm_computes_the_hidden_states_of_the_reference():
    with np.load(REFERENCE) as reference:
        stored = dict(reference)
    preprocessor = load_text_preprocessor("minilm", sequence_length=stored["token_ids"].shape[1])
    inputs = preprocessor(stored["sentences"].tolist())
    np.testing.assert_array_equal(inputs["token_ids"], stored["token_ids"])
    np.testing.assert_array_equal(inputs["padding_mask"], stored["padding_mask"])

    hidden = hidden_states(load_backbone("minilm"), inputs)
    # The values at padding, which nothing reads, are not stable in the reference either:
    # its float32 is 6e-5 off its float64 there, against 2e-6 at the tokens.
    tokens = stored["padding_mask"]
    first_features = hidden[tokens][:, : stored["hidden"].shape[-1]]
    assert np.abs(first_features - stored["hidden"][tokens]).max() <= 1e-5
    mean = (hidden * tokens[..., None]).sum(1) / tokens.sum(1, keepdims=True)
    assert np.abs(mean - stored["pooled"]).max() <= 1e-5


def test_a_kerashub_preset_is_loaded_as_kerashub_made_it(preset):
    backbone = load_backbone(preset)
    assert type(backbone) is keras_hub.models.BertBackbone
    assert backbone.dropout == 0.1
    assert not backbone.compiled
    original = keras_hub.models.Backbone.from_preset(str(preset))
    for loaded, expected in zip(backbone.get_weights(), original.get_weights(), strict=True):
        np.testing.assert_array_equal(loaded, expected)


@pytest.mark.parametrize("source", ["preset", "hugging_face"])
def test_dropout_changes_the_rate_and_nothing_else(source, request):
    directory = request.getfixturevalue(source)
    usual, changed = load_backbone(directory), load_backbone(directory, dropout=0.4)
    assert type(changed) is type(usual)
    rates = [
        layer.rate
        for layer in backends.nested_layers(changed)
        if isinstance(layer, keras.layers.Dropout)
    ]
    assert len(rates) > 2
    assert set(rates) == {0.4}
    inputs = load_text_preprocessor(directory, sequence_length=8)(SENTENCES)
    np.testing.assert_allclose(
        hidden_states(changed, inputs), hidden_states(usual, inputs), atol=1e-6
    )


@pytest.mark.parametrize("dropout", [-0.1, 1.0])
def test_a_dropout_out_of_range_is_refused(preset, dropout):
    with pytest.raises(InputError, match=f"Received: dropout={dropout}"):
        load_backbone(preset, dropout=dropout)


def test_the_precision_that_is_set_holds(preset):
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        assert load_backbone(preset).dtype_policy.name == "mixed_bfloat16"
    finally:
        keras.config.set_dtype_policy("float32")


def test_a_hugging_face_bert_follows_its_configuration(tmp_path, hugging_face):
    exact = load_backbone(hugging_face)
    approximate = load_backbone(
        tiny_hugging_face_bert(tmp_path, hidden_act="gelu_new", hidden_dropout_prob=0.2)
    )
    assert (type(exact), exact.dropout) == (ExactGeluBertBackbone, 0.1)
    assert (type(approximate), approximate.dropout) == (keras_hub.models.BertBackbone, 0.2)
    inputs = load_text_preprocessor(hugging_face, sequence_length=8)(SENTENCES)
    difference = hidden_states(exact, inputs) - hidden_states(approximate, inputs)
    assert np.abs(difference).max() > 1e-4


IN_ANOTHER_PROCESS = """
import sys
import numpy as np
from kerastune.models import load_backbone
from kerastune.preprocessing import load_preprocessor
backbone = load_backbone(sys.argv[1] + "/backbone.keras")
inputs = load_preprocessor(sys.argv[1] + "/text")(sys.argv[2:])
hidden = backbone.predict(inputs, verbose=0)["sequence_output"]
np.savez(sys.argv[1] + "/there.npz", hidden=hidden, **inputs)
"""


@pytest.mark.any_backend
@pytest.mark.slow
def test_exact_gelu_and_tokens_survive_a_save_into_another_process_and_backend(
    tmp_path, hugging_face
):
    backbone = load_backbone(hugging_face)
    preprocessor = load_text_preprocessor(hugging_face, sequence_length=8)
    backbone.save(tmp_path / "backbone.keras")
    preprocessor.save(tmp_path / "text")
    here = keras.config.backend()
    installed = backends.installed()
    other = installed[(installed.index(here) + 1) % len(installed)]
    subprocess.run(
        [sys.executable, "-c", IN_ANOTHER_PROCESS, str(tmp_path), *SENTENCES],
        env={**os.environ, "KERAS_BACKEND": other},
        check=True,
    )
    inputs = preprocessor(SENTENCES)
    with np.load(tmp_path / "there.npz") as there:
        for name, array in inputs.items():
            np.testing.assert_array_equal(there[name], array)
        assert np.abs(there["hidden"] - hidden_states(backbone, inputs)).max() <= 1e-5


def test_a_cached_preset_needs_no_network(tmp_path, preset, monkeypatch):
    monkeypatch.setenv("KAGGLEHUB_CACHE", str(tmp_path))
    monkeypatch.setattr("kerastune.models.hubs.is_reachable", lambda *_: False)
    folder = tmp_path / "models" / "keras" / "bert" / "keras" / "bert_tiny_en_uncased"
    shutil.copytree(preset, folder / "3")
    backbone = load_backbone("bert_tiny_en_uncased", dropout=0.0)
    inputs = load_text_preprocessor("bert_tiny_en_uncased", sequence_length=8)(SENTENCES)
    np.testing.assert_allclose(
        hidden_states(backbone, inputs), hidden_states(load_backbone(preset), inputs), atol=1e-6
    )


def test_a_keras_file_is_loaded_uncompiled(plain_file):
    model = load_backbone(plain_file)
    assert not model.compiled
    assert model.count_params() == 8
    with pytest.raises(
        InputError, match=r"option 'dropout'\. Received: .* a Functional without it"
    ):
        load_backbone(plain_file, dropout=0.1)


def test_a_file_that_is_not_a_whole_keras_file_is_refused(plain_file):
    cut(plain_file)
    with pytest.raises(InputError, match="something else or was cut short"):
        load_backbone(plain_file)


def test_a_keras_file_without_its_parts_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "model.keras", "w") as archive:
        archive.writestr("readme.txt", "not a model")
    with pytest.raises(InputError, match=r"model\.keras': .*config\.json"):
        load_backbone(tmp_path / "model.keras")


def test_a_keras_file_that_would_run_code_is_refused(tmp_path):
    inputs = keras.Input((3,))
    outputs = keras.layers.Lambda(lambda x: x * 2, output_shape=(3,))(inputs)
    keras.Model(inputs, outputs).save(tmp_path / "lambda.keras")
    with pytest.raises(InputError, match="without Lambda layers") as error:
        load_backbone(tmp_path / "lambda.keras")
    assert "\n" not in str(error.value)


class Foreign(keras.layers.Layer):
    """A layer that Keras does not know in the process that loads it."""

    def call(self, inputs):
        return inputs


def test_a_keras_file_with_a_foreign_class_is_refused(tmp_path):
    inputs = keras.Input((3,))
    path = tmp_path / "foreign.keras"
    keras.Model(inputs, Foreign()(inputs)).save(path)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, part in parts.items():
            archive.writestr(name, part.replace(b"Foreign", b"Unheard"))
    with pytest.raises(InputError, match="known classes") as error:
        load_backbone(path)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("damage", ["cut", "header", "tensor"])
def test_damaged_safetensors_are_refused(tmp_path, damage):
    from safetensors.numpy import load_file, save_file

    file = tiny_hugging_face_bert(tmp_path) / "model.safetensors"
    if damage == "cut":
        cut(file, 0.9)
    elif damage == "header":
        file.write_bytes(b"\xff" * 8 + file.read_bytes()[8:])
    else:
        tensors = load_file(file)
        tensors.pop("pooler.dense.bias")
        save_file(tensors, file)
    with pytest.raises(InputError, match="Expected a directory with a whole backbone") as error:
        load_backbone(tmp_path)
    assert "\n" not in str(error.value)


def test_damaged_kerashub_weights_are_refused(tmp_path, preset):
    shutil.copytree(preset, tmp_path / "copy")
    cut(tmp_path / "copy" / "model.weights.h5")
    with pytest.raises(InputError, match="Expected a directory with a whole backbone"):
        load_backbone(tmp_path / "copy")


def test_weights_of_another_shape_are_refused(tmp_path, preset):
    shutil.copytree(preset, tmp_path / "copy")
    file = tmp_path / "copy" / "config.json"
    config = json.loads(file.read_text())
    config["config"]["hidden_dim"] = 16
    file.write_text(json.dumps(config))
    with pytest.raises(InputError, match="Expected a directory with a whole backbone"):
        load_backbone(tmp_path / "copy")


def test_an_architecture_kerashub_does_not_know_is_refused(tmp_path):
    tiny_hugging_face_bert(tmp_path, model_type="mamba")
    with pytest.raises(InputError, match=r"no converter .* `'mamba'`"):
        load_backbone(tmp_path)


def test_a_preset_without_kerashub_names_the_extra(preset, monkeypatch):
    monkeypatch.setitem(sys.modules, "keras_hub", None)
    with pytest.raises(MissingExtraError, match=r"\[hub\]'"):
        load_backbone(preset)


def test_a_plain_keras_file_needs_no_kerashub(plain_file, monkeypatch):
    monkeypatch.setitem(sys.modules, "keras_hub", None)
    assert load_backbone(plain_file).count_params() == 8
