"""What the two matrices of LoRA start from."""

from collections.abc import Callable
from functools import cache
from typing import Any

import keras
import numpy as np

from kerastune.errors import InputError
from kerastune.tuning.adapters.adapter import Linear
from kerastune.tuning.adapters.linear_maps import LinearMap

INITIALIZATIONS = ("default", "gaussian", "pissa", "orthogonal")


def first_factors(
    name: str, linear_map: LinearMap, rank: int, scale: float, linear: Linear
) -> tuple[Any, Any]:
    """Returns the initializers of A and B.

    Args:
        name: str out of `INITIALIZATIONS`.
        linear_map: the `LinearMap` of the layer.
        rank: int.
        scale: float, by which the product is multiplied.
        linear: function that computes the layer without its activation.

    Returns:
        Two initializers.

    Example:

    >>> from kerastune.tuning.adapters.linear_maps import linear_map
    >>> dense = keras.layers.Dense(2)
    >>> dense.build((None, 3))
    >>> first_factors("default", linear_map(dense), 1, 1.0, dense)[1]
    'zeros'
    """
    if name == "pissa":
        return _principal(linear_map, rank, scale, linear)
    if name == "orthogonal":
        return _orthogonal(linear_map, rank)
    if name == "gaussian":
        return keras.initializers.RandomNormal(stddev=1 / rank), "zeros"
    # What a linear layer of PyTorch starts from, of which PEFT makes its A.
    limit = linear_map.rows**-0.5
    return keras.initializers.RandomUniform(-limit, limit), "zeros"


def _principal(linear_map: LinearMap, rank: int, scale: float, linear: Linear) -> tuple[Any, Any]:
    """The largest singular values of a kernel, half of each in either matrix."""
    most = min(linear_map.rows, linear_map.columns)
    if rank > most:
        raise InputError(
            f"Expected a rank of at most {most} for 'pissa' in a kernel of shape "
            f"{(linear_map.rows, linear_map.columns)}. Received: {rank}"
        )

    @cache
    def factors() -> tuple[np.ndarray, np.ndarray]:
        matrix = linear_map.values(linear).astype("float64")
        left, values, right = np.linalg.svd(matrix, full_matrices=False)
        roots = np.sqrt(values[:rank] / scale)
        return left[:, :rank] * roots, roots[:, None] * right[:rank]

    return _given(lambda: factors()[0]), _given(lambda: factors()[1])


def _orthogonal(linear_map: LinearMap, rank: int) -> tuple[Any, Any]:
    """Random matrices whose product is zero, as they are made of different rows of a basis.

    Büyükakyüz, 2024, "OLoRA: Orthonormal Low-Rank Adaptation of Large Language Models",
    https://arxiv.org/abs/2406.01775, has orthonormal matrices; this is what PEFT calls orthogonal.
    """
    if rank % 2:
        raise InputError(f"Expected an even rank for 'orthogonal'. Received: {rank}")
    half = rank // 2
    draw = keras.initializers.RandomNormal(stddev=1.0)

    @cache
    def basis() -> np.ndarray:
        square = keras.initializers.Orthogonal()((rank, rank))
        return np.asarray(keras.ops.convert_to_numpy(square), "float64")

    def into() -> np.ndarray:
        return keras.ops.convert_to_numpy(draw((linear_map.rows, half))) @ basis()[0::2] / 10

    def out() -> np.ndarray:
        return basis()[1::2].T @ keras.ops.convert_to_numpy(draw((half, linear_map.columns))) / 10

    return _given(into), _given(out)


def _given(value: Callable[[], np.ndarray]) -> Any:
    """An initializer that gives what a function gives, once it is asked for it."""

    def initializer(_: Any, dtype: Any = None, **__: Any) -> Any:
        return keras.ops.convert_to_tensor(value(), dtype=dtype)

    return initializer
