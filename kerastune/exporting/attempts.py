"""Artefacts tried: a run read, its model written in each format, run, and compared with Keras."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kerastune.backends.exported.formats import FORMATS, HERE
from kerastune.errors import InputError
from kerastune.exporting.batches import Arrays, write_batches
from kerastune.exporting.comparing import artefact, compared
from kerastune.exporting.faults import known_fault
from kerastune.exporting.forward import by_name, computed, forward_model, in_float32, served_model
from kerastune.exporting.outcome import Artefact
from kerastune.exporting.processes import ran, written
from kerastune.exporting.raw_inputs import raw_batches, raw_columns
from kerastune.exporting.samples import Samples, prepared_inputs, samples_of
from kerastune.exporting.weight_files import WEIGHT_FILES
from kerastune.jobs.loading import load
from kerastune.jobs.model_files import save_model_and_adapters
from kerastune.options.origin import file_of
from kerastune.tuning import merge_and_remove_adapters
from kerastune.tuning.adapters.attaching import adapters_of

if TYPE_CHECKING:
    import keras

    from kerastune.jobs.recipe import Recipe
    from kerastune.jobs.result import Result
    from kerastune.records import RunRecord

SIZES = (8, 3, 1)
"""The samples of the batches that are compared."""


@dataclass
class Attempt:
    """What is exported, and what came of it before it is put in place.

    Args:
        record: the `RunRecord` of the run.
        result: its `Result`, whose model has no adapters any more where they can be merged.
        part: the part of the model that is used after training, most often all of it.
        forward: the same with named inputs and outputs, which the artefacts compute.
        samples: the `Samples` on which they are compared.
        work: Path of the folder with what is written.
        batches: list of dictionaries from the names of inputs to arrays.
        expected: list of dictionaries from the names of outputs to arrays, by Keras.
        expected_raw: likewise for raw samples, or None where preprocessing is not included.
        artefacts: list of `Artefact`, one a format.
        notes: list of str, what a person has to know.

    Example:

    See `kerastune.export`.
    """

    record: "RunRecord"
    result: "Result"
    part: "keras.Model"
    forward: "keras.Model"
    samples: Samples
    work: Path
    batches: list[Arrays]
    expected: list[Arrays]
    expected_raw: list[Arrays] | None = None
    artefacts: list[Artefact] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def attempt(
    record: "RunRecord",
    names: Sequence[str],
    work: Path,
    recipe: "Recipe[Any] | str | Path | None" = None,
    data: Any = None,
    announce: Callable[[str], None] = print,
) -> Attempt:
    """Writes a run in each format, runs what was written, and compares it with Keras.

    Args:
        record: the `RunRecord`.
        names: sequence of str, formats.
        work: Path of an empty folder.
        recipe: as for `kerastune.export`.
        data: as for `kerastune.export`.
        announce: function that is told how far it is.

    Returns:
        An `Attempt`.

    Raises:
        InputError: if the run cannot be read.

    Example:

    See `kerastune.export`.
    """
    made = prepared(record, work, recipe, data)
    announce(f"Comparing on {made.samples.described}")
    faults = _written_and_run(names, work, file_of(recipe) or "", announce)
    judge(made, names, faults)
    for one in made.artefacts:
        announce(f"{one.format}: {one.why_not or f'{one.difference:.1e} from Keras'}")
    return made


def prepared(
    record: "RunRecord",
    work: Path,
    recipe: "Recipe[Any] | str | Path | None" = None,
    data: Any = None,
) -> Attempt:
    """Reads a run, and writes model and samples for the processes that make artefacts of it.

    Args:
        record: the `RunRecord`.
        work: Path of an empty folder.
        recipe: as for `kerastune.export`.
        data: as for `kerastune.export`.

    Returns:
        An `Attempt` without artefacts.

    Raises:
        InputError: if the run cannot be read.

    Example:

    See `kerastune.export`.
    """
    result = load(record.directory, file_of(recipe))
    return _made(record, result, samples_of(record, result, recipe, data), work)


def judge(made: Attempt, names: Sequence[str], faults: Mapping[str, str]) -> None:
    """Compares what artefacts have computed with Keras, and notes how near each is.

    Args:
        made: the `Attempt`, which gets an `Artefact` for each format.
        names: sequence of str, formats. Those that hold weights alone are written here.
        faults: dictionary from each format that could not be written or run to why.

    Example:

    See `kerastune.export`.
    """
    for name in names:
        if name in WEIGHT_FILES:
            one = WEIGHT_FILES[name](made)
        elif name in faults:
            one = artefact(FORMATS[name], fault=faults[name])
        else:
            one = compared(name, made.work, made.expected, made.expected_raw)
        made.artefacts.append(one)


def _made(record: "RunRecord", result: "Result", samples: Samples, work: Path) -> Attempt:
    """The model and the batches, in files for other processes, and what Keras computes."""
    part, given_to_part = served_model(result.model)
    given = by_name(part, given_to_part(prepared_inputs(samples, result)))
    batches = [{name: one[:size] for name, one in given.items()} for size in SIZES]
    forward = forward_model(part)
    # Before adapters are merged, so that this is compared too.
    expected = [computed(forward, batch) for batch in batches]
    model, notes = _in_one_piece(result.model)
    part, _ = served_model(model)
    forward = forward_model(part)
    if model is not result.model:
        expected = [computed(forward, batch) for batch in batches]
    made = Attempt(
        record,
        result,
        part,
        forward,
        samples,
        work,
        batches,
        expected,
        notes=notes,
    )
    (work / "model").mkdir()
    save_model_and_adapters(part, work / "model")
    result.preprocessor.save(work / "preprocessor")
    write_batches(work / "prepared.npz", batches)
    if part is model and samples.source is not None:
        made.expected_raw = _raw(made)
    return made


def _in_one_piece(model: "keras.Model") -> "tuple[keras.Model, list[str]]":
    """A model in float32 whose adapters are in its kernels, as far as they can be."""
    notes = []
    if adapters_of(model):
        names = ", ".join(adapters_of(model))
        try:
            merge_and_remove_adapters(model)
            notes.append(f"The adapters {names} are merged into the kernels.")
        except InputError as error:
            notes.append(f"The adapters {names} stay beside their layers: {error}.")
            return model, notes
    exact = in_float32(model)
    if exact is not model:
        notes.append("Computes in float32, where the run computed in fewer bits.")
    return exact, notes


def _raw(made: Attempt) -> list[Arrays] | None:
    """What Keras computes for raw samples, which are written for other processes."""
    preprocessor, source = made.result.preprocessor, made.samples.source
    assert source is not None
    columns = {name: source.values[name] for name in preprocessor.columns}
    batches = raw_batches(preprocessor, columns)
    if batches is None:
        return None
    write_batches(made.work / "raw.npz", batches)
    return [
        computed(
            made.forward,
            by_name(made.part, preprocessor.prepare(raw_columns(preprocessor, batch))),
        )
        for batch in batches
    ]


def _written_and_run(
    names: Sequence[str], work: Path, file: str, announce: Callable[[str], None]
) -> dict[str, str]:
    """What is wrong with formats that could not be written or run, those of a backend at once."""
    found: dict[str, str] = {}
    for backend in dict.fromkeys(FORMATS[name].backend for name in names):
        here = [name for name in names if FORMATS[name].backend == backend]
        if backend == HERE:
            continue
        announce(f"Writing {', '.join(here)} in a process of {backend}")
        for what, told in (
            ("written", lambda left, on=backend: written(left, on, work, file)),
            ("run", lambda left: ran(left, work)),
        ):
            faults = told([name for name in here if name not in found])
            found |= {
                name: known_fault(name, what, fault) for name, fault in faults.items() if fault
            }
    return found
