"""What kinds of layers cost, with the formula of their parameters."""

from kerastune.counting.layers.catalogue import LAYERS
from kerastune.counting.layers.comparison import compare_layers
from kerastune.counting.layers.kinds import LayerKind, LayerSizes

__all__ = ["LAYERS", "LayerKind", "LayerSizes", "compare_layers"]
