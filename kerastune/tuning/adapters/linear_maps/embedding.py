"""Tables of embeddings as matrices."""

from typing import Any

import keras

from kerastune.tuning.adapters.linear_maps.linear_map import LinearMap


class EmbeddingMap(LinearMap):
    """A `keras.layers.Embedding`: its table, whose rows are looked up.

    Where the layer is used the other way, from embeddings to tokens, as
    `keras.layers.ReversibleEmbedding` can be, so is the product.

    Example:

    >>> table = keras.layers.Embedding(9, 2)
    >>> table.build()
    >>> EmbeddingMap(table).rows, EmbeddingMap(table).columns
    (9, 2)
    """

    @property
    def rows(self) -> int:
        """int, the numbers that one number of the outputs is summed from."""
        return int(self.layer.input_dim)

    @property
    def columns(self) -> int:
        """int, the numbers of the outputs at one place."""
        return int(self.layer.output_dim)

    @property
    def features(self) -> None:
        """None, as the inputs are numbers of tokens."""
        return None

    @property
    def kernel_name(self) -> str:
        """str, the attribute of the layer that holds the kernel."""
        return "embeddings"

    def low_rank(self, inputs: Any, first: Any, second: Any) -> Any:
        """Returns what the product of two matrices gives in place of the kernel."""
        if keras.backend.is_float_dtype(keras.backend.standardize_dtype(inputs.dtype)):
            reduced = keras.ops.matmul(inputs, keras.ops.transpose(second))
            return keras.ops.matmul(reduced, keras.ops.transpose(first))
        # Numbers of tokens that arrive as floats are whole ones, see `Embedding.call`.
        return keras.ops.matmul(keras.ops.take(first, inputs, axis=0), second)

    def inputs_of(self, matrix: Any) -> Any:
        """Returns the rows of a matrix as inputs of the layer."""
        return keras.ops.arange(matrix.shape[0])
