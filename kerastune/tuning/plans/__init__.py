"""Plans and stages as plain data: what trains, how fast, for how long."""

from kerastune.tuning.plans.by_name import (
    biases_only,
    discriminative_rates,
    full,
    gradient_descent,
    gradual_unfreezing,
    head_only,
    layer_decay,
    norms_only,
)
from kerastune.tuning.plans.compressed import pruned, quantization_aware
from kerastune.tuning.plans.probed import linear_probe_then_fine_tune, linear_probe_then_last
from kerastune.tuning.plans.with_adapters import (
    bottleneck,
    dora,
    ia3,
    linear_probe_then_lora,
    lora,
    lora_plus,
    miss,
    prefix_tuning,
)

__all__ = [
    "biases_only",
    "bottleneck",
    "discriminative_rates",
    "dora",
    "full",
    "gradient_descent",
    "gradual_unfreezing",
    "head_only",
    "ia3",
    "layer_decay",
    "linear_probe_then_fine_tune",
    "linear_probe_then_last",
    "linear_probe_then_lora",
    "lora",
    "lora_plus",
    "miss",
    "norms_only",
    "prefix_tuning",
    "pruned",
    "quantization_aware",
]
