"""The hint to install more, for each way in which the package can have been installed."""

import importlib.metadata
import json
import sys
from pathlib import Path

import pytest

from kerastune.errors import MissingExtraError
from kerastune.installing import install_command

pytestmark = pytest.mark.any_backend


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """A function that installs the package in some way, as far as files tell of it."""

    def install(installer="pip", origin=None, **files):
        folder = tmp_path / "kerastune-0.1.0.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text("Name: kerastune\nVersion: 0.1.0\n")
        (folder / "INSTALLER").write_text(f"{installer}\n")
        if origin:
            (folder / "direct_url.json").write_text(json.dumps(origin))
        for name, content in files.items():
            (tmp_path / name.replace("__", ".")).write_text(content)
        found = importlib.metadata.PathDistribution(folder)
        monkeypatch.setattr(importlib.metadata, "distribution", lambda name: found)
        monkeypatch.setattr(sys, "prefix", str(tmp_path))

    return install


EDITABLE = {"url": "file:///home/me/my%20code", "dir_info": {"editable": True}}
GIT = {"url": "https://example.org/kt.git", "vcs_info": {"vcs": "git", "requested_revision": "v1"}}


@pytest.mark.parametrize(
    ("how", "command"),
    [
        ({}, "pip install 'kerastune[hub]'"),
        ({"origin": EDITABLE}, "pip install -e '/home/me/my code[hub]'"),
        ({"origin": {"url": "file:///src", "dir_info": {}}}, "pip install '/src[hub]'"),
        ({"origin": GIT}, "pip install 'kerastune[hub] @ git+https://example.org/kt.git@v1'"),
        (
            {"origin": {"url": "file:///kt.whl", "archive_info": {}}},
            "pip install 'kerastune[hub] @ file:///kt.whl'",
        ),
        ({"installer": "uv"}, "uv pip install 'kerastune[hub]'"),
        ({"pyvenv__cfg": "home = /usr\nuv = 0.5\n"}, "uv pip install 'kerastune[hub]'"),
        ({"pyvenv__cfg": "home = /uv\n"}, "pip install 'kerastune[hub]'"),
        ({"installer": "uv", "origin": EDITABLE}, "uv pip install -e '/home/me/my code[hub]'"),
        ({"uv-receipt__toml": ""}, "uv tool install --force 'kerastune[hub]'"),
        ({"pipx_metadata__json": "{}"}, "pipx install --force 'kerastune[hub]'"),
        (
            {"pipx_metadata__json": "{}", "origin": EDITABLE},
            "pipx install --force --editable '/home/me/my code[hub]'",
        ),
    ],
)
def test_the_hint_fits_the_way_of_installing(installed, how, command):
    installed(**how)
    assert install_command("hub") == command
    assert str(MissingExtraError("Reading", "hub")).endswith(f": {command}")


def test_in_a_conda_environment(installed, tmp_path):
    installed()
    (tmp_path / "conda-meta").mkdir()
    assert install_command("hub", "jax") == "python -m pip install 'kerastune[hub,jax]'"


def test_a_checkout_on_the_path_alone(monkeypatch, tmp_path):
    def absent(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "distribution", absent)
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    checkout = Path(__file__).parents[1]
    assert install_command("hub") == f"pip install -e '{checkout}[hub]'"
