"""The inverse error function, of which normal numbers are made."""

from functools import reduce
from typing import Any

from kerastune.backends.choice import select

select()

from keras import ops

_CENTRE = (
    *(2.81022636e-08, 3.43273939e-07, -3.5233877e-06, -4.39150654e-06, 0.00021858087),
    *(-0.00125372503, -0.00417768164, 0.246640727, 1.50140941),
)
_TAIL = (
    *(-0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773),
    *(-0.0076224613, 0.00943887047, 1.00167406, 2.83297682),
)


def inverse_error_function(values: Any) -> Any:
    """Returns what the error function makes these values of.

    That of TensorFlow adds 1 first, and of values next to 1 has lost four digits: the normal
    numbers of the backends would differ by 2e-4. This is the one that XLA has, for JAX too.

    Args:
        values: float32 tensor of numbers above -1 and below 1.

    Returns:
        float32 tensor of that shape.

    Reference:
        Giles, 2012, "Approximating the erfinv Function", in GPU Computing Gems, Jade Edition.

    Example:

    >>> round(float(inverse_error_function(ops.array(0.5))), 5)
    0.47694
    """
    from_end = -ops.log1p(-values * values)
    centre = _polynomial(_CENTRE, from_end - 2.5)
    tail = _polynomial(_TAIL, ops.sqrt(from_end) - 3.0)
    return ops.where(from_end < 5.0, centre, tail) * values


def _polynomial(coefficients: tuple[float, ...], values: Any) -> Any:
    """A polynomial by its coefficients, that of the highest power first."""
    first, *others = coefficients
    return reduce(lambda sum_, one: sum_ * values + one, others, first)
