"""Optuna, where it is installed."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

from kerastune.errors import MissingExtraError


def import_optuna() -> ModuleType:
    """Returns Optuna.

    Raises:
        MissingExtraError: if it is not installed.

    Example:

    >>> import_optuna().__name__
    'optuna'
    """
    try:
        import optuna
    except ModuleNotFoundError as error:
        raise MissingExtraError("A search for settings", "tune") from error
    return optuna


@contextmanager
def quiet_optuna() -> Iterator[None]:
    """Keeps Optuna's remarks off the terminal inside a `with` block: this library makes its own.

    Yields:
        None.

    Example:

    >>> with quiet_optuna():
    ...     import_optuna().logging.get_verbosity() == import_optuna().logging.ERROR
    True
    """
    optuna = import_optuna()
    former = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            yield
    finally:
        optuna.logging.set_verbosity(former)
