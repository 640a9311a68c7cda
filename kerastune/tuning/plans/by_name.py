"""Ready-made plans for an amount of training and a rate."""

from dataclasses import replace
from typing import Any

from kerastune.errors import InputError
from kerastune.tuning.plans.plan import Plan
from kerastune.tuning.plans.stage import Stage
from kerastune.tuning.plans.usual_stage import usual_stage


def full(epochs: int, learning_rate: float) -> Plan:
    """Train everything, with warm-up and a cosine.

    Args:
        epochs: int, epochs to train.
        learning_rate: float, the highest rate.

    Returns:
        A `Plan` of one stage.

    Example:

    >>> full(epochs=3, learning_rate=1e-4).stages[0].trainable
    'all'
    """
    return Plan("full", (usual_stage("fine-tune", epochs, learning_rate),))


def head_only(epochs: int, learning_rate: float) -> Plan:
    """Train the head on a backbone that stays frozen.

    Args:
        epochs: int, epochs to train.
        learning_rate: float, the highest rate.

    Returns:
        A `Plan` of one stage.

    Example:

    >>> head_only(epochs=3, learning_rate=1e-2).stages[0].trainable
    'head'
    """
    return Plan("head_only", (Stage("head", epochs, learning_rate, "head", "cosine"),))


def gradual_unfreezing(epochs: int, learning_rate: float, groups: int = 3) -> Plan:
    """Train the last layer group, then one more each epoch, then everything.

    Every stage has ULMFiT's slanted triangular schedule, and in each the rate of a group
    is that of the group after it divided by 2.6. ULMFiT unfreezes until all groups
    train; as many models have more groups than there are epochs, everything trains
    after `groups` of them here, as in fastai's ULMFiT. Mind that a model of many groups
    then hardly moves its first ones: ten groups below the head the rate is 14,000 times
    lower.

    Args:
        epochs: int, epochs of the whole plan. The last stage has those that the
            stages of one epoch before it leave, and at least one.
        learning_rate: float, the highest rate of each stage.
        groups: int, layer groups to unfreeze one by one, counted from the output.
            Defaults to 3.

    Returns:
        A `Plan` of `groups + 1` stages, or of `epochs` if those are fewer.

    Raises:
        InputError: if `groups` is below 1.

    Reference:
        Howard and Ruder, 2018, "Universal Language Model Fine-tuning for Text
        Classification", https://arxiv.org/abs/1801.06146

    Example:

    >>> plan = gradual_unfreezing(epochs=5, learning_rate=1e-2)
    >>> [(stage.trainable, stage.epochs) for stage in plan.stages]
    [('last(1)', 1), ('last(2)', 1), ('last(3)', 1), ('all', 2)]
    """
    if groups < 1:
        raise InputError(f"Expected at least 1 layer group to unfreeze. Received: {groups!r}")
    ulmfit: dict[str, Any] = {"schedule": "slanted_triangular", "layer_decay": 1 / 2.6}
    everything = Stage("all", epochs, learning_rate, **ulmfit)
    before = min(groups, epochs - 1)
    stages = [
        Stage(f"last {number}", 1, learning_rate, f"last({number})", **ulmfit)
        for number in range(1, before + 1)
    ]
    return Plan("gradual_unfreezing", (*stages, replace(everything, epochs=epochs - before)))


def layer_decay(epochs: int, learning_rate: float, decay: float = 0.9) -> Plan:
    """Train everything, each layer group slower than the one after it.

    All but the decay is as in `full`, which is AutoGluon's choice too: AdamW, a cosine
    after a warm-up of 10 %, gradients clipped to a norm of 1. Weight decay is 0.01;
    AutoGluon takes 0.001, BEiT 0.05.

    Args:
        epochs: int, epochs to train.
        learning_rate: float, the highest rate of the head.
        decay: float above 0, at most 1, the rate of a group over that of the group
            after it. Defaults to 0.9, as in AutoGluon; BEiT takes 0.65 for its base
            model. The deeper a model, the closer to 1.

    Returns:
        A `Plan` of one stage.

    Reference:
        Bao et al., 2021, "BEiT: BERT Pre-Training of Image Transformers",
        https://arxiv.org/abs/2106.08254

    Example:

    >>> layer_decay(epochs=3, learning_rate=1e-4).stages[0].layer_decay
    0.9
    """
    return Plan(
        "layer_decay", (usual_stage("fine-tune", epochs, learning_rate, layer_decay=decay),)
    )


