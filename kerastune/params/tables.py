"""From the options of `kerastune params` to tables and pictures."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from kerastune import counting
from kerastune.batch_sizes import compare_batch_sizes
from kerastune.counting import ModelCount, Table
from kerastune.counting.tables import parts
from kerastune.errors import InputError
from kerastune.params.options import LAYER_SIZES

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Answer:
    """The tables that were asked for, and the figures of the HTML page by caption.

    `trainable` has the name of each model, or of each plan for it, and the parameters that train.
    """

    tables: tuple[Table, ...]
    pictures: "dict[str, Figure]" = field(default_factory=dict)
    trainable: list[tuple[str, int]] = field(default_factory=list)


def answer(options: argparse.Namespace) -> Answer:
    """Count what the options ask for, which `check_options` has seen."""
    return _layers(options) if options.layers else _models(options)


def _layers(options: argparse.Namespace) -> Answer:
    text = options.layers
    kinds = list(counting.LAYERS) if text == "all" else [kind.strip() for kind in text.split(",")]
    sizes: dict[str, Any] = {"use_bias": not options.no_bias}
    sizes |= {name: getattr(options, name) for name in LAYER_SIZES if getattr(options, name)}
    return Answer((counting.compare_layers(kinds, **sizes),))


def _models(options: argparse.Namespace) -> Answer:
    """Models side by side, and what else was asked of them."""
    shapes = input_shapes(options.input_shape or ())
    counts, notes = counting.open_models(options.models, trust=options.trust, input_shapes=shapes)
    tables = [counting.compare_models(counts, notes)]
    by, depth = options.by or "layer", options.depth or 1
    size: dict[str, Any] = {"batch_size": options.batch_size or 1, "input_shapes": shapes}
    if options.diff:
        tables.append(counting.difference(counts[0], counts[1], by=by, depth=depth))
    elif options.by:
        tables += [counting.breakdown(count, by, depth) for count in counts]
    if options.flops:
        tables.append(counting.compare_operations(counts, **size))
    if options.memory:
        used = {"optimizer": options.optimizer or "adamw", "precision": options.precision}
        tables.append(counting.compare_memory(counts, **used, **size))
    chosen = {"plans": options.plans, "precision": options.precision, "input_shapes": shapes}
    chosen["optimizer"] = options.optimizer
    plans = []
    if options.fit:
        tables += [compare_batch_sizes(count, options.fit, **chosen) for count in counts]
    elif options.plans is not None:
        chosen["batch_size"] = options.batch_size
        plans = [counting.compare_plans(count, **chosen) for count in counts]
    if options.max_trainable is not None:
        _check_known(counts)
    trainable = [(count.name, count.trainable) for count in counts]
    if plans:
        trainable = [
            (f"{count.name}, {row['plan']}", row["trainable"])
            for count, table in zip(counts, plans, strict=True)
            for row in table.to_dict()["rows"]
        ]
    pictures = _pictures(counts, options) if options.html else {}
    return Answer((*tables, *plans), pictures, trainable)


def _pictures(counts: list[ModelCount], options: argparse.Namespace) -> "dict[str, Figure]":
    """The figures of the page, by caption."""
    from kerastune.counting.pictures import bars_picture, totals_picture

    drawn = {"Parameters": totals_picture(counts)}
    if options.by and not options.diff:
        for count in filter(attrgetter("parameters"), counts):
            found = parts(count, options.by, options.depth or 1)
            caption = f"{count.name} by {options.by}"
            drawn[caption] = bars_picture(found, f"parameters of {caption}")
    return drawn


def _check_known(counts: list[ModelCount]) -> None:
    """Refuse to hold a limit against what is not known."""
    for count in counts:
        if count.by_kind()["unknown"]:
            raise InputError(
                f"Expected a model for --max_trainable. Received: {count.name!r}, a file of "
                "weights, which does not say what trains"
            )


def input_shapes(texts: Sequence[str]) -> tuple[int, ...] | dict[str, tuple[int, ...]] | None:
    """Read the shapes that fill what a model leaves open, without the batch axis.

    One without a name holds for every input.
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
