"""Plans and stages as plain data: what trains, how fast, for how long."""

from kerastune.tuning.plans.by_name import (
    biases_only,
    discriminative_rates,
    full,
    gradient_descent,
    gradual_unfreezing,
    head_only,
    layer_decay,
    linear_probe_then_fine_tune,
    norms_only,
)

__all__ = [
    "biases_only",
    "discriminative_rates",
    "full",
    "gradient_descent",
    "gradual_unfreezing",
    "head_only",
    "layer_decay",
    "linear_probe_then_fine_tune",
    "norms_only",
]
