"""Arrays as `model.fit` takes them: alone, in lists, tuples and dictionaries, of any library."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import keras
import numpy as np

from kerastune.backends.tensorflow_values import as_scipy, is_ragged, rows, text_tensor
from kerastune.data.cells import is_missing
from kerastune.errors import InputError


def given_data(model: keras.Model, data: Any) -> Any:
    """Data as they were given, with `(x, y)` and `(x, y, sample_weight)` as arrays.

    Args:
        model: a Keras model, which tells how many inputs and outputs there are.
        data: what `fine_tune` takes as data or validation data.

    Returns:
        The data. If they are a tuple of two or three, each of them as `as_arrays` makes it.

    Raises:
        InputError: if something cannot be an array.

    Example:

    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> given_data(model, ([[1, 2], [3, 4]], [0.5, 1.5]))
    (array([[1, 2],
           [3, 4]]), array([0.5, 1.5]))
    """
    if not isinstance(data, tuple) or len(data) not in (2, 3):
        return data
    inputs = as_arrays(data[0], len(getattr(model, "inputs", None) or ()), "the inputs")
    outputs = len(getattr(model, "outputs", None) or ())
    targets = _in_order(as_arrays(data[1], outputs, "the targets"), model)
    if len(data) == 2 or data[2] is None:
        return inputs, targets
    weights = _in_order(as_arrays(data[2], outputs, "the sample weights"), model)
    return inputs, targets, _weights(weights, targets)


def with_text_tensors(model: keras.Model, data: Any) -> Any:
    """Data with tensors in the place of arrays of texts, where the model takes tensors.

    Args:
        model: a Keras model. One of KerasHub with a preprocessor takes texts as they are.
        data: what `given_data` returned.

    Returns:
        The data.

    Raises:
        InputError: if there are texts, and the backend has no tensors of texts.

    Example:

    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> with_text_tensors(model, (np.zeros(1), np.ones(1)))
    (array([0.]), array([1.]))
    """
    if not isinstance(data, tuple) or prepares_inputs(model):
        return data
    return keras.tree.map_structure(
        lambda leaf: text_tensor(leaf) if _is_object(leaf) else leaf, data
    )


def prepares_inputs(model: keras.Model) -> bool:
    """Whether a model turns raw inputs into its own by itself, as KerasHub's tasks do.

    Args:
        model: a Keras model.

    Example:

    >>> prepares_inputs(keras.Sequential([keras.Input((2,))]))
    False
    """
    return getattr(model, "preprocessor", None) is not None and hasattr(model, "preprocess_samples")


def as_arrays(given: Any, parts: int = 1, what: str = "the data") -> Any:
    """Values as arrays, with tuples and dictionaries where there are several.

    A list or tuple is several arrays if one of its items is an array, as in `model.fit`; a list
    of numbers, texts or lists is one array.

    Args:
        given: an array, tensor, data frame, series, sparse matrix, list of values, or lists, tuples
            and dictionaries of these; None stays.
        parts: int, how many inputs or outputs the model has, by which lists of lists are told.
            Defaults to 1.
        what: str, what the values are, for messages.

    Returns:
        NumPy arrays (of Python objects, if they are texts), or sparse arrays of SciPy or ragged
        tensors, in the same structure, with tuples for lists.

    Raises:
        InputError: if values are of several lengths or kinds, or dates, or texts are missing.

    Example:

    >>> as_arrays([1, 2]), as_arrays([np.ones(2), np.zeros(2)])
    (array([1, 2]), (array([1., 1.]), array([0., 0.])))
    """
    if given is None:
        return None
    if isinstance(given, Mapping):
        return {key: as_arrays(item, what=f"{what} {key!r}") for key, item in given.items()}
    if isinstance(given, list | tuple) and _are_parts(given, parts):
        return tuple(as_arrays(item, what=what) for item in given)
    return _array(given, what)


def samples_at(values: Any, positions: np.ndarray) -> Any:
    """The samples at some positions of one of the arrays that `as_arrays` makes.

    Numbers with fractions get the float type of Keras, as in `model.fit`.

    Args:
        values: an array.
        positions: int array.

    Returns:
        An array of as many samples as there are positions.

    Example:

    >>> samples_at(np.array([0.5, 1.5, 2.5]), np.array([2, 0])).tolist()
    [2.5, 0.5]
    """
    if not isinstance(values, np.ndarray):
        return rows(values, positions)
    chosen = values[positions]
    if chosen.dtype.kind == "f" and chosen.dtype != keras.config.floatx():
        return chosen.astype(keras.config.floatx())
    return chosen


def _are_parts(items: list[Any] | tuple[Any, ...], parts: int) -> bool:
    """Whether a list holds several arrays, and not the values of one."""
    if any(isinstance(item, Mapping) or len(_shape(item)) > 0 for item in items):
        return True
    return len(items) == parts > 1 and all(isinstance(item, list | tuple) for item in items)


def _shape(item: Any) -> tuple[Any, ...]:
    """The shape of an array; that of anything else is that of a single value."""
    try:
        return tuple(getattr(item, "shape", ()))
    except (TypeError, ValueError):
        return ()


def _is_object(leaf: Any) -> bool:
    """Whether an array is of texts."""
    return isinstance(leaf, np.ndarray) and leaf.dtype.kind == "O"


def _array(given: Any, what: str) -> Any:
    """One array."""
    if hasattr(given, "tocsr"):
        return given.tocsr()
    if is_ragged(given):
        return given
    sparse = as_scipy(given)
    if sparse is not None:
        return sparse
    values = _as_numpy(given, what)
    if values.dtype.kind in "US":
        values = values.astype(object)
    if values.dtype.kind == "O":
        values = _of_objects(values, what)
    if values.dtype.kind in "Mm":
        raise InputError(
            f"Expected numbers or texts in {what}. Received: dates. Turn them into numbers, such "
            "as days since the first"
        )
    # As in `model.fit`, a series of pandas is a column.
    is_column = hasattr(given, "iloc") and values.ndim == 1 and values.dtype.kind != "O"
    return values[:, None] if is_column else values


def _as_numpy(given: Any, what: str) -> np.ndarray:
    """An array of NumPy, whatever holds the values."""
    if hasattr(given, "detach"):
        given = given.detach().cpu()
        given = given.float() if "bfloat16" in str(given.dtype) else given
    if hasattr(given, "iloc") or type(given).__module__.startswith("polars"):
        return given.to_numpy()
    if isinstance(given, list | tuple) and any(isinstance(item, str | bytes) for item in given):
        # Texts stay Python objects, instead of the width of the longest.
        return np.fromiter(given, dtype=object, count=len(given))
    try:
        return np.asarray(given)
    except ValueError as error:
        raise InputError(
            f"Expected samples of one shape in {what}. Received: lists of several lengths. Pad them"
        ) from error


def _of_objects(values: np.ndarray, what: str) -> np.ndarray:
    """Python objects as numbers where they are numbers, or as they are if they are texts."""
    flat = list(values.flat)
    are_texts = any(isinstance(value, str | bytes) for value in flat)
    for position, value in enumerate(flat):
        fits = isinstance(value, str | bytes) if are_texts else _is_number(value)
        if not fits:
            sample = np.unravel_index(position, values.shape)[0]
            raise InputError(
                f"Expected {'texts' if are_texts else 'numbers or texts'} in {what}. Received: "
                f"{value!r}, of type {type(value).__name__}, in sample {sample}. Correct it, or "
                "leave the sample out"
            )
    if are_texts:
        # Not the texts of NumPy, which are of a class of their own.
        plain = np.fromiter((str(v) if isinstance(v, str) else v for v in flat), object, len(flat))
        return plain.reshape(values.shape)
    if all(isinstance(value, bool | int | np.integer | np.bool_) for value in flat):
        return np.array(flat).reshape(values.shape)
    numbers = [np.nan if is_missing(value) else float(value) for value in flat]
    return np.array(numbers, "float64").reshape(values.shape)


def _is_number(value: Any) -> bool:
    """Whether a value is a number, or missing."""
    return isinstance(value, bool | int | float | Decimal | np.number | np.bool_) or is_missing(
        value
    )


def _in_order(given: Any, model: keras.Model) -> Any:
    """What is given by the names of outputs as a tuple, where the outputs are a list.

    Keras looks for sample weights by position there, and does not find those given by name.
    """
    names = list(getattr(model, "output_names", None) or ())
    if len(names) < 2 or not isinstance(given, dict) or set(given) != set(names):
        return given
    if isinstance(getattr(model, "output", None), Mapping):
        return given
    return tuple(given[name] for name in names)


def _weights(weights: Any, targets: Any) -> Any:
    """Sample weights for each target, as in `model.fit`."""
    if isinstance(targets, dict | tuple) and not isinstance(weights, dict | tuple):
        return keras.tree.map_structure(lambda _: weights, targets)
    if isinstance(targets, tuple) and isinstance(weights, tuple) and len(targets) == len(weights):
        return tuple(
            np.ones(len(target), "float32") if weight is None else weight
            for target, weight in zip(targets, weights, strict=True)
        )
    return weights
