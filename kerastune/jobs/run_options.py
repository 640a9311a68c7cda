"""The options that every recipe takes: declared, documented and checked here, once."""

from collections.abc import Callable, Mapping, Sequence
from math import inf
from numbers import Integral, Real
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

from kerastune.errors import InputError

if TYPE_CHECKING:
    import keras

    from kerastune.data import Source
    from kerastune.tuning import Plan


class RunOptions(TypedDict, total=False):
    """How a job is run, whatever it learns.

    Args:
        test_data: samples to test on, in any form that `data` takes. Defaults to a part of
            `data`.
        plan: what trains, at which rates, for how long: a name out of
            `kerastune.tuning.PLANS` or a YAML file. From Python also a `Plan`. One that is
            not given by name brings its own epochs and rates.
        epochs: epochs of the plan; of its last stage for `linear_probe_then_fine_tune`.
        batch_size: samples a step.
        learning_rate: the highest rate of the plan.
        test_fraction: share of `data` to test on, without `test_data`; it does not depend on
            the seed.
        validation_fraction: share of the training samples to measure on after each epoch;
            0 for none.
        seed: decides new weights, the order of the samples and everything else that is
            drawn.
        precision: `float32`, or `mixed_bfloat16` on hardware that has it.
        run_dir: where the run is written. Defaults to a new directory under `runs`.
        overwrite: whether a run in `run_dir` may be replaced.
        callbacks: Keras callbacks for all stages, from Python only.

    Example:

    >>> RunOptions(epochs=3, seed=1)
    {'epochs': 3, 'seed': 1}
    """

    test_data: "str | Source | None"
    plan: "str | dict[str, Any] | Plan | None"
    epochs: int
    batch_size: int
    learning_rate: float
    test_fraction: float
    validation_fraction: float
    seed: int
    precision: str
    run_dir: "str | Path | None"
    overwrite: bool
    callbacks: "Sequence[keras.callbacks.Callback]"


DEFAULTS = RunOptions(
    test_data=None,
    plan="full",
    epochs=10,
    batch_size=32,
    learning_rate=1e-3,
    test_fraction=0.25,
    validation_fraction=0.0,
    seed=0,
    precision="float32",
    run_dir=None,
    overwrite=False,
    callbacks=(),
)
"""What a recipe takes that says nothing else."""

PYTHON_ONLY = ("callbacks",)
"""The options that no command line and no file can hold."""


def with_defaults(options: Mapping[str, Any]) -> RunOptions:
    """Options with the defaults for those that are not given, checked.

    Args:
        options: dictionary of some of the options.

    Returns:
        `RunOptions`, complete.

    Raises:
        InputError: if an option is unknown or out of its range.

    Example:

    >>> with_defaults({"epochs": 3})["batch_size"]
    32
    """
    unknown = [name for name in options if name not in DEFAULTS]
    if unknown:
        raise InputError(
            f"Expected options out of {', '.join(DEFAULTS)}. Received: {', '.join(unknown)}"
        )
    given = {name: plain_number(value) for name, value in options.items()}
    complete: Any = {**DEFAULTS, **given}
    for name, (expected, holds) in _RULES.items():
        value = complete[name]
        if not holds(value):
            # How callbacks print says nothing.
            shown = type(value).__name__ if name == "callbacks" else f"{name}={value!r}"
            raise InputError(f"Expected {expected}. Received: {shown}")
    return complete


def plain_number(value: Any) -> Any:
    """A number of NumPy as one of Python, which configurations can hold.

    Args:
        value: anything.

    Returns:
        An int or a float for a number; what is no number, and a bool, as it is.

    Example:

    >>> import numpy as np
    >>> plain_number(np.float64(0.5)), plain_number(np.int64(3)), plain_number("adamw")
    (0.5, 3, 'adamw')
    """
    if isinstance(value, bool):
        return value
    if isinstance(value, Integral):
        return int(value)
    return float(value) if isinstance(value, Real) else value


def _is_whole(value: Any, lowest: int, end: float) -> bool:
    """Whether a value is a whole number from one up to, not including, another."""
    return isinstance(value, int) and not isinstance(value, bool) and lowest <= value < end


def _is_share(value: Any) -> bool:
    """Whether a value is a number from 0 up to, not including, 1."""
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1


# What options must be, in words and as a check. Epochs and rates are checked by the plan.
_RULES: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "batch_size": (
        "a batch_size of at least 1, a whole number",
        lambda value: _is_whole(value, 1, inf),
    ),
    "test_fraction": (
        "a test_fraction between 0 and 1",
        lambda value: _is_share(value) and value > 0,
    ),
    "validation_fraction": ("a validation_fraction from 0 up to, not including, 1", _is_share),
    "seed": (
        f"a seed from 0 to {2**32 - 1}, a whole number",
        lambda value: _is_whole(value, 0, 2**32),
    ),
    "precision": ("a precision by name", lambda value: isinstance(value, str)),
    "run_dir": (
        "a run_dir that is a path, or None",
        lambda value: value is None or isinstance(value, str | PathLike),
    ),
    "overwrite": ("overwrite to be True or False", lambda value: isinstance(value, bool)),
    "callbacks": ("a list of callbacks", lambda value: isinstance(value, list | tuple)),
}
