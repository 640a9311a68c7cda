"""How fast a training goes."""

from collections.abc import Callable
from datetime import datetime
from time import perf_counter
from typing import Any


class Pace:
    """When something started, how long it has taken, and how many samples it does a second.

    The samples a second are those of training alone, without validation, and without the first
    step, in which backends compile.

    Args:
        clock: function without arguments that gives seconds. Defaults to that of Python.

    Example:

    >>> times = iter([0.0, 1.0, 9.0, 10.0, 10.5, 20.0])
    >>> pace = Pace(lambda: next(times))
    >>> pace.start_epoch()
    >>> for size in (8, 8, 4):
    ...     pace.step(size)
    >>> found = pace.to_dict()
    >>> found["seconds"], found["samples_per_second"]
    (20.0, 8.0)
    """

    def __init__(self, clock: Callable[[], float] = perf_counter) -> None:
        self._clock = clock
        self._started = datetime.now().astimezone()
        self._start = self._last = clock()
        self._has_compiled = False
        self._seconds = 0.0
        self._samples = 0

    def step(self, samples: int) -> None:
        """Counts a step that has just ended.

        Args:
            samples: int, the samples of it.
        """
        now = self._clock()
        if self._has_compiled:
            self._seconds += now - self._last
            self._samples += samples
        self._last, self._has_compiled = now, True

    def start_epoch(self) -> None:
        """Leaves out the time since the last step, which was for validation."""
        self._last = self._clock()

    def to_dict(self) -> dict[str, Any]:
        """`started`, `seconds` so far and `samples_per_second`, None after no counted step."""
        speed = self._samples / self._seconds if self._seconds > 0 else None
        return {
            "started": self._started.isoformat(timespec="seconds"),
            "seconds": round(self._clock() - self._start, 3),
            "samples_per_second": None if speed is None else float(f"{speed:.4g}"),
        }
