"""Where a command may write."""

from pathlib import Path

from kerastune.errors import InputError


def check_output(path: Path | None, suffixes: tuple[str, ...], option: str = "--output") -> None:
    """Raises for a file that cannot be what is to be written there, before any work is done.

    Args:
        path: Path, or None for no file.
        suffixes: tuple of str, the endings that the name may have, such as `(".png",)`.
        option: str, how the file was given. Defaults to `--output`.

    Raises:
        InputError: if the name ends otherwise, or its folder is not there.

    Example:

    >>> check_output(Path("rates.jpg"), (".png",))
    Traceback (most recent call last):
        ...
    kerastune.errors.InputError: Expected a name that ends in .png for --output. Received: ...
    """
    if path is None:
        return
    if path.suffix.lower() not in suffixes:
        raise InputError(
            f"Expected a name that ends in {' or '.join(suffixes)} for {option}. "
            f"Received: {str(path)!r}"
        )
    if not path.parent.is_dir() or path.is_dir():
        raise InputError(f"Expected a file in a folder that is there. Received: {str(path)!r}")
