"""The picture of the rooms is that of the code as it is."""

import importlib
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

import kerastune

pytestmark = pytest.mark.any_backend

TOOLS = Path(kerastune.__file__).parents[1] / "tools"


@pytest.fixture
def tool(monkeypatch):
    """The tool as a module."""
    monkeypatch.syspath_prepend(TOOLS)
    return importlib.import_module("draw_architecture")


def test_the_committed_picture_is_up_to_date(tool):
    stored = tool.PICTURE.read_text(encoding="utf-8")
    assert tool.architecture() == stored, (
        "Rooms or imports have changed: run `python tools/draw_architecture.py`, look at "
        "docs/architecture.svg, and commit it."
    )


def test_arrows_are_imports(tool):
    imports = tool.imports_of_rooms()
    assert imports["evaluation"] >= {"data", "display"}
    assert imports["display"] == set()
    assert imports["recipes"] >= {"baselines", "data", "heads", "jobs", "models", "preprocessing"}
    assert not any("recipes" in others for others in imports.values())


def test_an_arrow_that_a_longer_way_replaces_is_left_out(tool):
    graph = {"top": {"middle", "bottom"}, "middle": {"bottom"}, "bottom": set()}
    assert tool.without_detours(graph) == {"top": {"middle"}, "middle": {"bottom"}, "bottom": set()}


def test_boxes_lie_inside_and_apart_and_arrows_lead_down(tool):
    graph = {f"top_{at}": {"bottom_0", f"bottom_{at}"} for at in range(4)}
    graph |= {f"bottom_{at}": set() for at in range(4)} | {"first": {"top_1", "bottom_2"}}
    svg = ElementTree.fromstring(tool.draw(graph))
    boxes = [one.attrib for one in svg.iterfind("{*}rect") if one.get("class") == "box"]
    assert len(boxes) == len(graph)
    width = int(svg.get("width", 0))
    by_row: dict[str, list[tuple[int, int]]] = {}
    for box in boxes:
        left = int(box["x"])
        by_row.setdefault(box["y"], []).append((left, left + int(box["width"])))
    assert sorted(map(len, by_row.values())) == [1, 4, 4]
    for row in by_row.values():
        ends = [end for box in sorted(row) for end in box]
        assert [0, *ends, width] == sorted([0, *ends, width])
    # The arrow from the first to the last row is drawn in two pieces, with one tip.
    tips = [one for one in svg.iterfind("{*}path") if one.get("marker-end")]
    assert len(tips) == sum(map(len, graph.values()))
