"""One process of an export: `python -m kerastune.exporting.worker TASK...`."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from kerastune import backends, files
from kerastune.errors import reason
from kerastune.exporting.batches import read_batches, write_batches
from kerastune.exporting.task import Task


def main(arguments: Sequence[str]) -> int:
    """Does tasks, of one backend.

    Args:
        arguments: sequence of str, the paths of the tasks.

    Returns:
        The exit status, 0. What cannot be written or run is told in the result, by format.

    Example:

    >>> main([])
    0
    """
    for path in arguments:
        task = Task.read(Path(path))
        (_write if task.kind == "write" else _run)(task)
    return 0


def _write(task: Task) -> None:
    """Writes the model in each format; what fails does not keep others from being written."""
    backends.select(task.backend)
    from kerastune.backends.exported.formats import FORMATS
    from kerastune.backends.exported.writing import write_artefact
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
    if (folder / "raw.npz").is_file() and any(FORMATS[name].holds_text for name in task.formats):
        raw = raw_model(load_preprocessor(folder / "preprocessor"), model)
    _each(task, lambda name: write_artefact(name, model, folder / FORMATS[name].path, raw))


def _run(task: Task) -> None:
    """Runs artefacts on the batches, without the model and its classes."""
    from kerastune.backends.exported.formats import FORMATS
    from kerastune.backends.exported.running import run_artefact, run_raw

    folder = Path(task.folder)

    def run(name: str) -> None:
        path, own = folder / FORMATS[name].path, folder / f"{name}_prepared.npz"
        batches = read_batches(own if own.is_file() else folder / "prepared.npz")
        write_batches(folder / f"{name}.npz", run_artefact(name, path, batches))
        if FORMATS[name].holds_text and (folder / "raw.npz").is_file():
            raw = read_batches(folder / "raw.npz")
            write_batches(folder / f"{name}_raw.npz", run_raw(path, raw))

    _each(task, run)


def _each(task: Task, do: Callable[[str], None]) -> None:
    """Does something for each format, and writes down what went wrong with it, or `""`."""
    path = Path(task.folder) / task.result
    found: dict[str, str] = {}
    for name in task.formats:
        # Before and after, so that it is known which format has ended the process.
        files.write_json(path, {**found, name: None})
        try:
            do(name)
            found[name] = ""
        # A converter and a runtime may fail in any way.
        except Exception as error:
            found[name] = f"{type(error).__name__}: {reason(error)}"
        files.write_json(path, found)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
