"""State of optimizers: slots for each variable, and shared numbers."""

from collections.abc import Sequence
from typing import Any

import keras

# Lists of an optimizer that are as long as its variables, and are none of its slots.
_NOT_SLOTS = ("_trainable_variables", "_variables")
_AVERAGE = "_model_variables_moving_average"


def slots(optimizer: keras.optimizers.Optimizer) -> dict[str, Sequence[Any]]:
    """Returns the slots of a built optimizer, such as momentums.

    Keras' optimizers keep each kind of slot in a list in the order of the variables that
    they were built with.

    Args:
        optimizer: a built Keras optimizer.

    Returns:
        Dictionary from attribute to a list of variables, with None where a variable has
        no such slot.

    Example:

    >>> optimizer = keras.optimizers.SGD(momentum=0.9)
    >>> optimizer.build([keras.Variable([1.0, 2.0])])
    >>> {name: len(variables) for name, variables in slots(optimizer).items()}
    {'momentums': 1}
    """
    count = len(optimizer._trainable_variables)
    return {
        name: value
        for name, value in vars(optimizer).items()
        if isinstance(value, list)
        and len(value) == count
        and name not in _NOT_SLOTS
        and all(slot is None or isinstance(slot, keras.Variable) for slot in value)
    }


def shared_state(optimizer: keras.optimizers.Optimizer) -> dict[str, keras.Variable]:
    """Returns the state of a built optimizer that belongs to no single variable.

    Args:
        optimizer: a built Keras optimizer.

    Returns:
        Dictionary from attribute to variable.

    Example:

    >>> optimizer = keras.optimizers.SGD(learning_rate=0.5)
    >>> optimizer.build([keras.Variable([1.0, 2.0])])
    >>> sorted(shared_state(optimizer))
    ['_iterations', '_learning_rate']
    """
    return {
        name: value for name, value in vars(optimizer).items() if isinstance(value, keras.Variable)
    }


def carry_slots(old: keras.optimizers.Optimizer, new: keras.optimizers.Optimizer) -> None:
    """Gives a new optimizer what an old one remembers of the variables that both train.

    Args:
        old: a built Keras optimizer.
        new: a built Keras optimizer of the same kind. Slots of variables that `old` does
            not train stay as they are, except that a moving average of weights starts
            from the weights.

    Example:

    >>> weight = keras.Variable([1.0, 2.0])
    >>> old, new = keras.optimizers.SGD(momentum=0.9), keras.optimizers.SGD(momentum=0.9)
    >>> old.build([weight]); old.momentums[0].assign([3.0, 4.0]) is None
    False
    >>> new.build([weight]); carry_slots(old, new)
    >>> keras.ops.convert_to_numpy(new.momentums[0]).tolist()
    [3.0, 4.0]
    """
    positions = {
        old._var_key(variable): index for index, variable in enumerate(old._trainable_variables)
    }
    remembered = slots(old)
    for name, made in slots(new).items():
        for variable, slot in zip(new._trainable_variables, made, strict=True):
            index = positions.get(old._var_key(variable))
            former = None if index is None or name not in remembered else remembered[name][index]
            if slot is not None and former is not None:
                # A buffer of its own: JAX gives away those of what it trains.
                slot.assign(keras.ops.copy(former))
            elif slot is not None and name == _AVERAGE:
                slot.assign(keras.ops.copy(variable))


def carry_shared_state(old: keras.optimizers.Optimizer, new: keras.optimizers.Optimizer) -> None:
    """Lets a new optimizer go on at the step and the rate of an old one.

    Args:
        old: a built Keras optimizer.
        new: a built Keras optimizer of the same kind.

    Example:

    >>> old, new = keras.optimizers.SGD(0.5), keras.optimizers.SGD(0.1)
    >>> carry_shared_state(old, new)
    >>> float(new.learning_rate)
    0.5
    """
    former = shared_state(old)
    for name, variable in shared_state(new).items():
        if name in former:
            variable.assign(keras.ops.copy(former[name]))
