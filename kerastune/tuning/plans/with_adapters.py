"""Ready-made plans that train adapters and the head, and leave the backbone as it is."""

from typing import Any

from kerastune.tuning.adapters.adapter import Adapter
from kerastune.tuning.adapters.bottleneck import Bottleneck
from kerastune.tuning.adapters.dora import DoRA
from kerastune.tuning.adapters.ia3 import IA3
from kerastune.tuning.adapters.lora import LoRA
from kerastune.tuning.adapters.miss import MiSS
from kerastune.tuning.adapters.prefix_tuning import PrefixTuning
from kerastune.tuning.plans.plan import Plan
from kerastune.tuning.plans.stage import Stage
from kerastune.tuning.plans.usual_stage import HEAD_LEARNING_RATE, usual_stage

# Not `adapters | head`: where a table of tokens gives the logits too, a head has no weights.
TRAINABLE = "adapters | ~backbone"


def lora(epochs: int, learning_rate: float, rank: int = 8) -> Plan:
    """Train LoRA beside the query and the value of every attention, and the head.

    What is added is scaled by the root of the rank, with which the same rate suits each rank.

    Args:
        epochs: int, epochs to train.
        learning_rate: float, the highest rate.
        rank: int, see `kerastune.tuning.LoRA`. Defaults to 8.

    Returns:
        A `Plan` of one stage.

    Reference:
        Hu et al., 2021, "LoRA: Low-Rank Adaptation of Large Language Models",
        https://arxiv.org/abs/2106.09685

    Example:

    >>> plan = lora(epochs=3, learning_rate=1e-3)
    >>> plan.stages[0].trainable, plan.stages[0].adapters.rank
    ('adapters | ~backbone', 8)
    """
    return _one_stage("lora", epochs, learning_rate, LoRA(rank=rank, rank_stabilized=True))


def linear_probe_then_lora(
    epochs: int, learning_rate: float, frozen_epochs: int = 1, rank: int = 8
) -> Plan:
    """Fit the head on the frozen backbone first, then train LoRA beside all kernels, and the head.

    A head that starts from nothing takes a much higher rate than adapters do, so that training
    both from the start takes more epochs.

    Args:
        epochs: int, epochs in which adapters and head train.
        learning_rate: float, the highest rate in these.
        frozen_epochs: int, epochs before them in which only the head trains, at a rate of 0.01.
            Defaults to 1.
        rank: int, see `kerastune.tuning.LoRA`. Defaults to 8.

    Returns:
        A `Plan` of two stages.

    Reference:
        Dettmers et al., 2023, "QLoRA: Efficient Finetuning of Quantized LLMs",
        https://arxiv.org/abs/2305.14314, with adapters beside all kernels

    Example:

    >>> plan = linear_probe_then_lora(epochs=3, learning_rate=2e-3)
    >>> [(stage.trainable, stage.epochs) for stage in plan.stages]
    [('head', 1), ('adapters | ~backbone', 3)]
    """
    head = Stage("linear probe", frozen_epochs, HEAD_LEARNING_RATE, "head")
    adapters = LoRA(rank=rank, rank_stabilized=True, targets="kernels & backbone")
    stage = usual_stage("lora", epochs, learning_rate, TRAINABLE, adapters=adapters)
    return Plan("linear_probe_then_lora", (head, stage))


def lora_plus(epochs: int, learning_rate: float, ratio: float = 16.0) -> Plan:
    """Train LoRA with a higher rate for the second matrix, which starts from zero.

    Args:
        epochs: int, epochs to train.
        learning_rate: float, the highest rate of the first matrix and the head.
        ratio: float, how many times as fast the second matrix learns. Defaults to 16.

    Returns:
        A `Plan` of one stage.

    Reference:
        Hayou et al., 2024, "LoRA+: Efficient Low Rank Adaptation of Large Models",
        https://arxiv.org/abs/2402.12354

    Example:

    >>> lora_plus(epochs=3, learning_rate=2e-4).stages[0].rates
    {'lora_b': 16.0}
    """
    adapters = LoRA(rank_stabilized=True)
    return _one_stage("lora_plus", epochs, learning_rate, adapters, rates={"lora_b": ratio})


