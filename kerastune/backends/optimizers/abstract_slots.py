"""Slots of an optimizer for a model, without memory for their values."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import keras

from kerastune.backends.abstract import build_abstract
from kerastune.backends.compilation import copy_optimizer
from kerastune.backends.optimizers.layerwise import LayerwiseUpdates
from kerastune.backends.optimizers.slots import shared_state, slots
from kerastune.errors import InputError, reason

_AVERAGE, _ACCUMULATOR = "_model_variables_moving_average", "_accumulated_gradients"


@dataclass(frozen=True)
class AbstractSlots:
    """The variables of an optimizer: each has a shape and a dtype, and none takes memory.

    Args:
        slots: tuple of variables, what the updates need, such as momentums.
        averages: tuple of variables, the moving averages of weights (`use_ema`).
        accumulators: tuple of variables, the sums of `gradient_accumulation_steps`.
        shared: tuple of variables, a few numbers for the whole model, such as the step.

    Example:

    >>> AbstractSlots((), (), (), ()).slots
    ()
    """

    slots: tuple[keras.Variable, ...]
    averages: tuple[keras.Variable, ...]
    accumulators: tuple[keras.Variable, ...]
    shared: tuple[keras.Variable, ...]


def abstract_slots(
    optimizer: keras.optimizers.Optimizer,
    variables: Sequence[keras.Variable],
    dtypes: Sequence[str] | None = None,
) -> AbstractSlots:
    """Returns the slots that an optimizer makes in its own `build`, without allocating them.

    Args:
        optimizer: a Keras optimizer. It is not changed: a copy of its settings is built. Of a
            layer-wise one, the optimizer that it is made like.
        variables: the variables to train, with values or without.
        dtypes: the dtype that each of them would have. Defaults to the one that it has.

    Returns:
        The `AbstractSlots`.

    Raises:
        InputError: if it cannot be made again from its configuration, or its `build` needs the
            values of what it trains.

    Example:

    >>> kernel = build_abstract(lambda: keras.Variable("zeros", (10**6, 10**6), name="kernel"))
    >>> made = abstract_slots(keras.optimizers.Adam(use_ema=True), [kernel])
    >>> [tuple(variable.shape) for variable in made.slots]
    [(1000000, 1000000), (1000000, 1000000)]
    >>> len(made.averages), len(made.accumulators), len(made.shared)
    (1, 0, 2)
    """
    built = _plain_copy(optimizer)
    dtypes = [variable.dtype for variable in variables] if dtypes is None else dtypes
    stand_ins = [_stand_in(*pair) for pair in zip(variables, dtypes, strict=True)]
    for single in _with_inner(built):
        _defer_variables(single)
    try:
        built.build(stand_ins)
    except (AttributeError, TypeError, ValueError) as error:
        raise InputError(
            "Expected an optimizer whose `build` needs shapes alone, and makes its slots with "
            f"`add_variable`. Received: {type(optimizer).__name__}, where that fails: "
            f"{reason(error)}"
        ) from error
    return _sorted_by_use(list(_with_inner(built)))


def _plain_copy(optimizer: Any) -> Any:
    """Returns an optimizer with the same settings, and of the class that makes the slots."""
    if isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        return keras.optimizers.LossScaleOptimizer(_plain_copy(optimizer.inner_optimizer))
    if isinstance(optimizer, LayerwiseUpdates):
        # Which layer a variable is in changes its rate, and no slot.
        return optimizer.plain_class.from_config(optimizer.plain_config())
    return copy_optimizer(optimizer)


def _with_inner(optimizer: Any) -> Iterator[Any]:
    yield optimizer
    if isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        yield from _with_inner(optimizer.inner_optimizer)
    elif isinstance(optimizer, keras.optimizers.MultiOptimizer):
        yield from optimizer.optimizers


def _stand_in(variable: keras.Variable, dtype: str) -> keras.KerasTensor:
    """Returns a stand-in for a variable with everything but a value."""
    tensor = keras.KerasTensor(variable.shape, dtype, name=variable.name)
    tensor.path = variable.path
    tensor.overwrite_with_gradient = getattr(variable, "overwrite_with_gradient", False)
    # On TensorFlow, optimizers know variables by this name, elsewhere by identity.
    tensor._unique_id = str(id(tensor))
    return tensor


def _defer_variables(optimizer: Any) -> None:
    """Lets an optimizer make its variables without memory.

    One at a time: some optimizers also make scalars, from numbers, which takes memory and
    fails wherever that is put off.
    """
    add_variable = optimizer.add_variable

    def add_abstract(*arguments: Any, **named: Any) -> keras.Variable:
        return build_abstract(lambda: add_variable(*arguments, **named))

    def add_like(
        reference_variable: keras.KerasTensor, name: str = "slot", initializer: Any = "zeros"
    ) -> keras.Variable:
        shape, dtype = reference_variable.shape, reference_variable.dtype
        return add_abstract(shape, initializer, dtype, name=name)

    optimizer.add_variable = add_abstract
    # TensorFlow would put the slot on the device of the reference, which has none.
    optimizer.add_variable_from_reference = add_like
    # Some slots start from the weights.
    optimizer.assign = lambda *_: None


def _sorted_by_use(optimizers: list[Any]) -> AbstractSlots:
    """Returns the variables of built optimizers, each once, by what they are for."""
    made = {id(variable): variable for single in optimizers for variable in single.variables}
    averages: dict[int, Any] = {}
    accumulators: dict[int, Any] = {}
    shared: dict[int, Any] = {}
    for single in optimizers:
        lists = slots(single)
        # Not all are among `variables`: Adafactor's place holders for vectors are not.
        made |= _by_id(variable for each in lists.values() for variable in each)
        averages |= _by_id(lists.get(_AVERAGE, ()))
        accumulators |= _by_id(lists.get(_ACCUMULATOR, ()))
        shared |= _by_id(shared_state(single).values())
    rest = made.keys() - averages.keys() - accumulators.keys() - shared.keys()
    return AbstractSlots(
        tuple(variable for key, variable in made.items() if key in rest),
        tuple(averages.values()),
        tuple(accumulators.values()),
        tuple(shared.values()),
    )


def _by_id(variables: Any) -> dict[int, Any]:
    """Returns variables by their ids, without the places that are empty."""
    return {id(variable): variable for variable in variables if variable is not None}
