"""FLOPs and MACs of any model, forward and backward, and what a forward pass keeps.

A **MAC** is one multiply-accumulate of a contraction: a matrix product, an Einstein sum, a
convolution, attention, the step of a recurrent layer. **FLOPs** are two for each MAC, and one
for each element and arithmetic operation of everything else, by the written rules of
`elementwise.py`; most published "FLOPs" of networks are MACs. Two times the MACs is what
PyTorch's `FlopCounterMode` counts.

The **backward pass** computes a contraction again for each factor that needs a gradient:
twice its MACs where weights and inputs both do. A frozen weight needs none, and neither does
what comes before the first weight that trains.

**Activations** are the tensors that the backward pass reads, each once, weights aside. A
compiler may keep less, by computing some of it again, and more, by keeping copies.
"""

from kerastune.counting.operations.count import count_operations
from kerastune.counting.operations.counts import Operations

__all__ = ["Operations", "count_operations"]
