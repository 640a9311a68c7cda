"""What callbacks have counted, in checkpoints."""

import inspect
from collections.abc import Set
from typing import Any

import keras
import numpy as np

_OURS = ("keras.", "kerastune.")
_BEST = "best_weights"  # What `keras.callbacks.EarlyStopping` calls those of a whole model.
_PLAIN = (bool, int, float, str, type(None))


def read_callback(
    callback: Any, place: int, arrays: dict[str, np.ndarray], left_out: Set[int] = frozenset()
) -> dict[str, Any]:
    """Returns what a callback has counted, for JSON, and adds its arrays to others.

    Args:
        callback: a Keras callback.
        place: int, with which the names of its arrays begin.
        arrays: dictionary of arrays.
        left_out: set of int, the places in a model of weights that are not written. Defaults to
            none.

    Example:

    >>> read_callback(keras.callbacks.TerminateOnNaN(), 0, {})["class"]
    'TerminateOnNaN'
    """
    kept: dict[str, Any] = {"class": type(callback).__name__}
    if hasattr(callback, "get_state"):
        return {**kept, "state": callback.get_state()}
    if not type(callback).__module__.startswith(_OURS):
        return kept
    plain, lists = {}, {}
    # What it was made with is no count, and Keras turns the sign of some of it in the first epoch.
    made_with = inspect.signature(type(callback)).parameters
    for name, value in vars(callback).items():
        if name in made_with:
            continue
        value = value.item() if isinstance(value, np.generic) else value
        if isinstance(value, _PLAIN):
            plain[name] = value
        elif isinstance(value, list) and all(isinstance(one, np.ndarray) for one in value):
            lists[name] = len(value)
            for number, one in enumerate(value):
                if name != _BEST or number not in left_out:
                    arrays[f"callback/{place}/{name}/{number}"] = np.array(one)
    return {**kept, "plain": plain, "lists": lists}


def set_callback(
    callback: Any,
    kept: dict[str, Any],
    place: int,
    arrays: dict[str, np.ndarray],
    model: keras.Model,
) -> None:
    """Lets a callback go on counting.

    Args:
        callback: a Keras callback, of the class that was read.
        kept: dictionary, what `read_callback` returned.
        place: int, as there.
        arrays: dictionary of arrays.
        model: the model, with the weights that were left out.

    Example:

    >>> counter, model = keras.callbacks.TerminateOnNaN(), keras.Sequential([])
    >>> set_callback(counter, read_callback(counter, 0, {}), 0, {}, model)
    """
    if kept["class"] != type(callback).__name__:
        return
    if "state" in kept and hasattr(callback, "set_state"):
        callback.set_state(kept["state"])
    for name, value in kept.get("plain", {}).items():
        setattr(callback, name, value)
    for name, count in kept.get("lists", {}).items():
        names = [f"callback/{place}/{name}/{number}" for number in range(count)]
        values = [
            np.array(
                arrays[one] if one in arrays else keras.ops.convert_to_numpy(model.weights[number])
            )
            for number, one in enumerate(names)
        ]
        setattr(callback, name, values)
