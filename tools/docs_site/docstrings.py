"""What Griffe calls while it reads the code, so that doctests are shown as code."""

import sys
from pathlib import Path
from typing import Any

import griffe

sys.path.insert(0, str(Path(__file__).parent))

from docstring_examples import with_examples


class Docstrings(griffe.Extension):
    """Takes `Example:` for the section that Griffe calls `Examples:`."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Change the docstring of an object when it has been read.

        Args:
            obj: what the docstring belongs to.
        """
        if obj.docstring is not None:
            obj.docstring.value = with_examples(obj.docstring.value)
