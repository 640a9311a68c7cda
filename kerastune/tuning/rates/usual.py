"""The learning rate that suits a plan and a backbone, for when nobody gives one."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kerastune.backends import nested_layers
from kerastune.tuning.groups.backbone import find_backbone
from kerastune.tuning.plans.usual_stage import HEAD_LEARNING_RATE

if TYPE_CHECKING:
    import keras

# The most parameters of a backbone, the rate at which all of it trains by AdamW, the one at which
# it does together with a head from nothing, and where they are from.
_TRANSFORMERS = (
    (40e6, 5e-4, 3e-4, "measured here with MiniLM; Turc et al., 2019, take up to 3e-4"),
    (200e6, 5e-5, 3e-5, "Devlin et al., 2018"),
    (float("inf"), 2e-5, 1e-5, "Devlin et al., 2018, and Liu et al., 2019, for large ones"),
)
_CONVOLUTIONAL = (
    (5e5, 3e-3, 3e-3, "measured here with the small ResNet"),
    (float("inf"), 3e-4, 3e-4, "a tenth of what suits a small network from random weights"),
)
_OTHERS = ((float("inf"), 1e-3, 1e-3, "the default of Keras' Adam"),)

_FEW_WEIGHTS = 1e-3
# The rate is that of the last layer group, and lower groups get less: so that those in the
# middle get about what suits a whole backbone.
_TIMES = {
    "layer_decay": (2, "twice as much for the head, as in AutoGluon"),
    "discriminative_rates": (10, "ten times as much for the last group, a tenth for the first"),
    "gradual_unfreezing": (4, "four times as much for the last group"),
}
# Adapters start from nothing beside weights that stay: one rate suits backbones of each size.
_ADAPTERS = {
    "lora": (1e-3, "for adapters from nothing"),
    "linear_probe_then_lora": (2e-3, "for adapters from nothing; the best of three with MiniLM"),
    "lora_plus": (2e-4, "for adapters from nothing, of which the second matrix learns faster"),
    "dora": (1e-3, "for adapters from nothing"),
    "miss": (1e-3, "for adapters from nothing"),
    "bottleneck": (1e-3, "for adapters from nothing; Houlsby et al., 2019"),
    "prefix_tuning": (
        1e-2,
        "for keys and values from nothing; of 3e-3 and 1e-2 the better with MiniLM",
    ),
    "ia3": (3e-3, "for few weights; Liu et al., 2022"),
}


@dataclass(frozen=True)
class UsualRate:
    """A learning rate and where it is from.

    Args:
        learning_rate: float.
        reason: str, the words for a table.

    Example:

    >>> UsualRate(5e-5, "for a transformer").learning_rate
    5e-05
    """

    learning_rate: float
    reason: str


def usual_rate(model: "keras.Model", plan: str) -> UsualRate:
    """Returns the highest learning rate that suits a plan by name and a model.

    A plan that trains the head alone gets the rate of a head that starts from nothing; one
    that trains a few weights the rate of those; any other the one that is published or measured
    for backbones of the kind and size.

    Args:
        model: a built Keras model, with a backbone or without.
        plan: str, a key of `kerastune.tuning.PLANS`.

    Returns:
        A `UsualRate`.

    Reference:
        Devlin et al., 2018, "BERT: Pre-training of Deep Bidirectional Transformers for
        Language Understanding", appendix A.3, https://arxiv.org/abs/1810.04805;
        Liu et al., 2019, "RoBERTa: A Robustly Optimized BERT Pretraining Approach", table 10,
        https://arxiv.org/abs/1907.11692;
        Turc et al., 2019, "Well-Read Students Learn Better: On the Importance of Pre-training
        Compact Models", https://arxiv.org/abs/1908.08962;
        Ben Zaken et al., 2021, "BitFit", https://arxiv.org/abs/2106.10199, 1e-4 to 1e-3 for
        biases;
        Tang et al., 2024, "AutoGluon-Multimodal", https://arxiv.org/abs/2404.16233, 1e-4 with a
        decay of 0.9.

    Example:

    >>> import keras
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3), keras.layers.Dense(1)])
    >>> usual_rate(model, "head_only").learning_rate, usual_rate(model, "full").learning_rate
    (0.01, 0.001)
    """
    if plan == "head_only":
        return UsualRate(HEAD_LEARNING_RATE, "for a head from nothing on a frozen backbone")
    if plan == "gradient_descent":
        return UsualRate(1e-2, "the default of Keras' SGD")
    if plan in _ADAPTERS:
        return UsualRate(*_ADAPTERS[plan])
    if plan in ("norms_only", "biases_only"):
        return UsualRate(_FEW_WEIGHTS, "for few weights; Ben Zaken et al., 2021")
    backbone = find_backbone(model) or model
    kind, sizes = _kind(backbone)
    size = backbone.count_params()
    alone, together, source = next(rates for most, *rates in sizes if size <= most)
    rate = together if plan == "full" else alone
    times, more = _TIMES.get(plan, (1, ""))
    words = f"for {kind} of {size:,} parameters ({source})"
    return UsualRate(times * rate, f"{words}, {more}" if more else words)


def _kind(backbone: "keras.Model") -> tuple[str, tuple[tuple[Any, ...], ...]]:
    """Returns the kind of a backbone in words, and the rates for it."""
    import keras

    layers = nested_layers(backbone)
    if any("Attention" in type(layer).__name__ for layer in layers):
        return "a transformer", _TRANSFORMERS
    if any(isinstance(layer, keras.layers.Conv2D) for layer in layers):
        return "a convolutional network", _CONVOLUTIONAL
    return "a network", _OTHERS
