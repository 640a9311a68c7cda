"""Adapters put into a model, taken out of it, and put to use."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import keras

from kerastune.backends import build_abstract, is_abstract
from kerastune.backends.attached_layers import forget_compiled_calls
from kerastune.errors import InputError, closest
from kerastune.tuning.adapters.adapted import AdaptedLayer, adapted_layer, adapted_layers
from kerastune.tuning.adapters.adapter import Adapter
from kerastune.tuning.adapters.guarding import guard_configurations
from kerastune.tuning.adapters.merging import refuse_merged
from kerastune.tuning.adapters.place import Place


def attach(model: keras.Model, adapter: Adapter) -> list[str]:
    """Puts adapters into a model, which are used beside those that are in use.

    Args:
        model: a built Keras model.
        adapter: the `Adapter`.

    Returns:
        List of str, the paths of the layers that have got one.

    Raises:
        InputError: if there are adapters of that name, or some of the targets cannot be adapted.
            Then the model is as before.

    Example:

    >>> from kerastune.tuning import LoRA
    >>> dense = keras.layers.Dense(3, name="dense")
    >>> model = keras.Sequential([keras.Input((4,)), dense], name="model")
    >>> attach(model, LoRA(rank=2, targets="dense"))
    ['model/dense']
    >>> detach(model, "default")
    """
    if adapter.name in adapters_of(model):
        raise InputError(
            f"Expected a model without adapters called {adapter.name!r}. Received: {model.name!r}, "
            "which has some. Remove them, or give these another `name`"
        )
    refuse_merged(model)
    places = adapter.places(model)
    put_in = partial(_put_in, places, adapter)
    # A model for counting gets adapters without values.
    if is_abstract(model):
        build_abstract(put_in)
    else:
        put_in()
    forget_compiled_calls(model)
    guard_configurations(model)
    return [place.layer.path for place in places]


def _put_in(places: Sequence[Place], adapter: Adapter) -> None:
    """Puts an adapter into each of some layers, or into none."""
    done: list[AdaptedLayer] = []
    try:
        for place in places:
            adapted = adapted_layer(place.layer) or AdaptedLayer(place)
            done.append(adapted)
            adapted.add(adapter.layer(place, place.path, adapted.linear))
    except Exception:
        for adapted in done:
            adapted.remove(adapter.name)
        raise


def detach(model: keras.Model, name: str) -> None:
    """Takes adapters out of a model. Without any, its layers compute as before.

    Args:
        model: a built Keras model.
        name: str, that of the adapters.

    Raises:
        InputError: if there are none of that name, or they are merged.

    Example:

    See `attach`.
    """
    require_adapters(model, [name])
    refuse_merged(model)
    for adapted in adapted_layers(model):
        if name in adapted.adapters:
            adapted.remove(name)
    forget_compiled_calls(model)
    guard_configurations(model)


def adapters_of(model: keras.Model) -> dict[str, Adapter]:
    """Returns the adapters that a model has, by name.

    Args:
        model: a built Keras model.

    Example:

    >>> adapters_of(keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]))
    {}
    """
    return {
        name: layer.adapter
        for adapted in adapted_layers(model)
        for name, layer in adapted.adapters.items()
    }


def set_in_use(model: keras.Model, names: str | Sequence[str] | Mapping[str, float] | None) -> None:
    """Decides which adapters of a model compute, and how much of each.

    Args:
        model: a built Keras model.
        names: str, a name; or sequence of names; or dictionary from names to weights; or None,
            for the model as it is without any.

    Raises:
        InputError: if there are none of a name, they are merged, or a weight other than 1 is asked
            of adapters that do more than add.

    Example:

    >>> from kerastune.tuning import LoRA
    >>> dense = keras.layers.Dense(3, name="dense")
    >>> model = keras.Sequential([keras.Input((4,)), dense], name="model")
    >>> _ = attach(model, LoRA(rank=2, targets="dense"))
    >>> set_in_use(model, {"default": 0.5})
    """
    weights = _weights(names)
    require_adapters(model, list(weights))
    refuse_merged(model)
    layers = adapted_layers(model)
    for adapted in layers:
        for name, weight in weights.items():
            layer = adapted.adapters.get(name)
            if layer is not None and weight != 1 and not layer.is_weighted:
                raise InputError(
                    f"Expected a weight of 1 for adapters of {layer.adapter.method!r}, which do "
                    f"more than add. Received: {weight!r} for {name!r}"
                )
    for adapted in layers:
        adapted.in_use = {
            name: float(weight) for name, weight in weights.items() if name in adapted.adapters
        }
    forget_compiled_calls(model)


def require_adapters(model: keras.Model, names: Sequence[str]) -> None:
    """Refuses names of adapters that a model does not have.

    Args:
        model: a built Keras model.
        names: sequence of str.

    Raises:
        InputError: if there are none of a name.

    Example:

    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> require_adapters(model, ["mine"])
    Traceback (most recent call last):
        ...
    kerastune.errors.InputError: Expected adapters of 'sequential...', which has none. ...
    """
    there = list(adapters_of(model))
    for name in names:
        if name not in there:
            raise InputError(
                f"Expected adapters of {model.name!r}, which has {', '.join(there) or 'none'}. "
                f"Received: {name!r}." + closest(str(name), there)
            )


@contextmanager
def attached(model: keras.Model, adapters: Sequence[Adapter]) -> Iterator[None]:
    """Puts those adapters into a model that it lacks, for the length of a `with` block.

    Args:
        model: a built Keras model.
        adapters: sequence of `Adapter`.

    Yields:
        None.

    Raises:
        InputError: if the model has other adapters of such a name.

    Example:

    >>> from kerastune.tuning import LoRA
    >>> dense = keras.layers.Dense(3, name="dense")
    >>> model = keras.Sequential([keras.Input((4,)), dense], name="model")
    >>> with attached(model, [LoRA(rank=2, targets="dense")]):
    ...     list(adapters_of(model))
    ['default']
    >>> adapters_of(model)
    {}
    """
    lacking = lacking_adapters(model, adapters)
    done = []
    try:
        for adapter in lacking:
            attach(model, adapter)
            done.append(adapter.name)
        yield
    finally:
        for name in done:
            detach(model, name)


@contextmanager
def base_alone(model: keras.Model) -> Iterator[None]:
    """Sets the adapters of a model aside for the length of a `with` block, as for saving it.

    Args:
        model: a built Keras model.

    Yields:
        None.

    Example:

    >>> from kerastune.tuning import LoRA
    >>> dense = keras.layers.Dense(3, name="dense")
    >>> model = keras.Sequential([keras.Input((4,)), dense], name="model")
    >>> _ = attach(model, LoRA(rank=2, targets="dense"))
    >>> with base_alone(model):
    ...     len(model.weights)
    2
    >>> len(model.weights)
    4
    """
    layers = adapted_layers(model)
    for adapted in layers:
        adapted.set_aside()
    guard_configurations(model)
    try:
        yield
    finally:
        for adapted in layers:
            adapted.put_back()
        guard_configurations(model)


def lacking_adapters(model: keras.Model, adapters: Sequence[Adapter]) -> list[Adapter]:
    """Returns those adapters that a model does not have, each once.

    Args:
        model: a built Keras model.
        adapters: sequence of `Adapter`.

    Raises:
        InputError: if it has others of the same name, or two of these have.

    Example:

    >>> lacking_adapters(keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]), [])
    []
    """
    known = adapters_of(model)
    lacking: dict[str, Adapter] = {}
    for adapter in adapters:
        former = known.get(adapter.name) or lacking.get(adapter.name)
        if former is not None and former != adapter:
            raise InputError(
                f"Expected one kind of adapters of the name {adapter.name!r}. Received: "
                f"{adapter!r} beside {former!r}. Give one of them another `name`"
            )
        if former is None:
            lacking[adapter.name] = adapter
    return list(lacking.values())


def _weights(names: Any) -> dict[str, float]:
    """By name how much of each adapter is used."""
    if names is None:
        return {}
    if isinstance(names, str):
        return {names: 1.0}
    if isinstance(names, Mapping):
        for name, weight in names.items():
            if isinstance(weight, bool) or not isinstance(weight, int | float):
                raise InputError(f"Expected a number for {name!r}. Received: {weight!r}")
        return dict(names)
    return dict.fromkeys(names, 1.0)
