"""Layers that draw random numbers while they train, switched off to compare backends."""

from typing import TYPE_CHECKING, Any

from kerastune.backends import nested_layers
from kerastune.tuning.freezing.dropout import dropout_layers
from kerastune.tuning.freezing.fixed_layers import AMOUNTS, draws

if TYPE_CHECKING:
    import keras


def switch_off_random(model: "keras.Model") -> list[str]:
    """Make layers that draw random numbers in training work as in inference.

    Of dropout, stochastic depth and noise, also within attention and recurrent layers, the
    amount is set to 0. Any other layer that holds a `keras.random.SeedGenerator`, such as those
    for augmentation, is called with `training=False`.

    Args:
        model: a built Keras model. It is changed in place, before it is compiled.

    Returns:
        List of str, each layer with what it did, in the order of the model.

    Example:

    >>> import keras
    >>> layers = [keras.Input((4, 4, 1)), keras.layers.RandomFlip(name="flip")]
    >>> model = keras.Sequential([*layers, keras.layers.Dropout(0.5, name="drop")])
    >>> switch_off_random(model)
    ['flip (RandomFlip): random in training', 'drop (Dropout): rate=0.5']
    >>> model.layers[-1].rate
    0.0
    """
    found = []
    amounts: dict[int, list[str]] = {}
    for layer, attribute in dropout_layers(model):
        amounts.setdefault(id(layer), []).append(attribute)
    for layer in nested_layers(model):
        is_random = draws(layer)
        names = amounts.get(id(layer), [])
        names += [name for name in AMOUNTS if is_random and name not in names]
        given: dict[str, Any] = {name: getattr(layer, name, None) for name in names}
        amounts_of = {name: float(one) for name, one in given.items() if _is_number(one)}
        taken = [name for name, one in amounts_of.items() if one > 0 and _set_to_zero(layer, name)]
        if taken:
            told = ", ".join(f"{name}={amounts_of[name]:g}" for name in taken)
        elif is_random and not amounts_of and _infer_only(layer):
            told = "random in training"
        else:
            continue
        found.append(f"{layer.name} ({type(layer).__name__}): {told}")
    return found


def _is_number(value: Any) -> bool:
    """Whether a value can say how much of something random there is."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _set_to_zero(layer: Any, name: str) -> bool:
    """Set an amount to 0, where it is no property of another layer that is set itself."""
    try:
        setattr(layer, name, 0.0)
    except AttributeError:
        return False
    return True


def _infer_only(layer: Any) -> bool:
    """Call a layer as in inference from now on; returns whether it asks for `training`."""
    import inspect

    call = layer.call
    if "training" not in inspect.signature(call).parameters:
        return False

    def infer(*arguments: Any, training: bool = False, **options: Any) -> Any:  # noqa: ARG001
        return call(*arguments, training=False, **options)

    layer.call = infer
    return True
