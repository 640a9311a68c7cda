"""Everything random seeded, for as long as something runs."""

from collections.abc import Iterator
from contextlib import contextmanager

from kerastune import backends


@contextmanager
def seeded(seed: int, precision: str, random: str = "backend") -> Iterator[None]:
    """Everything random seeded, and layers built in some precision, inside a `with` block.

    Both are as before afterwards, whatever happens inside.

    Args:
        seed: int from 0 to 2³² - 1.
        precision: str, the name of a Keras dtype policy.
        random: str, where Keras draws from, `"backend"` or `"portable"`. Defaults to the first.

    Raises:
        InputError: if the seed is out of its range, or there is no such precision.

    Example:

    >>> with seeded(0, "mixed_bfloat16"):
    ...     backends.precision()
    'mixed_bfloat16'
    >>> backends.precision()
    'float32'
    """
    former = backends.precision()
    with backends.kept_random_state(), backends.random_from(random):
        try:
            backends.seed_everything(seed)
            backends.set_precision(precision)
            yield
        finally:
            backends.set_precision(former)
