"""What the blocks of a network give, as one vector each, for a network that is to do alike."""

from typing import Any, NamedTuple

import keras

from kerastune.backends import symbolic_inputs
from kerastune.errors import InputError
from kerastune.tuning.groups.backbone import find_backbone
from kerastune.tuning.groups.blocks import calls_in_blocks
from kerastune.tuning.groups.graph import has_graph
from kerastune.tuning.groups.roles import is_normalization, weights_of_role


class BlockFeatures(NamedTuple):
    """A model followed once more, with what its blocks give on the way.

    Args:
        inputs: symbolic inputs, in the structure of the model's.
        outputs: symbolic outputs.
        names: tuple of str, the names of the blocks, from input to output.
        features: tuple of symbolic tensors of shape `(batch, width)`, one for each block.
    """

    inputs: Any
    outputs: keras.KerasTensor
    names: tuple[str, ...]
    features: tuple[keras.KerasTensor, ...]


def block_features(model: keras.Model) -> BlockFeatures:
    """Returns the outputs of a model and of its blocks, with the same layers and weights.

    The blocks are those of its backbone, as `kerastune.layer_groups` names them; in a network
    without blocks, each layer with weights but the last. What a block gives at several positions
    is averaged over them, where `padding_mask` is an input over those that it allows.

    Args:
        model: a functional or sequential model, whose backbone may be nested in it.

    Returns:
        The `BlockFeatures`.

    Raises:
        InputError: if there is no block whose output is a tensor of the graph.

    Example:

    >>> layers = [keras.layers.Dense(3, name="wide"), keras.layers.Dense(1)]
    >>> found = block_features(keras.Sequential([keras.Input((2,)), *layers]))
    >>> found.names, [feature.shape for feature in found.features]
    (('wide',), [(None, 3)])
    """
    backbone = find_backbone(model)
    named = _tensors(model if backbone is None else backbone, has_head=backbone is None)
    inputs, outputs, tensors = symbolic_inputs(model), _outputs(model), list(named.values())
    if backbone is not None:
        inputs, outputs, tensors = _opened(model, backbone, tensors)
    mask = inputs.get("padding_mask") if isinstance(inputs, dict) else None
    return BlockFeatures(
        inputs, outputs, tuple(named), tuple(_averaged(tensor, mask) for tensor in tensors)
    )


def _tensors(container: keras.Model, *, has_head: bool) -> dict[str, keras.KerasTensor]:
    """What each block of a network gives, by its name."""
    if not has_graph(container):
        raise _unreachable(container)
    tables = {id(weight) for weight in weights_of_role(container, "embeddings")}
    calls = calls_in_blocks(container)
    # The last of a block's calls is the one that others take.
    last = {block.name: call.layer for call, block in calls if block is not None}
    if not last:
        layers = [
            call.layer
            for call, _ in calls
            if call.weights
            and not is_normalization(call.layer)
            and not all(id(weight) in tables for weight in call.weights)
        ]
        last = {layer.name: layer for layer in (layers[:-1] if has_head else layers)}
    own = {id(layer) for layer in container.layers}
    found = {name: _output(layer) for name, layer in last.items() if id(layer) in own}
    given = {name: tensor for name, tensor in found.items() if tensor is not None}
    if not given:
        raise _unreachable(container)
    return given


def _output(layer: keras.layers.Layer) -> keras.KerasTensor | None:
    """The tensor that a layer gives, or None where there are several, or one of another form."""
    try:
        output = layer.output
    except (AttributeError, ValueError):
        return None
    is_tensor = isinstance(output, keras.KerasTensor) and 2 <= len(output.shape) <= 4
    return output if is_tensor else None


def _opened(
    model: keras.Model, backbone: keras.Model, tensors: list[keras.KerasTensor]
) -> tuple[Any, keras.KerasTensor, list[keras.KerasTensor]]:
    """Inputs and outputs of a model, and tensors inside its backbone as outputs of it."""
    inner = keras.Model(
        symbolic_inputs(backbone),
        {"outputs": _outputs(backbone), "features": tensors},
        name=backbone.name,
    )
    kept: list[list[keras.KerasTensor]] = []

    def call(layer: keras.layers.Layer, *arguments: Any, **settings: Any) -> Any:
        if layer is not backbone:
            return layer(*arguments, **settings)
        given = inner(*arguments, **settings)
        kept.append(given["features"])
        return given["outputs"]

    if not has_graph(model):
        raise _unreachable(model)
    # A model of Keras' own class: the loss of another one may not know of more outputs.
    plain = keras.Model(symbolic_inputs(model), _outputs(model), name=model.name)
    copy = keras.models.clone_model(plain, clone_function=lambda layer: layer, call_function=call)
    if len(kept) != 1:
        raise _unreachable(model)
    return copy.input, copy.output, kept[0]


def _outputs(model: keras.Model) -> Any:
    return model.outputs[0] if isinstance(model, keras.Sequential) else model.output


def _averaged(tensor: keras.KerasTensor, mask: keras.KerasTensor | None) -> keras.KerasTensor:
    """One vector a sample, of what may be a vector for each position."""
    rank = len(tensor.shape)
    if rank == 3:
        has_mask = mask is not None and mask.shape[1] == tensor.shape[1]
        pooling = keras.layers.GlobalAveragePooling1D(dtype="float32")
        return pooling(tensor, mask=mask) if has_mask else pooling(tensor)
    if rank == 4:
        return keras.layers.GlobalAveragePooling2D(dtype="float32")(tensor)
    return tensor


def _unreachable(model: keras.Model) -> InputError:
    return InputError(
        "Expected a functional model whose blocks give tensors of its graph, so that their "
        f"features can be compared. Received: {model.name!r}, a {type(model).__name__}"
    )
