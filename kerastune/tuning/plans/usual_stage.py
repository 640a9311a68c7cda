"""The stage that most ready-made plans have."""

from typing import Any

from kerastune.tuning.plans.stage import Stage


def usual_stage(
    name: str, epochs: int, learning_rate: float, trainable: str = "all", **settings: Any
) -> Stage:
    """Returns a stage with the usual schedule, a cosine after a warm-up.

    Args:
        name: str, see `Stage`.
        epochs: int, likewise.
        learning_rate: float, likewise.
        trainable: str, likewise. Defaults to `"all"`.
        **settings: other settings of `Stage`.

    Example:

    >>> usual_stage("fine-tune", 3, 1e-4).schedule
    'cosine'
    """
    return Stage(name, epochs, learning_rate, trainable, "cosine", warmup=0.1, **settings)
