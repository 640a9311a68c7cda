"""Tables in terminals of all widths."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from kerastune.display import Column, Table
from kerastune.display.formats import format_value

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
        assert text.count(format_value(value, column.unit)) >= 2


@pytest.mark.parametrize("width", [60, 80, 200])
def test_long_paths_are_folded_and_never_shortened(width: int) -> None:
    path = "/".join(f"transformer_layer_{number}" for number in range(9))
    columns = (Column("path", "text"), Column("kind", "text"), Column("parameters"))
    text = printed(Table("t", columns, ((path, "trainable", 1),)), width)
    assert path in "".join(line.split("  ")[0].strip() for line in text.splitlines())


def test_many_columns_go_under_each_other_and_none_is_lost() -> None:
    names = [f"applications:Network{number}" for number in range(12)]
    table = Table("t", (Column("group", "text"), *map(Column, names)), (("stem", *range(12)),))
    lines = printed(table, 60).splitlines()
    assert lines[1].split() == ["applications:"] * 3
    assert lines[2].split() == ["group", "Network0", "Network1", "Network2"]
    assert [line.split() for line in lines if line.startswith("stem")] == [
        ["stem", *map(str, range(start, start + 3))] for start in range(0, 12, 3)
    ]
    assert "stem" in printed(table, 300).splitlines()[-1]


def test_some_columns_too_many_go_under_the_others() -> None:
    columns = (Column("group", "text"), *(Column(f"Network{number}") for number in range(8)))
    rows = (("stem", *range(8)), ("head", *range(8)))
    text = printed(Table("t", columns, rows, total=("total", *range(8))), 60)
    firsts = [line.split()[0] for line in text.splitlines()[1:] if line[:1].isalpha()]
    assert firsts == ["group", "stem", "head", "total"] * 2
    assert max(map(cell_len, text.splitlines())) <= 60


def test_a_narrow_heading_is_folded_between_its_words() -> None:
    columns = (Column("group", "text"), *(Column(f"parameters {n}") for n in range(5)))
    rows = (("stem", *range(5)), ("head", *[10**7] * 5))
    table = Table("t", columns, rows, total=("total", *range(5)))
    assert "parameters 4" in printed(table, 80)
    lines = printed(table, 70).splitlines()
    assert lines[1].split() == ["parameters"] * 5
    assert lines[2].split() == ["group", *"01234"]
    assert max(map(cell_len, lines)) <= 70


def test_texts_of_several_lines_and_details_of_a_heading() -> None:
    columns = (Column("group", "text"), Column("all", "lines", details="2 epochs", align="right"))
    lines = printed(Table("", columns, (("head", "0.1\nof 10"), ("a\nb", "frozen")))).splitlines()
    assert [line.split() for line in lines] == [
        ["all"], ["group", "2", "epochs"], [lines[2]], ["head", "0.1"], ["of", "10"],
        ["a\\nb", "frozen"],
    ]  # fmt: skip
    assert len({len(line.rstrip()) for line in (lines[0], lines[1], lines[3], lines[4])}) == 1


def test_marked_values_have_a_mark() -> None:
    columns = (Column("a", "metric"), Column("class", "text"))
    marks = {(0, 0): "best", (0, 1): "wrong"}
    text = printed(Table("", columns, ((0.5, "cat"), (0.25, "dog")), marks=marks))
    assert [line.split() for line in text.splitlines()[2:]] == [
        ["*", "0.5000", "✗", "cat"],
        ["0.2500", "dog"],
    ]


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


def test_hundreds_of_columns_are_all_there() -> None:
    names = [f"class_{number}" for number in range(500)]
    columns = (Column("text", "text"), *(Column(name, "metric") for name in names))
    text = printed(Table("", columns, (("a", *[0.5] * 500),)))
    assert text.split().count("0.5000") == 500
    assert max(map(cell_len, text.splitlines())) <= 80
