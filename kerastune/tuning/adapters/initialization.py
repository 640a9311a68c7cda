"""What the two matrices of LoRA start from."""

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
        return _principal(linear_map.values(linear), rank, scale)
    if name == "orthogonal":
        return _orthogonal(linear_map, rank)
    if name == "gaussian":
        return keras.initializers.RandomNormal(stddev=1 / rank), "zeros"
    # What a linear layer of PyTorch starts from, of which PEFT makes its A.
    limit = linear_map.rows**-0.5
    return keras.initializers.RandomUniform(-limit, limit), "zeros"


def _principal(matrix: np.ndarray, rank: int, scale: float) -> tuple[Any, Any]:
    """The largest singular values of a kernel, half of each in either matrix."""
    if rank > min(matrix.shape):
        raise InputError(
            f"Expected a rank of at most {min(matrix.shape)} for 'pissa' in a kernel of shape "
            f"{matrix.shape}. Received: {rank}"
        )
    left, values, right = np.linalg.svd(matrix.astype("float64"), full_matrices=False)
    roots = np.sqrt(values[:rank] / scale)
    return _given(left[:, :rank] * roots), _given(roots[:, None] * right[:rank])


def _orthogonal(linear_map: LinearMap, rank: int) -> tuple[Any, Any]:
    """Random matrices whose product is zero, as they are made of different rows of a basis.

    Büyükakyüz, 2024, "OLoRA: Orthonormal Low-Rank Adaptation of Large Language Models",
    https://arxiv.org/abs/2406.01775, has orthonormal matrices; this is what PEFT calls orthogonal.
    """
    rows, columns = linear_map.rows, linear_map.columns
    half = rank // 2
    if rank % 2:
        raise InputError(f"Expected an even rank for 'orthogonal'. Received: {rank}")
    basis = np.asarray(
        keras.ops.convert_to_numpy(keras.initializers.Orthogonal()((rank, rank))), "float64"
    )
    draw = keras.initializers.RandomNormal(stddev=1.0)
    into = keras.ops.convert_to_numpy(draw((rows, half)))
    out = keras.ops.convert_to_numpy(draw((half, columns)))
    return _given(into @ basis[0::2] / 10), _given(basis[1::2].T @ out / 10)


def _given(value: np.ndarray) -> Any:
    """An initializer that gives one value."""

    def initializer(shape: Any, dtype: Any = None, **_: Any) -> Any:
        assert tuple(shape) == value.shape
        return keras.ops.convert_to_tensor(value, dtype=dtype)

    return initializer
