import socket
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer

import huggingface_hub
import kagglehub
import pytest

from kerastune.errors import InputError
from kerastune.models import hubs
from kerastune.network import is_reachable

pytestmark = pytest.mark.any_backend

HANDLE = "kaggle://keras/bert/keras/bert_tiny_en_uncased/3"


@pytest.fixture
def kaggle_cache(tmp_path, monkeypatch):
    """An empty kagglehub cache."""
    monkeypatch.setenv("KAGGLEHUB_CACHE", str(tmp_path))
    return tmp_path / "models" / "keras" / "bert" / "keras" / "bert_tiny_en_uncased"


@pytest.fixture
def hugging_face_cache(tmp_path, monkeypatch):
    """An empty huggingface_hub cache."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    return tmp_path


@pytest.fixture
def offline(monkeypatch):
    """No server answers, and nothing may be downloaded."""
    monkeypatch.setattr(hubs, "is_reachable", lambda *_: False)
    monkeypatch.setattr(urllib.request, "urlopen", None)
    monkeypatch.setattr(kagglehub, "model_download", None)


def fill(directory, name="config.json"):
    directory.mkdir(parents=True)
    (directory / name).write_text("{}")
    return directory


@pytest.mark.parametrize(
    "handle", ["kaggle://bert", "kaggle://a/b/c/d/1/e", "kaggle://a//b/c", "hf://bert", "gs://a/b"]
)
def test_a_malformed_handle_is_refused(handle):
    with pytest.raises(InputError, match=rf"Received: '{handle}'"):
        hubs.fetch(handle)


def test_a_whole_cached_version_is_used_without_asking_the_network(kaggle_cache, monkeypatch):
    monkeypatch.setattr(hubs, "is_reachable", None)
    directory = fill(kaggle_cache / "3")
    (kaggle_cache / "3.complete").touch()
    assert hubs.fetch(HANDLE) == directory


@pytest.mark.usefixtures("offline")
def test_files_put_into_the_cache_by_hand_are_used_when_offline(kaggle_cache):
    directory = fill(kaggle_cache / "3")
    assert hubs.fetch(HANDLE) == directory


@pytest.mark.usefixtures("offline")
def test_the_newest_cached_version_is_used_when_offline(kaggle_cache):
    fill(kaggle_cache / "9")
    newest = fill(kaggle_cache / "10")
    assert hubs.fetch(HANDLE.removesuffix("/3")) == newest


@pytest.mark.usefixtures("offline")
def test_offline_error_says_what_was_tried_and_where_files_can_be_put(kaggle_cache):
    with pytest.raises(InputError) as error:
        hubs.fetch(HANDLE)
    message = str(error.value)
    assert "\n" not in message
    assert hubs.KAGGLE in message
    assert str(kaggle_cache / "3") in message


def test_kaggle_files_are_downloaded_when_online(kaggle_cache, monkeypatch):
    monkeypatch.setattr(hubs, "is_reachable", lambda server: server == hubs.KAGGLE)
    monkeypatch.setattr(kagglehub, "model_download", lambda name: str(fill(kaggle_cache / name)))
    assert hubs.fetch(HANDLE) == kaggle_cache / HANDLE.removeprefix("kaggle://")


def test_a_failing_download_is_one_line(kaggle_cache, monkeypatch):
    def refuse(name):
        raise OSError(f"403 for {name}\nA long page follows")

    monkeypatch.setattr(hubs, "is_reachable", lambda *_: True)
    monkeypatch.setattr(kagglehub, "model_download", refuse)
    with pytest.raises(
        InputError, match=r"Received: 403 for keras/bert\S*\. Check the name"
    ) as error:
        hubs.fetch(HANDLE)
    assert "\n" not in str(error.value)
    assert not kaggle_cache.exists()


@pytest.mark.usefixtures("offline")
def test_hugging_face_cache_is_used_when_offline(hugging_face_cache):
    model = hugging_face_cache / "models--someone--bert"
    snapshot = fill(model / "snapshots" / "0123456789abcdef0123456789abcdef01234567")
    fill(model / "refs", "main").joinpath("main").write_text(snapshot.name)
    assert hubs.fetch("hf://someone/bert") == snapshot


@pytest.mark.usefixtures("offline")
def test_hugging_face_error_says_where_files_can_be_put(hugging_face_cache):
    with pytest.raises(InputError, match=r"no answer from https://huggingface\.co") as error:
        hubs.fetch("hf://someone/bert")
    assert str(hugging_face_cache / "models--someone--bert") in str(error.value)


def test_hugging_face_files_are_downloaded_when_online(monkeypatch, tmp_path):
    asked = []

    def download(name, allow_patterns):
        asked.append((name, "*.safetensors" in allow_patterns, "*.bin" in allow_patterns))
        return str(tmp_path)

    monkeypatch.setattr(hubs, "is_reachable", lambda *_: True)
    monkeypatch.setattr(huggingface_hub, "snapshot_download", download)
    assert hubs.fetch("hf://someone/bert") == tmp_path
    assert asked == [("someone/bert", True, False)]


class Refusing(BaseHTTPRequestHandler):
    """A server that answers every request with 403."""

    def do_GET(self):
        self.send_error(403)

    def log_message(self, *_):
        pass


def test_a_server_that_refuses_has_answered(monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with HTTPServer(("127.0.0.1", 0), Refusing) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        assert is_reachable(f"http://127.0.0.1:{server.server_port}")
        thread.join()


def test_a_server_that_stays_silent_or_is_not_there_has_not_answered(monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        assert not is_reachable(address, seconds=0.2)
    assert not is_reachable(address, seconds=0.2)
    assert not is_reachable("not an address", seconds=0.2)
