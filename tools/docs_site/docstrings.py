"""Docstrings as the site reads them."""

import re
from typing import Any

import griffe

# An example, to the end or to the next section.
_EXAMPLE = re.compile(r"^Example:\n(.*?)(?=^\w[\w ]*:\n|\Z)", re.MULTILINE | re.DOTALL)


class Docstrings(griffe.Extension):
    """Takes `Example:` for the section that Griffe calls `Examples:`, so that doctests are code."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Change the docstring of an object when it has been read.

        Args:
            obj: what the docstring belongs to.
        """
        if obj.docstring is not None:
            obj.docstring.value = with_examples(obj.docstring.value)


def with_examples(docstring: str) -> str:
    """A docstring whose example is a section, indented as Griffe wants it."""
    return _EXAMPLE.sub(
        lambda found: "Examples:\n" + _indented(found[1].strip("\n")) + "\n\n", docstring
    )


def _indented(text: str) -> str:
    """Text with four blanks before each line that has none."""
    if text.startswith("    "):
        return text
    return "\n".join("    " + line if line else "" for line in text.splitlines())
