"""Draws the rooms of kerastune and who imports whom, as `docs/architecture.svg`.

python tools/draw_architecture.py

A room is a folder of the package; single files beside the rooms are left out. An arrow leads from
a room to one that it imports, and is left out where a longer way leads there too. A recipe uses
public names of the package: its arrows lead to the rooms that these names are from.
"""

import sys
from pathlib import Path

# The package lies beside this folder, installed or not.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from architecture.picture import draw
from architecture.rooms import ROOT, imports_of_rooms, without_detours

PICTURE = ROOT / "docs" / "architecture.svg"


def architecture() -> str:
    """The picture of the code as it is."""
    return draw(without_detours(imports_of_rooms()))


if __name__ == "__main__":
    PICTURE.write_text(architecture(), encoding="utf-8")
    print(PICTURE)
