"""How far backends may be apart and still count as the same."""

from dataclasses import dataclass

from kerastune.errors import InputError

EPSILONS = {"float32": 2.0**-23, "float64": 2.0**-52, "bfloat16": 2.0**-7, "float16": 2.0**-10}
"""The distance from 1 to the next number, by type."""

ROUNDING = 10.0
"""How many times what a change by rounding moves on one backend is still no difference."""


def limit_of(tolerance: float, moved: float) -> float:
    """How far something may be apart: a tolerance, or ten times what rounding moves.

    Args:
        tolerance: float.
        moved: float, how far a change by rounding moves it on the reference, measured alike.

    Example:

    >>> limit_of(1e-4, moved=1e-3)
    0.01
    """
    return max(tolerance, ROUNDING * moved)


@dataclass(frozen=True)
class Tolerances:
    """How far backends may be apart and still count as the same.

    Each holds for float32; in half precision it is at least four times the distance from 1 to the
    next number. Whatever ten times a change of the inputs by rounding moves on the reference
    itself is always within it.

    Args:
        forward: float, the largest difference of an output, as a share of the largest output.
            Defaults to 1e-4.
        gradient: float, the norm of the difference of a gradient, as a share of the norm of
            the whole gradient. Defaults to 1e-3.
        loss: float, the difference of losses, both absolutely and as a share of the loss.
            Defaults to 1e-3.
        update: float, the norm of the difference of what the first step adds to a weight, as a
            share of that. Defaults to 5e-2.

    Raises:
        InputError: if one is not above 0.

    Example:

    >>> Tolerances(forward=1e-5).for_precision("bfloat16").forward
    0.03125
    """

    forward: float = 1e-4
    gradient: float = 1e-3
    loss: float = 1e-3
    update: float = 5e-2

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if isinstance(value, bool) or not isinstance(value, int | float) or not value > 0:
                raise InputError(f"Expected a tolerance above 0. Received: {name}={value!r}")

    def for_precision(self, kind: str) -> "Tolerances":
        """The tolerances in another type of numbers.

        Args:
            kind: str, such as `"bfloat16"`.
        """
        least = 4 * EPSILONS[kind]
        return Tolerances(**{name: max(value, least) for name, value in vars(self).items()})
