"""The blocks of a network: which of its layers belong together, by name and by class."""

import re
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from kerastune.tuning.groups.graph import LayerCall, direct_layers, layer_calls

if TYPE_CHECKING:
    import keras

# Where a network is written as one long list of layers, their names tell the blocks. The
# first pattern that a name begins with gives the block, as the second text says.
_LAYER_NAMES = [
    (re.compile(pattern), block)
    for pattern, block in (
        # ResNet and DenseNet
        (r"(?:conv|stack)\d+_block\d+", r"\g<0>"),
        # ConvNeXt, CSPNet, HGNet
        (r".*stage_\d+_block_\d+", r"\g<0>"),
        (r"(stage_\d+)_(?:csp|cs3)_(?:conv_)?transition", r"\1_transition"),
        # Inception, where only the layers that join branches are named
        (r"mixed_?\d+[a-z]?$", r"\g<0>"),
        (r"block\d+_\d+(?=_(?:mixed|conv|ac)$)", r"\g<0>"),
        # MobileNet
        (r"conv_(?:dw|pw)_(\d+)", r"block_\1"),
        (r"expanded_conv(?:_\d+)?", r"\g<0>"),
        (r"block_\d+_\d+", r"\g<0>"),
        # NASNet
        (r".*(?:normal|reduction|adjust)(?:_\w+?)?_((?:stem_|reduce_)?\d+)$", r"cell_\1"),
        # EfficientNet, VGG, Xception and all others; resampling between blocks is none.
        (r"(?!.*sampling_block)(?:.*?_)?blocks?_?\d+[a-z]?(?=_|$)", r"\g<0>"),
    )
]


class Block(NamedTuple):
    """A block: the id of what holds it, since names may repeat, and its name there."""

    holder: int
    holder_name: str
    name: str


class CallInBlock(NamedTuple):
    """A call of a model, and the block it belongs to as far as its name tells."""

    call: LayerCall
    block: Block | None


def calls_in_blocks(container: "keras.Layer") -> list[CallInBlock]:
    """Returns the calls of a model, with those layers opened up that hold blocks inside.

    Args:
        container: a built Keras model or layer.

    Returns:
        List of `CallInBlock`, in topological order, with positions among themselves.
    """
    level = layer_calls(container)
    names = _block_names([call.layer for call in level])
    calls: list[CallInBlock] = []
    ends: list[int] = []
    for call in level:
        fed_by = tuple(ends[position] for position in call.inputs)
        name = names.get(id(call.layer))
        is_opened = not name and call.weights and call.layer is not container
        if is_opened and _holds_blocks(call.layer):
            inside = calls_in_blocks(call.layer)
        else:
            block = Block(id(container), container.name, name) if name else None
            inside = [CallInBlock(replace(call, inputs=()), block)]
        offset = len(calls)
        for inner, block in inside:
            inputs = tuple(offset + position for position in inner.inputs) or fed_by
            calls.append(CallInBlock(replace(inner, inputs=inputs), block))
        ends.append(len(calls) - 1)
    return calls


def _block_names(layers: "list[keras.Layer]") -> dict[int, str]:
    """Returns the blocks of sibling layers, by the id of the layer.

    Besides what the names of layers tell, a composite layer of a class of its own is a
    block when it was given a number or there are several of the class.
    """
    layers = [layer for layer in layers if not _is_embedding(layer)]
    names = {id(layer): name for layer in layers if (name := _block_name(layer))}
    composites = [layer for layer in layers if _is_own_composite(layer)]
    counts = Counter(type(layer) for layer in composites)
    for layer in composites:
        is_numbered = layer.name[-1:].isdigit() and not _is_named_by_keras(layer)
        is_several = "stage" in layer.name and _holds_blocks(layer)
        if (is_numbered or counts[type(layer)] > 1) and not is_several:
            names.setdefault(id(layer), layer.name)
    return names


def _block_name(layer: "keras.Layer") -> str | None:
    """Returns the block that the name of a layer tells."""
    if _is_named_by_keras(layer):
        return None
    for pattern, block in _LAYER_NAMES:
        if found := pattern.match(layer.name):
            return found.expand(block)
    return None


def _is_named_by_keras(layer: "keras.Layer") -> bool:
    """Returns whether the name is but the class and a count of those made, as in `res_block_7`."""
    return re.sub(r"_\d+$", "", layer.name).replace("_", "") == type(layer).__name__.lower()


def _is_embedding(layer: "keras.Layer") -> bool:
    return "embed" in f"{layer.name} {type(layer).__name__}".lower()


def _is_own_composite(layer: "keras.Layer") -> bool:
    """Returns whether a layer holds layers with weights, and is not of a class of Keras."""
    is_own = type(layer).__module__.partition(".")[0] != "keras"
    return is_own and any(child.weights for child in direct_layers(layer))


def _holds_blocks(layer: "keras.Layer") -> bool:
    import keras

    if not isinstance(layer, keras.Layer) or _is_embedding(layer):
        return False
    children = direct_layers(layer)
    return bool(_block_names(children)) or any(map(_holds_blocks, children))
