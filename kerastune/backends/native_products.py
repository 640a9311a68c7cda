"""Dense layers in PyTorch's own operation, which adds the bias while it multiplies.

Keras multiplies by `matmul` or `einsum`, which permutes and copies, and adds the bias in a pass of
its own over the outputs.
"""

from collections.abc import Callable
from typing import Any


def native_product(layer: Any) -> Callable[..., Any] | None:
    """Returns what to call on PyTorch in the place of a layer's own `call`, or None.

    Args:
        layer: a Keras layer. What is not exactly a `Dense` or an `EinsumDense` keeps its `call`;
            so do those of weights in few bits, those with Keras' own LoRA, and an `EinsumDense`
            that sums other axes than the last of its inputs, or makes others than the last of its
            outputs.

    Returns:
        A function with the arguments of the layer's `call`, or None.

    Example:

    >>> import keras
    >>> native_product(keras.layers.Conv1D(2, 3)) is None
    True
    """
    import keras

    if type(layer) not in (keras.layers.Dense, keras.layers.EinsumDense) or not layer.built:
        return None
    if layer.quantization_mode is not None or layer.lora_enabled:
        return None
    if type(layer) is keras.layers.Dense:
        return _product(layer, 1)
    summed = summed_axes(layer.equation)
    bias = layer.bias
    # A bias may have axes of one number, or fewer than are made.
    if summed is None or (bias is not None and bias.shape != layer.kernel.shape[summed:]):
        return None
    return _product(layer, summed)


def summed_axes(equation: str) -> int | None:
    """Returns how many axes are summed by an equation that is a product by one matrix, or None.

    Args:
        equation: str, of a `keras.layers.EinsumDense`.

    Returns:
        int, how many of the last axes of the inputs and of the first of the kernel are summed,
        where all others of the kernel are the last of the outputs.

    Example:

    >>> summed_axes("abc,cde->abde"), summed_axes("abcd,cde->abe"), summed_axes("abc,cd->adb")
    (1, 2, None)
    """
    terms, outputs = equation.replace(" ", "").split("->")
    inputs, kernel = terms.split(",")
    for count in range(1, len(kernel)):
        kept = inputs.removesuffix(kernel[:count])
        # Letters that stay must not be in the kernel: these would be products of each by another.
        if kept != inputs and outputs == kept + kernel[count:] and not {*kept} & {*kernel}:
            return count
    return None


def _product(layer: Any, summed: int) -> Callable[..., Any]:
    """What a layer does whose kernel has the axes that are summed first."""

    def call(inputs: Any, training: bool | None = None) -> Any:  # noqa: ARG001  (Keras gives it)
        import keras
        import torch

        kernel = keras.ops.convert_to_tensor(layer.kernel)
        made = kernel.shape[summed:]
        bias = layer.bias
        if bias is not None:
            bias = keras.ops.convert_to_tensor(bias).reshape(-1)
        # Keras asks of any tensor whether it is one, which takes longer than not to ask.
        tensor = inputs if inputs.dtype == kernel.dtype else keras.ops.cast(inputs, kernel.dtype)
        outputs = torch.nn.functional.linear(
            tensor.flatten(-summed), kernel.flatten(summed).flatten(0, summed - 1).t(), bias
        )
        if len(made) > 1:
            outputs = outputs.unflatten(-1, made)
        return outputs if layer.activation is None else layer.activation(outputs)

    return call
