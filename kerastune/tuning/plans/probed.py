"""Ready-made plans that fit the head first."""

from kerastune.errors import InputError
from kerastune.tuning.plans.plan import Plan
from kerastune.tuning.plans.stage import Stage
from kerastune.tuning.plans.usual_stage import HEAD_LEARNING_RATE, usual_stage


def linear_probe_then_fine_tune(
    epochs: int, learning_rate: float, frozen_epochs: int = 1, probe: str = "train"
) -> Plan:
    """Fit the head on the frozen backbone first, then train everything.

    A head that starts from nothing sends large, random gradients into the pretrained
    weights; fitted first, it leaves them closer to where they were.

    Args:
        epochs: int, epochs in which everything trains.
        learning_rate: float, the highest rate while everything trains.
        frozen_epochs: int, epochs before them in which only the head trains, at a
            rate of 0.01. Defaults to 1.
        probe: str, how the head is fitted: `"train"`, or `"solve"`, which needs a head of one
            dense layer with the mean squared error or a cross-entropy, and takes one pass over
            the samples in place of `frozen_epochs`. Defaults to `"train"`.

    Returns:
        A `Plan` of two stages, `frozen_epochs + epochs` epochs long; or of one, with a solved
        head.

    Raises:
        InputError: if `probe` is something else.

    Reference:
        Kumar et al., 2022, "Fine-Tuning can Distort Pretrained Features and
        Underperform Out-of-Distribution", https://arxiv.org/abs/2202.10054

    Example:

    >>> plan = linear_probe_then_fine_tune(epochs=3, learning_rate=1e-4)
    >>> [(stage.trainable, stage.epochs) for stage in plan.stages]
    [('head', 1), ('all', 3)]
    >>> plan = linear_probe_then_fine_tune(epochs=3, learning_rate=1e-4, probe="solve")
    >>> [(stage.solve_head, stage.trainable, stage.epochs) for stage in plan.stages]
    [(True, 'all', 3)]
    """
    if probe not in ("train", "solve"):
        raise InputError(f"Expected `probe` as 'train' or 'solve'. Received: {probe!r}")
    everything = usual_stage("fine-tune", epochs, learning_rate, solve_head=probe == "solve")
    if probe == "solve":
        return Plan("linear_probe_then_fine_tune", (everything,))
    head = Stage("linear probe", frozen_epochs, HEAD_LEARNING_RATE, "head")
    return Plan("linear_probe_then_fine_tune", (head, everything))


def linear_probe_then_last(epochs: int, learning_rate: float, groups: int = 5) -> Plan:
    """Fit the head on the frozen backbone first, then train the last layer groups with it.

    What is frozen is without dropout, so that what it gives is computed once for all epochs of a
    stage: for the two epochs of the head too, which take one pass through the backbone.

    Args:
        epochs: int, epochs in which the last layer groups train.
        learning_rate: float, the highest rate meanwhile.
        groups: int, how many layer groups train, the head among them. Defaults to 5;
            `linear_probe_then_last(3)` as the name of a plan gives another number.

    Returns:
        A `Plan` of two stages, two epochs longer than `epochs`.

    Raises:
        InputError: if `groups` is below 1.

    Reference:
        Lee et al., 2019, "What Would Elsa Do? Freezing Layers During Transformer Fine-Tuning",
        https://arxiv.org/abs/1911.03090

    Example:

    >>> plan = linear_probe_then_last(epochs=3, learning_rate=1e-4)
    >>> [(stage.trainable, stage.epochs) for stage in plan.stages]
    [('head', 2), ('last(5)', 3)]
    """
    if groups < 1:
        raise InputError(f"Expected at least 1 layer group to train. Received: {groups!r}")
    # More fit the head too closely to features that will change; one would not be kept for.
    head = Stage("linear probe", 2, HEAD_LEARNING_RATE, "head", dropout="off")
    last = usual_stage("fine-tune", epochs, learning_rate, f"last({groups})", dropout="off")
    return Plan("linear_probe_then_last", (head, last))
