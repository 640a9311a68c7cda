"""What an export gives back: the artefacts, and how near each is to Keras."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kerastune.display import AsTable, Table
from kerastune.display.table import Column

TOLERANCE = 1e-5
"""The largest difference from Keras, in units of the largest value of an output, at least 1."""


@dataclass(frozen=True)
class Artefact:
    """A model in one format, as it was run and compared.

    Args:
        format: str, its name.
        path: str, the file or folder in the directory of the export.
        written_by: str, what wrote it, such as `"TensorFlow"`.
        run_by: str, the runtime that ran it, with its version.
        difference: float, the largest difference from what Keras computes.
        largest: float, the largest value of what Keras computes, by size.
        fault: str, why there is no artefact, or `""`.
        has_raw: bool, whether it also takes raw samples, with the preprocessing inside.

    Example:

    >>> Artefact("onnx", "model.onnx", "tensorflow", "onnxruntime 1.32.0", 2e-7, 3.0).holds
    True
    >>> Artefact("onnx", "model.onnx", "tensorflow", "onnxruntime 1.32.0", 2e-4, 3.0).holds
    False
    """

    format: str
    path: str
    written_by: str
    run_by: str
    difference: float = float("nan")
    largest: float = float("nan")
    fault: str = ""
    has_raw: bool = False

    @property
    def holds(self) -> bool:
        """bool, whether it was run, and computes what Keras does."""
        return not self.fault and self.difference <= TOLERANCE * max(1.0, self.largest)

    @property
    def why_not(self) -> str:
        """str, in words why it cannot be used; `""` where it can."""
        if self.fault or self.holds:
            return self.fault
        return (
            f"it differs from Keras by {self.difference:.2g}, in outputs of up to "
            f"{self.largest:.3g}"
        )


@dataclass(frozen=True, repr=False)
class Export(AsTable):
    """An exported run.

    Args:
        directory: Path, where it is.
        artefacts: sequence of `Artefact`.
        samples: str, on which samples they were compared.
        files: tuple of str, all files and folders of the directory.
        notes: tuple of str, what else a person has to know, a line each.

    Example:

    >>> made = Artefact("onnx", "model.onnx", "tensorflow", "onnxruntime 1.32.0", 2e-7, 3.0)
    >>> print(Export(Path("out"), [made], "8 test samples of digits"))
    Export to out
    format  file        run by              from Keras
    ──────────────────────────────────────────────────
    onnx    model.onnx  onnxruntime 1.32.0     2.0e-07
    Compared on 8 test samples of digits, in batches of several sizes.
    """

    directory: Path
    artefacts: Sequence[Artefact]
    samples: str
    files: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def to_table(self) -> Table:
        """The artefacts, a row each."""
        compared = f"Compared on {self.samples}, in batches of several sizes."
        return artefact_table(
            f"Export to {self.directory}", self.artefacts, (compared, *self.notes)
        )


def artefact_table(title: str, artefacts: Sequence[Artefact], notes: tuple[str, ...] = ()) -> Table:
    """Returns artefacts as a table, a row each.

    Args:
        title: str.
        artefacts: sequence of `Artefact`.
        notes: tuple of str. Defaults to none.

    Example:

    See `Export`.
    """
    columns = (
        Column("format", "text"),
        Column("file", "text"),
        Column("run by", "text"),
        Column("from Keras", "text", align="right"),
    )
    rows = tuple((one.format, one.path, one.run_by, f"{one.difference:.1e}") for one in artefacts)
    return Table(title, columns, rows, notes=notes)
