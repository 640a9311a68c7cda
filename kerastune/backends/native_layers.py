"""Layers that the backend computes with operations of its own while a model is trained.

Keras 3.15 writes batch normalization for PyTorch as a dozen elementwise operations, copies the
inputs of a convolution twice, from channels last to channels first and back, and stores kernels in
an order that is copied in every step. All of it costs memory bandwidth: of a step of ResNet50
about a fifth (see `docs/benchmarks.md`). What is computed is the same, but for rounding.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from kerastune.backends.attached_layers import calls_beneath
from kerastune.backends.bfloat16_products import bfloat16_products
from kerastune.backends.choice import select
from kerastune.backends.layers import nested_layers
from kerastune.backends.lean_calls import lean_calls
from kerastune.backends.native_attention import Remembered, native_attention
from kerastune.backends.native_dropout import native_dropout
from kerastune.backends.native_norms import native_norm
from kerastune.backends.native_pooling import native_pooling
from kerastune.backends.native_products import native_product
from kerastune.backends.optimizers.continuing import inner_optimizer

if TYPE_CHECKING:
    import keras


@contextmanager
def native_layers(model: "keras.Model") -> Iterator[None]:
    """Lets the backend compute layers its own way in a `with` block.

    On PyTorch these are convolutions and batch normalization, but not those of subclasses of
    `Conv2D`, `DepthwiseConv2D` and `BatchNormalization`, of images with channels first, and
    statistics that are synchronized or renormalized; pooling of images, see `native_pooling`;
    dense layers, also under adapters, see `native_product`; the normalization and attention of
    KerasHub's decoders like Llama, see `native_norm` and `native_attention`; and what Keras does
    around each call, see `lean_calls`. On PyTorch and JAX it is dropout too, see `native_dropout`;
    and on JAX products of bfloat16 on a processor, see `bfloat16_products`.

    Args:
        model: a built Keras model.

    Yields:
        None.

    Example:

    >>> import keras
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.BatchNormalization()])
    >>> with native_layers(model):
    ...     model(keras.ops.ones((4, 2)), training=True).shape[0]
    4
    """
    replaced: list[tuple[dict[str, Any], str, Callable[..., Any]]] = []
    shared = Remembered()
    for layer in nested_layers(model):
        beneath = calls_beneath(layer)
        # On the object, where it is found before the method of its class; or under an adapter.
        held = vars(layer) if beneath is None else beneath
        methods = _native(layer, shared) if beneath is None else _native_product(layer)
        for name, made in methods.items():
            if name not in held:  # What a person has replaced stays.
                held[name] = made
                replaced.append((held, name, made))
    try:
        with lean_calls(model), bfloat16_products():
            yield
    finally:
        for held, name, made in replaced:
            if held.get(name) is made:
                del held[name]


def allow_native_updates(model: "keras.Model") -> None:
    """Lets the backend read and update the weights of a model its own way, which rounds otherwise.

    Kernels are laid out by `lay_out_kernels`, and an optimizer of `layerwise` updates all weights
    in one pass, and clips by its norms, where PyTorch or TensorFlow has an operation for it.

    Args:
        model: a compiled Keras model.

    Example:

    >>> import keras
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> model.compile("adam", "mse")
    >>> allow_native_updates(model)
    """
    lay_out_kernels(model)
    inner_optimizer(model.optimizer).is_fused = True


def lay_out_kernels(model: "keras.Model") -> None:
    """Stores kernels of convolutions in the order in which PyTorch's convolutions read them.

    Shapes and values stay as they are. The state of the optimizer for them is laid out alike,
    for which the optimizer is built. On other backends it does nothing.

    Args:
        model: a compiled Keras model.

    Example:

    >>> import keras
    >>> model = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Conv2D(4, 3)])
    >>> model.compile("adam", "mse")
    >>> lay_out_kernels(model)
    >>> tuple(model.layers[0].kernel.shape)
    (3, 3, 3, 4)
    """
    if select() != "torch":
        return
    import keras

    kernels = [
        layer.kernel
        for layer in nested_layers(model)
        # KerasHub's blocks have convolutions that they never call, and so without a kernel.
        if type(layer) is keras.layers.Conv2D and layer.built and not layer.lora_enabled
    ]
    if not kernels:
        return
    optimizer = model.optimizer
    if not optimizer.built:
        optimizer.build(model.trainable_variables)
    shapes = {tuple(kernel.shape) for kernel in kernels}
    slots = [one for one in optimizer.variables if tuple(one.shape) in shapes]
    for variable in (*kernels, *slots):
        _lay_out(variable)


def _lay_out(variable: "keras.Variable") -> None:
    """Stores a kernel of height, width, inputs and outputs by outputs, height, width and inputs."""
    import torch

    held = variable.value
    read = held.data.permute(3, 2, 0, 1).contiguous(memory_format=torch.channels_last)
    held.data = read.permute(2, 3, 1, 0)


def _native(layer: Any, shared: Remembered) -> dict[str, Callable[..., Any]]:
    """The methods of a layer in the backend's own operations, by name."""
    import keras

    dropping = native_dropout(layer)
    if dropping is not None:
        return {"call": dropping}
    if select() != "torch":
        return {}
    for made in (native_product, native_norm, native_pooling):
        computed = made(layer)
        if computed is not None:
            return {"call": computed}
    attending = native_attention(layer, shared)
    if attending:
        return attending
    kind = type(layer)
    if kind in (keras.layers.Conv2D, keras.layers.DepthwiseConv2D):
        if layer.data_format != "channels_last":
            return {}
        return {"call": lambda inputs: _convolved(layer, inputs)}
    if kind is keras.layers.BatchNormalization and not (layer.synchronized or layer.renorm):
        return {"call": _normalizing(layer)}
    return {}


