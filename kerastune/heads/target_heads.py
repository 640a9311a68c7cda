"""The heads of several target columns: chosen by kind, and what they must have."""

from collections.abc import Mapping
from typing import Any

from kerastune.data import Source
from kerastune.errors import InputError
from kerastune.heads.classification import Classification
from kerastune.heads.head import Head
from kerastune.heads.multilabel import Multilabel
from kerastune.heads.regression import Regression
from kerastune.heads.token_classification import TokenClassification

_BY_KIND: dict[str, type[Head]] = {
    "class": Classification,
    "multilabel": Multilabel,
    "quantity": Regression,
    "tags": TokenClassification,
}


def head_classes(samples: Source, heads: Mapping[str, type[Head]]) -> dict[str, type[Head]]:
    """Returns the class of the head for each target.

    Args:
        samples: `Source`.
        heads: dictionary from target columns to classes of heads. Defaults, for columns that
            it does not name, by their kind.

    Raises:
        InputError: if a column is no target, or there is no head for its kind.

    Example:

    >>> source = Source.of(["x", "y"], [0, 1], class_names=("no", "yes"))
    >>> head_classes(source, {})["label"].__name__
    'Classification'
    """
    unknown = [name for name in heads if name not in samples.targets]
    if unknown:
        raise InputError(
            f"Expected heads for targets of {samples.name} out of {list(samples.targets)}. "
            f"Received: {unknown}"
        )
    found = {}
    for name in samples.targets:
        column = samples.columns[name]
        if name not in heads and column.kind not in _BY_KIND:
            raise InputError(
                f"Expected targets of kind {', '.join(_BY_KIND)}. Received: {name!r} of kind "
                f"{column.described}. Give the class of its head in `heads`"
            )
        found[name] = heads[name] if name in heads else _BY_KIND[column.kind]
    return found


def only_loss(column: str, head: Head) -> Any:
    """Returns the loss of a head that has one output.

    Args:
        column: str, the target column, for the message.
        head: `Head`.

    Raises:
        InputError: if it has none or several.

    Example:

    >>> only_loss("price", Regression((0.0,), (1.0,))).name
    'mean_squared_error'
    """
    loss = head.loss()
    if loss is None or isinstance(loss, Mapping | list | tuple):
        raise InputError(
            f"Expected a head with one loss for {column!r}. Received: {type(head).__name__} with "
            f"{loss}. Use it without `Several`"
        )
    return loss


def heads_with_class_weights(
    heads: Mapping[str, Head], class_weights: str | Mapping[str, Any], samples: Source
) -> dict[str, Head]:
    """Returns heads with weights of classes in their losses; see `Several.with_class_weights`.

    Args:
        heads: dictionary from the name of each target column to its head.
        class_weights: `"balanced"`, for all heads that weigh classes; or dictionary from
            the name of a column to what its head takes.
        samples: the training `Source`.

    Raises:
        InputError: if there is no such column, or a head weighs no classes.

    Example:

    >>> source = Source.of(["x", "y"], [0, 1], class_names=("no", "yes"))
    >>> head = Classification(("no", "yes"))
    >>> weighed = heads_with_class_weights({"label": head}, {"label": {"yes": 3}}, source)
    >>> weighed["label"].class_weights
    (1.0, 3.0)
    """
    weighing = [
        name
        for name, head in heads.items()
        if type(head).with_class_weights is not Head.with_class_weights
    ]
    asked = (
        class_weights
        if isinstance(class_weights, Mapping)
        else dict.fromkeys(weighing, class_weights)
    )
    unknown = [name for name in asked if name not in heads]
    if unknown or not asked:
        raise InputError(
            f"Expected class weights for columns out of {weighing}. Received: "
            f"{unknown[0] if unknown else class_weights!r}"
        )
    weighed = {
        name: heads[name].with_class_weights(weights, samples, name)
        for name, weights in asked.items()
    }
    return {**heads, **weighed}


def require_single(column: str, head: Any) -> None:
    """Raises unless a head is one that can stand beside others.

    Args:
        column: str, the target column, for the message.
        head: what was given as its head.

    Raises:
        InputError: if it is no complete `Head`, or does not answer from outputs.

    Example:

    >>> require_single("label", Classification(("no", "yes")))
    """
    if not isinstance(head, Head):
        raise InputError(
            f"Expected a head for the one column {column!r}. Received: {type(head).__name__}"
        )
    head.require_complete()
    if type(head).predict is not Head.predict:
        raise InputError(
            f"Expected a head for {column!r} that answers from the model's outputs. Received: "
            f"{type(head).__name__}, which predicts in its own way. Use it without `Several`"
        )
