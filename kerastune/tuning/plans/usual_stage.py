"""The stage that most ready-made plans have, and the rate of one that trains a head."""

from typing import Any

from kerastune.tuning.plans.stage import Stage

# Only the head learns in a frozen stage, from a fixed starting point, so its rate does
# not depend on how gently the pretrained weights have to be treated.
HEAD_LEARNING_RATE = 1e-2
"""The usual rate of a head that trains alone."""


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
