"""A model with adapters has no configuration: from one, it would be made without them."""

from typing import Any, NoReturn

import keras

from kerastune.backends import nested_layers
from kerastune.errors import InputError
from kerastune.tuning.adapters.adapted import adapted_layer


def guard_configurations(model: keras.Model) -> None:
    """Lets the layers of a model that hold adapters refuse to be described, and the others not.

    Keras makes a layer anew from its configuration, and knows nothing of what is attached to it: a
    `.keras` file, a clone or a preset would be the base, without a word. Merged adapters are a part
    of the kernels, so that such a model may be saved.

    Args:
        model: a built Keras model.

    Example:

    >>> from kerastune.tuning import LoRA, add_adapters
    >>> dense = keras.layers.Dense(3, name="dense")
    >>> model = keras.Sequential([keras.Input((4,)), dense], name="model")
    >>> _ = add_adapters(model, LoRA(rank=2, targets="dense"))
    >>> keras.models.clone_model(model)
    Traceback (most recent call last):
        ...
    kerastune.errors.InputError: Expected a model without adapters, ... Received: ...
    """
    for part in (model, *nested_layers(model)):
        found = [adapted_layer(layer) for layer in (part, *nested_layers(part))]
        if any(adapted is not None and adapted.unmerged is None for adapted in found):
            vars(part).update(dict.fromkeys(_names(part), _Refusal(part.name)))
        elif isinstance(vars(part).get("get_config"), _Refusal):
            for name in _names(part):
                del vars(part)[name]


def _names(part: keras.Layer) -> tuple[str, ...]:
    """The methods that refuse; `save` too, which empties its file before it asks for more."""
    return ("get_config", "save") if isinstance(part, keras.Model) else ("get_config",)


class _Refusal:
    """What stands in for `get_config`.

    Args:
        name: str, that of the layer.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, *_: Any, **__: Any) -> NoReturn:
        raise InputError(
            "Expected a model without adapters, to be saved whole or made again: Keras would leave "
            f"them out. Received: {self.name!r} with some. Call `save_adapters`, or merge them "
            "first with `merge_adapters`"
        )
