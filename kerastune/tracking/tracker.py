"""The contract of what follows a run from outside: TensorBoard, MLflow, Weights & Biases."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


class Tracker:
    """One run as a tracker is told of it; a base class to extend.

    It is made when the run begins, and told `ended` once, whatever happens.

    Args:
        run_dir: Path of the run, which exists.
        name: str, what the run is called.
        settings: dictionary of what it was started with, plain data, nested names joined by
            dots.
        former: str, what `identity` was where the run goes on, or None.

    Example:

    >>> tracker = Tracker(Path("runs/new"), "new", {"seed": 0}, None)
    >>> tracker.identity is None
    True
    """

    library: str = ""
    """str, the package that it needs, which is also the extra that installs it; empty for none."""

    writes: tuple[str, ...] = ()
    """tuple of str, the files and folders that it makes in the run directory."""

    def __init__(
        self, run_dir: Path, name: str, settings: Mapping[str, Any], former: str | None
    ) -> None:
        self.run_dir = run_dir
        self.name = name
        self.settings = settings
        self.former = former

    @property
    def identity(self) -> str | None:
        """str, by which the tracker finds the run again; None where it needs nothing."""
        return None

    @property
    def told(self) -> str:
        """str, where the run can be looked at, for people."""
        return ""

    def log(self, values: Mapping[str, float], step: int) -> None:
        """Keeps numbers at a step of the training.

        Args:
            values: dictionary from names such as `"training/loss"` to numbers.
            step: int, the steps so far, over all stages.
        """

    def picture(self, name: str, path: Path, step: int) -> None:
        """Keeps a picture.

        Args:
            name: str.
            path: Path of a PNG file.
            step: int, the steps of the training.
        """

    def files(self, paths: Sequence[Path]) -> None:
        """Keeps files of the run, where the tracker has a place for them.

        Args:
            paths: sequence of Path.
        """

    def ended(self, status: str) -> None:
        """Is called when nothing more comes.

        Args:
            status: str, `"finished"`, `"interrupted"` or `"failed"`.
        """
