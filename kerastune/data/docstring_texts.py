"""The prose of docstrings of SciPy and NumPy, by module: real text that is always at hand."""

import ast
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import numpy as np

from kerastune.data.columns import Column
from kerastune.data.docstring_prose import SECTION, as_prose, paragraphs
from kerastune.data.source import Source
from kerastune.errors import InputError
from kerastune.installing import package_folder

_PACKAGES = ("numpy", "scipy")
_SHORTEST = 60  # characters
_SHUFFLE_SEED = 0


def docstring_texts(count: int | None = None) -> Source:
    """Returns the prose of docstrings, each with the module that it is from, and nothing to learn.

    A text is what stands before the first section and in "Notes" of the docstring of a module,
    class, function or method of SciPy and NumPy, without code, mathematics and markup, if it has
    60 characters or more. Texts that come twice are kept once. They depend on the installed
    versions.

    Args:
        count: int, how many texts, from 1, by a fixed shuffle. Defaults to all, in the order of
            the files.

    Returns:
        A `Source` of about 4,300 texts, 1.8 million characters, with the inputs `text` and
        `module`; the second is of kind `group`, so that the texts of a module stay together
        when samples are split.

    Raises:
        InputError: if the sources of SciPy and NumPy are not installed, or the count is too small.

    Example:

    >>> source = docstring_texts()
    >>> len(source) > 4000, source.targets, source.columns["module"].kind
    (True, (), 'group')
    """
    modules = dict(_modules_by_text(tuple(filter(None, map(package_folder, _PACKAGES)))))
    if not modules:
        raise InputError(
            f"Expected the source of {' and '.join(_PACKAGES)}. Received: none. Install the "
            "packages anew, or choose other data"
        )
    if count is not None and count < 1:
        raise InputError(f"Expected at least one text of docstrings. Received: {count}")
    texts = list(modules)
    if count is not None:
        order = np.random.default_rng(_SHUFFLE_SEED).permutation(len(texts))
        texts = [texts[place] for place in order[:count]]
    return Source(
        {"text": texts, "module": [modules[text] for text in texts]},
        {"text": Column("text"), "module": Column("group")},
        (),
        "docstring_prose",
    )


# Reading takes some seconds, and a recipe is often called more than once.
@lru_cache(maxsize=1)
def _modules_by_text(folders: tuple[Path, ...]) -> tuple[tuple[str, str], ...]:
    """Returns each text in packages once, with the module in which it comes first."""
    modules: dict[str, str] = {}
    for folder in folders:
        for file in sorted(folder.rglob("*.py")):
            name = file.relative_to(folder.parent)
            if "tests" not in name.parts:
                tree = ast.parse(file.read_text(encoding="utf-8"))
                for text in _texts(tree):
                    modules.setdefault(text, name.as_posix())
    return tuple(modules.items())


def _texts(node: ast.AST) -> Iterator[str]:
    """Yields the prose of the docstring of a module, class or function, and of those inside it."""
    if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
        docstring = ast.get_docstring(node)
        prose = _prose(docstring) if docstring else ""
        if len(prose) >= _SHORTEST:
            yield prose
    if isinstance(node, ast.Module | ast.ClassDef):
        for inner in node.body:
            yield from _texts(inner)


def _prose(docstring: str) -> str:
    """Returns what stands before the first section of a docstring and in its notes, as prose."""
    opening, *sections = SECTION.split(docstring)
    notes = [
        body for title, body in zip(sections[::2], sections[1::2], strict=True) if title == "Notes"
    ]
    parts = map(as_prose, paragraphs("\n\n".join([opening, *notes])))
    return " ".join(filter(None, parts))
