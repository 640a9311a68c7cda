"""What kinds of layers cost, from formulas that are shown, worked out and checked."""

from kerastune.counting.layers.catalogue import LAYERS
from kerastune.counting.layers.comparison import compare_layers
from kerastune.counting.layers.formulas import Formula
from kerastune.counting.layers.kinds import LayerKind
from kerastune.counting.layers.sizes import LayerSizes

__all__ = [
    "LAYERS",
    "Formula",
    "LayerKind",
    "LayerSizes",
    "compare_layers",
]
