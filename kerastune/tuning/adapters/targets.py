"""Which layers of a model get adapters."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import keras

from kerastune.backends import nested_layers
from kerastune.backends.attached_layers import is_attached
from kerastune.backends.own_state import own_variables
from kerastune.errors import InputError, some_of
from kerastune.tuning.adapters.linear_maps import KINDS, LinearMap, linear_map
from kerastune.tuning.groups.backbone import find_backbone
from kerastune.tuning.patterns.matching import match


def linear_maps_of(
    model: keras.Model, targets: str | None, usual_targets: Sequence[str]
) -> list[LinearMap]:
    """Returns the layers that are to get an adapter, as matrices.

    Args:
        model: a built Keras model.
        targets: str, a pattern of weights; or None for the usual layers.
        usual_targets: sequence of str, the names of those.

    Returns:
        List of `LinearMap`, in the order of the model.

    Raises:
        NoMatchError: if a part of the pattern matches nothing.
        InputError: if what it names has no kernel, or one that cannot be adapted.

    Example:

    >>> layers = [keras.layers.Dense(3, name="wide"), keras.layers.Dense(1, name="narrow")]
    >>> model = keras.Sequential([keras.Input((2,)), *layers])
    >>> [found.layer.name for found in linear_maps_of(model, "wide", ())]
    ['wide']
    """
    if targets is None:
        return _usual(model, usual_targets)
    named = {id(weight) for weight in match(model, targets)}
    found, refused = [], []
    for layer, kernels in _with_kernels(model):
        if not any(id(kernel) in named for kernel in kernels):
            continue
        try:
            found.append(linear_map(layer))
        except ValueError as error:
            refused.append(f"{kernels[0].path!r} ({error})")
    if refused:
        raise InputError(
            f"Expected targets that all can be adapted: {', '.join(_kinds())}. Received: "
            f"{targets!r}, which names {some_of(refused)}. Leave them out "
            "with `& ~name`"
        )
    if not found:
        raise InputError(
            f"Expected targets with kernels or tables of embeddings. Received: "
            f"{targets!r}, which names none. {_there(model)}"
        )
    return found


def _usual(model: keras.Model, usual_targets: Sequence[str]) -> list[LinearMap]:
    """The layers with the usual names that can be adapted."""
    found = []
    for layer, _ in _with_kernels(model):
        if layer.name in usual_targets:
            try:
                found.append(linear_map(layer))
            except ValueError as error:
                raise InputError(
                    f"Expected layers that can be adapted. Received: {layer.path!r}, of which "
                    f"{error}"
                ) from error
    # Without attention, every kernel of the backbone.
    found = found or _of_backbone(model)
    if not found:
        raise InputError(
            f"Expected `targets` for a model without a backbone and without layers called "
            f"{', '.join(usual_targets)}. Received: {model.name!r}. {_there(model)}"
        )
    return found


def _of_backbone(model: keras.Model) -> list[LinearMap]:
    """The layers of a backbone that can be adapted; none without a backbone."""
    backbone = find_backbone(model)
    inside = {id(weight) for weight in backbone.weights} if backbone is not None else set()
    found = []
    for layer, kernels in _with_kernels(model):
        if all(id(kernel) in inside for kernel in kernels):
            with suppress(ValueError):
                found.append(linear_map(layer))
    return found


def _with_kernels(model: keras.Model) -> list[tuple[keras.Layer, list[Any]]]:
    """The layers with matrices of their own, adapters left out, and those matrices."""
    found = []
    for layer in nested_layers(model):
        trained, fixed = own_variables(layer)
        # Quantized kernels are among those that never train.
        kernels = [one for one in (*trained, *fixed) if len(one.shape) > 1 and one.name != "bias"]
        if kernels and not is_attached(layer):
            found.append((layer, kernels))
    # Keras lists layers in an order of its own, and their weights from input to output.
    places = {id(weight): place for place, weight in enumerate(model.weights)}
    return sorted(found, key=lambda one: min(places.get(id(kernel), 0) for kernel in one[1]))


def _there(model: keras.Model) -> str:
    """Which layers there are, in words."""
    names = list(dict.fromkeys(layer.name for layer, _ in _with_kernels(model)))
    return f"It has {some_of(names)}; 'kernels & backbone' names all of a backbone"


def _kinds() -> list[str]:
    return [kind.__name__ for kind in KINDS]
