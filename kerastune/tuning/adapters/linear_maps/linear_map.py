"""The contract of what multiplies its inputs by a kernel: a layer seen as one matrix."""

from abc import ABC, abstractmethod
from typing import Any

import keras
import numpy as np

from kerastune.tuning.adapters.place import Place


class LinearMap(Place, ABC):
    """A layer as a matrix, from what it reads to what it gives, and a product beside it.

    Adapters are written for matrices. This says which one the kernel of a layer is, and how a
    matrix of low rank is multiplied by the inputs of the layer without being written out.

    Args:
        layer: a built Keras layer.

    Example:

    >>> from kerastune.tuning.adapters.linear_maps import linear_map
    >>> dense = keras.layers.Dense(2)
    >>> dense.build((None, 3))
    >>> found = linear_map(dense)
    >>> found.rows, found.columns
    (3, 2)
    """

    @property
    @abstractmethod
    def rows(self) -> int:
        """int, the numbers that one number of the outputs is summed from."""

    @property
    @abstractmethod
    def columns(self) -> int:
        """int, the numbers of the outputs at one place."""

    @property
    def features(self) -> int | None:
        """int, the numbers of the inputs at one place; None if the inputs are no numbers."""
        return self.rows

    @property
    def path(self) -> str:
        """str, the path of the kernel."""
        return f"{self.layer.path}/{self.kernel_name}"

    @property
    def kernel_name(self) -> str:
        """str, the attribute of the layer that holds the kernel."""
        return "kernel"

    @property
    def kernel(self) -> Any:
        """The kernel of the layer."""
        return getattr(self.layer, self.kernel_name)

    @property
    def bias(self) -> Any:
        """The bias of the layer, or None."""
        return getattr(self.layer, "bias", None)

    @abstractmethod
    def low_rank(self, inputs: Any, first: Any, second: Any) -> Any:
        """Returns what the product of two matrices gives in place of the kernel.

        Args:
            inputs: tensor, those of the layer.
            first: tensor of shape `(rows, rank)`.
            second: tensor of shape `(rank, columns)`.

        Returns:
            A tensor of the shape of the outputs.
        """

    def along_outputs(self, vector: Any) -> Any:
        """Returns a vector of `columns` numbers in a shape that multiplies the outputs."""
        return vector

    def along_inputs(self, vector: Any) -> Any:
        """Returns a vector of `features` numbers in a shape that multiplies the inputs."""
        return vector

    def scaled_rows(self, matrix: Any, vector: Any) -> Any:
        """Returns a matrix that does on plain inputs what another does on scaled ones.

        Args:
            matrix: tensor of shape `(rows, columns)`.
            vector: tensor of `features` numbers, by which the inputs are scaled.
        """
        return matrix * vector[:, None]

    def without_bias(self, outputs: Any) -> Any:
        """Returns outputs, before the activation, without the bias."""
        bias = self.bias
        return outputs if bias is None else outputs - keras.ops.convert_to_tensor(bias)

    def scaled_bias(self, bias: Any, vector: Any) -> Any:
        """Returns the bias of outputs that are multiplied by a vector of `columns` numbers."""
        return keras.ops.reshape(bias * self.along_outputs(vector), bias.shape)

    def flat_outputs(self, outputs: Any) -> Any:
        """Returns outputs with the `columns` numbers of each place along the last axis."""
        return outputs

    def shaped_outputs(self, flat: Any, outputs: Any) -> Any:  # noqa: ARG002  (some maps need it)
        """Returns what has the `columns` numbers of each place last in the shape of outputs."""
        return flat

    def as_matrix(self, kernel: Any) -> Any:
        """Returns a kernel as a matrix of shape `(rows, columns)`."""
        return keras.ops.reshape(kernel, (self.rows, self.columns))

    def as_kernel(self, matrix: Any) -> Any:
        """Returns a matrix in the shape of the kernel."""
        return keras.ops.reshape(matrix, self.kernel.shape)

    def values(self, linear: Any) -> np.ndarray:
        """Returns the numbers of the kernel as a matrix, also where it is quantized.

        Args:
            linear: function that computes the layer without its activation.
        """
        if not self.layer.quantization_mode:
            return _float32(self.as_matrix(keras.ops.convert_to_tensor(self.kernel)))
        return _float32(self._products(keras.ops.eye(self.rows, dtype="float32"), linear))

    def rows_times_kernel(self, matrix: Any, linear: Any) -> Any:
        """Returns the product of a transposed matrix and the kernel.

        Args:
            matrix: tensor of shape `(rows, some)`.
            linear: function that computes the layer without its activation.

        Returns:
            A tensor of shape `(some, columns)`.
        """
        rows = keras.ops.transpose(matrix)
        if not self.layer.quantization_mode:
            kernel = keras.ops.convert_to_tensor(self.kernel)
            return keras.ops.matmul(rows, keras.ops.cast(self.as_matrix(kernel), rows.dtype))
        return self._products(rows, linear)

    def inputs_of(self, matrix: Any) -> Any:
        """Returns the rows of a matrix as inputs of the layer."""
        return matrix

    def _products(self, rows: Any, linear: Any) -> Any:
        """The products of the rows of a matrix and the kernel, as the layer computes them."""
        outputs = self.without_bias(linear(self.inputs_of(rows)))
        return keras.ops.reshape(self.flat_outputs(outputs), (-1, self.columns))


def _float32(value: Any) -> np.ndarray:
    return keras.ops.convert_to_numpy(value).astype("float32")
