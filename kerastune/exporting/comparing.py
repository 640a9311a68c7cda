"""What an artefact has computed, compared with what Keras computes."""

import importlib.metadata
from collections.abc import Sequence
from pathlib import Path

from kerastune.backends.exported.formats import FORMATS, ExportFormat
from kerastune.errors import reason
from kerastune.exporting.batches import Arrays, largest_difference, read_batches
from kerastune.exporting.faults import known_fault
from kerastune.exporting.outcome import Artefact


def compared(
    name: str, folder: Path, expected: Sequence[Arrays], raw: Sequence[Arrays] | None
) -> Artefact:
    """Says how far what an artefact has computed is from Keras.

    Args:
        name: str, a key of `FORMATS`.
        folder: Path with what it has computed.
        expected: sequence of dictionaries, the outputs of Keras.
        raw: likewise for raw samples, or None.

    Returns:
        An `Artefact`.

    Example:

    >>> import tempfile
    >>> import numpy as np
    >>> from kerastune.exporting.batches import write_batches
    >>> folder = Path(tempfile.mkdtemp())
    >>> write_batches(folder / "torch.npz", [{"y": np.ones(1)}])
    >>> compared("torch", folder, [{"y": np.zeros(1)}], None).why_not
    'it differs from Keras by 1, in outputs of up to 0'
    """
    one = FORMATS[name]
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
