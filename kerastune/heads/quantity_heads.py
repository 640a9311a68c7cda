"""The heads for quantities, by name."""

from kerastune.errors import InputError, closest
from kerastune.heads.gaussian import Gaussian
from kerastune.heads.head import Head
from kerastune.heads.ordinal import Ordinal
from kerastune.heads.quantile import Quantile
from kerastune.heads.regression import Regression

_HEADS: dict[str, type[Head]] = {
    "regression": Regression,
    "gaussian": Gaussian,
    "quantile": Quantile,
    "ordinal": Ordinal,
}


def quantity_head(name: str) -> type[Head]:
    """Returns the class of heads for quantities that has a name.

    Args:
        name: str, `"regression"`, `"gaussian"`, `"quantile"` or `"ordinal"`.

    Returns:
        `Regression`, `Gaussian`, `Quantile` or `Ordinal`.

    Raises:
        InputError: if there is none of that name.

    Example:

    >>> quantity_head("gaussian").__name__
    'Gaussian'
    """
    if name not in _HEADS:
        raise InputError(
            f"Expected a head out of {', '.join(_HEADS)}. Received: {name!r}."
            + closest(str(name), list(_HEADS))
        )
    return _HEADS[name]
