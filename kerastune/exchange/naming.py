"""The modules of Hugging Face that the layers of a model are."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import keras

from kerastune.backends import nested_layers
from kerastune.errors import InputError, closest
from kerastune.exchange.families import FAMILIES, Family, families_of
from kerastune.tuning.adapters.linear_maps import LinearMap, linear_map


@dataclass(frozen=True)
class Module:
    """A module of Hugging Face that can have adapters, and what it is here.

    Args:
        name: str, its name in the bare model.
        in_block: str, its name inside its block, or the whole name outside.
        layers: tuple of layers, whose outputs side by side are those of the module.

    Example:

    >>> Module("h.0.mlp.c_fc", "mlp.c_fc", ()).name
    'h.0.mlp.c_fc'
    """

    name: str
    in_block: str
    layers: tuple[keras.Layer, ...]

    @property
    def maps(self) -> list[LinearMap]:
        """List of `LinearMap`, its layers as matrices; a ValueError if one has none."""
        return [linear_map(layer) for layer in self.layers]


class Naming:
    """The names of Hugging Face for one model.

    Args:
        model: a built Keras model.
        backbone: the backbone of KerasHub in it.
        family: the `Family` of the names.

    Example:

    >>> import keras_hub
    >>> backbone = keras_hub.models.BertBackbone(9, 1, 1, 2, 4, name="bert")
    >>> list(namings(backbone)[0].modules)[-2:]
    ['encoder.layer.0.output.dense', 'pooler.dense']
    """

    def __init__(self, model: keras.Model, backbone: keras.Model, family: Family) -> None:
        self.family = family
        self.backbone = backbone
        self._inside = _by_path(backbone)
        self._everywhere = _by_path(model)
        self.modules = {module.name: module for module in self._found(family.modules)}
        for name, path in family.outside.items():
            if layers := self._layers("", path):
                self.modules[name] = Module(name, name, layers)
        self.heads = {
            name: layer
            for name, path in family.heads.items()
            if (layer := _at(self._everywhere, path)) is not None
        }
        # What can be stored whole in the bare model: what can be adapted, and norms.
        single = [*self.modules.values(), *self._found(family.norms)]
        self.parts = {one.name: one.layers[0] for one in single if len(one.layers) == 1}
        for name, path in family.saved.items():
            if (layer := _at(self._inside, path)) is not None:
                self.parts[name] = layer
        self.saved = self.parts | self.heads

    def bare(self, name: str) -> str:
        """Returns the name of a module in the bare model, from that in a class with a head."""
        return name.removeprefix(f"{self.family.prefix}.")

    def unknown(self, name: str) -> InputError:
        """Returns the error for a module that is not there."""
        known = [*self.modules, *self.saved]
        return InputError(
            f"Expected modules of {self.family.backbone}, such as {known[0]!r}. Received: "
            f"{name!r}, which {self.backbone.name!r} does not have."
            + closest(name, known)
            + " If it is not needed, name it in `without`"
        )

    def _found(self, paths: Mapping[str, str]) -> list[Module]:
        """Modules of all blocks."""
        found: list[Module] = []
        number = 0
        while True:
            block = self.family.layer.format(number + self.family.first)
            modules = [
                Module(f"{self.family.block.format(number)}.{name}", name, layers)
                for name, path in paths.items()
                if (layers := self._layers(f"{block}/", path))
            ]
            if not modules:
                return found
            found += modules
            number += 1

    def _layers(self, start: str, paths: str) -> tuple[keras.Layer, ...]:
        """The layers at some paths, or none if one is not there."""
        layers = [_at(self._inside, start + path) for path in paths.split(",")]
        return tuple(layers) if all(layer is not None for layer in layers) else ()


def namings(model: keras.Model) -> list[Naming]:
    """Returns the names that the layers of a model have at Hugging Face.

    Args:
        model: a built Keras model that is a backbone of KerasHub, or holds one.

    Returns:
        List of `Naming`: several where versions of Transformers differ, the newest first.

    Raises:
        InputError: if there is none, or there are several.

    Example:

    >>> namings(keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)], name="mine"))
    Traceback (most recent call last):
        ...
    kerastune.errors.InputError: Expected a model with one backbone of KerasHub out of ...
    """
    parts = [model, *nested_layers(model)] if isinstance(model, keras.Model) else []
    backbones: list[Any] = [part for part in parts if families_of(part)]
    if len(backbones) != 1:
        kinds = ", ".join(dict.fromkeys(family.backbone for family in FAMILIES))
        received = ", ".join(repr(one.name) for one in backbones) or "none"
        raise InputError(
            f"Expected a model with one backbone of KerasHub out of {kinds}. Received: "
            f"{getattr(model, 'name', model)!r}, with {received}. A model holds a backbone that it "
            "calls, `backbone(inputs)`, and not one whose `output` it takes"
        )
    [backbone] = backbones
    return [Naming(model, backbone, family) for family in families_of(backbone)]


def _by_path(model: keras.Model) -> dict[str, keras.Layer]:
    return {layer.path: layer for layer in nested_layers(model) if layer.path}


def _at(layers: dict[str, keras.Layer], path: str) -> Any:
    """The layer with a path, also where a backbone is in something named, or None."""
    if path in layers:
        return layers[path]
    found = [layer for there, layer in layers.items() if there.endswith(f"/{path}")]
    return found[0] if len(found) == 1 else None
