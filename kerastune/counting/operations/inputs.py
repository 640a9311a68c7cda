"""The tensors that a model is called on to be counted."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kerastune.backends import symbolic_inputs
from kerastune.errors import InputError, closest

if TYPE_CHECKING:
    import keras

# A shape without the batch axis, or a structure of them as the model takes its inputs.
Shapes = Any


def abstract_inputs(model: "keras.Layer", batch_size: int, input_shapes: Shapes = None) -> Any:
    """What a model takes, with every dimension known."""
    import keras

    if batch_size < 1:
        raise InputError(f"Expected a batch size of at least 1. Received: {batch_size}")
    symbolic = known_inputs(model)
    if symbolic is None and input_shapes is None:
        raise InputError(
            f"Expected the shapes of the inputs of {model.name!r}, which does not say what it "
            "takes. Received: none. Give input_shapes (in the command --input_shape), without the "
            "batch axis"
        )
    if symbolic is None:
        return stated_inputs(input_shapes, batch_size)
    leaves = keras.tree.flatten_with_path(symbolic)
    # An input is called by its key in a dictionary, else by its own name.
    names = [path[-1] if path and isinstance(path[-1], str) else x.name for path, x in leaves]
    shapes = _shapes_by_name(names, input_shapes)
    filled = [
        _filled(tensor, name, shapes.get(name), batch_size)
        for name, (_, tensor) in zip(names, leaves, strict=True)
    ]
    return keras.tree.pack_sequence_as(symbolic, filled)


def known_inputs(model: "keras.Layer") -> Any:
    """What a functional or sequential model was built on, or None."""
    import keras

    try:
        return symbolic_inputs(model) if isinstance(model, keras.Model) else None
    except (AttributeError, ValueError):
        return None


def stated_inputs(shapes: Shapes, batch_size: int | None) -> Any:
    """Inputs of float32 for a model that does not say what it takes, nested as the shapes are."""
    import keras

    if isinstance(shapes, Mapping):
        return {name: stated_inputs(shape, batch_size) for name, shape in shapes.items()}
    if _is_shape(shapes):
        return keras.KerasTensor((batch_size, *shapes), "float32")
    if isinstance(shapes, list | tuple):
        return [stated_inputs(shape, batch_size) for shape in shapes]
    raise InputError(f"Expected an input shape, a tuple of sizes. Received: {shapes!r}")


def _shapes_by_name(names: list[str], input_shapes: Shapes) -> Mapping[str, Any]:
    """The shape that was given for each input."""
    if input_shapes is None:
        return {}
    if isinstance(input_shapes, Mapping):
        for name in input_shapes:
            if name not in names:
                raise InputError(
                    f"Expected the names of inputs: {', '.join(names)}. Received: {name!r}."
                    + closest(str(name), names)
                )
        return input_shapes
    if _is_shape(input_shapes):
        return dict.fromkeys(names, input_shapes)
    if not isinstance(input_shapes, list | tuple) or len(input_shapes) != len(names):
        raise InputError(
            f"Expected one input shape, or one for each of: {', '.join(names)}. "
            f"Received: {input_shapes!r}"
        )
    return dict(zip(names, input_shapes, strict=True))


def _is_shape(shape: Any) -> bool:
    return isinstance(shape, list | tuple) and all(
        isinstance(size, int) and not isinstance(size, bool) for size in shape
    )


def _filled(tensor: Any, name: str, given: Any, batch_size: int) -> Any:
    """An input with the dimensions that the model leaves open filled in."""
    import keras

    batch, *sizes = tensor.shape
    if batch not in (None, batch_size):
        raise InputError(
            f"Expected batch_size={batch}, which the input {name!r} is fixed to. "
            f"Received: batch_size={batch_size}"
        )
    wanted = tuple(sizes)
    if given is None and None in sizes:
        raise InputError(
            f"Expected every dimension of the input {name!r} to be known. Received: {wanted}, "
            "without the batch axis. Give input_shapes (in the command --input_shape) with a size "
            "where it says None"
        )
    if given is None:
        return keras.KerasTensor((batch_size, *sizes), tensor.dtype)
    fits = _is_shape(given) and len(given) == len(sizes)
    if not fits or any(
        size not in (None, new) or new < 1 for size, new in zip(sizes, given, strict=True)
    ):
        raise InputError(
            f"Expected a shape that fits the input {name!r}, {wanted} without the batch axis. "
            f"Received: {given!r}"
        )
    return keras.KerasTensor((batch_size, *given), tensor.dtype)
