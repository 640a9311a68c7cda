"""The docstring of a recipe, completed with what every recipe takes."""

import inspect
import re

_SECTION = re.compile(r"^(Args|Returns|Raises|Example|Reference|Note):\s*$", re.MULTILINE)
_ENTRY = re.compile(r"^    (\w+): ", re.MULTILINE)
_RETURNS = "Returns:\n    A `Result`; with `.build(...)` instead of a call, the untrained `Job`.\n"
_RAISES = "Raises:\n    InputError: if an argument, a file or the data cannot be used.\n"


def with_option_docs(docstring: str, options_docstring: str) -> str:
    """A recipe's docstring with the options of every run among its arguments.

    What the recipe says itself of an option stands.

    Args:
        docstring: str, the recipe's own docstring, with or without a section `Args`.
        options_docstring: str, a docstring whose section `Args` describes the options.

    Returns:
        The docstring with sections `Args`, `Returns` and `Raises`.

    Example:

    >>> options = "Options.\\n\\nArgs:\\n    seed: decides draws.\\n    epochs: epochs to train."
    >>> own = "Fit a line.\\n\\nArgs:\\n    data: a table.\\n    epochs: passes over the table."
    >>> print(with_option_docs(own, options))
    Fit a line.
    <BLANKLINE>
    Args:
        data: a table.
        epochs: passes over the table.
        seed: decides draws.
    <BLANKLINE>
    Returns:
        A `Result`; with `.build(...)` instead of a call, the untrained `Job`.
    <BLANKLINE>
    Raises:
        InputError: if an argument, a file or the data cannot be used.
    """
    sections = _sections(docstring)
    own = _entries(sections.pop("Args", ""))
    for name, text in _entries(_sections(options_docstring)["Args"]).items():
        own.setdefault(name, text)
    head = sections.pop("").rstrip()
    parts = [head, "Args:\n" + "".join(own.values())]
    parts.append(f"Returns:\n{sections.pop('Returns')}" if "Returns" in sections else _RETURNS)
    parts.append(f"Raises:\n{sections.pop('Raises')}" if "Raises" in sections else _RAISES)
    parts += [f"{title}:\n{text}" for title, text in sections.items()]
    return "\n\n".join(part.rstrip() for part in parts)


def _sections(docstring: str) -> dict[str, str]:
    """The text of each section of a docstring, by title; what comes first has none."""
    first, *rest = _SECTION.split(inspect.cleandoc(docstring))
    texts = {"": first}
    for title, text in zip(rest[::2], rest[1::2], strict=True):
        texts[title] = text.strip("\n") + "\n"
    return texts


def _entries(text: str) -> dict[str, str]:
    """The entries of a section `Args`, by name, in their order."""
    starts = [(match.start(), match[1]) for match in _ENTRY.finditer(text)]
    ends = [start for start, _ in starts[1:]] + [len(text)] * bool(starts)
    return {
        name: text[start:end].rstrip() + "\n"
        for (start, name), end in zip(starts, ends, strict=True)
    }
