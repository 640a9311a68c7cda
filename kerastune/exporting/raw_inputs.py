"""Preprocessing as layers of Keras, for formats that can hold it in front of a model."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from kerastune import backends

backends.select()

import keras
import numpy as np
from keras import ops

from kerastune.data import as_categories, as_numbers
from kerastune.data.image_files import as_image
from kerastune.exporting.batches import Arrays
from kerastune.exporting.names import plain_names
from kerastune.preprocessing import (
    ArrayPreprocessor,
    BoxPreprocessor,
    ImagePreprocessor,
    NumberRows,
    Preprocessor,
    TablePreprocessor,
)
from kerastune.preprocessing.category_columns import OTHER_CODE, CategoryColumn
from kerastune.preprocessing.number_columns import NumberColumn

_FEW = 8


def raw_batches(preprocessor: Preprocessor, inputs: Mapping[str, Any]) -> list[Arrays] | None:
    """Returns raw samples as `raw_model` takes them, or None where it can make no such model.

    Args:
        preprocessor: the `Preprocessor` of a run.
        inputs: dictionary from each column that it reads to the values of some samples.

    Returns:
        List of dictionaries from the name of a column to an array. Images are also enlarged, so
        that they have to be brought to their size again.

    Example:

    >>> [batch] = raw_batches(NumberRows(("a", "b"), True), {"a": [1.0], "b": [2.0]})
    >>> batch["b"].tolist()
    [2.0]
    """
    kind = type(preprocessor)
    if kind in (ImagePreprocessor, BoxPreprocessor):
        return _image_batches(preprocessor, inputs)  # type: ignore[arg-type]
    if kind is NumberRows and preprocessor.is_table:  # type: ignore[attr-defined]
        names = plain_names(preprocessor.columns)
        return [{names[one]: np.asarray(inputs[one], "float64") for one in names}]
    if kind is TablePreprocessor and _can_hold(preprocessor):  # type: ignore[arg-type]
        return [_table_batch(preprocessor, inputs)]  # type: ignore[arg-type]
    return None


def raw_columns(preprocessor: Preprocessor, batch: Arrays) -> dict[str, Any]:
    """Returns a batch of `raw_batches` as the preprocessor takes it, to know what is right.

    Args:
        preprocessor: the `Preprocessor`.
        batch: dictionary.

    Example:

    >>> raw_columns(NumberRows(("a",), True), {"a": np.ones(1)})
    {'a': array([1.])}
    """
    found: dict[str, Any] = {}
    for column, name in plain_names(preprocessor.columns).items():
        values = batch[name]
        is_text = values.dtype.kind == "U"
        found[column] = [str(one) or None for one in values] if is_text else values
    return found


def why_not_included(preprocessor: Preprocessor) -> str:
    """Returns why preprocessing cannot be put in front of a model; `""` where there is none.

    Args:
        preprocessor: the `Preprocessor` of a run.

    Example:

    >>> why_not_included(ArrayPreprocessor())
    ''
    """
    if isinstance(preprocessor, ArrayPreprocessor | NumberRows):
        return ""
    if isinstance(preprocessor, TablePreprocessor):
        return "columns of dates are read by no operation of TensorFlow"
    names = {"Word", "Text", "Token", "Language", "Masked", "Caption"}
    if any(name in type(preprocessor).__name__ for name in names):
        return "its tokenizer is no operation of TensorFlow itself"
    return f"{type(preprocessor).__name__} has no layers of Keras that do the same"


def raw_model(preprocessor: Preprocessor, model: keras.Model) -> keras.Model:
    """Returns a model that takes raw samples, with the preprocessing in front.

    It needs the TensorFlow backend, the only one that has strings.

    Args:
        preprocessor: the `Preprocessor`, for which `raw_batches` gives something.
        model: the model of `forward_model`.

    Returns:
        A functional model, whose inputs are in the order of their names.

    Example:

    >>> rows = keras.Sequential([keras.Input((2,), name="rows"), keras.layers.Dense(1)])
    >>> from kerastune.exporting.forward import forward_model
    >>> sorted(raw_model(NumberRows(("a", "b"), True), forward_model(rows)).input)
    ['a', 'b']
    """
    build = next(build for kind, build in _LAYERS.items() if isinstance(preprocessor, kind))
    inputs, prepared = build(preprocessor)
    if not isinstance(prepared, dict):
        prepared = dict.fromkeys(model.input, prepared)
    ordered = {name: inputs[name] for name in sorted(inputs)}
    return keras.Model(ordered, model(prepared), name="export_raw")


def _image_layers(preprocessor: ImagePreprocessor) -> tuple[dict[str, Any], Any]:
    height, width, channels = preprocessor.image_shape
    [name] = plain_names(preprocessor.columns).values()
    image = keras.Input((None, None, channels), name=name)
    # Smoothed where it shrinks, as Pillow does.
    fitted = keras.layers.Resizing(height, width, "bilinear", antialias=True)(image)
    return {name: image}, fitted


def _row_layers(preprocessor: NumberRows) -> tuple[dict[str, Any], Any]:
    names = plain_names(preprocessor.columns).values()
    inputs = {name: keras.Input((), dtype="float64", name=name) for name in names}
    return inputs, ops.cast(ops.stack(list(inputs.values()), axis=-1), "float32")


def _table_layers(preprocessor: TablePreprocessor) -> tuple[dict[str, Any], Any]:
    names = plain_names(preprocessor.columns)
    inputs, numbers, codes = {}, [], []
    for column in preprocessor.fitted:
        name = names[column.name]
        if isinstance(column, CategoryColumn):
            inputs[name] = keras.Input((), dtype="string", name=name)
            codes.append(_codes(column, inputs[name]))
        else:
            assert isinstance(column, NumberColumn)
            inputs[name] = keras.Input((), dtype="float64", name=name)
            numbers += _numbers(column, inputs[name])
    prepared = {}
    if numbers:
        prepared["numbers"] = ops.cast(ops.stack(numbers, axis=-1), "float32")
    if codes:
        prepared["categories"] = ops.stack(codes, axis=-1)
    return inputs, prepared


_LAYERS: dict[type, Callable[[Any], tuple[dict[str, Any], Any]]] = {
    ImagePreprocessor: _image_layers,
    NumberRows: _row_layers,
    TablePreprocessor: _table_layers,
}


def _numbers(column: NumberColumn, values: Any) -> list[Any]:
    missing = ops.isnan(values)
    scaled = ops.where(missing, ops.zeros_like(values), (values - column.center) / column.scale)
    if column.scaling == "robust":
        scaled = scaled / ops.sqrt(1 + ops.square(scaled / 3))
    return [scaled, ops.cast(missing, "float64")] if column.marks_missing else [scaled]


def _codes(column: CategoryColumn, values: Any) -> Any:
    # 0 for a missing one, 1 for one that is not known, and the others from 2, as of the column.
    lookup = keras.layers.StringLookup(vocabulary=list(column.categories), mask_token="")
    code = ops.cast(lookup(values), "int32")
    known = [OTHER_CODE if one in column.rare else place for place, one in _places(column)]
    return ops.take(ops.convert_to_tensor(np.array([0, OTHER_CODE, *known], "int32")), code)


def _places(column: CategoryColumn) -> Sequence[tuple[int, str]]:
    return list(enumerate(column.categories, start=OTHER_CODE + 1))


def _can_hold(preprocessor: TablePreprocessor) -> bool:
    return all(isinstance(one, NumberColumn | CategoryColumn) for one in preprocessor.fitted)


def _image_batches(preprocessor: ImagePreprocessor, inputs: Mapping[str, Any]) -> list[Arrays]:
    [(column, name)] = plain_names(preprocessor.columns).items()
    channels = preprocessor.image_shape[-1]
    images = [as_image(image).astype("float32") for image in list(inputs[column])[:_FEW]]
    images = [image for image in images if image.shape[-1] == channels] or [
        np.repeat(image[..., :1], channels, axis=-1) for image in images
    ]
    # Of twice the height and three times the width.
    larger = [image.repeat(2, axis=0).repeat(3, axis=1) for image in images[:2]]
    return [{name: image[np.newaxis]} for image in [*images, *larger]]


def _table_batch(preprocessor: TablePreprocessor, inputs: Mapping[str, Any]) -> Arrays:
    batch, names = {}, plain_names(preprocessor.columns)
    for column in preprocessor.fitted:
        values, name = inputs[column.name], names[column.name]
        if isinstance(column, CategoryColumn):
            batch[name] = np.array([one or "" for one in as_categories(values, column.name)])
        else:
            batch[name] = np.asarray(as_numbers(values, column.name), "float64")
    return batch
