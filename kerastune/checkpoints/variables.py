"""The variables of a model in training: read into arrays, and set again, each of them."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from kerastune.backends.choice import select

select()

import keras
import numpy as np

from kerastune.checkpoints.fingerprints import fingerprint
from kerastune.errors import InputError

_DESCRIBED = 3  # Path, type and shape.
# Keras counts layers without names in a process, and says so in their paths.
_COUNTED = re.compile(r"_\d+(?=[_/]|$)")


def read_variables(
    group: str, variables: Sequence[Any], left_out: Mapping[int, str] | None = None
) -> tuple[dict[str, np.ndarray], list[Any]]:
    """Returns copies of the values of variables, and what tells one from another.

    Args:
        group: str, with which the names of the arrays begin.
        variables: sequence of Keras variables.
        left_out: mapping from the id of a variable that is not read to its SHA-256. Defaults to
            none.

    Returns:
        A tuple of a dictionary of arrays, and a list of `[path, type, shape]`, with the SHA-256
        behind them of what is left out.

    Example:

    >>> arrays, told = read_variables("model", [keras.Variable([1.0, 2.0], name="bias")])
    >>> arrays["model/0"].tolist(), told
    ([1.0, 2.0], [['bias', 'float32', [2]]])
    """
    arrays, told = {}, []
    for place, variable in enumerate(variables):
        mark = (left_out or {}).get(id(variable))
        if mark is None:
            # A copy: backends that own the memory go on writing into it.
            arrays[f"{group}/{place}"] = np.array(keras.ops.convert_to_numpy(variable))
        described = [variable.path, str(variable.dtype), list(variable.shape)]
        told.append(described if mark is None else [*described, mark])
    return arrays, told


def set_variables(
    group: str, variables: Sequence[Any], arrays: dict[str, np.ndarray], told: list[Any]
) -> None:
    """Sets every variable of a group to what `read_variables` has read of one like it.

    Variables are taken in their order, in which paths, types and shapes must agree; the numbers
    that Keras gives layers without names need not, nor how many bits whole numbers have, in which
    backends differ. Those that were left out must have the values that they had.

    Args:
        group: str, as before.
        variables: sequence of Keras variables.
        arrays: dictionary of arrays.
        told: list as `read_variables` gives it.

    Raises:
        InputError: if the variables are others, or have other numbers where those were left out.
            Then none is set.

    Example:

    >>> bias = keras.Variable([0.0, 0.0], name="bias")
    >>> set_variables("model", [bias], {"model/0": np.ones(2)}, [["bias", "float32", [2]]])
    >>> keras.ops.convert_to_numpy(bias).tolist()
    [1.0, 1.0]
    """
    check_variables(group, variables, told)
    for variable, (_, _, _, *mark) in zip(variables, told, strict=True):
        if mark and fingerprint(variable) != mark[0]:
            raise InputError(
                f"Expected a {group} whose {variable.path!r} is as before the training, which the "
                "checkpoint leaves out. Received: one with other numbers. Load its base anew"
            )
    for place, variable in enumerate(variables):
        if len(told[place]) > _DESCRIBED:
            continue
        value = arrays[f"{group}/{place}"]
        if list(value.shape) != list(variable.shape):
            raise InputError(
                f"Expected an array of shape {tuple(variable.shape)} for {variable.path!r}. "
                f"Received: one of shape {value.shape} in the checkpoint"
            )
        # A copy, as what was read may be a file that goes away.
        variable.assign(np.array(value))


def check_variables(group: str, variables: Sequence[Any], told: list[Any]) -> None:
    """Raises unless variables are like those that `read_variables` has read.

    Args:
        group: str, what they are called in messages.
        variables: sequence of Keras variables.
        told: list as `read_variables` gives it.

    Raises:
        InputError: if they are others, with the first that differs.

    Example:

    >>> check_variables("model", [], [])
    """
    now = [[variable.path, str(variable.dtype), list(variable.shape)] for variable in variables]
    if len(now) != len(told):
        raise InputError(
            f"Expected a checkpoint of the same {group}, of {len(now)} variables. Received: one of "
            f"{len(told)}. Start again, with another directory"
        )
    for ours, kept in zip(now, told, strict=True):
        if _plain(ours) != _plain(kept):
            raise InputError(
                f"Expected a checkpoint of the same {group}, with {ours[0]!r}, {ours[1]} of shape "
                f"{ours[2]}. Received: {kept[0]!r}, {kept[1]} of shape {kept[2]}. Start again, "
                "with another directory"
            )


def uncounted(path: str) -> str:
    """Returns the path of a variable without the numbers that Keras gives layers without names.

    Args:
        path: str.

    Example:

    >>> uncounted("sequential_2/dense_5/kernel")
    'sequential/dense/kernel'
    """
    return _COUNTED.sub("", path)


def _plain(told: list[Any]) -> tuple[Any, ...]:
    """A variable without what may differ."""
    path, kind, shape = told[:_DESCRIBED]
    kind = "whole numbers" if kind.lstrip("u").startswith("int") else kind
    return uncounted(path), kind, tuple(shape)
