"""Running one layer again on stored inputs: what it gives, and its gradients."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np

from kerastune.backends.dtypes import is_float
from kerastune.backends.forward_pass import kept_values
from kerastune.backends.jacobians import to_numpy, vector_jacobian
from kerastune.comparison.judging.tolerances import EPSILONS
from kerastune.comparison.tensors import unpack

FORMS = ("inference", "training", "inputs", "variables")
"""What is kept of a layer: its outputs in inference and in training, with the statistics that it
moves, and its gradients with respect to inputs and to variables."""


def replay(
    part: Any,
    packed: dict[str, Any],
    arrays: Any,
    change: Callable[[np.ndarray], np.ndarray] = lambda array: array,
    in_order: "Callable[[list[keras.Variable]], list[keras.Variable]]" = list,
) -> dict[str, list[np.ndarray]]:
    """Run a layer on stored inputs, in inference and in training, with its gradients.

    Args:
        part: a built layer, or an operation.
        packed: its arguments, as `pack` wrote them.
        arrays: the arrays of the arguments, by number.
        change: function that changes a floating-point input, such as `one_ulp`. Defaults to none.
        in_order: function that puts variables in the order in which their gradients are told.
            Defaults to the layer's own.

    Returns:
        Dictionary from each of `FORMS` to a list of arrays. Weights are as before.

    Example:

    >>> layer = keras.layers.Dense(1, kernel_initializer="ones"); layer.build((None, 2))
    >>> packed = {"tuple": [{"list": [{"array": 0, "dtype": "float32"}]}, {"dict": {}}]}
    >>> found = replay(layer, packed, [np.ones((1, 2), "float32")])
    >>> found["inference"][0].tolist(), found["variables"][0].shape
    ([[2.0]], (2, 1))
    """
    is_layer = isinstance(part, keras.layers.Layer)
    floats_of = [one for one in in_order(part.variables) if _is_float(one)] if is_layer else []
    variables = [one for one in floats_of if one.trainable]
    states = [one for one in floats_of if not one.trainable]
    dtype = part.compute_dtype if is_layer else None

    def make(array: np.ndarray, kind: str) -> Any:
        if array.dtype.kind == "f":
            kind = dtype if dtype == "float64" else kind
            array = change(array)
        return keras.ops.convert_to_tensor(array, dtype=kind)

    arguments = unpack(packed, arrays, make)
    leaves = keras.tree.flatten(arguments)
    places = [place for place, leaf in enumerate(leaves) if _is_float(leaf)]

    def call(tensors: Sequence[Any], training: bool) -> list[Any]:
        filled = list(leaves)
        for place, tensor in zip(places, tensors, strict=True):
            filled[place] = tensor
        given, options = keras.tree.pack_sequence_as(arguments, filled)
        options = {**options, "training": training} if is_layer else options
        outputs = part(*given, **options)
        return [leaf for leaf in keras.tree.flatten(outputs) if keras.ops.is_tensor(leaf)]

    floats = [leaves[place] for place in places]
    with kept_values(part.variables if is_layer else []):
        inference = [to_numpy(output) for output in call(floats, False)]
    count = len(inference)

    def train(*tensors: Any) -> list[Any]:
        return [*call(tensors, True), *(state.value for state in states)]

    def cotangent(place: int, shape: tuple[int, ...]) -> np.ndarray:
        # Statistics that a layer moves are no outputs of which a loss is made.
        if place >= count:
            return np.zeros(shape, "float32")
        return np.random.default_rng(place).normal(size=shape).astype("float32")

    with kept_values(part.variables if is_layer else []):
        products = vector_jacobian(train, floats, variables, cotangent)
    found = (inference, products.outputs, products.inputs, products.variables)
    return dict(zip(FORMS, found, strict=True))


def one_ulp(precision: str, seed: int = 0) -> Callable[[np.ndarray], np.ndarray]:
    """A function that moves each number up or down by as much as rounding may.

    Numbers near zero move by what a thousandth of the largest one would, so that equal ones
    are equal no more.

    Args:
        precision: str, the type in which the numbers are held, such as `"bfloat16"`.
        seed: int, which way each of them moves. Defaults to 0.

    Example:

    >>> moved = one_ulp("float32")(np.array([1.0, 0.0], "float32"))
    >>> bool(0 < abs(moved[0] - 1) < 2e-7 and 0 < abs(moved[1]) < 2e-10)
    True
    """
    epsilon = EPSILONS[precision]

    def moved(array: np.ndarray) -> np.ndarray:
        sign = np.random.default_rng(seed).choice([-1.0, 1.0], size=array.shape)
        finite = np.where(np.isfinite(array), np.abs(array), 0.0)
        size = np.maximum(finite, 1e-3 * finite.max(initial=0.0))
        return (array + epsilon * sign * size).astype(array.dtype)

    return moved


def _is_float(value: Any) -> bool:
    """Whether a value is a tensor or variable of floating-point numbers."""
    is_one = keras.ops.is_tensor(value) or isinstance(value, keras.Variable)
    return is_one and is_float(value.dtype)
