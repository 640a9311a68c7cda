"""The runs that a soup is made of, read and checked: they have to be of one kind."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kerastune.errors import InputError, reason
from kerastune.jobs.loading import load
from kerastune.jobs.resuming import FINISHED
from kerastune.jobs.run_directories import FIRST_REPEAT, RESULT
from kerastune.jobs.runs import UNTESTED
from kerastune.records import RunRecord, find_record
from kerastune.tuning import merge_and_remove_adapters
from kerastune.tuning.adapters.attaching import adapters_of

if TYPE_CHECKING:
    import numpy as np

    from kerastune.jobs.result import Result

# What Keras appends to a name that there is already in a process, as in `dense_3`.
_COUNTER = re.compile(r"_\d+(?=/|$)")
# Parts of a preprocessor that say nothing about what it gives for samples that are not hidden.
_NOT_COMPARED = ("name", "seed")


@dataclass(frozen=True)
class Ingredient:
    """A run as it goes into a soup.

    Args:
        record: the `RunRecord`.
        weights: list of arrays, those of its model, with its adapters merged into them.
        has_adapters: bool, whether it had any.

    Example:

    >>> from datetime import datetime
    >>> record = RunRecord(Path("runs/a"), "lenet", "finished", datetime(2026, 1, 1), 3.5)
    >>> Ingredient(record, []).name
    'runs/a'
    """

    record: RunRecord
    weights: "list[np.ndarray]"
    has_adapters: bool = False

    @property
    def name(self) -> str:
        """Where it is, str."""
        return str(self.record.directory)


def find_runs(runs: Sequence[str | Path]) -> list[RunRecord]:
    """Returns the records of runs; for one of repeats, those of all of its seeds.

    Args:
        runs: sequence of str or Path, run directories, or names of some in `runs`.

    Returns:
        List of `RunRecord`.

    Raises:
        InputError: if there is no such run, it is not trained to its end, or is there twice, or
            the recipes differ.

    Example:

    >>> find_runs(["no/such/run"])
    Traceback (most recent call last):
        ...
    kerastune.errors.InputError: Expected a run directory, or the name of one in ...
    """
    found = [record for run in runs for record in _with_repeats(find_record(run))]
    if not found:
        raise InputError("Expected at least one run. Received: none. See: kerastune runs")
    for place, record in enumerate(found):
        if record.state not in (FINISHED, UNTESTED):
            raise InputError(
                f"Expected runs that are finished. Received: '{record.directory}', which is "
                f"{record.state}"
            )
        if record.directory.resolve() in [one.directory.resolve() for one in found[:place]]:
            raise InputError(f"Expected runs that differ. Received: '{record.directory}' twice")
        if record.recipe != found[0].recipe:
            raise InputError(
                f"Expected runs of one recipe. Received: '{found[0].directory}' of "
                f"{found[0].recipe} and '{record.directory}' of {record.recipe}"
            )
    return found


def read_ingredients(
    records: Sequence[RunRecord], recipe_file: str | Path | None = None
) -> "tuple[Result, list[Ingredient]]":
    """Returns the result of the first run, and the weights of all.

    Adapters are merged into the kernels: the mean of products is not the product of means.

    Args:
        records: sequence of `RunRecord`, at least one.
        recipe_file: str or Path of a Python file with classes that they need, or None.

    Returns:
        A tuple of a `Result`, whose model has no adapters, and a list of `Ingredient`.

    Raises:
        InputError: if a run cannot be read, its model or preprocessor differs from that of the
            first, or its adapters cannot be merged.

    Example:

    See `kerastune.soup`.
    """
    first: Result | None = None
    found = []
    for record in records:
        result = load(record.directory, recipe_file)
        has_adapters = bool(adapters_of(result.model))
        if has_adapters:
            _merge(result, record)
        if first is None:
            first = result
        else:
            _require_alike(first, result, records[0], record)
        found.append(Ingredient(record, result.model.get_weights(), has_adapters))
    assert first is not None
    return first, found


def _with_repeats(record: RunRecord) -> list[RunRecord]:
    """The runs of a run with repeats, or the run itself."""
    folder = record.directory
    if (folder / RESULT).is_file() or not (folder / FIRST_REPEAT).is_dir():
        return [record]
    repeats = sorted(folder.glob("repeat-*"), key=lambda path: (len(path.name), path.name))
    return [find_record(path) for path in repeats]


def _merge(result: "Result", record: RunRecord) -> None:
    try:
        merge_and_remove_adapters(result.model)
    except InputError as error:
        raise InputError(
            f"Expected runs whose adapters can be merged into the kernels, which are averaged. "
            f"Received: '{record.directory}': {reason(error)}"
        ) from error


def _require_alike(
    first: "Result", other: "Result", first_record: RunRecord, record: RunRecord
) -> None:
    """Raises unless the models of two runs have the same weights, and they prepare alike."""
    shapes = [
        [(_COUNTER.sub("", one.path), tuple(one.shape)) for one in result.model.weights]
        for result in (first, other)
    ]
    told = f"'{record.directory}'"
    if len(shapes[0]) != len(shapes[1]):
        raise InputError(
            f"Expected runs whose models have the same weights. Received: {told} with "
            f"{len(shapes[1])} of them, and '{first_record.directory}' with {len(shapes[0])}"
        )
    for (path, shape), (path_here, shape_here) in zip(*shapes, strict=True):
        if (path, shape) != (path_here, shape_here):
            raise InputError(
                f"Expected runs whose models have the same weights. Received: {told} with "
                f"{path_here} of shape {shape_here}, and '{first_record.directory}' with {path} "
                f"of shape {shape}"
            )
    if _prepared_by(first_record) != _prepared_by(record) or first.targets != other.targets:
        raise InputError(
            f"Expected runs that prepare samples alike. Received: {told}, whose preprocessor "
            f"differs from that of '{first_record.directory}'"
        )


def _prepared_by(record: RunRecord) -> dict[str, Any]:
    """The files of a preprocessor, by name."""
    folder = record.directory / "preprocessor"
    found: dict[str, Any] = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            held: Any = path.read_bytes()
            if path.name == "class.json":
                held = _compared(json.loads(held))
            found[str(path.relative_to(folder))] = held
    return found


def _compared(settings: Any) -> Any:
    if isinstance(settings, dict):
        return {
            name: _compared(value) for name, value in settings.items() if name not in _NOT_COMPARED
        }
    return [_compared(one) for one in settings] if isinstance(settings, list) else settings
