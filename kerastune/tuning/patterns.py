"""Patterns: how a person names variables of a model."""

from typing import TYPE_CHECKING

from kerastune.errors import InputError, closest
from kerastune.tuning.groups import find_backbone, used_weights

if TYPE_CHECKING:
    import keras


class NoMatchError(InputError):
    """A pattern that matches no variable of the model.

    Example:

    >>> import keras
    >>> body = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, name="body")])
    >>> match(keras.Sequential([body]), "bodi")
    Traceback (most recent call last):
        ...
    kerastune.tuning.patterns.NoMatchError: Expected a pattern... Did you mean 'body'?
    """


def match(model: "keras.Model", pattern: str) -> "list[keras.Variable]":
    """The weights of a model that a pattern names.

    Args:
        model: a built Keras model.
        pattern: str. `"all"`; `"backbone"`, the weights of the nested backbone;
            `"head"`, all other weights; or a name or path that matches whole parts
            of `variable.path`: `encoder` finds `bert/encoder/kernel`, and does not
            find `bert/encoder_2/kernel`.

    Returns:
        List of variables, those that are never trained (such as the statistics of
        batch normalization) included, those that the model does not use left out.

    Raises:
        NoMatchError: if nothing matches, with the closest path part.

    Example:

    >>> import keras
    >>> body = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, name="body")])
    >>> model = keras.Sequential([body, keras.layers.Dense(1, name="logits")], name="model")
    >>> [weight.path for weight in match(model, "head")]
    ['model/logits/kernel', 'model/logits/bias']
    >>> len(match(model, "kernel"))
    2
    """
    weights = used_weights(model)
    if pattern == "all":
        return weights
    if pattern in ("backbone", "head"):
        inside = {id(weight) for weight in find_backbone(model).weights}
        return [weight for weight in weights if (id(weight) in inside) == (pattern == "backbone")]
    matched = [weight for weight in weights if f"/{pattern}/" in f"/{weight.path}/"]
    if not matched:
        parts = sorted({part for weight in weights for part in weight.path.split("/")})
        raise NoMatchError(
            f"Expected a pattern that matches a variable of {model.name!r}. "
            f"Received: {pattern!r}." + closest(pattern, parts)
        )
    return matched
