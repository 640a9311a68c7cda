"""Kinds of layers side by side, each with the same widths."""

from collections.abc import Iterable, Sequence
from itertools import product
from typing import Any

from kerastune.backends import build_abstract
from kerastune.counting.layers.catalogue import layer_kinds
from kerastune.counting.layers.kinds import SYMBOLS, LayerKind, LayerSizes
from kerastune.counting.operations.count import count_operations
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
_NOTE = (
    "In float32, for one sample: MACs and FLOPs of a forward pass, and the activations that "
    "training saves for the backward pass."
)


def compare_layers(
    kinds: Sequence[str],
    *,
    inputs: int,
    units: int,
    sequence_lengths: Sequence[int] = (64,),
    image_sizes: Sequence[int] = (8,),
    **sizes: Any,
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
        sequence_lengths: sequence of int, the time steps, tokens or frames of one sample.
            Default: 64.
        image_sizes: sequence of int, the sides of square images and of cubes, in pixels.
            Default: 8.
        **sizes: int, `kernel_size` (a side, 3), `groups` (of a grouped convolution, 4), `heads`
            (of attention, together `units` wide, 8), `key_value_heads` (of grouped-query
            attention, 2); and `use_bias`, bool (normalizations keep theirs, True).

    Returns:
        A `Table` with one row for each kind and shape of its input: the formula of the
        parameters in symbols and with numbers, the parameters and operations of the Keras
        layer itself, and what training keeps for the backward pass. All in float32.

    Raises:
        InputError: if a kind is not known, or no such layer has these sizes.

    Example:

    >>> table = compare_layers(["dense", "lstm"], inputs=64, units=128)
    >>> table.rows[0][:4]
    ('dense', 'n·u + u', '64·128 + 128', 8320)
    """
    chosen = layer_kinds(kinds)
    if not sequence_lengths or not image_sizes:
        raise InputError(
            "Expected at least one sequence length and one image size. "
            f"Received: sequence_lengths={sequence_lengths!r}, image_sizes={image_sizes!r}"
        )
    every = [
        LayerSizes(inputs, units, sequence_length=length, image_size=side, **sizes)
        for length, side in product(sequence_lengths, image_sizes)
    ]
    for kind in chosen:
        kind.check(every[0])
    # An image has no sequence length: each shape that the kind reads once.
    distinct = [(kind, {kind.input_shape(one): one for one in every}.values()) for kind in chosen]
    rows = tuple(_row(kind, one) for kind, of_kind in distinct for one in of_kind)
    notes = tuple(_notes(chosen, every[0]))
    return Table(f"Layers from {inputs} to {units} features", _COLUMNS, rows, notes)


def _row(kind: LayerKind, sizes: LayerSizes) -> tuple[Any, ...]:
    model = build_abstract(lambda: kind.build(sizes))
    operations, parameters = count_operations(model), model.count_params()
    return (
        kind.name,
        kind.in_symbols(sizes),
        kind.with_numbers(sizes),
        parameters,
        _FLOAT32_BYTES * parameters,
        " × ".join(map(str, kind.input_shape(sizes))),
        operations.macs,
        operations.flops,
        operations.activation_bytes,
    )


def _notes(kinds: Sequence[LayerKind], sizes: LayerSizes) -> Iterable[str]:
    """What the letters stand for, and what makes a kind hard to compare with others."""
    formulas = "".join(kind.in_symbols(sizes) for kind in kinds)
    yield ", ".join(
        f"{letter} = {getattr(sizes, name)} ({name.replace('_', ' ')})"
        for name, letter in SYMBOLS.items()
        if letter in formulas
    )
    yield _NOTE
    yield from (f"{kind.name}: {kind.note}." for kind in dict.fromkeys(kinds) if kind.note)
    keep = list(dict.fromkeys(kind.name for kind in kinds if kind.keeps_width))
    if keep and sizes.inputs != sizes.units:
        yield (
            f"Counted from {sizes.units} to {sizes.units} features, as their output is as wide "
            f"as their input: {', '.join(keep)}."
        )
