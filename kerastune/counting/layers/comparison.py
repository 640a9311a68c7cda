"""Kinds of layers side by side, each with the same widths."""

from collections.abc import Iterable, Sequence
from itertools import product
from typing import Any

from kerastune.backends import build_abstract
from kerastune.counting.layers.catalogue import layer_kinds
from kerastune.counting.layers.formulas import SYMBOLS
from kerastune.counting.layers.kinds import LayerKind
from kerastune.counting.layers.sizes import LayerSizes
from kerastune.counting.operations import count_operations
from kerastune.display import Column, Table
from kerastune.errors import InputError

_COLUMNS = (
    Column("layer", "text"),
    Column("formula", "text"),
    Column("with numbers", "text"),
    Column("parameters"),
    Column("weights", "bytes"),
    Column("input", "text"),
    Column("MACs", "operations"),
    Column("FLOPs", "operations"),
    Column("saved activations", "bytes"),
)
_FLOAT32_BYTES = 4


def compare_layers(
    kinds: Sequence[str],
    *,
    inputs: int,
    units: int,
    kernel_size: int = 3,
    groups: int = 4,
    heads: int = 8,
    key_value_heads: int = 2,
    use_bias: bool = True,
    sequence_lengths: Sequence[int] = (64,),
    image_sizes: Sequence[int] = (8,),
) -> Table:
    """Compare what kinds of layers cost, at the same width of input and output.

    Strides are 1 and images are padded, so that every layer gives as many positions as it
    reads. No weight gets memory, so that the widths can be of any size.

    Args:
        kinds: sequence of str, names in `LAYERS`.
        inputs: int, features at each position of the input; of an embedding, the
            different tokens. Layers whose output is as wide as their input (such as
            `transformer`) are counted from `units` to `units`.
        units: int, features at each position of the output.
        kernel_size: int, the side of a convolution's kernel. Default: 3.
        groups: int, of a grouped convolution. Default: 4.
        heads: int, of attention; all together are `units` wide. Default: 8.
        key_value_heads: int, of grouped-query attention. Default: 2.
        use_bias: bool, whether layers that can have biases do. Default: True.
        sequence_lengths: sequence of int, the time steps, tokens or frames of one sample.
            Default: 64.
        image_sizes: sequence of int, the sides of square images and of cubes, in pixels.
            Default: 8.

    Returns:
        A `Table` with one row for each kind and shape of its input: the formula of the
        parameters in symbols and with numbers, the parameters, their bytes, the shape of
        one sample, the multiply-accumulates and operations of a forward pass over it, and
        the bytes that training keeps of it for the backward pass. All in float32.

    Raises:
        InputError: if a kind is not known, or no such layer has these sizes.

    Example:

    >>> table = compare_layers(["dense", "lstm"], inputs=64, units=128)
    >>> for row in table.rows:
    ...     print(*row[:4], row[6], sep=", ")
    dense, n·u + u, 64·128 + 128, 8320, 8192
    lstm, 4·(n·u + u² + u), 4·(64·128 + 128² + 128), 98816, 6291456
    """
    chosen = layer_kinds(kinds)
    if not sequence_lengths or not image_sizes:
        raise InputError(
            "Expected at least one sequence length and one image size. "
            f"Received: sequence_lengths={sequence_lengths!r}, image_sizes={image_sizes!r}"
        )
    sizes = [
        LayerSizes(
            inputs=inputs,
            units=units,
            kernel_size=kernel_size,
            groups=groups,
            heads=heads,
            key_value_heads=key_value_heads,
            use_bias=use_bias,
            sequence_length=length,
            image_size=side,
        )
        for length, side in product(sequence_lengths, image_sizes)
    ]
    for kind in chosen:
        kind.check(sizes[0])
    return Table(
        title=f"Layers from {inputs} to {units} features",
        columns=_COLUMNS,
        rows=tuple(_row(kind, size) for kind in chosen for size in _distinct(kind, sizes)),
        notes=tuple(_notes(chosen, sizes[0])),
    )


def _distinct(kind: LayerKind, sizes: Sequence[LayerSizes]) -> Iterable[LayerSizes]:
    """Sizes at which the kind's inputs differ: an image has no sequence length."""
    return {kind.input_shape(size): size for size in sizes}.values()


def _row(kind: LayerKind, sizes: LayerSizes) -> tuple[Any, ...]:
    """What one kind costs on one shape of input."""
    operations = count_operations(build_abstract(lambda: kind.build(sizes)))
    parameters = kind.parameters.value(sizes)
    return (
        kind.name,
        kind.parameters.in_symbols(sizes),
        kind.parameters.with_numbers(sizes),
        parameters,
        _FLOAT32_BYTES * parameters,
        " × ".join(map(str, kind.input_shape(sizes))),
        kind.macs.value(sizes),
        operations.flops,
        operations.activation_bytes,
    )


def _notes(kinds: Sequence[LayerKind], sizes: LayerSizes) -> Iterable[str]:
    """What the letters stand for, and what makes a kind hard to compare with others."""
    formulas = "".join(kind.parameters.in_symbols(sizes) for kind in kinds)
    letters = [
        f"{letter} = {getattr(sizes, name)} ({name.replace('_', ' ')})"
        for name, letter in SYMBOLS.items()
        if letter in formulas
    ]
    yield ", ".join(letters)
    yield (
        "In float32, for one sample: MACs and FLOPs of a forward pass, and the activations that "
        "training saves for the backward pass."
    )
    yield from (f"{kind.name}: {kind.note}." for kind in dict.fromkeys(kinds) if kind.note)
    keep = list(dict.fromkeys(kind.name for kind in kinds if kind.keeps_width))
    if keep and sizes.inputs != sizes.units:
        yield (
            f"Counted from {sizes.units} to {sizes.units} features, as their output is as wide "
            f"as their input: {', '.join(keep)}."
        )
