"""One process of a comparison: `python -m kerastune.comparison.worker SPECIFICATION`."""

import sys
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from kerastune import backends, files
from kerastune.comparison.specification import Specification
from kerastune.errors import InputError

if TYPE_CHECKING:
    from kerastune.comparison.work.subjects import Subject


def main(arguments: Sequence[str]) -> int:
    """Do what a specification says, on its backend.

    Args:
        arguments: sequence of str, the path of the specification.

    Returns:
        The exit status: 0, or 2 where something given cannot be used; that is then written to
        `error.json` beside what else the process writes.

    Example:

    >>> main([])
    Traceback (most recent call last):
        ...
    ValueError: not enough values to unpack (expected 1, got 0)
    """
    (path,) = arguments
    specification = Specification.read(Path(path))
    output = Path(specification.output)
    try:
        backends.select(specification.backend)
        run(specification)
    except InputError as error:
        files.write_json(output / "error.json", {"message": str(error)})
        return 2
    return 0


def run(specification: Specification) -> None:
    """Build what is compared, and run it.

    Args:
        specification: the `Specification`.

    Raises:
        InputError: if something given cannot be used.
    """
    from kerastune.backends.quiet_start import quiet_start

    begun = perf_counter()
    with quiet_start():
        backends.seed_everything(specification.seed)
        imported = perf_counter()
        from kerastune.comparison.work import measuring, working

    building = perf_counter()
    subject = _subject(specification)
    if specification.task == "judge":
        working.judge(subject, specification)
    elif specification.task == "measure":
        start = {"import": imported - begun, "build": perf_counter() - building}
        measuring.measure(subject, specification, start)
    else:
        working.work(subject, specification)


def _subject(specification: Specification) -> "Subject":
    """What is compared."""
    from kerastune.comparison.work import given_models
    from kerastune.comparison.work.subjects import recipe_subject
    from kerastune.jobs.recipe import Recipe
    from kerastune.jobs.recipe_files import find_recipe, import_recipe_file, recipe_names

    what = specification.what
    if specification.classes_file is not None:
        import_recipe_file(specification.classes_file)
    if what.endswith(".keras"):
        return given_models.file_subject(Path(what), specification)
    if what in recipe_names() or what.endswith(".py"):
        return recipe_subject(find_recipe(what), specification)
    found = given_models.named_object(what)
    if isinstance(found, Recipe):
        return recipe_subject(found, specification)
    return given_models.function_subject(found, specification)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
