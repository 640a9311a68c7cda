"""How fast a training goes."""

from collections.abc import Callable
from datetime import datetime
from time import perf_counter
from typing import Any


class Pace:
    """When something started, how long it has taken, and how many samples it does a second.

    The samples a second are those of the steps alone, from the end of one to the end of the
    next: without the first step of each epoch, in which a backend may compile and a pipeline
    starts, and without validation.

    Args:
        clock: function without arguments that gives seconds. Defaults to that of Python.

    Example:

    >>> times = iter([0.0, 9.0, 10.0, 10.5, 20.0])
    >>> pace = Pace(lambda: next(times))
    >>> for size in (8, 8, 4):
    ...     pace.step(size)
    >>> found = pace.to_dict()
    >>> found["seconds"], found["samples_per_second"]
    (20.0, 8.0)
    """

    def __init__(self, clock: Callable[[], float] = perf_counter) -> None:
        self._clock = clock
        self._started = datetime.now().astimezone()
        self._start = clock()
        self._last: float | None = None
        self._seconds = 0.0
        self._samples = 0

    def step(self, samples: int) -> None:
        """Counts a step that has just ended.

        Args:
            samples: int, the samples of it.
        """
        now = self._clock()
        if self._last is not None:
            self._seconds += now - self._last
            self._samples += samples
        self._last = now

    def pause(self) -> None:
        """Leaves the time until the end of the next step out."""
        self._last = None

    def to_dict(self) -> dict[str, Any]:
        """`started`, `seconds` so far and `samples_per_second`, None after no counted step."""
        speed = self._samples / self._seconds if self._seconds > 0 else None
        return {
            "started": self._started.isoformat(timespec="seconds"),
            "seconds": round(self._clock() - self._start, 3),
            "samples_per_second": None if speed is None else float(f"{speed:.4g}"),
        }
