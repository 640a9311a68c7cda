"""The words of a page, whatever its markup is."""

import base64
import hashlib
from html.parser import HTMLParser

_LINES = {"title", "p", "li", "tr", "caption", "figcaption", "pre", "h1", "h2", "h3", "h4"}
_UNSEEN = {"style", "script"}


def page_outline(page: str, *, drawn: bool) -> str:
    """The words of a page: a line for each heading, paragraph, row of a table and picture.

    Args:
        page: str, HTML.
        drawn: bool, whether to tell pictures apart by what is drawn.

    Returns:
        str: the lines, each with its kind first, and cells after bars.
    """
    outline = _Outline(drawn)
    outline.feed(page)
    outline.close()
    return "\n".join(outline.lines) + "\n"


class _Outline(HTMLParser):
    """Collects the lines."""

    def __init__(self, drawn: bool) -> None:
        super().__init__()
        self.lines: list[str] = []
        self._drawn = drawn
        self._open: list[str] = []  # The lines that what follows belongs to.
        self._is_unseen = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _UNSEEN:
            self._is_unseen = True
        elif tag in _LINES:
            self._open.append(tag)
            self.lines.append(f"{tag}:")
        elif tag in ("td", "th"):
            self.lines[-1] += " |"
        elif tag == "img":
            self._add(f"[{self._picture(dict(attrs))}]", "picture")

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSEEN:
            self._is_unseen = False
        elif tag in _LINES and tag in self._open:
            self._open.remove(tag)

    def handle_data(self, data: str) -> None:
        if (text := " ".join(data.split())) and not self._is_unseen:
            self._add(text, "text")

    def _add(self, text: str, kind: str) -> None:
        """Add words to the line that is open, or as one of their own kind."""
        if self._open:
            self.lines[-1] += f" {text}"
        else:
            self.lines.append(f"{kind}: {text}")

    def _picture(self, attributes: dict[str, str | None]) -> str:
        """What stands for a picture, and which it is."""
        alternative = attributes.get("alt") or "a picture without words"
        if not self._drawn:
            return alternative
        image = base64.b64decode((attributes.get("src") or "").partition(",")[2])
        return f"{alternative}, {hashlib.sha256(image).hexdigest()[:12]}"
