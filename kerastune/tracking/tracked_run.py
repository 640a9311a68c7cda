"""A run that is followed by trackers, from its first step to its end."""

import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kerastune import files
from kerastune.display.output import console
from kerastune.errors import InputError, MissingExtraError, closest, reason
from kerastune.installing import package_folder
from kerastune.nested import flat
from kerastune.tracking.epochs import TrackedEpochs
from kerastune.tracking.mlflow_tracker import MLflowTracker
from kerastune.tracking.tensorboard_tracker import TensorBoardTracker
from kerastune.tracking.tracker import Tracker
from kerastune.tracking.wandb_tracker import WandbTracker
from kerastune.untrusted.reading import read_json

TRACKERS: dict[str, type[Tracker]] = {
    "tensorboard": TensorBoardTracker,
    "mlflow": MLflowTracker,
    "wandb": WandbTracker,
}
"""The trackers by the names that the option `tracker` takes."""

_IDENTITIES = "trackers.json"
_SENT = ("config.yaml", "environment.json", "metrics.json", "report.html", "history.json")


def tracker_names(tracker: str | None) -> tuple[str, ...]:
    """Returns the trackers that an option names.

    Args:
        tracker: str, names with commas between, or None.

    Raises:
        InputError: if one is unknown or there twice.
        MissingExtraError: if its library is not installed.

    Example:

    >>> tracker_names("tensorboard"), tracker_names(None)
    (('tensorboard',), ())
    """
    names = [] if tracker is None else [name.strip() for name in tracker.split(",")]
    for name in names:
        if name not in TRACKERS or names.count(name) > 1:
            raise InputError(
                f"Expected trackers out of {', '.join(TRACKERS)}, each once, with commas between. "
                f"Received: tracker={tracker!r}.{closest(name, list(TRACKERS))}"
            )
        library = TRACKERS[name].library
        if library and package_folder(library) is None:
            raise MissingExtraError(f"The tracker {name}", library)
    return tuple(names)


class Tracking:
    """The trackers of a run. One that fails is left out from then on, which is said.

    Args:
        trackers: dictionary from their names to each `Tracker`.

    Example:

    >>> Tracking({}).trackers
    {}
    """

    def __init__(self, trackers: Mapping[str, Tracker]) -> None:
        self.trackers = dict(trackers)
        self._epochs = TrackedEpochs(self.log)

    def log(self, values: Mapping[str, float], step: int) -> None:
        """Tells numbers at a step.

        Args:
            values: dictionary from names to numbers.
            step: int, the steps so far, over all stages.
        """
        self._each(lambda tracker: tracker.log(values, step))

    @property
    def written(self) -> list[str]:
        """list of str, the files and folders of trackers in the run directory."""
        trackers = self.trackers.values()
        names = [name for tracker in trackers for name in tracker.writes]
        return [*names, *([_IDENTITIES] if any(one.identity for one in trackers) else [])]

    @property
    def callbacks(self) -> list[TrackedEpochs]:
        """list of the Keras callback that tells the epochs, or of none where nothing follows."""
        return [self._epochs] if self.trackers else []

    def result(self, folder: Path, metrics: Mapping[str, Any], part: str = "test") -> None:
        """Tells what was measured in the end, with the pictures and files of the run.

        Weights are not among them.

        Args:
            folder: Path of the run.
            metrics: dictionary of what was measured.
            part: str, what the names of these begin with. Defaults to `"test"`.
        """
        step = self._epochs.steps
        numbers = {
            f"{part}/{name}": float(value)
            for name, value in metrics.items()
            if isinstance(value, int | float)
        }
        self.log(numbers, step)
        sent = [folder / name for name in _SENT if (folder / name).is_file()]

        def all_of(tracker: Tracker) -> None:
            for picture in sorted(folder.glob("*.png")):
                tracker.picture(picture.stem, picture, step)
            tracker.files(sent)

        self._each(all_of)

    def end(self, status: str) -> None:
        """Tells that nothing more comes, and says where the run can be looked at.

        Args:
            status: str, `"finished"`, `"interrupted"` or `"failed"`.
        """
        told = [tracker.told for tracker in self.trackers.values()]
        self._each(lambda tracker: tracker.ended(status))
        for line in filter(None, told):
            console().print(f"Tracked: {line}", soft_wrap=True, highlight=False)

    def _each(self, tell: Callable[[Tracker], None]) -> None:
        """Tells each tracker something; the run goes on also where one fails."""
        for name, tracker in list(self.trackers.items()):
            try:
                tell(tracker)
            except Exception as error:  # Of a server, a disk or the library.
                del self.trackers[name]
                warnings.warn(f"{name} is told no more of this run: {reason(error)}", stacklevel=3)


@contextmanager
def tracked(
    tracker: str | None, folder: Path, name: str, settings: Mapping[str, Any]
) -> Iterator[Tracking]:
    """While this lasts, trackers follow a run.

    Args:
        tracker: str, as for `tracker_names`.
        folder: Path of the run, which exists.
        name: str, what the run is called.
        settings: dictionary of what it was started with, plain data.

    Yields:
        A `Tracking`.

    Raises:
        InputError: if a tracker is unknown, or cannot begin; then nothing has been trained.

    Example:

    >>> with tracked(None, Path("runs/new"), "new", {}) as tracking:
    ...     tracking.trackers
    {}
    """
    tracking = Tracking({})
    known = _identities(folder)
    status = "failed"
    try:
        for kind in tracker_names(tracker):
            one = TRACKERS[kind](folder, name, flat(settings), known.get(kind))
            tracking.trackers[kind] = one
            if one.identity is not None:
                known[kind] = one.identity
                files.write_json(folder / _IDENTITIES, known)
        yield tracking
        status = "finished"
    except KeyboardInterrupt:
        status = "interrupted"
        raise
    finally:
        tracking.end(status)


def _identities(folder: Path) -> dict[str, str]:
    """Returns by what trackers have known the run before, where it goes on."""
    try:
        found = read_json(folder / _IDENTITIES)
    except (OSError, ValueError):
        return {}
    kept = found.items() if isinstance(found, dict) else ()
    return {name: one for name, one in kept if isinstance(one, str)}
