"""Checks the types of the Python examples in the README and the guides, as code of a user.

python tools/check_examples.py

The examples of a page are one module, since they go on where those before them ended. In it each
line has the number that it has on the page, which messages of mypy therefore name. The recipes
are checked as part of the package.
"""

import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[1]

# What a page says in words that its reader has.
GIVEN = {
    "README.md": "import keras, numpy; model: keras.Model; images: numpy.ndarray; "
    "labels: numpy.ndarray",
}


def module_of(page: str, given: str = "") -> str:
    """The Python examples of a page, with an empty line for each line of anything else.

    Args:
        page: text in Markdown; its first line is a heading.
        given: statements in the place of that heading.
    """
    lines, inside = [], False
    for line in page.splitlines():
        if line.startswith("```"):
            inside = line == "```python"
            line = "```"
        lines.append(line if inside and line != "```" else "")
    return "\n".join([given, *lines[1:]]) + "\n"


def check(pages: Mapping[str, str]) -> tuple[str, int]:
    """What mypy says of the examples of pages, and its exit status.

    Args:
        pages: text in Markdown by path, which messages name.
    """
    with tempfile.TemporaryDirectory() as folder:
        files = {}
        for number, (name, text) in enumerate(pages.items()):
            file = Path(folder, f"page_{number}.py")
            file.write_text(module_of(text, GIVEN.get(name, "")), encoding="utf-8")
            files[str(file)] = name
        configuration = ("--config-file", str(ROOT / "pyproject.toml"), "--no-pretty")
        # Inside of this process it would change how deep calls go and what garbage is looked for.
        finished = subprocess.run(
            [sys.executable, "-m", "mypy", *configuration, *files],
            capture_output=True,
            text=True,
            check=False,
        )
    output = finished.stdout + finished.stderr
    for file, name in files.items():
        output = output.replace(file, name)
    return output, finished.returncode


def main() -> int:
    """Check every page, print what mypy says, and return its exit status."""
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    texts = {str(page.relative_to(ROOT)): page.read_text(encoding="utf-8") for page in pages}
    output, status = check({name: text for name, text in texts.items() if "```python" in text})
    print(output, end="")
    return status


if __name__ == "__main__":
    sys.exit(main())
