"""Writes the table of recipes of the README, from their docstrings.

python tools/write_recipe_table.py
"""

import sys
from pathlib import Path

# The package lies beside this folder, installed or not.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parent / "docs_site"))

from recipe_pages import recipe_table

README = Path(__file__).resolve().parents[1] / "README.md"
BEGIN = "<!-- The table that tools/write_recipe_table.py writes begins here. -->"
END = "<!-- It ends here. -->"


def with_table(text: str) -> str:
    """The text of the README with the table as the docstrings have it."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        sys.exit(f"Expected the lines {BEGIN} and {END} in {README}. Received: neither or one")
    return "".join([before, begin, "\n", recipe_table("recipes/{name}.py"), "\n", end, after])


if __name__ == "__main__":
    README.write_text(with_table(README.read_text(encoding="utf-8")), encoding="utf-8")
    print(README)
