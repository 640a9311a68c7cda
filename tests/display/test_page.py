"""The page: what it holds, that nothing of it is executed but its own script, and sorting."""

import base64
import hashlib
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest
from matplotlib.figure import Figure

from kerastune.display import Column, Table
from kerastune.display.page import Page, Section
from kerastune.evaluation import save_picture

pytestmark = pytest.mark.any_backend

HOSTILE = "<img src=x onerror=alert(1)>\"' onload='x' </script><script>alert(2)</script>\x1b\u202e"
COLUMNS = (Column("path/to:it", "text"), Column("size", "bytes"), Column("share", "share"))
ROWS = (
    ("layer_10", 3_000_000, 0.25),
    ("layer_9", None, None),
    ("layer_1", 200_000_000, 1e-9),
    ("layer_2", 9, 0.0),
)
TABLE = Table("Sizes", COLUMNS, ROWS, ("a note",), ("total", 203_000_009, None))
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "google-chrome", "chrome"))), None)


def html_page(title: str, tables: list[Table], pictures: dict[str, bytes], notes=()) -> str:
    """A page with a section for each table, and one of pictures."""
    sections = [Section(table.title, [table]) for table in tables]
    rest = [Section("Pictures", pictures=pictures), Section("Notes", notes=notes)]
    return Page(title, [*sections, *rest]).to_html()


class Reader(HTMLParser):
    """Every tag with its attributes, and the cells' texts row by row."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.rows: list[list[str]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_data(self, data: str) -> None:
        if self.rows and self.rows[-1]:
            self.rows[-1][-1] += data.strip("\n")

    def named(self, tag: str) -> list[dict[str, str | None]]:
        """The attributes of all tags of one name."""
        return [attributes for name, attributes in self.tags if name == tag]


def test_a_table_shows_its_values_and_keeps_the_raw_ones() -> None:
    reader = Reader(TABLE.to_html())
    assert reader.rows[0] == ["path/to:it", "size", "share"]
    assert reader.rows[1] == ["layer_10", "2.86 MiB", "25.0 %"]
    assert reader.rows[2] == ["layer_9", "–", "–"]
    assert reader.rows[-1][:2] == ["total", "194 MiB"]
    cells = reader.named("td")
    assert [cell.get("data-value") for cell in cells[:4]] == ["3000000", "0.25", None, None]
    assert cells[0]["title"] == "3,000,000"
    parts = [cell["style"] for cell in cells if "style" in cell]
    assert parts == ["--part: max(25.0000%, 2px)", "--part: max(0.0000%, 2px)", "--part: 0"]


def test_the_policy_allows_the_pages_own_script_alone() -> None:
    page = html_page("t", [TABLE], {})
    [script] = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    [policy] = [tag["content"] for tag in Reader(page).named("meta") if "http-equiv" in tag]
    assert policy is not None
    rules = dict(rule.split(None, 1) for rule in policy.split(";"))
    assert rules["script-src"] == f"'sha256-{digest}'"
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == "'none'"
    assert "http:" not in page
    assert "https:" not in page


def test_hostile_texts_stay_texts() -> None:
    table = Table(
        HOSTILE,
        (Column(HOSTILE, "text"), Column(HOSTILE + "2", "text")),
        ((HOSTILE, HOSTILE),),
        (HOSTILE,),
        (HOSTILE, HOSTILE),
    )
    page = html_page(HOSTILE, [table], {HOSTILE: b"\x89PNG" + b"\0" * 30}, [HOSTILE])
    reader = Reader(page)
    assert len(reader.named("script")) == 1
    assert len(reader.named("img")) == 1
    allowed = {"class", "scope", "style", "data-value", "title", "src", "alt", "width", "content"}
    allowed |= {"lang", "charset", "name", "http-equiv", "tabindex", "role", "aria-label"}
    assert {name for _, attributes in reader.tags for name in attributes} <= allowed
    assert "\x1b" not in page
    assert "\u202e" not in page
    assert page.count("&lt;img src=x onerror=alert(1)&gt;") >= 8


def test_pictures_are_inside_at_the_size_they_were_drawn_for(tmp_path: Path) -> None:
    save_picture(Figure(figsize=(3, 1)), tmp_path / "a.png")
    png = (tmp_path / "a.png").read_bytes()
    [image] = Reader(html_page("t", [], {"A caption": png})).named("img")
    assert image["alt"] == "A caption"
    # Three inches and a tenth at each side, at the 96 pixels of a browser.
    assert image["width"] == str(int(3.2 * 96))
    assert base64.b64decode((image["src"] or "").partition(",")[2]) == png


def test_a_section_without_content_is_left_out() -> None:
    page = html_page("t", [], {})
    assert "<h2>" not in page
    assert "<section>" not in page


def test_sizes_are_said_to_be_binary_where_there_are_any() -> None:
    assert "1 MiB is 1,048,576 bytes" in html_page("t", [TABLE], {})
    assert "MiB" not in html_page("t", [Table("t", (Column("n"),), ((1,),))], {})


def rendered(page: str, folder: Path) -> str:
    """The page as a browser leaves it after its scripts."""
    (folder / "page.html").write_text(page, encoding="utf-8")
    options = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder / 'user'}"]
    command = [str(CHROMIUM), *options, "--dump-dom", (folder / "page.html").as_uri()]
    return subprocess.run(command, capture_output=True, check=True, timeout=60, text=True).stdout


@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
@pytest.mark.parametrize(
    ("column", "presses", "names", "order"),
    [
        (1, 0, ["layer_10", "layer_9", "layer_1", "layer_2"], None),
        (1, 1, ["layer_1", "layer_10", "layer_2", "layer_9"], "descending"),
        (1, 2, ["layer_2", "layer_10", "layer_1", "layer_9"], "ascending"),
        (1, 3, ["layer_10", "layer_9", "layer_1", "layer_2"], None),
        (0, 1, ["layer_1", "layer_2", "layer_9", "layer_10"], "ascending"),
        (2, 1, ["layer_10", "layer_1", "layer_2", "layer_9"], "descending"),
    ],
)
def test_a_browser_sorts_by_the_raw_values(
    tmp_path: Path, column: int, presses: int, names: list[str], order: str | None
) -> None:
    press = f"document.querySelectorAll('thead button')[{column}].click();" * presses
    digest = base64.b64encode(hashlib.sha256(press.encode()).digest()).decode()
    page = html_page("t", [TABLE], {})
    page = page.replace("script-src ", f"script-src 'sha256-{digest}' ")
    page = page.replace("</body>", f"<script>{press}</script></body>")
    reader = Reader(rendered(page, tmp_path))
    assert [row[0] for row in reader.rows[1:-1]] == names
    assert reader.rows[-1][0] == "total"
    heads = [tag.get("aria-sort") for tag in reader.named("th") if tag.get("scope") == "col"]
    assert heads == [order if place == column else None for place in range(3)]
    assert len(reader.named("button")) == 3
