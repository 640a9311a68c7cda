"""Labels that do not fit the loss and the output are refused before the first step."""

from collections.abc import Iterator, Mapping
from typing import Any

import keras
import numpy as np

from kerastune.backends import kept_random_state
from kerastune.data.columns import shapes_agree
from kerastune.errors import InputError
from kerastune.training.given_arrays import as_arrays, prepares_inputs
from kerastune.training.label_rules import LabelRule, label_rule, mapping
from kerastune.tuning.finder.trial_data import kept_positions

Shape = tuple[int | None, ...]


def check_labels(model: keras.Model, loss: Any, data: Any, what: str = "data") -> None:
    """Refuse labels that do not fit the loss and the output of a model.

    A backend may train on such labels without a word: on a class that the output does not have,
    or on -1 and 1 where 0 and 1 are meant. Losses of one's own are not checked.

    Args:
        model: a built Keras model.
        loss: what `model.compile` takes as a loss.
        data: `(x, y)` or `(x, y, sample_weight)` as `given_data` makes them, of which all labels
            are checked; or a data set, of which the first batch is.
        what: str, what the data are, for messages.

    Raises:
        InputError: with the range expected and how to map the labels.

    Example:

    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)])
    >>> data = np.zeros((2, 2)), np.array([1, 3])
    >>> check_labels(model, "sparse_categorical_crossentropy", data)
    Traceback (most recent call last):
        ...
    kerastune.errors.InputError: Expected labels from 0 to 2... Received: 3 in sample 1...
    """
    is_stream = not isinstance(data, tuple)
    batch = _first_batch(data) if is_stream else data
    if not isinstance(batch, tuple | list) or len(batch) not in (2, 3) or batch[1] is None:
        return
    place = f"{what}, first batch" if is_stream else what
    for name, labels, one_loss, shape in _pairs(model, loss, batch):
        if isinstance(labels, np.ndarray):
            rule = label_rule(one_loss, labels, shape)
            if rule is not None:
                _check(rule, labels, shape, f"{name}({place})", not prepares_inputs(model))


def _check(
    rule: LabelRule, labels: np.ndarray, shape: Shape | None, where: str, is_final: bool
) -> None:
    """Raise unless the labels of one output are right."""
    expected = _expected(rule, shape)
    said = f"Expected {expected} for {rule.loss} {where}. Received: "
    if labels.dtype.kind == "O":
        raise InputError(
            f"{said}texts such as {labels.flat[0]!r}. Number the classes: "
            "names, labels = numpy.unique(labels, return_inverse=True)"
        )
    if labels.dtype.kind not in "iufb":
        return
    labels = labels.astype("int8") if labels.dtype.kind == "b" else labels
    _refuse(said, labels, ~np.isfinite(labels), "Leave such samples out: numpy.isfinite(labels)")
    if shape is not None and is_final:
        _check_shape(rule, labels, shape, said)
    classes = _units(shape)
    wrong = labels != np.round(labels) if rule.kind == "classes" else np.zeros(labels.shape, bool)
    highest = classes - 1 if rule.kind == "classes" and classes is not None else rule.highest
    if rule.lowest is not None:
        wrong |= labels < rule.lowest
    if highest is not None:
        wrong |= labels > highest
    if rule.ignored is not None:
        wrong &= labels != rule.ignored
    if wrong.any():
        counted = labels if rule.ignored is None else labels[labels != rule.ignored]
        _refuse(said, labels, wrong, mapping(rule, counted, classes))


def _check_shape(rule: LabelRule, labels: np.ndarray, shape: Shape, said: str) -> None:
    """Raise when labels have another shape than the output, which a backend may stretch."""
    output, found = _without_ones(shape[1:]), _without_ones(labels.shape[1:])
    if rule.kind == "classes":
        if _units(shape) == 1:
            raise InputError(
                f"{said}an output of 1 unit. Give it a unit for each class, or the loss "
                "'binary_crossentropy'"
            )
        advice = (
            "Give labels.argmax(axis=-1), or the loss 'categorical_crossentropy'"
            if shapes_agree(found, output)
            else "Give one label for each sample, or for each place of the output"
        )
        output = _without_ones(shape[1:-1])
    elif rule.kind == "one-hot":
        advice = mapping(rule, labels, _units(shape))
    else:
        advice = "Give labels of that shape, or the output as many units"
    if not shapes_agree(found, output):
        raise InputError(f"{said}labels of shape {labels.shape}. {advice}")


