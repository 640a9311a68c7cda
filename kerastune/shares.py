"""Settings that are a share of something, such as a dropout rate."""

from kerastune.errors import InputError


def require_shares(**shares: float) -> None:
    """Raises unless all settings are from 0 up to, not including, 1.

    Args:
        **shares: the settings, float, by name.

    Raises:
        InputError: if one is out of this range.

    Example:

    >>> require_shares(dropout=1.0)
    Traceback (most recent call last):
        ...
    kerastune.errors.InputError: Expected `dropout` from 0 up to, ... Received: dropout=1.0
    """
    for name, share in shares.items():
        if not 0 <= share < 1:
            raise InputError(
                f"Expected `{name}` from 0 up to, not including, 1. Received: {name}={share}"
            )
