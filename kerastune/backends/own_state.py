"""Layers that change their own weights while they compute, and how frozen ones stop it."""

import functools
import inspect
from collections.abc import Callable, Iterator
from types import CodeType
from typing import TYPE_CHECKING, Any

from kerastune.errors import InputError

if TYPE_CHECKING:
    import keras

_ASSIGNING = {"assign", "assign_add", "assign_sub"}


def own_variables(
    layer: "keras.Layer",
) -> "tuple[list[keras.Variable], list[keras.Variable]]":
    """Returns the weights that a layer made to train, and those that it made for its state.

    Whether they are frozen now does not matter. What the layers below it hold is left out.

    Args:
        layer: a built Keras layer or model.

    Returns:
        Two lists of variables.

    Example:

    >>> import keras
    >>> norm = keras.layers.BatchNormalization()
    >>> norm.build((None, 2)); norm.trainable = False
    >>> [[weight.name for weight in weights] for weights in own_variables(norm)]
    [['gamma', 'beta'], ['moving_mean', 'moving_variance']]
    """
    return list(layer._trainable_variables), list(layer._non_trainable_variables)


def assigns_in_call(layer: "keras.Layer") -> bool:
    """Returns whether the `call` of a layer assigns to variables, as far as its code tells.

    Batch normalization is not among them, which Keras itself stops where it is frozen, nor
    are recurrent layers, whose states are no weights.

    Args:
        layer: a Keras layer or model.

    Example:

    >>> import keras
    >>> dense = keras.layers.Dense(2)
    >>> assigns_in_call(dense), assigns_in_call(keras.layers.SpectralNormalization(dense))
    (False, True)
    """
    import keras

    if isinstance(layer, (keras.layers.BatchNormalization, keras.layers.RNN)):
        return False
    layer_class: Any = type(layer)
    return _class_assigns(layer_class)


def is_partly_frozen(layer: "keras.Layer") -> bool:
    """Returns whether something that a layer might change is frozen now.

    It is if the layer is, or any weight of its own that could train, or of the layer that it
    wraps. Its state alone, such as a running mean, is frozen with it.

    Args:
        layer: a built Keras layer.

    Example:

    >>> import keras
    >>> layer = keras.layers.SpectralNormalization(keras.layers.Dense(2))
    >>> layer.build((None, 3))
    >>> layer.layer.kernel.trainable = False
    >>> is_partly_frozen(layer)
    True
    """
    return not layer.trainable or not all(
        weight.trainable for weight in own_and_wrapped_weights(layer)
    )


def own_and_wrapped_weights(layer: "keras.Layer") -> "list[keras.Variable]":
    """Returns the weights made to train of a layer and of the one that it wraps.

    Args:
        layer: a built Keras layer.

    Example:

    >>> import keras
    >>> layer = keras.layers.SpectralNormalization(keras.layers.Dense(2))
    >>> layer.build((None, 3))
    >>> [weight.name for weight in own_and_wrapped_weights(layer)]
    ['kernel', 'bias']
    """
    import keras

    weights, _ = own_variables(layer)
    if isinstance(layer, keras.layers.Wrapper):
        weights += own_variables(layer.layer)[0]
    return list({id(weight): weight for weight in weights}.values())


def has_training_argument(layer: "keras.Layer") -> bool:
    """Returns whether the `call` of a layer can be told that it does not train.

    Args:
        layer: a Keras layer.

    Example:

    >>> import keras
    >>> has_training_argument(keras.layers.SpectralNormalization(keras.layers.Dense(2)))
    True
    """
    return "training" in inspect.signature(layer.call).parameters


def infer_while_frozen(layer: "keras.Layer") -> None:
    """Lets the `call` of a layer run in inference mode whenever `is_partly_frozen`.

    Layers below it are told so only where its `call` passes `training` on.

    Args:
        layer: a built Keras layer that `has_training_argument`. It stays as it is where nothing of
            it is frozen.

    Raises:
        InputError: if its `call` does not take `training`.

    Example:

    >>> import keras
    >>> layer = keras.layers.SpectralNormalization(keras.layers.Dense(2))
    >>> x = keras.ops.ones((1, 3))
    >>> before = keras.ops.convert_to_numpy(layer(x))
    >>> infer_while_frozen(layer)
    >>> layer.trainable = False
    >>> bool((before == keras.ops.convert_to_numpy(layer(x, training=True))).all())
    True
    """
    if hasattr(layer.call, "infers_while_frozen"):
        return
    if not has_training_argument(layer):
        raise InputError(
            "Expected a layer whose `call` takes `training`, to be frozen. Received: "
            f"{layer.name!r}, a {type(layer).__name__}, which changes its own weights in every "
            "`call`. Give its `call` an argument `training`, and change them only where it is true"
        )
    layer.call = _inferring(layer, layer.call)


def _inferring(layer: "keras.Layer", call: Callable[..., Any]) -> Callable[..., Any]:
    """Returns a `call` that does not train while something that it might change is frozen."""
    signature = inspect.signature(call)

    @functools.wraps(call)
    def infers_while_frozen(*arguments: Any, **named: Any) -> Any:
        if is_partly_frozen(layer):
            bound = signature.bind(*arguments, **named)
            bound.arguments["training"] = False
            return call(*bound.args, **bound.kwargs)
        return call(*arguments, **named)

    infers_while_frozen.infers_while_frozen = True  # type: ignore[attr-defined]
    return infers_while_frozen


@functools.cache
def _class_assigns(layer_class: type) -> bool:
    import keras

    seen: set[CodeType] = set()

    def assigns(code: CodeType) -> bool:
        if code in seen:
            return False
        seen.add(code)
        names = {name for part in nested_codes(code) for name in part.co_names}
        if names & _ASSIGNING:
            return True
        methods = [name for name in names if name == "call" or not hasattr(keras.Layer, name)]
        return any(assigns(found) for name in methods for found in method_codes(layer_class, name))

    return any(assigns(code) for code in method_codes(layer_class, "call"))


def method_codes(of: type, name: str) -> Iterator[CodeType]:
    """Yields the code of all methods of a name that a class has, also those it overrides.

    Args:
        of: a class.
        name: str, the name of a method.

    Yields:
        Code objects, none of them of `keras.Layer` itself or of `keras.Model`.

    Example:

    >>> import keras
    >>> [code.co_name for code in method_codes(keras.layers.Dense, "call")]
    ['call']
    """
    import keras

    for one in of.__mro__:
        if one in keras.Model.__mro__:
            continue
        method = vars(one).get(name)
        method = getattr(method, "fget", None) or getattr(method, "__func__", method)
        code = getattr(inspect.unwrap(method), "__code__", None) if callable(method) else None
        if code is not None:
            yield code


def nested_codes(code: CodeType) -> Iterator[CodeType]:
    """Yields code, and that of the functions defined in it.

    Args:
        code: a code object.

    Yields:
        Code objects.

    Example:

    >>> [part.co_name for part in nested_codes((lambda: (lambda: 1)).__code__)]
    ['<lambda>', '<lambda>']
    """
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from nested_codes(constant)
