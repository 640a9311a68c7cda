"""A model as it would be in one stage of a plan, for as long as a `with` block."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from kerastune.counting.adapters import Adapters, find_adapters
from kerastune.counting.plans.plan_text import Choice
from kerastune.errors import InputError, closest
from kerastune.tuning import PLANS, NoMatchError, train_only
from kerastune.tuning.freezing.trainability import restored_trainability, set_trainable
from kerastune.tuning.groups.backbone import find_backbone, used_weights

if TYPE_CHECKING:
    import keras


@contextmanager
def tried(model: "keras.Model", choice: Choice) -> Iterator[Adapters | None]:
    """Make trainable what a stage trains, inside a `with` block.

    Args:
        model: a built Keras model, with values or without. Afterwards it is as before.
        choice: the stage.

    Yields:
        The adapters that the stage would add to the model; they are not in it. None without.

    Raises:
        NoMatchError: if a pattern matches nothing.
        InputError: if the stage does not fit the model.

    Example:

    >>> import keras
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> with tried(model, Choice("biases", trainable="biases")):
    ...     len(model.trainable_variables)
    1
    """
    with restored_trainability(model):
        if choice.rank is not None:
            adapters = find_adapters(model, choice.rank, choice.layers)
            bases = {id(place.variable) for place in adapters.adapted}
            head = [weight for weight in outside_backbone(model) if id(weight) not in bases]
            set_trainable(model, head)
            yield adapters
        else:
            _train(model, choice)
            yield None


def outside_backbone(model: "keras.Model") -> "list[keras.Variable]":
    """The head of a model around a backbone, which trains beside adapters; else nothing.

    A network without a backbone in it may be a backbone itself, and what comes last in it
    (a pooling layer, a normalization) is then no head that would have to be trained.

    Args:
        model: a built Keras model.

    Returns:
        List of variables.
    """
    backbone = find_backbone(model)
    if backbone is None:
        return []
    inside = {id(weight) for weight in backbone.weights}
    return [weight for weight in used_weights(model) if id(weight) not in inside]


def _train(model: "keras.Model", choice: Choice) -> None:
    """Make trainable what a pattern names, or say what is wrong with the plan."""
    pattern = str(choice.trainable)
    try:
        train_only(model, pattern, batch_norm=choice.batch_norm, dropout=choice.dropout)
    except NoMatchError as error:
        if choice.plan != pattern:
            raise InputError(
                f"Expected plans that fit {model.name!r}. Received: {choice.plan!r}, which trains "
                f"{pattern!r}, of which the model has nothing"
            ) from error
        if hint := closest(pattern, [*PLANS, "lora"]):
            raise InputError(
                f"Expected a plan ({', '.join(PLANS)}, lora(8), a YAML file) or a pattern of "
                f"variables of {model.name!r}. Received: {pattern!r}.{hint}"
            ) from error
        raise