def _native_product(layer: Any) -> dict[str, Callable[..., Any]]:
    """Of the methods of a layer those that do not call its own, by name."""
    computed = native_product(layer) if select() == "torch" else None
    return {} if computed is None else {"call": computed}


def _convolved(layer: Any, inputs: Any) -> Any:
    """What a convolution does, without copies of its inputs."""
    import keras
    import torch

    kernel = keras.ops.convert_to_tensor(layer.kernel)
    if isinstance(layer, keras.layers.DepthwiseConv2D):
        height, width, groups, multiplier = kernel.shape
        kernel = kernel.reshape(height, width, 1, groups * multiplier)
    else:
        groups = layer.groups
    bias = keras.ops.convert_to_tensor(layer.bias) if layer.use_bias else None
    images = keras.ops.convert_to_tensor(inputs).permute(0, 3, 1, 2)
    padding = [(0, 0), (0, 0)]
    if layer.padding == "same":
        settings = (layer.kernel_size, layer.strides, layer.dilation_rate)
        padding = [_padding(*one) for one in zip(images.shape[2:], *settings, strict=True)]
    if any(before != after for before, after in padding):
        (above, below), (left, right) = padding
        images = torch.nn.functional.pad(images, (left, right, above, below))
        padding = [(0, 0), (0, 0)]
    outputs = torch.nn.functional.conv2d(
        images,
        kernel.permute(3, 2, 0, 1),
        bias,
        stride=layer.strides,
        padding=[before for before, _ in padding],
        dilation=layer.dilation_rate,
        groups=groups,
    ).permute(0, 2, 3, 1)
    return outputs if layer.activation is None else layer.activation(outputs)


def _padding(length: int, kernel: int, stride: int, dilation: int) -> tuple[int, int]:
    """What is added before and after a side so that `same` holds: one more after, if odd."""
    steps = -(-length // stride)
    total = max((steps - 1) * stride + (kernel - 1) * dilation + 1 - length, 0)
    return total // 2, total - total // 2


def _normalizing(layer: "keras.layers.BatchNormalization") -> Callable[..., Any]:
    """What a layer of batch normalization does, by PyTorch's own operation."""
    import keras
    import torch

    own = layer.call

    def call(inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        # Keras computes halves in float32, and masked positions need moments of its own.
        if mask is not None or not torch.is_tensor(inputs) or inputs.dtype != torch.float32:
            return own(inputs, training=training, mask=mask)
        kept = (layer.moving_mean, layer.moving_variance, layer.gamma, layer.beta)
        mean, variance, scale, offset = (one if one is None else one.value for one in kept)
        channels_second = torch.movedim(inputs, layer.axis, 1)
        if not (training and layer.trainable):
            outputs = torch.nn.functional.batch_norm(
                channels_second, mean, variance, scale, offset, training=False, eps=layer.epsilon
            )
        else:
            outputs, mean, inverse = torch.native_batch_norm(
                channels_second, scale, offset, None, None, True, 0.0, layer.epsilon
            )
            _move(layer.moving_mean, mean.detach(), layer.momentum)
            variance = inverse.detach().pow(-2).sub_(layer.epsilon).clamp_(min=0.0)
            _move(layer.moving_variance, variance, layer.momentum)
        return keras.ops.cast(torch.movedim(outputs, 1, layer.axis), layer.compute_dtype)

    return call


def _move(average: "keras.Variable", value: Any, momentum: float) -> None:
    """Moves a running average towards a value."""
    average.assign(average.value * momentum + value * (1.0 - momentum))
