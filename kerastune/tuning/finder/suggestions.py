"""Learning rates read off the curve of a rate finder, under fastai's names.

References:
    Leslie N. Smith, "Cyclical Learning Rates for Training Neural Networks", 2017,
    https://arxiv.org/abs/1506.01186: the test that makes the curve.
    fastai, `fastai.callback.schedule`, https://docs.fast.ai/callback.schedule.html: the
    names and the definitions. The rules are those; the code is not.
"""

from bisect import bisect_left

import numpy as np
from numpy.typing import ArrayLike

from kerastune.errors import InputError

FEWEST_POINTS = 4
_SLIDE_INTERVAL = 15
_SLIDE_THRESHOLD = 0.005


def suggest_rates(learning_rates: ArrayLike, losses: ArrayLike) -> dict[str, float]:
    """Returns the learning rates that a curve of losses suggests.

    - `"valley"`: in the middle of the longest valley, which is the longest series of
      losses each lower than the one before it, others in between passed over.
    - `"steep"`: where the loss falls fastest against the logarithm of the rate.
    - `"minimum"`: a tenth of the rate with the lowest loss.
    - `"slide"`: an interval of 15 steps slides down from the high end as long as the slopes
      at its ends differ by more than 0.005 a step; the low end of where it stops.

    Args:
        learning_rates: floats of shape `(steps,)`, growing.
        losses: floats of shape `(steps,)`, smoothed, without those of the diverging end.

    Returns:
        Dictionary from name to learning rate.

    Raises:
        InputError: if there are fewer than four points, or not as many losses as rates, or
            a loss is not finite, or the rates do not grow.

    Example:

    >>> rates = np.geomspace(1e-5, 10, 7)
    >>> suggest_rates(rates, [5.0, 4.9, 4.0, 2.0, 1.5, 2.5, 9.0])["minimum"]
    0.01
    """
    rates = np.asarray(learning_rates, dtype=float)
    curve = np.asarray(losses, dtype=float)
    if rates.ndim != 1 or rates.shape != curve.shape or len(rates) < FEWEST_POINTS:
        raise InputError(
            f"Expected as many losses as learning rates, at least {FEWEST_POINTS}. "
            f"Received: shapes {curve.shape} and {rates.shape}"
        )
    if not np.isfinite(curve).all() or rates[0] <= 0 or (np.diff(rates) <= 0).any():
        raise InputError(
            "Expected finite losses, and positive learning rates that grow. "
            f"Received: losses={curve.tolist()}, learning_rates={rates.tolist()}"
        )
    return {
        "valley": float(rates[_valley(curve)]),
        "steep": float(rates[np.argmin(np.diff(curve) / np.diff(np.log(rates)))]),
        "minimum": float(rates[np.argmin(curve)] / 10),
        "slide": float(rates[_slide(curve)]),
    }


def _valley(curve: np.ndarray) -> int:
    """Returns the position in the middle of the longest valley."""
    lengths: list[int] = []
    lowest_ends: list[float] = []  # Negated, of the falling series of each length so far.
    for loss in curve:
        length = bisect_left(lowest_ends, -loss)
        lowest_ends[length : length + 1] = [-loss]
        lengths.append(length + 1)
    end = int(np.argmax(lengths))
    longest = lengths[end]
    # The valley counts as if its series had no gaps: a third of it in, and half a third.
    return max(end - longest + longest // 3 + longest // 6, 0)


def _slide(curve: np.ndarray) -> int:
    """Returns the position of the low end of the interval where it stops sliding."""
    slopes = np.gradient(curve)
    differences = np.abs(slopes[_SLIDE_INTERVAL:] - slopes[:-_SLIDE_INTERVAL])
    calm = np.flatnonzero(differences <= _SLIDE_THRESHOLD)
    if len(calm) == 0:
        return 0
    return int(min(calm[-1] + 1, len(differences) - 1))