def dora(epochs: int, learning_rate: float, rank: int = 8) -> Plan:
    """Train DoRA beside the query and the value of every attention, and the head.

    Args:
        epochs: int, epochs to train.
        learning_rate: float, the highest rate.
        rank: int, see `kerastune.tuning.DoRA`. Defaults to 8.

    Returns:
        A `Plan` of one stage.

    Reference:
        Liu et al., 2024, "DoRA: Weight-Decomposed Low-Rank Adaptation",
        https://arxiv.org/abs/2402.09353

    Example:

    >>> dora(epochs=3, learning_rate=1e-3).stages[0].adapters.method
    'dora'
    """
    return _one_stage("dora", epochs, learning_rate, DoRA(rank=rank, rank_stabilized=True))


def ia3(epochs: int, learning_rate: float) -> Plan:
    """Train vectors that scale keys, values and feedforward layers, and the head.

    Args:
        epochs: int, epochs to train.
        learning_rate: float, the highest rate.

    Returns:
        A `Plan` of one stage.

    Reference:
        Liu et al., 2022, "Few-Shot Parameter-Efficient Fine-Tuning is Better and Cheaper than
        In-Context Learning", https://arxiv.org/abs/2205.05638

    Example:

    >>> ia3(epochs=3, learning_rate=3e-3).stages[0].adapters.method
    'ia3'
    """
    return _one_stage("ia3", epochs, learning_rate, IA3())


def miss(epochs: int, learning_rate: float, rank: int = 64) -> Plan:
    """Train MiSS beside the query and the value of every attention, and the head.

    Args:
        epochs: int, epochs to train.
        learning_rate: float, the highest rate.
        rank: int, see `kerastune.tuning.MiSS`. Defaults to 64.

    Returns:
        A `Plan` of one stage.

    Reference:
        Kang and Yin, 2024, "MiSS: Revisiting the Trade-off in LoRA with an Efficient
        Shard-Sharing Structure", https://arxiv.org/abs/2409.15371

    Example:

    >>> miss(epochs=3, learning_rate=1e-3).stages[0].adapters.rank
    64
    """
    return _one_stage("miss", epochs, learning_rate, MiSS(rank=rank))


def bottleneck(epochs: int, learning_rate: float, size: int = 32) -> Plan:
    """Train small networks after attention and feedforward layers, and the head.

    Args:
        epochs: int, epochs to train.
        learning_rate: float, the highest rate.
        size: int, see `kerastune.tuning.Bottleneck`. Defaults to 32.

    Returns:
        A `Plan` of one stage.

    Reference:
        Houlsby et al., 2019, "Parameter-Efficient Transfer Learning for NLP",
        https://arxiv.org/abs/1902.00751

    Example:

    >>> bottleneck(epochs=3, learning_rate=1e-3).stages[0].adapters.size
    32
    """
    return _one_stage("bottleneck", epochs, learning_rate, Bottleneck(size=size))


def prefix_tuning(epochs: int, learning_rate: float, num_virtual_tokens: int = 20) -> Plan:
    """Train keys and values that every attention reads before those of the tokens, and the head.

    Args:
        epochs: int, epochs to train.
        learning_rate: float, the highest rate.
        num_virtual_tokens: int, see `kerastune.tuning.PrefixTuning`. Defaults to 20.

    Returns:
        A `Plan` of one stage.

    Reference:
        Liu et al., 2021, "P-Tuning v2: Prompt Tuning Can Be Comparable to Fine-tuning Universally
        Across Scales and Tasks", https://arxiv.org/abs/2110.07602

    Example:

    >>> prefix_tuning(epochs=3, learning_rate=5e-3).stages[0].adapters.num_virtual_tokens
    20
    """
    adapters = PrefixTuning(num_virtual_tokens=num_virtual_tokens)
    return _one_stage("prefix_tuning", epochs, learning_rate, adapters)


def _one_stage(
    name: str, epochs: int, learning_rate: float, adapters: Adapter, **settings: Any
) -> Plan:
    """A plan of one stage with the usual schedule, a cosine after a warm-up."""
    stage = usual_stage(name, epochs, learning_rate, TRAINABLE, adapters=adapters, **settings)
    return Plan(name, (stage,))
