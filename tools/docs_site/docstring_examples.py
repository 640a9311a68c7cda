"""Examples of docstrings, as Griffe wants them."""

import re

# An example, to the end or to the next section.
_EXAMPLE = re.compile(r"^Example:\n(.*?)(?=^[A-Z][\w ]*:\n|\Z)", re.MULTILINE | re.DOTALL)


def with_examples(docstring: str) -> str:
    """A docstring whose `Example:` is a section `Examples:`, with its lines indented."""
    return _EXAMPLE.sub(
        lambda found: "Examples:\n" + _indented(found[1].strip("\n")) + "\n\n", docstring
    )


def _indented(text: str) -> str:
    """Lines with four blanks before each; as they are, if the first has them."""
    if text.startswith("    "):
        return text
    return "\n".join("    " + line if line else "" for line in text.splitlines())
