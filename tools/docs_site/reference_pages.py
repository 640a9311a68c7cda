"""Pages of the public names, one for each room and one for those of the package itself."""

from pathlib import Path

import kerastune

ROOT = Path(__file__).parents[2]
PACKAGE = "reference/kerastune.md"


def reference_pages() -> dict[str, str]:
    """The text of each page, by its path among the docs."""
    rooms = sorted(set(kerastune._ROOMS) - {"recipes"})
    pages = {f"reference/{room}.md": f"# `kerastune.{room}`\n\n{room_page(room)}" for room in rooms}
    return {PACKAGE: package_page()} | pages


def room_page(room: str) -> str:
    """What a room exports."""
    return f"""::: kerastune.{room}
    options:
      show_root_heading: false
      show_root_toc_entry: false
"""


def package_page() -> str:
    """What the package exports: its own names in full, those of rooms by a link."""
    rooms = {module: room for room, module in kerastune._ROOMS.items()}
    own = [name for name, module in kerastune._NAMES.items() if module not in rooms]
    lines = ["# `kerastune`", "", "| name | from the room |", "|---|---|"]
    for name, module in sorted(kerastune._NAMES.items()):
        if name not in own:
            page = f"{rooms[module]}.md"
            full = f"`kerastune.{name}`"
            link = f"[{full}]({page})" if is_room(module, name) else f"[{full}][{module}.{name}]"
            lines.append(f"| {link} | [`{module}`]({page}) |")
    lines += [""]
    lines += [f"::: kerastune.{name}\n" for name in sorted(own)]
    return "\n".join(lines)


def is_room(module: str, name: str) -> bool:
    """Whether a name of a room is a room within it."""
    return ROOT.joinpath(*module.split("."), name).is_dir()
