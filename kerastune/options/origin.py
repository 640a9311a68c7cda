"""The job that runs were made by, built anew: it gives the samples, and the model at its start."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kerastune.errors import InputError
from kerastune.jobs.configuration import read_configuration
from kerastune.jobs.described import identified
from kerastune.jobs.recipe import Recipe
from kerastune.jobs.recipe_files import find_recipe, is_file
from kerastune.options.parsing import parse_options

if TYPE_CHECKING:
    from kerastune.jobs.job import Job
    from kerastune.records import RunRecord

_OF_PYTHON = ("data", "test_data")


def recipe_of(record: "RunRecord", recipe: "Recipe[Any] | str | Path | None") -> Recipe[Any]:
    """Returns the recipe of a run.

    A file that the run itself names is not imported: it has to be given.

    Args:
        record: the `RunRecord`.
        recipe: what was given for it: a `Recipe`, a Python file, or None.

    Returns:
        A `Recipe`.

    Raises:
        InputError: if it is in a file that was not given, or there is none.

    Example:

    >>> from datetime import datetime
    >>> from kerastune import recipes
    >>> from kerastune.records import RunRecord
    >>> record = RunRecord(Path("runs/a"), "lenet", "finished", datetime(2026, 1, 1), 3.5)
    >>> recipe_of(record, recipes.lenet).__name__
    'lenet'
    """
    if isinstance(recipe, Recipe):
        return recipe
    address = read_configuration(record.directory / "config.yaml").recipe or record.recipe
    if not is_file(address):
        return find_recipe(address)
    if recipe is None:
        raise InputError(
            f"Expected the file of the recipe {record.recipe}, which is imported only where it is "
            "given. Received: none. Add --recipe FILE"
        )
    return find_recipe(str(recipe) if ".py:" in str(recipe) else f"{recipe}:{record.recipe}")


def file_of(recipe: "Recipe[Any] | str | Path | None") -> str | None:
    """Returns the Python file of a recipe that was given by one, or None.

    Args:
        recipe: a `Recipe`, `FILE.py` or `FILE.py:NAME`, or None.

    Example:

    >>> file_of("mine.py:small")
    'mine.py'
    """
    if recipe is None or isinstance(recipe, Recipe):
        return None
    file, ending, _ = str(recipe).rpartition(".py:")
    return f"{file}.py" if ending else str(recipe)


def built_anew(record: "RunRecord", recipe: Recipe[Any], **given: Any) -> "Job":
    """Returns the job of a run, not trained.

    Args:
        record: the `RunRecord`.
        recipe: the `Recipe`.
        **given: options of the recipe to set besides; `data` and `test_data` where the run was
            made from objects of Python.

    Returns:
        A `Job`.

    Raises:
        InputError: if the run's configuration cannot be used, or it was made from objects that
            are not given.

    Example:

    See `kerastune.soup`.
    """
    file = record.directory / "config.yaml"
    held = read_configuration(file).options
    arguments = ["--config", str(file)]
    for name in _OF_PYTHON:
        value = held.get(name)
        if isinstance(value, str) and value.startswith("<") and value.endswith(">"):
            if given.get(name) is None:
                raise InputError(
                    f"Expected `{name}` as it was given to '{record.directory}' in Python. "
                    f"Received: none. Give it in Python, {name}=..."
                )
            arguments += [f"--{name}", "given"]
    options = parse_options(recipe, arguments, recipe.__name__)
    options.pop("backend", None)
    chosen = {name: value for name, value in given.items() if value is not None}
    return recipe.build(**{**options, "repeats": 1, **chosen})


def require_same_samples(
    job: "Job", records: "Sequence[RunRecord]", build: "Callable[[RunRecord], Job]"
) -> None:
    """Raises unless runs had the samples that a job has, in the same parts.

    So no run has trained on the samples by which the soup is validated. What the parts are does not
    depend on the seed of a run.

    Args:
        job: the `Job` of the first run, built anew.
        records: sequence of `RunRecord`.
        build: function from a run to its `Job`, for those that have not written which samples
            they had: trials of `kerastune tune`.

    Raises:
        InputError: if they differ, or there are no validation samples.

    Example:

    >>> from kerastune import recipes
    >>> require_same_samples(recipes.linear_regression.build(validation_fraction=0.2), [], None)
    """
    now = identified(job.splits)
    if "validation" not in now:
        raise InputError(
            "Expected runs with validation samples, by which their mean is judged. Received: "
            f"'{records[0].directory}', which had none. Train with --validation_fraction 0.2"
        )
    for number, record in enumerate(records):
        had = record.samples() or (identified(build(record).splits) if number else now)
        for use in ("training", "validation", "test"):
            if had.get(use, {}).get("fingerprint") != now[use]["fingerprint"]:
                raise InputError(
                    f"Expected runs of the same samples, split alike. Received: "
                    f"'{record.directory}', whose {use} samples are not those that "
                    f"'{records[0].directory}' has now. Train them with the same data, test_data, "
                    "test_fraction, validation_fraction and split_by"
                )
