"""FLOPs and MACs of any model, forward and backward, and what a forward pass keeps.

docs/counting.md says what each of these is. Two times the MACs is what PyTorch's
`FlopCounterMode` counts. A compiler may keep fewer activations than are counted, by computing
some of them again, and more, by keeping copies.
"""

from kerastune.counting.operations.count import count_operations
from kerastune.counting.operations.counts import Operations

__all__ = ["Operations", "count_operations"]
