"""The rooms of the package, and which imports which."""

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import grimp

import kerastune

ROOT = Path(__file__).parents[2]

Graph = dict[str, set[str]]


def room_of(module: str) -> str:
    """The room that a module lies in; nothing for the package itself."""
    return module.partition(".")[2].partition(".")[0]


def imports_of_rooms() -> Graph:
    """The rooms that each room imports."""
    modules = grimp.build_graph("kerastune", cache_dir=None, exclude_type_checking_imports=True)
    children = map(room_of, modules.find_children("kerastune"))
    rooms = {room for room in children if (ROOT / "kerastune" / room).is_dir()}
    found: Graph = {room: set() for room in rooms}
    for module in modules.modules:
        if (room := room_of(module)) in rooms - {"recipes"}:
            found[room] |= set(map(room_of, modules.find_modules_directly_imported_by(module)))
    # Rooms that look a recipe up by its name do not depend on any one recipe.
    imported = {room: (others & rooms) - {room, "recipes"} for room, others in found.items()}
    return imported | {"recipes": rooms_that_recipes_use()}


def rooms_that_recipes_use() -> set[str]:
    """The rooms of the public names in the files of the recipes (`import kerastune as kt`)."""
    used: set[str] = set()
    for file in sorted((ROOT / "recipes").glob("[!_]*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                module = public_modules().get(node.attr) if node.value.id == "kt" else None
                used |= {room_of(module)} if module else set()
    return used


def public_modules() -> dict[str, str]:
    """The module of each public name of the package."""
    return kerastune._ROOMS | kerastune._NAMES


def without_detours(graph: Graph) -> Graph:
    """The same arrows without those that a longer way makes unnecessary."""

    def reached(room: str) -> set[str]:
        return graph[room].union(*map(reached, graph[room]))

    return {room: below - set().union(*map(reached, below)) for room, below in graph.items()}


def rows_of(graph: Graph) -> dict[str, int]:
    """The row of each room, counted from the bottom: above everything it imports."""
    rows: dict[str, int] = {}
    for room in TopologicalSorter(graph).static_order():
        rows[room] = 1 + max((rows[below] for below in graph[room]), default=-1)
    return rows
