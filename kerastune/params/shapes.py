"""Shapes of inputs as a person writes them."""

from collections.abc import Sequence

from kerastune.errors import InputError


def input_shapes(texts: Sequence[str]) -> tuple[int, ...] | dict[str, tuple[int, ...]] | None:
    """Read the shapes that fill what a model leaves open, without the batch axis.

    One without a name holds for every input.

    >>> input_shapes(["224,224,3"])
    (224, 224, 3)
    >>> input_shapes(["token_ids=128", "padding_mask=128"])
    {'token_ids': (128,), 'padding_mask': (128,)}
    """
    named: dict[str, tuple[int, ...]] = {}
    for text in texts:
        name, _, sizes = text.rpartition("=")
        if name in named or (not name and len(texts) > 1):
            raise InputError(
                f"Expected one shape, or one for each input's name. Received: {' '.join(texts)!r}"
            )
        named[name] = _shape(sizes, text)
    return named.get("", named or None)


def _shape(sizes: str, text: str) -> tuple[int, ...]:
    try:
        shape = tuple(int(size) for size in sizes.split(","))
    except ValueError:
        shape = (0,)
    if min(shape) < 1:
        raise InputError(
            f"Expected a shape such as 128, 224,224,3 or token_ids=128. Received: {text!r}"
        )
    return shape
