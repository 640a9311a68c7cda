"""Lines of Python's standard library with the names in them marked: real data, always at hand.

The task they make: find the names that one line of code defines, calls, imports or passes
arguments by. Neighbours do not tell them all: whether `size = 1` names a parameter or a
keyword depends on how the line begins, and whether `self . file . name` is called on how the
dotted name ends.
"""

import sysconfig
import tokenize
from functools import lru_cache
from pathlib import Path

import numpy as np

from kerastune.data.python_names import NAME_TAGS, tagged_lines
from kerastune.data.source import Source
from kerastune.data.span_tags import OUTSIDE
from kerastune.data.tagged import tagged_tokens
from kerastune.errors import InputError

# Modules that are one file each in every Python from 3.11 on, about various things.
MODULES = (
    *("argparse", "ast", "calendar", "codecs", "configparser", "contextlib", "csv", "dataclasses"),
    *("difflib", "enum", "fractions", "functools", "mailbox", "pickle", "plistlib", "shutil"),
    *("smtplib", "statistics", "subprocess", "tempfile", "textwrap", "threading", "traceback"),
    "uuid",
)

# A line counts as one of the first type out of these that it has.
_RAREST_FIRST = ("import", "class", "keyword", "function", "parameter", "call")
_MOST_PER_TYPE = 700
_SHORTEST, _LONGEST = 6, 20  # tokens
_SHUFFLE_SEED = 0


def python_source() -> Source:
    """Returns lines of Python's standard library, with the names in them tagged as spans.

    A sample is one logical line: a statement, or the head of a compound one, without
    comments, in the tokens of Python's tokenizer. Its tags come from Python's parser, in
    IOB2. There are six types of span:

    - `function` and `class`: a name that is defined, and for `class` also base classes and
      the exceptions that `except` catches;
    - `parameter`: the name of a parameter of a function; `keyword`: a name with which an
      argument is passed;
    - `import`: a module or name that is imported, and what it is called after `as`;
    - `call`: what is called, if it is a name or a dotted name.

    A dotted name, such as `os . path . join`, is one span of several tokens.

    Lines of 6 to 20 tokens with at least one span are taken from 24 modules, at most 700 for
    each type, chosen and ordered by a fixed shuffle. Lines that occur twice are kept once: a
    split puts lines of one file into both parts, but never the same line. Lines with
    f-strings are left out, because their tokens differ between versions of Python; which
    lines there are still depends on the version.

    Returns:
        A `Source` of about 1,900 lines, the input `tokens`, with the target `tags`.

    Raises:
        InputError: if the source of the standard library is not installed.

    Example:

    >>> source = python_source()
    >>> source.columns["tags"].class_names[:3]
    ('B-call', 'B-class', 'B-function')
    """
    lines, missing = _chosen_lines()
    notes = (f"modules that this Python lacks: {', '.join(missing)}",) if missing else ()
    return tagged_tokens(
        [list(tokens) for tokens, _ in lines],
        [list(tags) for _, tags in lines],
        class_names=NAME_TAGS,
        name="python_source",
        notes=notes,
    )


@lru_cache(maxsize=1)
def _chosen_lines() -> tuple[list[tuple[tuple[str, ...], tuple[str, ...]]], tuple[str, ...]]:
    """Returns the lines of the data set in their order, and the modules that were not found."""
    folder = Path(sysconfig.get_path("stdlib"))
    tags_of: dict[tuple[str, ...], tuple[str, ...]] = {}
    missing = []
    for module in MODULES:
        file = folder / f"{module}.py"
        if not file.is_file():
            missing.append(module)
            continue
        with tokenize.open(file) as opened:
            code = opened.read()
        for words, tags in tagged_lines(code):
            if _SHORTEST <= len(words) <= _LONGEST and set(tags) != {OUTSIDE}:
                tags_of.setdefault(tuple(words), tuple(tags))
    if not tags_of:
        raise InputError(
            "Expected the source of Python's standard library. Received: none of "
            f"{len(MODULES)} modules in {folder}. Install it, or choose other data"
        )
    of_type: dict[str, list[tuple[str, ...]]] = {kind: [] for kind in _RAREST_FIRST}
    for line in sorted(tags_of):
        found = {tag[2:] for tag in tags_of[line]}
        of_type[next(kind for kind in _RAREST_FIRST if kind in found)].append(line)
    generator = np.random.default_rng(_SHUFFLE_SEED)
    kept = [
        lines[position]
        for lines in of_type.values()
        for position in generator.permutation(len(lines))[:_MOST_PER_TYPE]
    ]
    order = generator.permutation(len(kept))
    return [(kept[position], tags_of[kept[position]]) for position in order], tuple(missing)
