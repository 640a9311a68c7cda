"""Convolutions as matrices: from what a window holds to the filters."""

from math import prod
from typing import Any

from keras import ops

from kerastune.tuning.adapters.linear_maps.linear_map import LinearMap


class _Channels(LinearMap):
    """What convolutions share: channels may be the first axis after that of samples."""

    def along_outputs(self, vector: Any) -> Any:
        """Returns a vector of `columns` numbers in a shape that multiplies the outputs."""
        return along_channels(self.layer, vector)

    def along_inputs(self, vector: Any) -> Any:
        """Returns a vector of `features` numbers in a shape that multiplies the inputs."""
        return along_channels(self.layer, vector)

    def without_bias(self, outputs: Any) -> Any:
        """Returns outputs, before the activation, without the bias."""
        bias = self.bias
        if bias is None:
            return outputs
        return outputs - along_channels(self.layer, ops.convert_to_tensor(bias))

    def scaled_bias(self, bias: Any, vector: Any) -> Any:
        """Returns the bias of outputs that are multiplied by a vector."""
        return bias * vector

    def flat_outputs(self, outputs: Any) -> Any:
        """Returns outputs with the `columns` numbers of each place along the last axis."""
        return _channels_last(self.layer, outputs)

    def shaped_outputs(self, flat: Any, outputs: Any) -> Any:  # noqa: ARG002
        """Returns what has the `columns` numbers of each place last in the shape of outputs."""
        return _as_in(self.layer, flat)


