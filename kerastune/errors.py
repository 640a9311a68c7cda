"""Errors that speak to a person: what was expected, what was received, what to do."""

from collections.abc import Sequence

from kerastune.installing import install_command

_LONGEST, _ADVICE = 2000, 500  # characters


class InputError(ValueError):
    """Something the caller gave cannot be used: a file, an option, a name.

    The message is one line that says what was expected, what came (`Received: …`)
    and what to do. The command prints it and exits with status 2. Whatever it quotes, it stays
    one line, of a length that a person reads.

    Args:
        message: str.

    Example:

    >>> raise InputError("Expected a positive number of epochs. Received: epochs=0")
    Traceback (most recent call last):
        ...
    kerastune.errors.InputError: Expected a positive number of epochs. Received: epochs=0
    """

    def __init__(self, message: str = "") -> None:
        line = " ".join(str(message).splitlines())
        if len(line) > _LONGEST:
            # What was expected comes first, and what to do comes last.
            line = f"{line[: _LONGEST - _ADVICE]} ... {line[-_ADVICE:]}"
        super().__init__(line)


class WrongDataError(InputError):
    """Data are of another kind than is read: texts for images, a column that is not there.

    What reads data for a recipe adds what the recipe reads.

    Example:

    >>> raise WrongDataError("Expected images. Received: texts")
    Traceback (most recent call last):
        ...
    kerastune.errors.WrongDataError: Expected images. Received: texts
    """


class MissingExtraError(InputError, ImportError):
    """An optional dependency is needed and not installed.

    Args:
        needed_for: str, what cannot be done without it.
        extra: str, the name of the extra that installs it.

    Example:

    >>> print(MissingExtraError("Reading `tfds:` data sets", "datasets"))
    Reading `tfds:` data sets needs an optional dependency: ...install ...[datasets]...
    """

    def __init__(self, needed_for: str, extra: str) -> None:
        super().__init__(f"{needed_for} needs an optional dependency: {install_command(extra)}")


class MissingPackageError(InputError, ImportError):
    """A package whose files are read is not installed. It is no extra, as it asks for too much.

    Args:
        needed_for: str, what cannot be done without it.
        package: str, its name.

    Example:

    >>> print(MissingPackageError("Reading MovieLens", "recbole"))
    Reading MovieLens needs the files of a package: pip install --no-deps recbole
    """

    def __init__(self, needed_for: str, package: str) -> None:
        super().__init__(
            f"{needed_for} needs the files of a package: pip install --no-deps {package}"
        )


def closest(name: str, known: list[str]) -> str:
    """Returns a hint that names the known name nearest to one that was not found.

    Args:
        name: str, what was asked for.
        known: list of str, what could have been asked for.

    Returns:
        A sentence with a leading space, or an empty string when nothing is near.

    Example:

    >>> closest("lenett", ["lenet", "linear_regression"])
    " Did you mean 'lenet'?"
    """
    from difflib import get_close_matches

    matches = get_close_matches(name, known, n=1)
    return f" Did you mean {matches[0]!r}?" if matches else ""


def reason(error: BaseException) -> str:
    """Returns the message of an error in one line.

    Args:
        error: an exception of any library.

    Returns:
        The first line of its message, or the name of its class if it says nothing.

    Example:

    >>> reason(OSError("file is too short\\n(details)")), reason(KeyError())
    ('file is too short', 'KeyError')
    """
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def some_of(names: Sequence[str], most: int = 4) -> str:
    """Returns the first of some names, and how many more there are.

    Args:
        names: sequence of str.
        most: int, how many are told. Defaults to 4.

    Example:

    >>> some_of(["a", "b", "c"], most=2)
    'a, b and 1 more'
    """
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
