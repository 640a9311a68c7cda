"""Which layers of a model use each variable."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kerastune.backends import child_layers, nested_layers
from kerastune.tuning.groups.graph import has_graph

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class VariableUse:
    """A variable in one of the layers that use it.

    `path` has the names of the layers from the model inwards, without the model's own, and then
    the variable's. In `aligned`, names that Keras made up (`dense_7`) are counted from the
    beginning in each layer, so that copies of one model have the same. `layer` is the innermost.
    """

    path: str
    aligned: str
    variable: "keras.Variable"
    layer: "keras.Layer"


def variable_uses(model: "keras.Layer") -> list[VariableUse]:
    """Every use of a variable in a model, from input to output, random seeds included.

    A shared variable is in it once for each layer that holds it. Paths follow the layers. Keras'
    own `variable.path` does not: it leaves out the name of a nested functional model, and is the
    same for two layers of one name.
    """
    uses = list(_walk(model, "", ""))
    if missing := {id(v) for v in model.variables} - {id(use.variable) for use in uses}:
        raise RuntimeError(f"{len(missing)} variables of {model.name!r} are in none of its layers")
    return uses


def _walk(layer: "keras.Layer", path: str, aligned: str) -> Iterator[VariableUse]:
    children = _children(layer)
    below = {id(variable) for child in children for variable in child.variables}
    own = [variable for variable in layer.variables if id(variable) not in below]
    for name, variable in zip(_unique([v.name for v in own]), own, strict=True):
        yield VariableUse(path + name, aligned + name, variable, layer)
    names = _unique([child.name for child in children])
    plain = _unique([_plain_name(child) for child in children])
    for name, renamed, child in zip(names, plain, children, strict=True):
        yield from _walk(child, f"{path}{name}/", f"{aligned}{renamed}/")


def _children(container: "keras.Layer") -> "list[keras.Layer]":
    """The layers one level below that hold variables.

    What is an attribute of a container and also of a layer in it belongs to the latter. In a
    graph there are no attributes, and a layer that is deeper too is used twice.
    """
    layers = [layer for layer in child_layers(container) if layer.variables]
    if has_graph(container):
        return layers
    deeper = {id(below) for layer in layers for below in nested_layers(layer)}
    return [layer for layer in layers if id(layer) not in deeper]


def _plain_name(layer: "keras.Layer") -> str:
    """A layer's name, without the number that Keras gave it where it made the name up."""
    name = re.sub(r"\W+", "", type(layer).__name__)
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)
    automatic = re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()
    return automatic if re.fullmatch(rf"{automatic}_\d+", layer.name) else layer.name


def _unique(names: list[str]) -> list[str]:
    taken: dict[str, int] = {}
    unique = []
    for name in names:
        taken[name] = taken.get(name, 0) + 1
        unique.append(name if taken[name] == 1 else f"{name}:{taken[name]}")
    return unique
