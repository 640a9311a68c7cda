import json

import huggingface_hub
import kagglehub
import pytest

from kerastune.errors import InputError
from kerastune.models import hubs
from kerastune.params.sources.open import open_model

pytestmark = pytest.mark.any_backend

HANDLE = "kaggle://keras/bert/keras/some_bert/3"
BERT = {
    "model_type": "bert",
    "vocab_size": 99,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "hidden_size": 8,
    "intermediate_size": 16,
    "max_position_embeddings": 32,
}


@pytest.fixture
def kaggle_cache(tmp_path, monkeypatch):
    """An empty kagglehub cache."""
    monkeypatch.setenv("KAGGLEHUB_CACHE", str(tmp_path))
    return tmp_path / "models" / "keras" / "bert" / "keras" / "some_bert"


@pytest.fixture(autouse=True)
def hugging_face_cache(tmp_path, monkeypatch):
    """An empty huggingface_hub cache."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    return tmp_path


@pytest.fixture
def offline(monkeypatch):
    """No server answers, and nothing may be downloaded."""
    monkeypatch.setattr(hubs, "is_reachable", lambda *_: False)
    monkeypatch.setattr(kagglehub, "model_download", None)
    monkeypatch.setattr(huggingface_hub, "hf_hub_download", None)


@pytest.fixture
def online(monkeypatch):
    """Every server answers."""
    monkeypatch.setattr(hubs, "is_reachable", lambda *_: True)


def fill(directory):
    directory.mkdir(parents=True)
    (directory / "config.json").write_text(json.dumps(BERT))
    return directory / "config.json"


@pytest.mark.parametrize(
    "handle", ["kaggle://bert", "kaggle://a/b/c/d/1/e", "kaggle://a//b/c", "hf://bert", "gs://a/b"]
)
def test_a_malformed_handle_is_refused(handle):
    with pytest.raises(InputError, match=f"Received: '{handle}'"):
        open_model(handle)


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("handle", [HANDLE, HANDLE.removesuffix("/3")])
def test_a_cached_configuration_needs_no_network(kaggle_cache, handle):
    fill(kaggle_cache / "1")
    newest = fill(kaggle_cache / "3")
    assert hubs.fetch_file(handle, "config.json") == newest
    assert open_model(handle).parameters == open_model(newest).parameters


@pytest.mark.usefixtures("offline")
def test_a_cached_configuration_of_hugging_face_needs_no_network(hugging_face_cache):
    model = hugging_face_cache / "models--someone--bert"
    commit = "0123456789abcdef0123456789abcdef01234567"
    cached = fill(model / "snapshots" / commit)
    (model / "refs").mkdir()
    (model / "refs" / "main").write_text(commit)
    assert hubs.fetch_file("hf://someone/bert", "config.json") == cached


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("handle", [HANDLE, "hf://someone/bert"])
def test_without_a_network_the_error_says_how_to_go_on(kaggle_cache, handle):
    with pytest.raises(InputError, match=r"no answer from https://.* no copy in .*Give") as error:
        open_model(handle)
    assert "\n" not in str(error.value)


@pytest.mark.usefixtures("online")
def test_only_the_configuration_is_downloaded_from_kaggle(kaggle_cache, monkeypatch):
    asked = []

    def download(name, path):
        asked.append((name, path))
        return str(fill(kaggle_cache / "3"))

    monkeypatch.setattr(kagglehub, "model_download", download)
    assert open_model(HANDLE).parameters > 0
    assert asked == [(HANDLE.removeprefix("kaggle://"), "config.json")]


@pytest.mark.usefixtures("online")
def test_only_the_configuration_is_downloaded_from_hugging_face(tmp_path, monkeypatch):
    asked = []

    def download(name, file):
        asked.append((name, file))
        return str(fill(tmp_path / "downloaded"))

    monkeypatch.setattr(huggingface_hub, "hf_hub_download", download)
    assert open_model("hf://someone/bert").parameters > 0
    assert asked == [("someone/bert", "config.json")]


@pytest.mark.usefixtures("online")
def test_a_failing_download_is_one_line(kaggle_cache, monkeypatch):
    def refuse(name, path):
        raise OSError(f"403 for {name}\nA long page follows")

    monkeypatch.setattr(kagglehub, "model_download", refuse)
    with pytest.raises(InputError, match=r"Received: 403 for keras/bert") as error:
        open_model(HANDLE)
    assert "\n" not in str(error.value)
