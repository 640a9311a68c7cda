"""The examples of a page are checked as one module, with the lines of the page."""

import importlib
from pathlib import Path

import pytest

import kerastune

pytestmark = pytest.mark.any_backend

TOOLS = Path(kerastune.__file__).parents[1] / "tools"
PAGE = """# A guide

```python
count: int = 1
```

```sh
not python
```

```python
count + "one"
```
"""


@pytest.fixture
def tool(monkeypatch):
    """The tool as a module."""
    monkeypatch.syspath_prepend(TOOLS)
    return importlib.import_module("check_examples")


def test_an_error_is_found_on_the_line_of_the_page(tool, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # Where mypy puts its cache.
    output, status = tool.check({"guide.md": PAGE, "right.md": PAGE.replace('"one"', "1")})
    assert status == 1
    assert output.startswith("guide.md:12: error: Unsupported operand types")
    assert "Found 1 error in 1 file (checked 2 source files)" in output


def test_lines_of_python_stay_where_they_are(tool):
    lines = tool.module_of(PAGE, "given: int").splitlines()
    assert len(lines) == len(PAGE.splitlines())
    assert {number: line for number, line in enumerate(lines, 1) if line} == {
        1: "given: int",
        4: "count: int = 1",
        12: 'count + "one"',
    }


def test_every_page_with_python_is_read(tool, monkeypatch):
    read = {}
    monkeypatch.setattr(tool, "check", lambda pages: (read.update(pages), ("", 0))[1])
    assert tool.main() == 0
    assert {"README.md", "docs/tuning.md", "docs/extending.md"} <= set(read)
    assert all("```python" in text for text in read.values())
