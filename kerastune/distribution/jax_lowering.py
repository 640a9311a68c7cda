"""A training step as it is divided over devices, traced for devices that need not be there."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any

from kerastune.backends.abstract import build_abstract
from kerastune.backends.lowering import TracedStep, shaped, state_of, traced_step
from kerastune.distribution.jax_layouts import (
    Named,
    jax_distribution,
    notes_of,
    rows_of_devices,
)
from kerastune.distribution.jax_steps import cut_step
from kerastune.distribution.settings import ModelParallel
from kerastune.distribution.shares import block_of, taken

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class ShardedStep:
    """A training step that is divided over devices, traced.

    Args:
        traced: the `TracedStep`, which says where everything is.
        held: tuple of `Held`, what is where.
        notes: tuple of str, what a reader has to know.
    """

    traced: TracedStep
    held: "tuple[Held, ...]"
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Held:
    """What arrays take on all devices together if each has its part, and on one.

    Args:
        what: str.
        arrays: int, how many there are.
        divided: int, how many of these are divided.
        bytes: int, all of them once.
        device_bytes: int, what of them is on one device.

    Example:

    >>> Held("weights", 3, 2, 4096, 1280).divided
    2
    """

    what: str
    arrays: int
    divided: int
    bytes: int
    device_bytes: int


def sharded_step(
    settings: str | ModelParallel,
    model: "keras.Model",
    batch: Any,
    named: Named,
    devices: Sequence[Any],
) -> ShardedStep:
    """Traces the training step that `sharded_fit` trains with.

    Args:
        settings: as `distribution_settings` returns it.
        model: a Keras model that `compile_abstract` compiled, or that `fit` has built.
        batch: tuple `(x, y)` or `(x, y, sample_weight)` of arrays in any structure.
        named: function from a model and a pattern to the variables that it names.
        devices: sequence of devices of JAX.

    Returns:
        A `ShardedStep`.

    Raises:
        InputError: if the mesh or the layout do not fit.
        StepError: if the step cannot be traced.
    """
    import jax
    import keras

    optimizer = model.optimizer
    if not optimizer.built:
        build_abstract(lambda: optimizer.build(model.trainable_variables))
    distribution = jax_distribution(settings, model, named, devices)
    rows = rows_of_devices(distribution)
    whole = taken(block_of(range(rows), rows))(batch)

    def placed(variable: Any) -> Any:
        return shaped(variable, distribution.get_variable_layout(variable).backend_layout)

    def divided(array: Any) -> Any:
        return shaped(array, distribution.get_data_layout(array.shape).backend_layout)

    state = tuple([placed(variable) for variable in group] for group in state_of(model))
    given = keras.tree.map_structure(divided, whole)
    kept = jax.tree.map(lambda leaf: leaf.sharding, state)
    step = cut_step(model.train_step)
    function = jax.jit(step, donate_argnums=0, out_shardings=(None, kept))
    with distribution.scope():
        traced = traced_step(function, (state, given))
    held = (
        _held("weights", (*state[0], *state[1])),
        _held("state of the optimizer", state[2]),
        _held("the batch", jax.tree.leaves(given)),
    )
    return ShardedStep(traced, held, notes_of(distribution))


def _held(what: str, leaves: Iterable[Any]) -> Held:
    """What arrays take."""
    sizes = [
        (prod(leaf.shape) * leaf.dtype.itemsize,
         prod(leaf.sharding.shard_shape(leaf.shape)) * leaf.dtype.itemsize)
        for leaf in leaves
    ]  # fmt: skip
    return Held(
        what,
        len(sizes),
        sum(part < whole for whole, part in sizes),
        sum(whole for whole, _ in sizes),
        sum(part for _, part in sizes),
    )
