"""The prose of docstrings in numpydoc format, without code, mathematics and markup."""

import re

_ROLES = re.compile(r":[\w:]+:`~?([^`<]+)(?:<[^`]*>)?`")
_CITATIONS = re.compile(r"\s*\[[\w, -]+\]_")
SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")
"""Where one sentence ends and the next begins."""
SECTION = re.compile(r"(?:^|\n)([A-Z][A-Za-z ]+)\n-{3,}\n?")
"""A section's title over its underline."""


def paragraphs(text: str) -> list[str]:
    """Returns the paragraphs of a part of a docstring.

    Args:
        text: str.

    Example:

    >>> paragraphs("One.\\n\\nTwo.")
    ['One.', 'Two.']
    """
    return re.split(r"\n\s*\n", text)


def as_prose(paragraph: str) -> str:
    """Returns a paragraph as one line, without code, mathematics, tables and markup.

    Args:
        paragraph: str.

    Returns:
        str, empty for a paragraph that is no prose.

    Example:

    >>> as_prose("Like :func:`numpy.sort`, but\\n*stable* [1]_.")
    'Like numpy.sort, but stable.'
    >>> as_prose(">>> 1 + 1")
    ''
    """
    if re.search(r">>>|\.\. |^\s*[-=+|]{3,}", paragraph, re.MULTILINE):
        return ""
    text = _CITATIONS.sub("", _ROLES.sub(r"\1", paragraph))
    return re.sub(r"\s+", " ", text.replace("`", "").replace("*", "")).strip()


def opening_prose(docstring: str, most: int) -> str:
    """Returns the first sentences of what stands before a docstring's first section.

    Args:
        docstring: str, in numpydoc format.
        most: int, the most characters; a sentence is taken whole or not at all.

    Returns:
        str, empty if the first sentence is longer, or there is no prose.

    Example:

    >>> opening_prose("Sort.\\n\\nIt is stable.\\n\\nParameters\\n----------\\na: array", 80)
    'Sort. It is stable.'
    """
    opening = SECTION.split(docstring)[0]
    text = " ".join(filter(None, map(as_prose, paragraphs(opening))))
    kept = ""
    for sentence in SENTENCE_END.split(text):
        longer = f"{kept} {sentence}".strip()
        if len(longer) > most:
            break
        kept = longer
    return kept
