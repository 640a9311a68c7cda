"""What has to hold of a run to be compressed, and of what was made of it."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from kerastune import training
from kerastune.errors import InputError
from kerastune.jobs.described import identified
from kerastune.jobs.model_files import read_model_and_adapters
from kerastune.jobs.resuming import FINISHED
from kerastune.jobs.runs import UNTESTED
from kerastune.records import find_record

if TYPE_CHECKING:
    from collections.abc import Mapping

    import keras

    from kerastune.jobs.job import Job
    from kerastune.jobs.result import Result
    from kerastune.records import RunRecord


def checked_record(run: str | Path) -> "RunRecord":
    """Returns the record of a run that is trained to its end.

    Args:
        run: str or Path, a run directory, or the name of one in `runs`.

    Raises:
        InputError: if there is none, or it is not finished.

    Example:

    >>> checked_record("no/such/run")
    Traceback (most recent call last):
        ...
    kerastune.errors.InputError: Expected a run directory, or the name of one in ...
    """
    record = find_record(run)
    if record.state not in (FINISHED, UNTESTED):
        raise InputError(
            f"Expected a run that is finished. Received: '{record.directory}', which is "
            f"{record.state}"
        )
    return record


def require_same_test(job: "Job", record: "RunRecord") -> None:
    """Raises unless the test samples of a job are those of a run, where the run tells.

    Args:
        job: the `Job` of the run, built anew.
        record: the `RunRecord`.

    Raises:
        InputError: if they are others.

    Example:

    See `kerastune.compress`, which calls it.
    """
    had, now = record.samples().get("test"), identified(job.splits)["test"]
    if had is not None and had.get("fingerprint") != now["fingerprint"]:
        raise InputError(
            "Expected the test samples of the run, by which both are measured. Received: others "
            f"than '{record.directory}' had. Give its data, or put the files back"
        )


def answers(result: "Result", model: "keras.Model", inputs: "Mapping[str, Any]") -> Any:
    """Returns the outputs of a model for raw inputs of a run.

    Args:
        result: the `Result` of the run, with its preprocessor and its head.
        model: a Keras model that takes what the run's takes.
        inputs: dictionary from column to values.

    Example:

    See `kerastune.compress`, which calls it.
    """
    return training.predict(model, inputs, result.preprocessor, result.head)


def differences(before: Any, after: Any) -> tuple[float, float] | tuple[None, None]:
    """Returns by how much outputs differ at most, and the largest magnitude before.

    Args:
        before: the outputs of one model.
        after: those of the other.

    Returns:
        A tuple of two floats, or of None where outputs are not one array.

    Raises:
        InputError: if those after are not finite.

    Example:

    >>> differences(np.array([1.0, -2.0]), np.array([1.5, -2.0]))
    (0.5, 2.0)
    """
    if not (isinstance(before, np.ndarray) and before.dtype.kind == "f"):
        return None, None
    if not np.isfinite(after).all():
        raise InputError(
            "Expected outputs that are finite after quantization. Received: some that are not. "
            "Leave layers out (--leave_out), or take int8"
        )
    return float(np.max(np.abs(before - after))), float(np.max(np.abs(before)))


def require_same_when_read(folder: Path, result: "Result", inputs: "Mapping[str, Any]") -> None:
    """Raises unless the model in a folder computes what the one in a result does.

    Args:
        folder: Path of the run.
        result: the `Result`, written there.
        inputs: dictionary from column to values.

    Raises:
        RuntimeError: if it does not.

    Example:

    See `kerastune.compress`, which calls it.
    """
    few = {name: values[:8] for name, values in inputs.items()}
    read = read_model_and_adapters(folder)
    off, largest = differences(*(answers(result, one, few) for one in (result.model, read)))
    if off is not None and largest is not None and off > 1e-4 * max(largest, 1.0):
        raise RuntimeError(
            f"Expected a file that computes what was quantized. Received: one that is {off:.3g} "
            "off. Please report this"
        )
