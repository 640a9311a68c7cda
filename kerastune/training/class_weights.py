"""Class weights as sample weights, which Keras takes for any number of outputs."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from kerastune.errors import InputError, closest


def sample_weights(
    data: tuple[Any, ...], class_weights: Mapping[Any, Any], outputs: list[str]
) -> Any:
    """The weight of each sample in the loss of each output.

    Keras' own `class_weight` refuses models of more than one output.

    Args:
        data: `(x, y)`; `y` is an array of class indices or one-hot rows, or a dictionary
            (by output name), list or tuple of such arrays.
        class_weights: dictionary from class to weight, or, for several outputs,
            dictionary from output name to such a one. What is not named has weight 1.
        outputs: list of str, the names of the model's outputs, in the order of a list.

    Returns:
        Array, dictionary, list or tuple as `y`, of weights of shape `(samples,)`.

    Raises:
        InputError: if there are sample weights too, an output is unknown, or the weights
            do not fit the labels.

    Example:

    >>> labels = {"kind": np.array([0, 1]), "age": np.array([2.0, 3.0])}
    >>> weights = sample_weights((None, labels), {"kind": {1: 5.0}}, ["kind", "age"])
    >>> weights["kind"].tolist(), weights["age"].tolist()
    ([1.0, 5.0], [1.0, 1.0])
    """
    if len(data) == 3:
        raise InputError("Expected `class_weights` or sample weights. Received: both")
    labels = data[1]
    if not isinstance(labels, (dict, list, tuple)):
        return _weights(labels, class_weights)
    unknown = [name for name in class_weights if name not in outputs]
    if unknown:
        raise InputError(
            f"Expected class weights for outputs out of {outputs}. Received: {unknown[0]!r}."
            + closest(str(unknown[0]), outputs)
        )
    if isinstance(labels, dict):
        return {name: _weights(labels[name], class_weights.get(name, {})) for name in labels}
    each = zip(outputs, labels, strict=True)
    # TensorFlow takes a tuple where the labels are one, and Keras wants one structure.
    return type(labels)(_weights(part, class_weights.get(name, {})) for name, part in each)


def _weights(labels: Any, by_class: Mapping[int, float]) -> np.ndarray:
    """The weight of each label."""
    labels = np.asarray(labels)
    if labels.ndim == 2 and labels.shape[1] > 1 and by_class:
        if set(np.unique(labels)) != {0, 1} or (labels.sum(axis=1) != 1).any():
            raise InputError(
                "Expected one class a sample: its number, or a row with a single one. "
                f"Received: rows such as {labels[0].tolist()}"
            )
        labels = labels.argmax(axis=1)
    if by_class and labels.size != len(labels):
        raise InputError(f"Expected one class a sample. Received: labels of shape {labels.shape}")
    labels = labels.reshape(len(labels), -1)[:, 0]
    found = set(labels.tolist()) if by_class else set()
    unknown = [index for index in by_class if index not in found]
    if unknown:
        raise InputError(
            f"Expected weights of classes out of {sorted(found)}. Received: class {unknown[0]!r}"
        )
    weights = np.ones(len(labels), "float32")
    for index, weight in by_class.items():
        weights[labels == index] = weight
    return weights