def _expected(rule: LabelRule, shape: Shape | None) -> str:
    """What labels a rule wants, in words."""
    classes = _units(shape)
    if rule.kind == "classes":
        if classes is None:
            return "labels that are whole numbers from 0"
        return f"labels from 0 to {classes - 1}, whole numbers," if classes > 1 else "whole numbers"
    kinds = {
        "one-hot": "rows of numbers from 0 to 1",
        "binary": "labels from 0 to 1",
        "signs": "labels that are -1 and 1, or 0 and 1,",
        "counts": "labels of at least 0",
        "numbers": "labels that are finite numbers",
    }
    if shape is None or len(_without_ones(shape[1:])) == 0:
        return kinds[rule.kind]
    sizes = ", ".join("any" if size is None else str(size) for size in shape[1:])
    return f"{kinds[rule.kind]} of shape (samples, {sizes})"


def _refuse(said: str, labels: np.ndarray, wrong: np.ndarray, advice: str) -> None:
    """Raise when a label is wrong, with the first that is."""
    if not wrong.any():
        return
    place = np.unravel_index(int(wrong.argmax()), wrong.shape)
    sample = f"sample {place[0]}"
    if len(place) > 1 and any(place[1:]):
        sample += f" at {tuple(int(at) for at in place[1:])}"
    count = int(wrong.reshape(len(wrong), -1).any(axis=1).sum())
    others = f" ({count} such samples)" if count > 1 else ""
    raise InputError(f"{said}{labels[place].item()!r} in {sample}{others}. {advice}")


def _units(shape: Shape | None) -> int | None:
    """The units of an output, which are its last axis; None where they are not known."""
    return shape[-1] if shape is not None and len(shape) > 1 else None


def _without_ones(shape: tuple[Any, ...]) -> tuple[Any, ...]:
    """A shape without the axes of one at its end."""
    while shape and shape[-1] == 1:
        shape = shape[:-1]
    return shape


def _pairs(
    model: keras.Model, loss: Any, batch: Any
) -> Iterator[tuple[str, Any, Any, Shape | None]]:
    """For each output, what to call it, its labels, its loss and its shape."""
    targets = as_arrays(batch[1])
    shapes, names = _output_shapes(model, batch[0])
    if not isinstance(targets, dict | tuple):
        if isinstance(loss, dict | list | tuple):
            given = list(loss.values()) if isinstance(loss, Mapping) else list(loss)
            loss = given[0] if len(given) == 1 else None
        one = next(iter(shapes.values())) if len(shapes) == 1 else None
        yield "", targets, loss, one
        return
    if isinstance(targets, tuple):
        if len(targets) != len(names):
            return
        targets = dict(zip(names, targets, strict=True))
    if isinstance(loss, list | tuple):
        if len(loss) != len(names):
            return
        loss = dict(zip(names, loss, strict=True))
    for name, labels in targets.items():
        one_loss = loss.get(name) if isinstance(loss, Mapping) else loss
        yield f"of the output {name!r} ", labels, one_loss, shapes.get(name)


def _output_shapes(model: keras.Model, inputs: Any) -> tuple[dict[str, Shape], list[str]]:
    """The shapes of the outputs of a model by name, and the names in order."""
    try:
        outputs = model.output
    except (AttributeError, ValueError):
        outputs = None if prepares_inputs(model) else _called(model, inputs)
    names = list(getattr(model, "output_names", None) or [])
    if isinstance(outputs, Mapping):
        shapes = {name: tuple(value.shape) for name, value in outputs.items()}
        return shapes, list(shapes)
    flat = keras.tree.flatten(outputs) if outputs is not None else []
    if len(names) != len(flat):
        names = [str(position) for position in range(len(flat))]
    return dict(zip(names, (tuple(value.shape) for value in flat), strict=True)), names


def _called(model: keras.Model, inputs: Any) -> Any:
    """What a model whose outputs are not known gives for a sample, with the batch unknown."""
    try:
        with kept_random_state():
            return model(keras.tree.map_structure(lambda leaf: leaf[:1], inputs), training=False)
    except Exception:
        return None  # Then the labels are checked without it, and `fit` says what is wrong.


def _first_batch(data: Any) -> Any:
    """The first batch of a data set, which is read again for training."""
    with kept_random_state(), kept_positions(data):
        if isinstance(data, keras.utils.PyDataset):
            return data[0]
        return next(iter(data), None)
