"""Tags that mark spans of tokens: B-, I-, O and their variants."""

import re
from collections.abc import Iterable, Sequence

from kerastune.errors import InputError

OUTSIDE = "O"
"""The tag of a token that is in no span."""

_SPAN_TAG = re.compile(r"[BIES](-.+)?")
_TYPED_TAG = re.compile(r"[BIES]-.+")
_BILOU_TAG = re.compile(r"[BILU](-.+)?")
_TO_IOBES = {"L": "E", "U": "S"}


def are_span_tags(names: Iterable[str]) -> bool:
    """Returns whether tags mark spans: O, and B, I, E or S, alone or with a type as in `B-person`.

    B begins a span, I goes on with it, E ends it, S is a span of one token, and O is in
    none. IOB2 has O, B and I; IOBES has all five.

    Args:
        names: iterable of str, the different tags.

    Example:

    >>> are_span_tags(["O", "B-person", "I-person"]), are_span_tags(["NOUN", "VERB"])
    (True, False)
    """
    inside = set(names) - {OUTSIDE}
    return bool(inside) and all(_SPAN_TAG.fullmatch(name) for name in inside)


def standard_tags(
    sentences: Sequence[Sequence[str]],
) -> tuple[list[list[str]], tuple[str, ...]]:
    """Returns tags that mark spans in one of two schemes, IOB2 or IOBES, the same spans as before.

    In a scheme with B and I only, an I that begins a span becomes a B: that makes IOB2 of
    IOB1, in which B only stands where two spans of a type meet. L and U of BILOU become E
    and S. Tags that mark no spans, such as parts of speech, stay as they are.

    Args:
        sentences: sequence of the tags of each sentence, sequences of str.

    Returns:
        A tuple of the tags of each sentence, lists of str, and of notes on what was changed.

    Raises:
        InputError: if some tags mark spans and others cannot, as after a typing error.

    Reference:
        Tjong Kim Sang and Veenstra, 1999, "Representing Text Chunks",
        https://aclanthology.org/E99-1023

    Example:

    >>> standard_tags([["I-person", "I-person", "O", "I-place"]])
    ([['B-person', 'I-person', 'O', 'B-place']], ('2 tags I- that begin a span became B-',))
    """
    tags = [list(sentence) for sentence in sentences]
    names = sorted({tag for sentence in tags for tag in sentence})
    inside = [name for name in names if name != OUTSIDE]
    if _are_bilou(inside):
        changed = [[_as_iobes(tag) for tag in sentence] for sentence in tags]
        return changed, ("tags L and U of the scheme BILOU became E and S",)
    if not are_span_tags(names):
        _require_no_span_tags(names)
        return tags, ()
    if any(name[0] in "ES" for name in inside):
        return tags, ()
    count = sum(_begin_spans(sentence) for sentence in tags)
    return tags, ((f"{count} tags I- that begin a span became B-",) if count else ())


def standard_names(names: Sequence[str]) -> tuple[str, ...]:
    """Returns the tags that `standard_tags` can make of some tags.

    Args:
        names: sequence of str, the tags that are known.

    Returns:
        Tuple of str, in the same order; each B that is missing comes last.

    Example:

    >>> standard_names(("O", "I-person")), standard_names(("O", "U-person", "B-person"))
    (('O', 'I-person', 'B-person'), ('O', 'S-person', 'B-person'))
    """
    inside = [name for name in names if name != OUTSIDE]
    if _are_bilou(inside):
        return tuple(_as_iobes(name) for name in names)
    if not are_span_tags(names) or any(name[0] in "ES" for name in inside):
        return tuple(names)
    begins = [f"B{name[1:]}" for name in inside if name[0] == "I"]
    return (*names, *(name for name in begins if name not in names))


def _begin_spans(tags: list[str]) -> int:
    """Makes a B of each I that begins a span, and counts them."""
    count = 0
    before = OUTSIDE
    for position, tag in enumerate(tags):
        if tag[0] == "I" and (before == OUTSIDE or before[1:] != tag[1:]):
            tags[position] = f"B{tag[1:]}"
            count += 1
        before = tag
    return count


def _are_bilou(inside: Sequence[str]) -> bool:
    """Returns whether tags other than O are those of BILOU, and not those of IOB2 as well."""
    return all(_BILOU_TAG.fullmatch(name) for name in inside) and any(
        name[0] in _TO_IOBES for name in inside
    )


def _as_iobes(tag: str) -> str:
    return tag if tag == OUTSIDE else _TO_IOBES.get(tag[0], tag[0]) + tag[1:]


def _require_no_span_tags(names: Sequence[str]) -> None:
    """Raises where tags that mark spans stand among others."""
    marked = [name for name in names if _TYPED_TAG.fullmatch(name)]
    others = [name for name in names if name != OUTSIDE and name not in marked]
    if marked:
        raise InputError(
            "Expected tags that mark spans (O, and B-, I-, E- or S- with a type), or none that "
            f"does. Received: {marked[0]!r} and {others[0]!r}. Rename one of them"
        )
