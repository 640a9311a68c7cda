"""What kinds of layers cost, with the formula of their parameters."""

from kerastune.counting.layers.catalogue import LAYERS
from kerastune.counting.layers.comparison import compare_layers

__all__ = ["LAYERS", "compare_layers"]
