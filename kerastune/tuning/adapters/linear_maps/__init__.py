"""Layers seen as matrices, for which adapters are written."""

from kerastune.tuning.adapters.linear_maps.kinds import KINDS, linear_map
from kerastune.tuning.adapters.linear_maps.linear_map import LinearMap

__all__ = ["KINDS", "LinearMap", "linear_map"]
