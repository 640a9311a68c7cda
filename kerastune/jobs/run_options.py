"""The options that every recipe takes: declared, documented and checked here, once."""

from collections.abc import Mapping, Sequence
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
    complete: Any = {**DEFAULTS, **options}
    batch_size = complete["batch_size"]
    if not isinstance(batch_size, int) or batch_size < 1:
        raise InputError(f"Expected a batch_size of at least 1. Received: {batch_size}")
    if not isinstance(complete["callbacks"], list | tuple):
        raise InputError(
            f"Expected a list of callbacks. Received: {type(complete['callbacks']).__name__}"
        )
    if not 0 <= complete["validation_fraction"] < 1:
        raise InputError(
            "Expected a validation_fraction from 0 up to, not including, 1. Received: "
            f"{complete['validation_fraction']}"
        )
    return complete
