"""A run exported: written, run, compared, described, and put in place when all of it holds."""

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kerastune.errors import InputError
from kerastune.exporting.outcome import TOLERANCE, Artefact, Export
from kerastune.exporting.places import checked_directory, checked_formats, put_in_place
from kerastune.records import find_record

if TYPE_CHECKING:
    from kerastune.jobs.recipe import Recipe
    from kerastune.jobs.result import Result


def export(
    run: "str | Path | Result",
    formats: str | Sequence[str],
    directory: str | Path | None = None,
    *,
    overwrite: bool = False,
    recipe: "Recipe[Any] | str | Path | None" = None,
    data: Any = None,
    announce: Callable[[str], None] | None = None,
) -> Export:
    """Exports a run for other runtimes, and proves that each artefact computes what Keras does.

    The model is written by a process of the backend that writes a format best, and run by the
    runtime that it is made for, in a process that knows nothing else of it, on test samples of the
    run, in batches of several sizes. What differs from Keras by more than 1e-5, in units of the
    largest output, is an error; then nothing is written. Beside the artefacts stand
    `signature.json`, which says how to prepare inputs and read outputs without this package, the
    files of the preprocessor, and a model card, `README.md`.

    Adapters are merged into the kernels, and what computed in fewer bits computes in float32.

    Args:
        run: str or Path, a run directory, or the name of one in `runs`; or its `Result`.
        formats: str or sequence of str, out of `kerastune.backends.exported.formats.FORMATS`:
            `"savedmodel"`, `"onnx"`, `"litert"`, `"openvino"`, `"torch"` (an exported program,
            `.pt2`), `"pth"` (the weights alone, as safetensors) and `"huggingface"` (the backbone
            for Transformers); separated by commas in a str.
        directory: str or Path, where to. Defaults to the run's, with `-export` behind its name.
        overwrite: bool, whether an export that is there may be replaced. Defaults to False.
        recipe: a `Recipe` or a Python file, which defines classes that the run needs. Defaults
            to none.
        data: the data of the run, where they were an object of Python. Defaults to what the run
            says.
        announce: function that is told how far it is. Defaults to none.

    Returns:
        An `Export`, which prints itself as a table.

    Raises:
        InputError: if something given cannot be used, what a format needs is not installed, or an
            artefact does not compute what Keras does.

    Example:

    >>> export("no/such/run", "onnx")
    Traceback (most recent call last):
        ...
    kerastune.errors.InputError: Expected a run directory, or the name of one in ...
    """
    names = checked_formats(formats)
    is_path = isinstance(run, str | Path)
    record = find_record(run if is_path else run.run_dir)  # type: ignore[arg-type, union-attr]
    place = checked_directory(record, directory, overwrite=overwrite)
    # It loads a framework.
    from kerastune.exporting.attempts import attempt
    from kerastune.exporting.gathering import gathered, notes_on_inputs

    with tempfile.TemporaryDirectory(dir=_parent(place), prefix=f".{place.name}-") as work:
        attempted = attempt(record, names, Path(work), recipe, data, announce or _silent)
        _require_all(attempted.artefacts)
        put_in_place(gathered(attempted), place, overwrite=overwrite)
    kept = tuple(sorted(path.name for path in place.iterdir()))
    told = (*attempted.notes, *notes_on_inputs(attempted))
    return Export(place, attempted.artefacts, attempted.samples.described, kept, told)


def _require_all(artefacts: Sequence[Artefact]) -> None:
    """Raises unless each artefact computes what Keras does."""
    faults = [f"{one.format}: {one.why_not}" for one in artefacts if not one.holds]
    if not faults:
        return
    others = ",".join(one.format for one in artefacts if one.holds)
    told = f" The others hold: --format {others}" if others else ""
    raise InputError(
        f"Expected artefacts that compute what Keras does, to {TOLERANCE:g}. Received: "
        f"{'; '.join(faults)}. Nothing is written.{told}"
    )


def _parent(place: Path) -> Path:
    """The folder in which a directory is made, which is made first."""
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        Path(tempfile.mkdtemp(dir=place.parent, prefix=f".{place.name}-")).rmdir()
    except OSError as error:
        raise InputError(
            f"Expected a directory that can be written to. Received: '{place}': "
            f"{error.strerror or error}"
        ) from error
    return place.parent


def _silent(_: str) -> None:
    """Tells nothing."""
