"""Ready-made plans after which a model is smaller."""

from kerastune.tuning.plans.plan import Plan
from kerastune.tuning.plans.usual_stage import usual_stage
from kerastune.tuning.pruning.setting import Pruning


def pruned(epochs: int, learning_rate: float, sparsity: float = 0.8) -> Plan:
    """Train everything, and set the smallest weights of each kernel to zero meanwhile.

    The first tenth of the steps nothing is pruned, up to six tenths more and more, and then what
    is left trains on. It is as `full` otherwise.

    Args:
        epochs: int, epochs to train.
        learning_rate: float, the highest rate.
        sparsity: float above 0 and below 1, the share of each kernel that is zero in the end.
            Defaults to 0.8; `pruned(0.9)` as the name of a plan gives another.

    Returns:
        A `Plan` of one stage.

    Reference:
        Zhu and Gupta, 2017, "To prune, or not to prune: exploring the efficacy of pruning for
        model compression", https://arxiv.org/abs/1710.01878

    Example:

    >>> pruned(epochs=3, learning_rate=1e-3).stages[0].pruning.sparsity
    0.8
    """
    pruning = Pruning(sparsity, begin=0.1, end=0.6)
    return Plan("pruned", (usual_stage("prune", epochs, learning_rate, pruning=pruning),))


def quantization_aware(epochs: int, learning_rate: float, to: str = "int4") -> Plan:
    """Train everything while layers compute as if their weights were quantized.

    Weights stay float32 and learn to be rounded: `kerastune.compress` rounds them. It is as `full`
    otherwise. For a run that is trained already, `kerastune.compress` has `epochs`.

    Args:
        epochs: int, epochs to train.
        learning_rate: float, the highest rate.
        to: str, `"int4"` or `"int8"`. Defaults to `"int4"`, as 8 bits lose little anyway.

    Returns:
        A `Plan` of one stage.

    Reference:
        Jacob et al., 2018, "Quantization and Training of Neural Networks for Efficient
        Integer-Arithmetic-Only Inference", https://arxiv.org/abs/1712.05877

    Example:

    >>> quantization_aware(epochs=3, learning_rate=1e-3).stages[0].quantization
    'int4'
    """
    stage = usual_stage("fine-tune", epochs, learning_rate, quantization=to)
    return Plan("quantization_aware", (stage,))
