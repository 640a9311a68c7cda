"""One process of an export: `python -m kerastune.exporting.worker TASK`."""

import sys
from collections.abc import Sequence
from pathlib import Path

from kerastune import backends, files
from kerastune.errors import reason
from kerastune.exporting.batches import read_batches, write_batches
from kerastune.exporting.task import Task


def main(arguments: Sequence[str]) -> int:
    """Does a task.

    Args:
        arguments: sequence of str, the path of the task.

    Returns:
        The exit status, 0. What cannot be written or run is told in the result, by format.

    Example:

    >>> main([])
    Traceback (most recent call last):
        ...
    ValueError: not enough values to unpack (expected 1, got 0)
    """
    (path,) = arguments
    task = Task.read(Path(path))
    (_write if task.kind == "write" else _run)(task)
    return 0


def _write(task: Task) -> None:
    """Writes the model in each format; what fails does not keep others from being written."""
    backends.select(task.backend)
    from kerastune.backends.exported import FORMATS, write_artefact
    from kerastune.exporting.forward import forward_model
    from kerastune.exporting.raw_inputs import raw_model
    from kerastune.jobs.model_files import read_model_and_adapters
    from kerastune.jobs.recipe_files import import_recipe_file
    from kerastune.preprocessing import load_preprocessor

    if task.recipe:
        import_recipe_file(task.recipe)
    folder = Path(task.folder)
    model = forward_model(read_model_and_adapters(folder / "model"))
    raw = None
    if (folder / "raw.npz").is_file():
        raw = raw_model(load_preprocessor(folder / "preprocessor"), model)
    found: dict[str, str] = {}
    for name in task.formats:
        # Written before and after, so that it is known which format ended the process.
        files.write_json(folder / task.result, {**found, name: None})
        try:
            write_artefact(name, model, folder / FORMATS[name].path, raw)
            found[name] = ""
        # A converter may fail in any way.
        except Exception as error:
            found[name] = f"{type(error).__name__}: {reason(error)}"
        files.write_json(folder / task.result, found)


def _run(task: Task) -> None:
    """Runs an artefact on the batches, without Keras."""
    from kerastune.backends.exported import FORMATS, run_artefact, run_raw

    folder, (name,) = Path(task.folder), task.formats
    try:
        path = folder / FORMATS[name].path
        own = folder / f"{name}_prepared.npz"
        batches = read_batches(own if own.is_file() else folder / "prepared.npz")
        write_batches(folder / f"{name}.npz", run_artefact(name, path, batches))
        if FORMATS[name].holds_text and (folder / "raw.npz").is_file():
            raw = read_batches(folder / "raw.npz")
            write_batches(folder / f"{name}_raw.npz", run_raw(path, raw))
        told = ""
    # So may a runtime.
    except Exception as error:
        told = f"{type(error).__name__}: {reason(error)}"
    has_keras = "keras" in sys.modules
    files.write_json(folder / task.result, {name: told, "has_keras": has_keras})


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
