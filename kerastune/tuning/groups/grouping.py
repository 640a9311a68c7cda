"""Layer groups: the units of depth of a model, from input to output."""

from itertools import chain, count, zip_longest
from typing import TYPE_CHECKING, TypeAlias

from kerastune.errors import InputError
from kerastune.tuning.groups.backbone import find_backbone
from kerastune.tuning.groups.blocks import CallInBlock, calls_in_blocks
from kerastune.tuning.groups.depth import ranks
from kerastune.tuning.groups.graph import LayerCall, direct_layers
from kerastune.tuning.groups.roles import is_normalization, weights_of_role
from kerastune.tuning.groups.towers import find_towers

if TYPE_CHECKING:
    import keras

    Group: TypeAlias = tuple[str, list[keras.Variable]]

EMBEDDINGS = "embeddings"
STEM = "stem"
HEAD = "head"


def layer_groups(model: "keras.Model") -> "dict[str, list[keras.Variable]]":
    """Returns the groups of a model's weights: stem or embeddings, the blocks, the head.

    A group is a block in the sense of the network's paper: a transformer layer, a
    residual block, an Inception module, a NASNet cell, or the convolutions of one width
    of VGG. Blocks are known by the names of their layers or as composite layers of one
    class. What lies between two blocks (a transition of DenseNet) counts to the block
    that it feeds, and what bypasses blocks (a shortcut of Xception) to the first of
    those. Before the blocks is `"embeddings"`, with all tables of tokens and positions,
    or else `"stem"`; after them `"head"`.

    Where no blocks are found, every layer with weights is a group. A normalization
    belongs to the layer before it, and embeddings together. The last layer is the head.

    In a model with a nested backbone (see `find_backbone`), the blocks are those of the
    backbone. Everything outside it is in the head, with what the backbone computes after
    its last block.

    In a model with several towers (see `find_towers`), such as CLIP's, depth is counted in each
    from its own output: the last blocks of all towers are one group, `transformer_layer_1 +
    conv4_block1`, those before them another, and of the deepest the first blocks are
    by themselves. So they get one rate and are unfrozen at once. What is outside of the towers,
    or after their last blocks, is in the head. Where two towers have a block of the same name,
    the tower's is put before each. An encoder whose output a decoder takes is no tower: its
    blocks come before those of the decoder.

    Args:
        model: a built Keras model.

    Returns:
        Dictionary from group name to its weights, in the order from input to output.
        Every weight is in exactly one group; a shared weight is in the first. A group
        without weights is left out: VGG has no stem, a network without its classifier
        may have no head. Where blocks of two parents have the same name, the parent's is
        put before it (`stage_1/blocks_0`); a name that is taken gets a number.

    Raises:
        InputError: if the model has no weights (yet).

    Example:

    >>> import keras
    >>> inner = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, name="body")])
    >>> model = keras.Sequential([inner, keras.layers.Dense(1)])
    >>> {name: len(weights) for name, weights in layer_groups(model).items()}
    {'body': 2, 'head': 2}
    """
    if not model.weights:
        raise InputError(
            f"Expected a built model with weights. Received: {model.name!r} with none. "
            "Build it, or call it on a batch first"
        )
    backbone = find_backbone(model)
    container = _unwrapped(model) if backbone is None else backbone
    tables = {id(weight) for weight in weights_of_role(model, "embeddings")}
    towers = find_towers(container)
    if towers:
        named = _by_tower(towers, tables)
    else:
        named = _named(container, tables, has_head=backbone is None)
    seen: set[int] = set()
    groups: dict[str, list[keras.Variable]] = {}
    for name, weights in [*named, (HEAD, model.weights)]:
        new = {id(weight): weight for weight in weights if id(weight) not in seen}
        seen.update(new)
        if new:
            groups.setdefault(name, []).extend(new.values())
    return groups


def _named(container: "keras.Model", tables: set[int], has_head: bool) -> "list[Group]":
    """Returns the groups of one network, but for its head."""
    calls = calls_in_blocks(container)
    if any(block for _, block in calls):
        return _by_block(calls, tables)
    return _by_layer(calls, tables, has_head)


def _by_tower(towers: "list[keras.Model]", tables: set[int]) -> "list[Group]":
    """Returns the groups of several networks side by side, those of the same depth as one."""
    found = [
        [(name, weights) for name, weights in _named(_unwrapped(tower), tables, False) if weights]
        for tower in towers
    ]
    names = [name for groups in found for name, _ in groups]
    if len(set(names)) < len(names):
        found = [
            [(f"{tower.name}/{name}", weights) for name, weights in groups]
            for tower, groups in zip(towers, found, strict=True)
        ]
    # From the last groups on, which are the nearest to the output.
    by_depth = zip_longest(*(reversed(groups) for groups in found))
    joined = []
    for level in by_depth:
        there = [group for group in level if group is not None]
        together = [weight for _, weights in there for weight in weights]
        joined.append((" + ".join(name for name, _ in there), together))
    return joined[::-1]


def _unwrapped(model: "keras.Model") -> "keras.Model":
    """Returns the model itself, or the one inside it that holds all its weights."""
    import keras

    layers = [layer for layer in direct_layers(model) if layer.weights]
    is_wrapper = len(layers) == 1 and isinstance(layers[0], keras.Model)
    return _unwrapped(layers[0]) if is_wrapper else model


def _by_block(calls: list[CallInBlock], tables: set[int]) -> "list[Group]":
    """Returns the groups of a network with blocks, but for its head."""
    blocks = list(dict.fromkeys(block for _, block in calls if block))
    prefix: list[keras.Variable] = []
    members: list[list[keras.Variable]] = [[] for _ in blocks]
    for (call, _), rank in zip(calls, ranks(calls, blocks), strict=True):
        if rank < 0 or _is_table(call, tables):
            prefix += call.weights
        elif rank < len(blocks):
            members[rank] += call.weights
    is_embedded = any(id(weight) in tables for weight in prefix)
    names = [block.name for block in blocks]
    if len(set(names)) < len(names):
        names = [f"{block.holder_name}/{block.name}" for block in blocks]
    groups = zip(_unique_names(names), members, strict=True)
    return [(EMBEDDINGS if is_embedded else STEM, prefix), *groups]


def _by_layer(calls: list[CallInBlock], tables: set[int], has_head: bool) -> "list[Group]":
    """Returns the groups of a network without blocks; its last layer is left for the head."""
    prefix: list[keras.Variable] = []
    members: list[list[keras.Variable]] = []
    names: list[str] = []
    for call, _ in calls:
        if _is_table(call, tables):
            prefix += call.weights
        elif is_normalization(call.layer) and (members or prefix):
            (members[-1] if members else prefix).extend(call.weights)
        elif call.weights:
            members.append(list(call.weights))
            names.append(call.layer.name)
    groups = list(zip(_unique_names(names), members, strict=True))
    return [(EMBEDDINGS, prefix), *(groups[:-1] if has_head else groups)]


def _is_table(call: LayerCall, tables: set[int]) -> bool:
    return bool(call.weights) and all(id(weight) in tables for weight in call.weights)


def _unique_names(names: list[str]) -> list[str]:
    """Returns names, with a number after those that another group has."""
    taken = {EMBEDDINGS, STEM, HEAD}
    found = []
    for name in names:
        numbered = chain([name], (f"{name}_{number}" for number in count(2)))
        found.append(next(choice for choice in numbered if choice not in taken))
        taken.add(found[-1])
    return found