class ConvolutionMap(_Channels):
    """A `keras.layers.Conv1D`, `Conv2D` or `Conv3D`, also in groups.

    The first matrix is a convolution to few channels with the window of the layer, the second a
    convolution of one place to its filters, as in PEFT.

    Example:

    >>> import keras
    >>> convolution = keras.layers.Conv2D(4, 3)
    >>> convolution.build((None, 8, 8, 2))
    >>> found = ConvolutionMap(convolution)
    >>> found.rows, found.columns, found.features
    (18, 4, 2)
    """

    @property
    def rows(self) -> int:
        """int, the numbers that one number of the outputs is summed from."""
        return prod(self.layer.kernel_size) * (self.features // self.layer.groups)

    @property
    def columns(self) -> int:
        """int, the numbers of the outputs at one place."""
        return int(self.layer.filters)

    @property
    def features(self) -> int:
        """int, the numbers of the inputs at one place."""
        return int(self.layer.kernel.shape[-2]) * int(self.layer.groups)

    def low_rank(self, inputs: Any, first: Any, second: Any) -> Any:
        """Returns what the product of two matrices gives in place of the kernel."""
        layer, rank = self.layer, second.shape[0]
        window = (*layer.kernel_size, self.features // layer.groups, rank)
        # Each group has inputs of its own, and the same matrix for them.
        kernel = ops.tile(ops.reshape(first, window), (*(1,) * layer.rank, 1, layer.groups))
        reduced = _channels_last(layer, convolved(layer, inputs, kernel))
        if layer.groups == 1:
            outputs = ops.matmul(reduced, second)
        else:
            grouped = ops.reshape(reduced, (*ops.shape(reduced)[:-1], layer.groups, rank))
            parts = ops.reshape(second, (rank, layer.groups, -1))
            outputs = ops.einsum("...gr,rgf->...gf", grouped, parts)
            outputs = ops.reshape(outputs, (*ops.shape(reduced)[:-1], self.columns))
        return _as_in(layer, outputs)

    def scaled_rows(self, matrix: Any, vector: Any) -> Any:
        """Returns a matrix that does on plain inputs what another does on scaled ones."""
        groups = self.layer.groups
        # The rows are those of a place of the window in one group, the columns those of groups.
        split = ops.reshape(matrix, (-1, self.features // groups, groups, self.columns // groups))
        scales = ops.transpose(ops.reshape(vector, (groups, -1)))
        return ops.reshape(split * scales[None, :, :, None], matrix.shape)


class DepthwiseMap(_Channels):
    """A `keras.layers.DepthwiseConv1D` or `DepthwiseConv2D`, from a window to all channels.

    Its kernel has hardly more numbers than the two matrices, so that here they are multiplied.

    Example:

    >>> import keras
    >>> convolution = keras.layers.DepthwiseConv2D(3)
    >>> convolution.build((None, 8, 8, 2))
    >>> DepthwiseMap(convolution).rows, DepthwiseMap(convolution).columns
    (9, 2)
    """

    @property
    def rows(self) -> int:
        """int, the numbers that one number of the outputs is summed from."""
        return prod(self.layer.kernel_size)

    @property
    def columns(self) -> int:
        """int, the numbers of the outputs at one place."""
        return self.features * int(self.layer.depth_multiplier)

    @property
    def features(self) -> int:
        """int, the numbers of the inputs at one place."""
        return int(self.layer.kernel.shape[-2])

    def low_rank(self, inputs: Any, first: Any, second: Any) -> Any:
        """Returns what the product of two matrices gives in place of the kernel."""
        return depthwise_convolved(self.layer, inputs, self.as_kernel(ops.matmul(first, second)))

    def scaled_rows(self, matrix: Any, vector: Any) -> Any:
        """Returns a matrix that does on plain inputs what another does on scaled ones."""
        return matrix * ops.repeat(vector, self.layer.depth_multiplier)


class SeparableMap(_Channels):
    """A `keras.layers.SeparableConv1D` or `SeparableConv2D`: its second, pointwise kernel.

    Example:

    >>> import keras
    >>> convolution = keras.layers.SeparableConv2D(4, 3)
    >>> convolution.build((None, 8, 8, 2))
    >>> SeparableMap(convolution).rows, SeparableMap(convolution).columns
    (2, 4)
    """

    @property
    def rows(self) -> int:
        """int, the numbers that one number of the outputs is summed from."""
        return int(self.kernel.shape[-2])

    @property
    def columns(self) -> int:
        """int, the numbers of the outputs at one place."""
        return int(self.layer.filters)

    @property
    def features(self) -> int:
        """int, the numbers of the inputs at one place."""
        return int(self.layer.depthwise_kernel.shape[-2])

    @property
    def kernel_name(self) -> str:
        """str, the attribute of the layer that holds the kernel."""
        return "pointwise_kernel"

    def low_rank(self, inputs: Any, first: Any, second: Any) -> Any:
        """Returns what the product of two matrices gives in place of the kernel."""
        layer = self.layer
        between = _channels_last(layer, depthwise_convolved(layer, inputs, layer.depthwise_kernel))
        return _as_in(layer, ops.matmul(ops.matmul(between, first), second))

    def scaled_rows(self, matrix: Any, vector: Any) -> Any:
        """Returns a matrix that does on plain inputs what another does on scaled ones."""
        return matrix * ops.repeat(vector, self.layer.depth_multiplier)[:, None]


def convolved(layer: Any, inputs: Any, kernel: Any) -> Any:
    """Returns what a convolution gives with another kernel, without its bias and activation.

    Args:
        layer: a Keras convolution.
        inputs: tensor.
        kernel: tensor.

    Example:

    >>> import keras
    >>> convolution = keras.layers.Conv1D(4, 3, padding="causal")
    >>> convolution.build((None, 8, 2))
    >>> convolved(convolution, ops.ones((1, 8, 2)), ops.ones((3, 2, 1))).shape[1]
    8
    """
    padding = layer.padding
    if padding == "causal":
        before = layer.dilation_rate[0] * (layer.kernel_size[0] - 1)
        is_last = layer.data_format == "channels_last"
        along_time, none = (before, 0), (0, 0)
        inputs = ops.pad(inputs, (none, along_time, none) if is_last else (none, none, along_time))
        padding = "valid"
    return ops.conv(
        inputs,
        kernel,
        strides=list(layer.strides),
        padding=padding,
        dilation_rate=layer.dilation_rate,
        data_format=layer.data_format,
    )


def depthwise_convolved(layer: Any, inputs: Any, kernel: Any) -> Any:
    """Returns what a depthwise convolution gives with another kernel.

    Args:
        layer: a Keras depthwise or separable convolution.
        inputs: tensor.
        kernel: tensor.

    Example:

    >>> import keras
    >>> convolution = keras.layers.DepthwiseConv2D(3)
    >>> convolution.build((None, 8, 8, 2))
    >>> kernel = ops.ones((3, 3, 2, 1))
    >>> tuple(depthwise_convolved(convolution, ops.ones((1, 8, 8, 2)), kernel).shape)
    (1, 6, 6, 2)
    """
    return ops.depthwise_conv(
        inputs,
        kernel,
        strides=layer.strides,
        padding=layer.padding,
        dilation_rate=layer.dilation_rate,
        data_format=layer.data_format,
    )


def along_channels(layer: Any, vector: Any) -> Any:
    """Returns a vector over channels in a shape that multiplies images or sequences.

    Args:
        layer: a Keras convolution.
        vector: tensor of one axis.

    Example:

    >>> import keras
    >>> convolution = keras.layers.Conv2D(4, 3, data_format="channels_first")
    >>> tuple(along_channels(convolution, ops.ones((4,))).shape)
    (4, 1, 1)
    """
    if layer.data_format == "channels_last":
        return vector
    return ops.reshape(vector, (-1, *(1,) * layer.rank))


def _channels_last(layer: Any, tensor: Any) -> Any:
    return tensor if layer.data_format == "channels_last" else ops.moveaxis(tensor, 1, -1)


def _as_in(layer: Any, tensor: Any) -> Any:
    return tensor if layer.data_format == "channels_last" else ops.moveaxis(tensor, -1, 1)
