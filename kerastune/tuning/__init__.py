"""What trains, how fast, for how long."""

from kerastune import backends
from kerastune.tuning.freezing import train_only
from kerastune.tuning.groups import find_backbone, layer_groups
from kerastune.tuning.patterns import NoMatchError, match
from kerastune.tuning.plan import Plan, Stage
from kerastune.tuning.plans import (
    PLANS,
    full,
    gradient_descent,
    head_only,
    linear_probe_then_fine_tune,
    named_plan,
)
from kerastune.tuning.table import PlanRow, PlanTable, plan_table

backends.select()

__all__ = [
    "PLANS",
    "NoMatchError",
    "Plan",
    "PlanRow",
    "PlanTable",
    "Stage",
    "find_backbone",
    "full",
    "gradient_descent",
    "head_only",
    "layer_groups",
    "linear_probe_then_fine_tune",
    "match",
    "named_plan",
    "plan_table",
    "train_only",
]
