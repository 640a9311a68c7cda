"""Writing what a benchmark measured to `docs/benchmarks.md`, with machine, versions and command."""

import datetime
import os
import platform
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median, quantiles

PAGE = Path(__file__).parents[2] / "docs" / "benchmarks.md"
_ROW = re.compile(r"^\|(.+)\|$", re.MULTILINE)
_TOLD = re.compile(r"^`(?P<command>KERAS_BACKEND=(?P<backend>\w*) [^`]+)` on .*$", re.MULTILINE)


@dataclass(frozen=True)
class Measured:
    """What a benchmark measured: a title, a line on what it is, and the rows of a table."""

    title: str
    about: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    earlier: tuple[str, ...] = ()

    def to_markdown(self) -> str:
        """The section: heading, table, how and where it was measured, now and earlier."""
        lines = [self.columns, ("---",) * len(self.columns), *self.rows]
        table = "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
        told = "\n\n".join([*self.earlier, _told()])
        return f"## {self.title}\n\n{self.about}\n\n{table}\n\n{told}\n"


def spread(values: Sequence[float]) -> str:
    """The median of some ratios, with their quartiles in brackets."""
    if len(values) < 2:
        return f"{median(values):.2f}"
    low, _, high = quantiles(values, n=4)
    return f"{median(values):.2f} ({low:.2f} – {high:.2f})"


def publish(measured: Measured, *, keys: int, writes: bool) -> None:
    """Print a section, and write it to the page if that is asked for; see `write_section`."""
    print(measured.to_markdown())
    if writes:
        write_section(measured, keys=keys)


def write_section(measured: Measured, *, keys: int) -> None:
    """Write a section to the page, in place of the one with its title.

    Rows of the former section whose first cells, as many as `keys`, were not measured now stay,
    with the commands of their backends: each backend is measured by a command of its own.
    """
    page = PAGE.read_text(encoding="utf-8")
    found = re.search(rf"^## {re.escape(measured.title)}\n.*?(?=^## |\Z)", page, re.M | re.S)
    rows, earlier = list(measured.rows), ()
    if found:
        former = [tuple(cell.strip() for cell in row.split("|")) for row in _ROW.findall(found[0])]
        new = {row[:keys] for row in rows}
        kept = [row for row in former[2:] if row[:keys] not in new]
        rows += kept
        earlier = tuple(_still_told(found[0], kept))
    section = replace(measured, rows=sorted(rows), earlier=earlier).to_markdown()
    if found:
        page = page[: found.start()] + section + "\n" + page[found.end() :].lstrip("\n")
    else:
        page = page.rstrip("\n") + "\n\n" + section
    PAGE.write_text(page.rstrip("\n") + "\n", encoding="utf-8")


def _still_told(section: str, kept: Sequence[tuple[str, ...]]) -> list[str]:
    """The lines of a section that tell how rows were measured of which some are kept."""
    now = _told()
    return [
        line[0]
        for line in _TOLD.finditer(section)
        if any(line["backend"] in row for row in kept) and f"`{line['command']}`" not in now
    ]


def _told() -> str:
    """When, where and how it was measured."""
    from kerastune.backends import versions

    numbers = ", ".join(f"{name} {number}" for name, number in versions().items())
    words = [Path(word).name if word.endswith(".py") else word for word in sys.argv]
    command = f"KERAS_BACKEND={os.environ.get('KERAS_BACKEND', '')} python tools/benchmarks/"
    return (
        f"`{command}{' '.join(words)}` on {datetime.date.today().isoformat()}: "
        f"{os.cpu_count()} processors ({platform.machine()}), Python {platform.python_version()}, "
        f"{numbers}."
    )
