"""A page of benchmarks keeps the rows of other backends, and the commands that measured them."""

import importlib.util
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.any_backend

FILE = Path(__file__).parents[2] / "tools" / "benchmarks" / "pages.py"


@pytest.fixture
def pages(tmp_path, monkeypatch):
    spec = importlib.util.spec_from_file_location("pages", FILE)
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "pages", module)
    spec.loader.exec_module(module)
    page = tmp_path / "benchmarks.md"
    page.write_text("# Benchmarks\n\n## Other\n\nstays\n")
    monkeypatch.setattr(module, "PAGE", page)
    return module


def measure(pages, monkeypatch, backend, ratio, *options):
    monkeypatch.setenv("KERAS_BACKEND", backend)
    monkeypatch.setattr(sys, "argv", ["steps.py", *options])
    found = pages.Measured("Steps", "About.", ("backend", "ratio"), [(backend, ratio)])
    pages.write_section(found, keys=1)
    return pages.PAGE.read_text()


def test_each_backend_keeps_its_row_and_its_command(pages, monkeypatch):
    measure(pages, monkeypatch, "jax", "2.00", "--rounds", "1")
    measure(pages, monkeypatch, "torch", "1.00")
    page = measure(pages, monkeypatch, "torch", "3.00", "--rounds", "4")
    assert "| jax | 2.00 |\n| torch | 3.00 |" in page
    assert page.count("`KERAS_BACKEND=jax python tools/benchmarks/steps.py --rounds 1` on ") == 1
    assert page.count("`KERAS_BACKEND=torch ") == 1
    assert "steps.py --rounds 4`" in page
    assert page.count("## ") == 2
    assert "stays" in page
