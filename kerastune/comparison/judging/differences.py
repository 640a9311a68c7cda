"""How far two arrays are apart, and whether that is too far."""

from dataclasses import dataclass

import numpy as np

STAGES = {
    "structure": "how the model is built",
    "data": "data",
    "start": "initial weights",
    "layer": "layers",
    "forward": "outputs of the whole model",
    "loss": "loss",
    "gradient": "gradients of the first step",
    "optimizer": "one step of the optimizer",
    "update": "weights after the first step",
    "training": "loss curves",
}
"""What is compared, in the order in which a difference is looked for."""


@dataclass(frozen=True)
class Difference:
    """How far a backend is from the reference in one thing.

    Args:
        stage: str, one of `STAGES`.
        name: str, the layer, variable, batch or step.
        backend: str.
        absolute: float, the largest difference, or its norm for gradients; infinite where one
            side is undefined.
        relative: float, that as a share of the reference.
        limit: float, the relative difference that is within the tolerance.
        status: str, `"same"`; `"close"`, within the tolerance and more than rounding; `"off"`;
            or `"listed"`, which is not judged.
        form: str, what of it: `"inference"`, `"training"`, `"inputs"`, `"variables"`.
        note: str, what else to know.
        place: int, where it is in the order of the reference.

    Example:

    >>> Difference("layer", "conv", "jax", 0.1, 0.01, 1e-4, "off").is_off
    True
    """

    stage: str
    name: str
    backend: str
    absolute: float
    relative: float
    limit: float
    status: str
    form: str = ""
    note: str = ""
    place: int = 0

    @property
    def is_off(self) -> bool:
        """Whether it is beyond the tolerance."""
        return self.status == "off"

    @property
    def excess(self) -> float:
        """How many times the limit it is."""
        return self.relative / self.limit


def largest_gap(reference: np.ndarray, other: np.ndarray) -> float:
    """The largest difference of two arrays; infinite where only one side is finite.

    Args:
        reference: array.
        other: array.

    Example:

    >>> largest_gap(np.array([1.0, np.nan]), np.array([1.5, np.nan]))
    0.5
    >>> largest_gap(np.array([1.0]), np.array([np.nan]))
    inf
    """
    return float(np.max(_gaps(reference, other), initial=0.0))


def norm_of_gap(reference: np.ndarray, other: np.ndarray) -> float:
    """The Euclidean norm of the difference of two arrays, as `largest_gap` takes it.

    Args:
        reference: array.
        other: array.

    Example:

    >>> norm_of_gap(np.zeros(2), np.array([3.0, 4.0]))
    5.0
    """
    return float(np.linalg.norm(_gaps(reference, other)))


def scale_of(array: np.ndarray) -> float:
    """The largest finite number of an array, without its sign.

    Args:
        array: array.

    Example:

    >>> scale_of(np.array([-2.0, np.inf]))
    2.0
    """
    values = np.abs(_numbers(array))
    return float(np.max(values[np.isfinite(values)], initial=0.0))


def norm(array: np.ndarray) -> float:
    """The Euclidean norm of an array.

    Args:
        array: array.

    Example:

    >>> norm(np.array([3.0, 4.0]))
    5.0
    """
    return float(np.linalg.norm(_numbers(array)))


def share(part: float, whole: float) -> float:
    """A part as a share of a whole, which may be 0.

    Args:
        part: float.
        whole: float.

    Example:

    >>> share(1.0, 4.0), share(0.0, 0.0), share(1.0, 0.0)
    (0.25, 0.0, inf)
    """
    if part == 0:
        return 0.0
    return part / whole if whole else float("inf")


def _numbers(array: np.ndarray) -> np.ndarray:
    """The numbers of an array, so that differences of them are exact enough."""
    return np.asarray(array, "float64").reshape(-1)


def _gaps(reference: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The differences of two arrays, number by number."""
    if reference.shape != other.shape:
        return np.array([np.inf])
    if reference.dtype.kind in "US":
        return (reference != other).reshape(-1).astype("float64")
    first, second = _numbers(reference), _numbers(other)
    with np.errstate(invalid="ignore"):
        gaps = np.abs(first - second)
    alike = (first == second) | (np.isnan(first) & np.isnan(second))
    gaps[alike] = 0.0
    return np.where(np.isnan(gaps), np.inf, gaps)
