"""What packages ask for in vain, read from their metadata."""

import importlib

import pytest

from kerastune.backends.diagnosis import extras_of, installed_version, unmet

pytestmark = pytest.mark.any_backend


@pytest.fixture
def packages(tmp_path, monkeypatch):
    """A function that installs distributions, as far as their metadata tells of it."""

    def install(name, version="1.0", requires=(), extras=()):
        folder = tmp_path / f"{name.replace('-', '_')}-{version}.dist-info"
        folder.mkdir()
        lines = [f"Name: {name}", f"Version: {version}"]
        lines += [f"Provides-Extra: {extra}" for extra in extras]
        lines += [f"Requires-Dist: {line}" for line in requires]
        (folder / "METADATA").write_text("\n".join(["Metadata-Version: 2.1", *lines]) + "\n")
        importlib.invalidate_caches()

    monkeypatch.syspath_prepend(tmp_path)
    return install


def test_missing_and_too_old_packages(packages):
    packages("kt-new", "2.0")
    packages("kt-old", "1.0")
    requires = ["kt-new>=1", "kt-old>=2", "kt-none<3", "kt-other; python_version < '3'"]
    packages("kt-main", requires=requires)
    assert unmet("kt-main") == ["kt-old>=2 (1.0 is installed)", "kt-none<3"]
    assert installed_version("kt-new") == "2.0"


def test_extras_with_those_that_they_bring(packages):
    packages(
        "kt-main",
        requires=[
            "kt-always",
            "kt-hub>=1; extra == 'hub'",
            "kt-demo; extra == 'demo'",
            "kt-main[hub]; extra == 'demo'",
        ],
        extras=["hub", "demo"],
    )
    assert extras_of("kt-main") == ["hub", "demo"]
    assert unmet("kt-main") == ["kt-always"]
    assert unmet("kt-main", "hub") == ["kt-hub>=1"]
    assert unmet("kt-main", "demo") == ["kt-demo", "kt-hub>=1"]


def test_previews_and_what_is_not_installed(packages):
    packages("kt-new", "2.0rc1")
    packages("kt-main", requires=["kt-new>=1", "what (is this"])
    assert unmet("kt-main") == []
    assert unmet("kt-none") == extras_of("kt-none") == []
