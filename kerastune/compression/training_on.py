"""A trained model that trains on as if it were quantized, before it is."""

from typing import TYPE_CHECKING

from kerastune import training
from kerastune.errors import InputError
from kerastune.tuning import Plan
from kerastune.tuning.plans.described import given_rate
from kerastune.tuning.plans.setting_types import QUANTIZATIONS
from kerastune.tuning.plans.usual_stage import usual_stage

if TYPE_CHECKING:
    from kerastune.heads import Head
    from kerastune.jobs.job import Job
    from kerastune.training import TrainingHistory

_SHARE = 0.1
"""The rate over that of before: what is trained has to move little."""


def check_training(
    to: str, epochs: int | None, learning_rate: float | None, leave_out: str | None
) -> None:
    """Raises unless what is asked for can be trained before it is quantized.

    Args:
        to: str, to what.
        epochs: int, or None for no training.
        learning_rate: float or None.
        leave_out: str, the pattern of what stays as it is, or None.

    Raises:
        InputError: if it cannot.

    Example:

    >>> check_training("int4", 1, None, None)
    """
    if epochs is None:
        if learning_rate is not None:
            raise InputError(
                f"Expected epochs beside a learning rate. Received: learning_rate={learning_rate}"
            )
        return
    if to not in QUANTIZATIONS:
        raise InputError(
            f"Expected {' or '.join(QUANTIZATIONS)} where a model trains before. Received: {to} "
            f"with epochs={epochs}"
        )
    if leave_out is not None:
        raise InputError(
            "Expected all layers to be quantized where a model trains before. Received: "
            f"leave_out={leave_out!r} with epochs={epochs}. Leave one of them out"
        )


def rounding_plan(to: str, epochs: int, learning_rate: float | None, former: Plan) -> Plan:
    """Returns the plan by which a trained model learns to be rounded.

    Args:
        to: str, `"int8"` or `"int4"`.
        epochs: int.
        learning_rate: float, or None for a tenth of that of the last stage of before.
        former: the `Plan` of before.

    Raises:
        InputError: if a number is out of its range, or no rate is known.

    Example:

    >>> from kerastune.tuning import full
    >>> rounding_plan("int4", 1, None, full(3, 0.5)).stages[0].learning_rate
    0.05
    """
    if learning_rate is None:
        rate = given_rate(former.stages[-1])
        if not isinstance(rate, float):
            raise InputError(
                "Expected a learning_rate where the run was trained by a schedule object. "
                "Received: none"
            )
        learning_rate = _SHARE * rate
    return Plan("rounding", (usual_stage("round", epochs, learning_rate, quantization=to),))


def trained_on(job: "Job", plan: Plan, head: "Head") -> "TrainingHistory":
    """Trains the model of a job on, and returns the history of that.

    Args:
        job: the `Job`, with the model and the preprocessor of its run.
        plan: the `Plan`.
        head: the `Head` of the run.

    Returns:
        The `TrainingHistory`.

    Example:

    See `kerastune.compress`, which calls it.
    """
    return training.run_plan(
        job.model,
        plan,
        head,
        job.splits,
        job.prepare,
        batch_size=job.batch_size,
        seed=job.options["seed"],
        jit_compile=job.options["jit_compile"],
        on_non_finite=job.options["on_non_finite"],
    )
