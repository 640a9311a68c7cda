"""Ways to tune one model, side by side."""

from kerastune.counting.plans.comparison import compare_plans

__all__ = ["compare_plans"]
