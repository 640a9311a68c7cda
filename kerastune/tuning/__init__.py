"""What trains, how fast, for how long."""

# Classes that saved models may hold are registered with Keras when they are imported.
import kerastune.backends.optimizers
import kerastune.tuning.keras_schedules  # noqa: F401
from kerastune.tuning.freezing import freeze, freeze_to, unfreeze
from kerastune.tuning.groups import layer_groups
from kerastune.tuning.layerwise_rates import layerwise
from kerastune.tuning.named_plans import PLANS, named_plan
from kerastune.tuning.pattern_text import Pattern, first, last
from kerastune.tuning.patterns import NoMatchError, match
from kerastune.tuning.plan import Plan
from kerastune.tuning.plan_rows import PlanRow, PlanTable
from kerastune.tuning.plans import (
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
from kerastune.tuning.rate_finder import find_learning_rate
from kerastune.tuning.rate_sweep import RateSearch
from kerastune.tuning.rates import rates_by_step
from kerastune.tuning.stage import Stage
from kerastune.tuning.table import plan_table
from kerastune.tuning.trainability import train_only

__all__ = [
    "PLANS",
    "NoMatchError",
    "Pattern",
    "Plan",
    "PlanRow",
    "PlanTable",
    "RateSearch",
    "Stage",
    "biases_only",
    "discriminative_rates",
    "find_learning_rate",
    "first",
    "freeze",
    "freeze_to",
    "full",
    "gradient_descent",
    "gradual_unfreezing",
    "head_only",
    "last",
    "layer_decay",
    "layer_groups",
    "layerwise",
    "linear_probe_then_fine_tune",
    "match",
    "named_plan",
    "norms_only",
    "plan_table",
    "rates_by_step",
    "train_only",
    "unfreeze",
]
