"""Tables in terminals of all widths."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from kerastune.counting.shown import shown
from kerastune.counting.table import Column, Table

pytestmark = pytest.mark.any_backend


def printed(table: Table, width: int = 80, **options) -> str:
    """What the console writes."""
    file = io.StringIO()
    Console(file=file, width=width, **options).print(table)
    return file.getvalue()


NAMES = st.text("abc/_:. 层", min_size=1, max_size=50)


@settings(max_examples=60)
@given(
    width=st.integers(60, 160),
    names=st.lists(NAMES, min_size=1, max_size=8, unique=True),
    label=NAMES,
    count=st.integers(0, 10**12),
)
def test_no_line_is_too_long_and_no_number_is_cut(
    width: int, names: list[str], label: str, count: int
) -> None:
    columns = (Column("", "text"), *map(Column, names), Column("the share", "share"))
    row = (label, *range(count, count + len(names)), 0.125)
    text = printed(Table("t", columns, (row,), total=row), width)
    assert max(map(cell_len, text.splitlines())) <= width
    for value, column in zip(row[1:], columns[1:], strict=True):
        assert text.count(shown(value, column.unit)) >= 2


@pytest.mark.parametrize("width", [60, 80, 200])
def test_long_paths_are_folded_and_never_shortened(width: int) -> None:
    path = "/".join(f"transformer_layer_{number}" for number in range(9))
    columns = (Column("path", "text"), Column("kind", "text"), Column("parameters"))
    text = printed(Table("t", columns, ((path, "trainable", 1),)), width)
    assert path in "".join(line.split("  ")[0].strip() for line in text.splitlines())


def test_many_columns_become_lines_of_blocks() -> None:
    names = [f"applications:Network{number}" for number in range(12)]
    table = Table("t", (Column("group", "text"), *map(Column, names)), (("stem", *range(12)),))
    lines = printed(table, 60).splitlines()
    assert lines[:3] == ["t", "stem", "  applications:Network0    0"]
    assert "stem" in printed(table, 200).splitlines()[-1]


def test_some_columns_too_many_go_under_the_others() -> None:
    columns = (Column("group", "text"), *(Column(f"Network{number}") for number in range(8)))
    rows = (("stem", *range(8)), ("head", *range(8)))
    text = printed(Table("t", columns, rows, total=("total", *range(8))), 60)
    firsts = [line.split()[0] for line in text.splitlines()[1:] if line[:1].isalpha()]
    assert firsts == ["group", "stem", "head", "total"] * 2
    assert max(map(cell_len, text.splitlines())) <= 60


def test_the_bar_of_a_share_is_empty_only_for_nothing_and_full_only_for_the_whole() -> None:
    shares = (0.0, 1e-9, 0.5, 0.999999, 1.0)
    table = Table("t", (Column("share", "share"),), tuple((share,) for share in shares))
    bars = [line[:8].rstrip() for line in printed(table).splitlines()[3:]]
    assert bars == ["", "▏", "████", "███████▉", "████████"]


def test_bars_go_before_columns_do() -> None:
    columns = (Column("a", "text"), *(Column(f"parameters {n}") for n in range(4)))
    columns = (*columns, Column("share", "share"))
    table = Table("t", columns, (("x", *[10**9] * 4, 0.5),))
    assert "████" in printed(table, 90)
    assert "████" not in printed(table, 72)
    assert len(printed(table, 72).splitlines()) == len(printed(table, 90).splitlines())


def test_what_is_no_terminal_gets_no_codes_and_no_markup_is_read() -> None:
    table = Table(
        "[bold]t[/bold]", (Column("[red]a", "text"),), (("\x1b[31m:smile:[/]",),), ("[x]",)
    )
    text = printed(table)
    assert "\x1b" not in text
    assert text.split() == [
        "[bold]t[/bold]",
        "[red]a",
        text.split()[2],
        "\\x1b[31m:smile:[/]",
        "[x]",
    ]
    assert "\x1b[31m" not in printed(table, force_terminal=True)


def test_a_console_of_one_byte_a_letter_gets_what_it_can_write() -> None:
    file = io.TextIOWrapper(io.BytesIO(), encoding="ascii", newline="\n")
    columns = (Column("模型", "text"), Column("share", "share"))
    Console(file=file, width=60).print(Table("t", columns, (("层", 0.5), ("b", None))))
    file.seek(0)
    assert "50.0 %" in file.read()


def test_an_empty_table_shows_its_columns() -> None:
    assert "parameters" in printed(Table("t", (Column("parameters"),), ()))


def test_nothing_but_spaces_is_folded_like_any_text() -> None:
    columns = (Column("a", "text"), Column("b", "text"))
    assert printed(Table("t", columns, ((" " * 200, "/" * 200),)), 60).count("/") == 200
