"""Writing a model in a format, in a process of the backend that writes it well."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kerastune.backends.exported.formats import FORMATS

if TYPE_CHECKING:
    import keras

RAW, PREPARED = "raw", "prepared"
"""The functions of a SavedModel: with what prepares raw samples, and without."""


def write_artefact(
    name: str, model: "keras.Model", path: Path, raw: "keras.Model | None" = None
) -> None:
    """Writes a model in a format.

    Args:
        name: str, a key of `WRITES`.
        model: a functional Keras model, whose inputs and outputs are dictionaries by name.
        path: Path of the artefact, which is not there.
        raw: a model with its preprocessing, which a format that can hold several functions has
            too. Defaults to none.

    Raises:
        Exception: whatever the converter raises.

    Example:

    >>> write_artefact("png", None, Path("model.png"))
    Traceback (most recent call last):
        ...
    KeyError: 'png'
    """
    if raw is not None and FORMATS[name].holds_text:
        _functions({RAW: raw, PREPARED: model}, path)
    else:
        WRITES[name](model, path)


def _saved_model(model: "keras.Model", path: Path) -> None:
    _functions({PREPARED: model}, path)


def _functions(models: "dict[str, keras.Model]", path: Path) -> None:
    """Writes functions by name into one SavedModel; the first is also `serving_default`."""
    import keras

    archive = keras.export.ExportArchive()
    for name, served in models.items():
        archive.track(served)
        archive.add_endpoint(name, _inference(served), input_signature=[_signature(served)])
    archive.write_out(str(path), verbose=False)


def _onnx(model: "keras.Model", path: Path) -> None:
    _write_erfc_as_erf()
    _hold_constants_as_numbers(model)
    model.export(str(path), format="onnx", verbose=False, **_asked(model))


def _litert(model: "keras.Model", path: Path) -> None:
    with _recurrence_written_out(model):
        model.export(str(path), format="litert", verbose=False, **_asked(model))


@contextmanager
def _recurrence_written_out(model: "keras.Model") -> Iterator[None]:
    """Lets recurrent layers compute step by step, without loops, whose lists LiteRT lacks.

    Where the number of steps is not fixed, they cannot.
    """
    import keras

    from kerastune.backends.layers import nested_layers

    is_fixed = all(None not in tensor.shape[1:] for tensor in model.input.values())
    layers = [
        layer
        for layer in nested_layers(model)
        if is_fixed and isinstance(layer, keras.layers.RNN) and not layer.unroll
    ]
    for layer in layers:
        layer.unroll = True
    try:
        yield
    finally:
        for layer in layers:
            layer.unroll = False


def _openvino(model: "keras.Model", path: Path) -> None:
    path.mkdir()
    model.export(str(path / "model.xml"), format="openvino", verbose=False, **_asked(model))


def _torch(model: "keras.Model", path: Path) -> None:
    import torch

    # Sizes that have to be alike, as the number of samples of all inputs, are found to be. One that
    # is fixed after all is found when the program is run in batches of several sizes.
    dynamic = {
        name: {
            axis: torch.export.Dim.AUTO for axis, size in enumerate(tensor.shape) if size is None
        }
        for name, tensor in model.input.items()
    }
    model.eval()
    model.export(
        str(path), format="torch", verbose=False, dynamic_shapes=[(dynamic,)], **_asked(model)
    )


WRITES: dict[str, Callable[[Any, Path], None]] = {
    "savedmodel": _saved_model,
    "onnx": _onnx,
    "litert": _litert,
    "openvino": _openvino,
    "torch": _torch,
}
"""Functions that write a format, by its name."""


def _inference(model: "keras.Model") -> Callable[[Any], Any]:
    def infer(inputs: Any) -> Any:
        return model(inputs, training=False)

    return infer


def _asked(model: "keras.Model") -> dict[str, Any]:
    """What is said of inputs: without it Keras asks for a model that was called before."""
    return {"input_signature": [_signature(model)]}


def _signature(model: "keras.Model") -> dict[str, Any]:
    import keras

    return {
        name: keras.InputSpec(shape=tensor.shape, dtype=tensor.dtype, name=name)
        for name, tensor in model.input.items()
    }


def _hold_constants_as_numbers(model: "keras.Model") -> None:
    """Turns tensors that layers hold into arrays: tf2onnx makes inputs of the model of them.

    Such are the mean and the variance that `keras.layers.Normalization` was given.
    """
    import tensorflow as tf

    from kerastune.backends.layers import nested_layers

    for layer in nested_layers(model):
        for name, value in list(vars(layer).items()):
            if isinstance(value, tf.Tensor):
                object.__setattr__(layer, name, value.numpy())


def _write_erfc_as_erf() -> None:
    """Lets tf2onnx write `Erfc`, which is in exact GELU and no operation of ONNX, by `Erf`."""
    import numpy as np
    from tf2onnx.handler import tf_op

    @tf_op("Erfc")
    class _Erfc:
        @classmethod
        def version_9(cls, context: Any, node: Any, **settings: Any) -> None:  # noqa: ARG003
            kept = {
                "outputs": node.output,
                "shapes": node.output_shapes,
                "dtypes": node.output_dtypes,
            }
            erf = context.make_node("Erf", [node.input[0]])
            one = context.make_const(f"{node.name}_one", np.ones((), "float32"))
            context.remove_node(node.name)
            context.make_node("Sub", [one.output[0], erf.output[0]], name=node.name, **kept)
