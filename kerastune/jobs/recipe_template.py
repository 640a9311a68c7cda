"""A recipe to start from, written to a file of the user's own."""

import keyword
from importlib import resources
from pathlib import Path

from kerastune.errors import InputError, reason

_NAME = "my_recipe"


def write_recipe(file: str | Path) -> Path:
    """Writes a recipe that runs, to be changed.

    Args:
        file: str or Path, where to; it ends in `.py`, and its name becomes the recipe's.

    Returns:
        Path of the file.

    Raises:
        InputError: if the file is there already, has no name for a recipe, or cannot be
            written.

    Example:

    >>> import tempfile
    >>> path = write_recipe(Path(tempfile.mkdtemp()) / "flowers.py")
    >>> "def flowers(" in path.read_text()
    True
    """
    path = Path(file)
    name = path.stem
    if path.suffix != ".py" or not name.isidentifier() or keyword.iskeyword(name):
        raise InputError(
            "Expected a file whose name is one of a Python function, such as my_recipe.py. "
            f"Received: '{file}'"
        )
    template = resources.files("kerastune.jobs").joinpath("recipe_template.txt")
    try:
        with path.open("x", encoding="utf-8") as opened:
            opened.write(template.read_text(encoding="utf-8").replace(_NAME, name))
    except FileExistsError:
        raise InputError(f"Expected a new file. Received: '{file}', which is there") from None
    except OSError as error:
        raise InputError(
            f"Expected a file that can be written. Received: '{file}': {reason(error)}"
        ) from error
    return path
