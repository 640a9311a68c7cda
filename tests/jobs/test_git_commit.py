"""The commit of the working directory, or none."""

import subprocess

import pytest

from kerastune.jobs.git_commit import git_commit

pytestmark = pytest.mark.any_backend


def git(directory, *arguments):
    settings = ("-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false")
    command = ["git", *settings, *arguments]
    return subprocess.run(command, cwd=directory, check=True, capture_output=True).stdout.decode()


def test_a_repository(tmp_path):
    git(tmp_path, "init", "-q")
    assert git_commit(tmp_path) is None
    (tmp_path / "a.py").write_text("1")
    git(tmp_path, "add", "a.py")
    git(tmp_path, "commit", "-qm", "First")
    commit = git(tmp_path, "rev-parse", "HEAD").strip()
    (tmp_path / "untracked").touch()
    assert git_commit(tmp_path) == commit
    (tmp_path / "inside").mkdir()
    (tmp_path / "a.py").write_text("2")
    assert git_commit(tmp_path / "inside") == f"{commit} with changes"


@pytest.mark.parametrize("path", ["", "/no/such/place"])
def test_without_git_there_is_none(monkeypatch, tmp_path, path):
    monkeypatch.setenv("PATH", path)
    assert git_commit(tmp_path) is None


def test_a_directory_that_is_gone(tmp_path):
    assert git_commit(tmp_path / "gone") is None
