"""Tables in Markdown, read back by a parser of Markdown."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from kerastune.display import Column, Table
from kerastune.display.texts import format_text

pytestmark = pytest.mark.any_backend


def read(markdown: str) -> list[list[str]]:
    """The texts of the cells that a parser finds; other elements in them are an error."""
    parser = MarkdownIt("commonmark", {"linkify": False}).enable(["table", "strikethrough"])
    rows: list[list[str]] = []
    tokens = parser.parse(markdown)
    for before, token in pairwise(tokens):
        if before.type == "tr_open":
            rows.append([])
        if token.type == "inline" and before.type in ("td_open", "th_open"):
            children = token.children or []
            assert {child.type for child in children} <= {"text", "text_special"}, children
            rows[-1].append("".join(child.content for child in children))
    return rows


@settings(max_examples=150)
@given(
    texts=st.lists(
        st.text(st.sampled_from("a_*|\\`<>[]()!&~$#-=1 \u00e9\n"), max_size=12)
        | st.text(st.sampled_from("w.:/a"), max_size=12)
        | st.text(max_size=8),
        min_size=1,
        max_size=4,
    )
)
def test_every_text_reads_back_as_it_is_shown(texts: list[str]) -> None:
    table = Table("t", (Column("name", "text"), Column("n")), tuple((t, 1) for t in texts))
    rows = read(table.to_markdown())
    assert rows == [["name", "n"], *([format_text(text).strip(), "1"] for text in texts)]


def test_columns_line_up_with_numbers_at_the_right() -> None:
    columns = (Column("model", "text"), Column("size", "bytes"), Column("change", "share", True))
    rows = (("lenet", 900_136, 0.5), ("层", 12, -0.25))
    table = Table("A *title*", columns, rows, ("a | note",), ("total", 900_148, None))
    assert table.to_markdown().splitlines() == [
        r"**A \*title\***",
        "",
        "| model     |        size |  change |",
        "| :-------- | ----------: | ------: |",
        "| lenet     |     879 KiB | +50.0 % |",
        "| 层        |        12 B | -25.0 % |",
        "| **total** | **879 KiB** |   **–** |",
        "",
        r"- a \| note",
    ]


def test_github_makes_no_link_of_a_name() -> None:
    table = Table("t", (Column("m", "text"),), (("https://a.example WWW.b.example",),))
    # GitHub looks for "://" and "www." in what is not escaped.
    assert r"| https\://a.example WWW\.b.example |" in table.to_markdown()
    assert read(table.to_markdown())[1] == ["https://a.example WWW.b.example"]
