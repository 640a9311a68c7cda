"""Ways to tune one model, side by side."""

from kerastune.counting.plans.comparison import compare_plans
from kerastune.counting.plans.plan_text import read_plan, split_plans

__all__ = ["compare_plans", "read_plan", "split_plans"]
