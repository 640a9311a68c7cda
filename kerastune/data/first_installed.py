"""Data sets in packages that may not be installed."""

from dataclasses import replace

from kerastune.data.open import NAMED
from kerastune.data.source import Source
from kerastune.errors import InputError, MissingExtraError, MissingPackageError, closest


def first_installed(*names: str) -> Source:
    """Returns the first of some named data sets whose package is installed.

    Args:
        *names: str, keys of `NAMED`, the best first.

    Returns:
        A `Source`, with a note on each that was passed over, and how to install it.

    Raises:
        InputError: if a name is not known.
        MissingExtraError: if none is installed, with what to install for the last.
        MissingPackageError: likewise.

    Example:

    >>> first_installed("diabetes").name
    'diabetes'
    """
    notes: list[str] = []
    for position, name in enumerate(names, start=1):
        if name not in NAMED:
            raise InputError(
                f"Expected the name of a data set. Received: {name!r}.{closest(name, list(NAMED))}"
            )
        try:
            source = NAMED[name].open(name)
        except (MissingExtraError, MissingPackageError) as error:
            if position == len(names):
                raise
            notes.append(f"{name} was not available, so these are {names[position]}. {error}")
        else:
            return replace(source, notes=(*notes, *source.notes))
    raise InputError("Expected at least one name. Received: none")
