"""Docstrings of SciPy and NumPy with what their functions are: real text that is always at hand.

The tasks they make: tell from the prose of a docstring how many lines its function has, and which
modules its examples import.
"""

import ast
import doctest
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from kerastune.data.columns import Column
from kerastune.data.docstring_prose import opening_prose
from kerastune.data.source import Source
from kerastune.errors import InputError
from kerastune.installing import package_folder

IMPORTED = (
    *("matplotlib", "numpy", "numpy.ma", "numpy.polynomial", "scipy.cluster", "scipy.fft"),
    *("scipy.interpolate", "scipy.linalg", "scipy.ndimage", "scipy.optimize", "scipy.signal"),
    *("scipy.sparse", "scipy.spatial", "scipy.special", "scipy.stats"),
)
"""The modules that the examples of at least 25 docstrings import."""

_PACKAGES = ("numpy", "scipy")
_SHORTEST, _LONGEST = 40, 300  # characters
_FEWEST_LINES = 3
_MOST_LENGTHS = 2400
_SHUFFLE_SEED = 0


@dataclass(frozen=True)
class _Function:
    """A function or method: the prose that opens its docstring, the whole, and its lines."""

    prose: str
    docstring: str
    lines: int


def docstring_lengths() -> Source:
    """Returns docstrings with the length in lines of the function that each describes.

    The text is the prose before the first section of the docstring of a function or method of
    SciPy and NumPy, as whole sentences of 40 to 300 characters in all. The quantity is the
    logarithm to base 10 of the lines of the function's source, signature, comments and blank
    lines included, the docstring not. Functions of less than three lines are left out, and texts
    that describe several. 2,400 are chosen and ordered by a fixed shuffle. They depend on the
    installed versions of SciPy and NumPy.

    Returns:
        A `Source` with the input `text` and the target `log10_lines`.

    Raises:
        InputError: if the sources of SciPy and NumPy are not installed.

    Example:

    >>> source = docstring_lengths()
    >>> len(source), source.columns["log10_lines"].kind
    (2400, 'quantity')
    """
    lines: dict[str, list[int]] = {}
    for function in _functions():
        lines.setdefault(function.prose, []).append(function.lines)
    texts = sorted(
        text for text, found in lines.items() if len(found) == 1 and found[0] >= _FEWEST_LINES
    )
    order = np.random.default_rng(_SHUFFLE_SEED).permutation(len(texts))[:_MOST_LENGTHS]
    chosen = [texts[position] for position in order]
    return Source.of(
        chosen,
        np.log10([lines[text][0] for text in chosen]),
        label_name="log10_lines",
        name="docstring_lengths",
    )


def docstring_imports() -> Source:
    """Returns docstrings with the modules that their examples import, one or several each.

    The text is as in `docstring_lengths`, without the examples. The labels are the modules of
    `IMPORTED` that an `import` in the examples names; of functions that share a text, those of
    all. Docstrings without one are left out.

    Returns:
        A `Source` of about 1,500 docstrings, the input `text`, with the target `imports` of 15
        labels.

    Raises:
        InputError: if the sources of SciPy and NumPy are not installed.

    Example:

    >>> source = docstring_imports()
    >>> source.columns["imports"].class_names[:3], int(source.values["imports"].sum(axis=1).min())
    (('matplotlib', 'numpy', 'numpy.ma'), 1)
    """
    found: dict[str, set[str]] = {}
    for function in _functions():
        if ">>>" in function.docstring:
            found.setdefault(function.prose, set()).update(_imports(function.docstring))
    texts = sorted(text for text, modules in found.items() if modules)
    order = np.random.default_rng(_SHUFFLE_SEED).permutation(len(texts))
    chosen = [texts[position] for position in order]
    values = {
        "text": chosen,
        "imports": np.array([[name in found[text] for name in IMPORTED] for text in chosen], int),
    }
    columns = {"text": Column("text"), "imports": imports_column()}
    return Source(values, columns, ("imports",), "docstring_imports")


def imports_column() -> Column:
    """Returns the description of the modules that the examples of a docstring import."""
    return Column("multilabel", class_names=IMPORTED, shape=(len(IMPORTED),))


@lru_cache(maxsize=1)
def _functions() -> tuple[_Function, ...]:
    """Returns the documented functions of the packages' source files, tests left out."""
    found: list[_Function] = []
    for folder in filter(None, map(package_folder, _PACKAGES)):
        for file in sorted(folder.rglob("*.py")):
            if "tests" not in file.relative_to(folder).parts:
                tree = ast.parse(file.read_text(encoding="utf-8"))
                found += _functions_of(tree.body)
    if not found:
        raise InputError(
            f"Expected the source of {' and '.join(_PACKAGES)}. Received: none. Install the "
            "packages anew, or choose other data"
        )
    return tuple(found)


def _functions_of(body: list[ast.stmt]) -> Iterator[_Function]:
    """Yields the documented functions of a module, and the methods of its classes."""
    for node in body:
        if isinstance(node, ast.ClassDef):
            yield from _functions_of(node.body)
        elif isinstance(node, ast.FunctionDef):
            docstring = ast.get_docstring(node)
            prose = opening_prose(docstring, _LONGEST) if docstring else ""
            if docstring and len(prose) >= _SHORTEST:
                lines = _lines(node) - _lines(node.body[0])
                yield _Function(prose, docstring, lines)


def _lines(node: ast.stmt) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def _imports(docstring: str) -> set[str]:
    """Returns the modules of `IMPORTED` that the examples of a docstring import."""
    try:
        examples = doctest.DocTestParser().get_examples(docstring)
    except ValueError:
        return set()  # Examples that are broken, with a prompt in a column of its own.
    names: set[str] = set()
    for example in examples:
        try:
            tree = ast.parse(example.source)
        except SyntaxError:
            continue  # Such as the %timeit of IPython.
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return {known for name in names if (known := _known(name)) is not None}


def _known(name: str) -> str | None:
    """Returns the longest part of a dotted name that is one of `IMPORTED`, or None."""
    while name and name not in IMPORTED:
        name = name.rpartition(".")[0]
    return name or None
