"""An artefact run by its runtime, and compared with what Keras computes."""

import importlib.metadata
from collections.abc import Sequence
from pathlib import Path

from kerastune.backends.exported import FORMATS, ExportFormat
from kerastune.errors import reason
from kerastune.exporting.batches import Arrays, largest_difference, read_batches
from kerastune.exporting.faults import known_fault
from kerastune.exporting.outcome import Artefact
from kerastune.exporting.processes import ran


def compared(
    name: str, fault: str, folder: Path, expected: Sequence[Arrays], raw: Sequence[Arrays] | None
) -> Artefact:
    """Runs an artefact, and says how far it is from Keras.

    Args:
        name: str, a key of `FORMATS`.
        fault: str, why it was not written, or `""`.
        folder: Path with the artefact and the batches.
        expected: sequence of dictionaries, the outputs of Keras.
        raw: likewise for raw samples, or None.

    Returns:
        An `Artefact`.

    Example:

    >>> compared("onnx", "TypeError: no", Path("work"), [], None).why_not
    'it cannot be written: TypeError: no'
    """
    one = FORMATS[name]
    if fault:
        return artefact(one, fault=known_fault(name, "written", fault))
    if fault := ran(name, folder):
        return artefact(one, fault=known_fault(name, "run", fault))
    includes_raw = one.holds_text and raw is not None
    try:
        difference, largest = largest_difference(read_batches(folder / f"{name}.npz"), expected)
        if includes_raw and raw is not None:
            more = largest_difference(read_batches(folder / f"{name}_raw.npz"), raw)
            # The one that is the further from Keras, in units of its outputs.
            found = [(difference, largest), more]
            difference, largest = max(found, key=lambda pair: pair[0] / max(1.0, pair[1]))
    except ValueError as error:
        return artefact(one, fault=known_fault(name, "compared", reason(error)))
    return artefact(one, difference=difference, largest=largest, has_raw=includes_raw)


def artefact(
    one: ExportFormat,
    *,
    difference: float = float("nan"),
    largest: float = float("nan"),
    fault: str = "",
    has_raw: bool = False,
) -> Artefact:
    """Returns an `Artefact` of a format, with the version of its runtime.

    Args:
        one: the `ExportFormat`.
        difference: float, the largest difference from Keras.
        largest: float, the largest value of Keras.
        fault: str, why there is none, or `""`.
        has_raw: bool, whether it takes raw samples too.

    Example:

    >>> artefact(FORMATS["savedmodel"], difference=0.0, largest=1.0).path
    'saved_model'
    """
    return Artefact(
        one.name,
        one.path,
        one.backend,
        f"{one.runtime.replace('_', '-')} {_version(one.runtime)}".strip(),
        difference,
        largest,
        fault,
        has_raw,
    )


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package.replace("_", "-"))
    except importlib.metadata.PackageNotFoundError:
        return ""
