"""Weights of a network of an earlier run, for another one to begin with."""

from collections.abc import Callable

from kerastune import backends

backends.select()

import keras

from kerastune.backends import builds_abstract
from kerastune.errors import InputError


def network_in(model: keras.Model, name: str) -> keras.Model | None:
    """Returns the network of some name in a model, at any depth, or None.

    Args:
        model: Keras model.
        name: str, such as `"wavenet"`.

    Example:

    >>> inner = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)], name="body")
    >>> network_in(keras.Sequential([inner, keras.layers.Dense(1)]), "body") is inner
    True
    """
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            found = layer if layer.name == name else network_in(layer, name)
            if found is not None:
                return found
    return None


def _same_shape(_: str, given: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    return tuple(given) == tuple(wanted)


def copy_weights(
    trained: keras.Model,
    network: keras.Model,
    source: str,
    *,
    fits: Callable[[str, tuple[int, ...], tuple[int, ...]], bool] = _same_shape,
    layers: str,
    sizes: str,
) -> None:
    """Sets each weight of a network to the one of the same name in a trained one.

    Args:
        trained: Keras model.
        network: Keras model of the same layers and sizes.
        source: str, the run of the trained one, for messages.
        fits: function from a path and the shapes of a trained and a new weight to whether the
            first rows of the trained one can be taken. Defaults to whether both are the same.
        layers: str, the options that other layers come from, for messages.
        sizes: str, the options that other sizes come from, likewise.

    Raises:
        InputError: if a weight has another shape, or one of them lacks a weight.

    Example:

    >>> trained, new = (
    ...     keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, name="one")], name="body")
    ...     for _ in range(2)
    ... )
    >>> copy_weights(trained, new, "a run", layers="`layers`", sizes="`width`")
    >>> bool((trained.get_weights()[0] == new.get_weights()[0]).all())
    True
    """
    theirs = {weight.path: weight for weight in trained.weights}
    ours = {weight.path: weight for weight in network.weights}
    alone = sorted(theirs.keys() ^ ours.keys())
    if alone:
        owner = "the run" if alone[0] in theirs else "the new network"
        raise InputError(
            f"Expected a network of the same layers as that of '{source}'. Received: "
            f"one of others, {len(alone)} weights of which only one has: {alone[0]!r} is in "
            f"{owner} alone. Give the run's {layers}"
        )
    wrong = [path for path in ours if not fits(path, theirs[path].shape, ours[path].shape)]
    if wrong:
        path = wrong[0]
        raise InputError(
            f"Expected a network of the sizes of that of '{source}', whose {path!r} has "
            f"the shape {tuple(theirs[path].shape)}. Received: {tuple(ours[path].shape)}. "
            f"Give the run's {sizes}"
        )
    if builds_abstract():
        return  # Neither has values.
    for path, weight in ours.items():
        weight.assign(theirs[path][: weight.shape[0]])