def discriminative_rates(
    epochs: int, learning_rate: float, lowest_learning_rate: float | None = None
) -> Plan:
    """Train everything by one-cycle, at rates that grow geometrically from input to output.

    Args:
        epochs: int, epochs to train.
        learning_rate: float, the highest rate of the last layer group.
        lowest_learning_rate: float, the highest rate of the first. Default: a
            hundredth of `learning_rate`, as in fastai's `fine_tune`.

    Returns:
        A `Plan` of one stage.

    Reference:
        Howard and Gugger, 2020, "fastai: A Layered API for Deep Learning",
        https://arxiv.org/abs/2002.04688

    Example:

    >>> discriminative_rates(epochs=3, learning_rate=1e-3).stages[0].schedule
    'one_cycle'
    """
    stage = Stage(
        "fine-tune",
        epochs,
        learning_rate,
        schedule="one_cycle",
        lowest_learning_rate=(
            learning_rate / 100 if lowest_learning_rate is None else lowest_learning_rate
        ),
    )
    return Plan("discriminative_rates", (stage,))


def norms_only(epochs: int, learning_rate: float) -> Plan:
    """Train the normalization layers and the head.

    Batch normalization that trains normalizes by the statistics of each batch and moves
    its own, so these adapt to the new data too; with batches of a few samples they are
    noisy, and `head_only`, which leaves them as they are, is the safer choice.

    Args:
        epochs: int, epochs to train.
        learning_rate: float, the highest rate. So few weights take a higher one than
            everything: 1e-3 is a start.

    Returns:
        A `Plan` of one stage.

    Reference:
        Frankle et al., 2020, "Training BatchNorm and Only BatchNorm: On the Expressive
        Power of Random Features in CNNs", https://arxiv.org/abs/2003.00152;
        Zhao et al., 2023, "Tuning LayerNorm in Attention: Towards Efficient Multi-Modal
        LLM Finetuning", https://arxiv.org/abs/2312.11420

    Example:

    >>> norms_only(epochs=3, learning_rate=1e-3).stages[0].trainable
    'norms | head'
    """
    return Plan("norms_only", (usual_stage("norms", epochs, learning_rate, "norms | head"),))


def biases_only(epochs: int, learning_rate: float) -> Plan:
    """Train the biases and the head, after BitFit.

    BitFit trains the offsets of layer normalization too, which are no `biases` here: so
    batch normalization stays as it is. The pattern `biases | beta | head` in a `Stage`
    of your own names both.

    Args:
        epochs: int, epochs to train.
        learning_rate: float, the highest rate. So few weights take a higher one than
            everything: 1e-3 is a start.

    Returns:
        A `Plan` of one stage.

    Reference:
        Ben Zaken et al., 2021, "BitFit: Simple Parameter-efficient Fine-tuning for
        Transformer-based Masked Language-models", https://arxiv.org/abs/2106.10199

    Example:

    >>> biases_only(epochs=3, learning_rate=1e-3).stages[0].trainable
    'biases | head'
    """
    return Plan("biases_only", (usual_stage("biases", epochs, learning_rate, "biases | head"),))


def gradient_descent(epochs: int, learning_rate: float) -> Plan:
    """Train everything by plain gradient descent, for models that start from nothing.

    Stochastic gradient descent with momentum 0.9 and a cosine, without weight decay or
    clipping, so that a linear model ends at its least-squares solution.

    Args:
        epochs: int, epochs to train.
        learning_rate: float, the highest rate.

    Returns:
        A `Plan` of one stage.

    Example:

    >>> gradient_descent(epochs=3, learning_rate=0.1).stages[0].optimizer
    'momentum'
    """
    stage = Stage(
        "gradient descent",
        epochs,
        learning_rate,
        schedule="cosine",
        optimizer="momentum",
        weight_decay=0.0,
        clip_norm=None,
    )
    return Plan("gradient_descent", (stage,))
