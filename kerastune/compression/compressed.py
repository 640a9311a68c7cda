"""A model before and after it was compressed: size, quality and speed."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from kerastune.display import AsTable, Column, Table
from kerastune.display.formats import format_value
from kerastune.display.texts import format_name

if TYPE_CHECKING:
    from kerastune.jobs.result import Result


@dataclass(frozen=True)
class Measured:
    """What a model takes, reaches and how fast it answers.

    Args:
        name: str, `"before"` or `"after"`.
        file_bytes: int, the size of its `.keras` file.
        archive_bytes: int, the size of that file compressed, in which zeros take little.
        metrics: dictionary from a metric's name to its value on the test samples.
        speeds: tuple of float, samples a second, of each time that it was measured.

    Example:

    >>> Measured("before", 1000, 800, {"accuracy": 0.9}, (90.0, 100.0, 110.0)).speed
    100.0
    """

    name: str
    file_bytes: int
    archive_bytes: int
    metrics: Mapping[str, float | None]
    speeds: Sequence[float]

    @property
    def speed(self) -> float:
        """float, the median of the speeds."""
        return float(np.median(self.speeds))

    @property
    def quartiles(self) -> tuple[float, float]:
        """The lower and the upper quartile of the speeds."""
        lower, upper = np.quantile(self.speeds, (0.25, 0.75)).tolist()
        return lower, upper


@dataclass(frozen=True, repr=False)
class Compressed(AsTable):
    """A run that was compressed, beside the run that it was made of.

    Args:
        to: str, `"int8"`, `"int4"` or `"float8"`.
        before: the `Measured` of the run.
        after: the `Measured` of what was made of it.
        metric: str, the metric that is shown.
        notes: tuple of str, what was done, a line each.
        largest_difference: float, by how much outputs for test samples differ at most, and
            `largest_output`, the largest magnitude of what was before; None where outputs are
            not one array.
        largest_output: float, likewise.
        test_samples: int, how many samples both were measured on.
        result: the `Result` of what was made.

    Example:

    >>> before = Measured("before", 1000, 900, {"accuracy": 0.90}, (100.0,))
    >>> after = Measured("after", 250, 240, {"accuracy": 0.89}, (80.0,))
    >>> found = Compressed("int8", before, after, "accuracy", (), 0.1, 4.0, 500, None)
    >>> found.times_smaller, round(found.lost, 6)
    (4.0, 0.01)
    """

    to: str
    before: Measured
    after: Measured
    metric: str
    notes: tuple[str, ...]
    largest_difference: float | None
    largest_output: float | None
    test_samples: int
    result: "Result"

    @property
    def directory(self) -> Path:
        """Path of the run directory."""
        return self.result.run_dir

    @property
    def times_smaller(self) -> float:
        """float, the size of the file before over that after."""
        return self.before.file_bytes / self.after.file_bytes

    @property
    def lost(self) -> float:
        """float, the metric before less that after."""
        return float(self.before.metrics[self.metric] or 0.0) - float(
            self.after.metrics[self.metric] or 0.0
        )

    def to_table(self) -> Table:
        """Returns a row before and one after."""
        rows = tuple(
            (
                one.name,
                one.file_bytes,
                one.archive_bytes,
                one.metrics.get(self.metric),
                one.speed,
                " to ".join(format_value(speed, "number") for speed in one.quartiles),
            )
            for one in (self.before, self.after)
        )
        columns = (
            Column("model", "text"),
            Column("file", "bytes"),
            Column("compressed", "bytes"),
            Column(format_name(self.metric), "metric"),
            Column("samples/s", "number"),
            Column("quartiles", "text"),
        )
        return Table(f"{self.to} on {self.test_samples:,} test samples", columns, rows)

    def lines(self) -> list[str]:
        """Returns what there is to say, a sentence each."""
        told = [f"{one[0].upper()}{one[1:]}." for one in self.notes]
        if self.largest_difference is not None:
            told.append(
                f"Outputs differ by {self.largest_difference:.3g} at most, of magnitudes up to "
                f"{self.largest_output:.3g}."
            )
        if self.times_smaller < 1.05:
            told.append(f"The file is not smaller: Keras keeps the float32 weights of {self.to}.")
        if self.after.quartiles[1] < self.before.quartiles[0]:
            told.append("It is slower here: the backend has no fast operation for such weights.")
        return told

    def to_dict(self) -> dict[str, Any]:
        """Returns everything but the result, for JSON."""
        names = ("to", "metric", "largest_difference", "largest_output", "test_samples")
        return {
            **{name: getattr(self, name) for name in names},
            "notes": list(self.notes),
            "before": asdict(self.before),
            "after": asdict(self.after),
        }
