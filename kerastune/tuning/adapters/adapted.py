"""A layer with adapters: which it has, which are in use, and how it computes with them."""

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np

from kerastune.backends import nested_layers
from kerastune.backends.attached_layers import (
    attach_layer,
    detach_layer,
    replace_calls,
    restore_calls,
)
from kerastune.backends.own_state import own_variables
from kerastune.tuning.adapters.adapter import AdapterLayer, Linear
from kerastune.tuning.adapters.place import Place

_HELD = "kerastune_adapted"
_ABSENT = object()


class AdaptedLayer:
    """A layer of a model with one or several adapters, which computes with those in use.

    Args:
        place: the `Place` of the layer.

    Example:

    >>> from kerastune.tuning import LoRA
    >>> dense = keras.layers.Dense(2)
    >>> dense.build((None, 3))
    >>> adapted = adapted_layer(dense)
    >>> adapted is None
    True
    """

    def __init__(self, place: Place) -> None:
        self.place = place
        self.layer: Any = place.layer
        self.adapters: dict[str, AdapterLayer] = {}
        self.in_use: dict[str, float] = {}
        # While adapters are merged: the weights that have changed, as they were.
        self.unmerged: list[tuple[Any, np.ndarray]] | None = None
        self._former = [(one, one.trainable) for one in own_variables(self.layer)[0]]
        for variable, _ in self._former:
            if variable is not place.bias:
                variable.trainable = False
        self._compute()

    def add(self, adapter_layer: AdapterLayer) -> None:
        """Builds an adapter in the layer, and uses it."""
        attach_layer(self.layer, adapter_layer)
        name = adapter_layer.adapter.name
        self.adapters[name] = adapter_layer
        self.in_use[name] = 1.0

    def remove(self, name: str) -> None:
        """Takes an adapter out, if it is there; without any the layer is as it was."""
        if name in self.adapters:
            detach_layer(self.layer, self.adapters.pop(name).name)
        self.in_use.pop(name, None)
        if not self.adapters:
            restore_calls(self.layer)
            del vars(self.layer)[_HELD]
            for variable, was_trainable in self._former:
                variable.trainable = was_trainable

    def set_aside(self) -> None:
        """Lets the layer be what it is without its adapters, which are kept."""
        for adapter_layer in self.adapters.values():
            detach_layer(self.layer, adapter_layer.name)
        restore_calls(self.layer)
        del vars(self.layer)[_HELD]

    def put_back(self) -> None:
        """Puts the adapters in again that were set aside."""
        self._compute()
        for adapter_layer in self.adapters.values():
            attach_layer(self.layer, adapter_layer)

    def _compute(self) -> None:
        """Lets the layer compute with its adapters."""
        vars(self.layer)[_HELD] = self
        replace_calls(self.layer, self._computing)

    def linear(self, inputs: Any) -> Any:
        """The layer without its activation and its adapters, as a function of its inputs."""
        own = type(self.layer).quantized_call if self.layer.quantization_mode else None
        with _without_activation(self.layer):
            return (own or type(self.layer).call)(self.layer, inputs)

    def _computing(self, own: Callable[..., Any]) -> Callable[..., Any]:
        """What the layer computes in place of one of its own methods."""

        def call(*given: Any, **options: Any) -> Any:
            used = [(self.adapters[name], weight) for name, weight in self.in_use.items()]
            if not used or self.unmerged is not None:
                return own(*given, **options)
            # An attention is given its inputs by name too.
            inputs, *arguments = given or (options.pop(_first_argument(own)),)
            activation = getattr(self.layer, "activation", None)

            def alone(given: Any) -> Any:
                with _without_activation(self.layer):
                    return own(given, *arguments, **options)

            linear: Linear = alone
            for adapter, weight in used:
                if not adapter.is_after_activation:
                    linear = _adapting(adapter, weight, linear)
            whole = linear if activation is None else _activated(linear, activation)
            for adapter, weight in used:
                if adapter.is_after_activation:
                    whole = _adapting(adapter, weight, whole)
            return whole(inputs)

        return call


def adapted_layer(layer: keras.Layer) -> AdaptedLayer | None:
    """Returns what a layer is as an adapted one, or None for one without adapters.

    Args:
        layer: a Keras layer.

    Example:

    >>> adapted_layer(keras.layers.Dense(2)) is None
    True
    """
    return vars(layer).get(_HELD)


def adapted_layers(model: keras.Model) -> list[AdaptedLayer]:
    """Returns the layers of a model that have adapters, in the order of the model.

    Args:
        model: a built Keras model.

    Example:

    >>> adapted_layers(keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]))
    []
    """
    return [found for layer in nested_layers(model) if (found := adapted_layer(layer)) is not None]


def _first_argument(function: Callable[..., Any]) -> str:
    return next(iter(inspect.signature(function).parameters))


def _adapting(
    adapter: AdapterLayer, weight: float, linear: Callable[[Any], Any]
) -> Callable[[Any], Any]:
    """A function that computes with an adapter what another computes without it."""
    if weight == 1.0:
        return lambda inputs: adapter.adapt(inputs, linear)
    return lambda inputs: linear(inputs) + weight * adapter.change(inputs)


def _activated(
    linear: Callable[[Any], Any], activation: Callable[[Any], Any]
) -> Callable[[Any], Any]:
    return lambda inputs: activation(linear(inputs))


@contextmanager
def _without_activation(layer: keras.Layer) -> Iterator[None]:
    """Lets a layer leave its activation out.

    Past `setattr`, which would track it anew where it is a layer.
    """
    held = vars(layer)
    former = held.get("activation", _ABSENT)
    held["activation"] = None
    try:
        yield
    finally:
        if former is _ABSENT:
            del held["activation"]
        else:
            held["activation"] = former
