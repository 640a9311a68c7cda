"""Dense layers as matrices."""

from typing import Any

import keras

from kerastune.tuning.adapters.linear_maps.linear_map import LinearMap


class DenseMap(LinearMap):
    """A `keras.layers.Dense`, whose kernel is a matrix already.

    Example:

    >>> dense = keras.layers.Dense(2)
    >>> dense.build((None, 3))
    >>> ones = keras.ops.ones
    >>> DenseMap(dense).low_rank(ones((4, 3)), ones((3, 1)), ones((1, 2))).shape[1]
    2
    """

    @property
    def rows(self) -> int:
        """int, the numbers that one number of the outputs is summed from."""
        return int(self.layer.input_spec.axes[-1])

    @property
    def columns(self) -> int:
        """int, the numbers of the outputs at one place."""
        return int(self.layer.units)

    def low_rank(self, inputs: Any, first: Any, second: Any) -> Any:
        """Returns what the product of two matrices gives in place of the kernel."""
        return keras.ops.matmul(keras.ops.matmul(inputs, first), second)
