"""Splits by time: what came last is held out."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np

from kerastune.data.cells import as_dates, as_numbers, row_number
from kerastune.data.coded import coded
from kerastune.data.described import reads_nothing
from kerastune.data.source import Source
from kerastune.errors import InputError


def time_split(
    column: str | None = None, within: str | None = None
) -> Callable[[Source, float], tuple[Source, Source]]:
    """Returns a function that holds out the samples that came last.

    Args:
        column: str, the column of times, numbers or dates. None for samples that are in the
            order of time already. Defaults to None.
        within: str, a column of which the last samples of each value are held out, such as those
            of each user, at least one of those with several. Defaults to none: samples are held
            out from some moment on, and those of one moment are not parted.

    Returns:
        A function from a `Source` and a fraction between 0 and 1 to two of them, the rest and the
        held-out samples, each in their order; a note on the second tells from when it is.

    Raises:
        InputError: by that function, if there is no such column, a time is missing, or all are
            the same.

    Example:

    >>> from kerastune.data.columns import Column
    >>> source = Source({"day": [3, 1, 2, 4]}, {"day": Column("number")})
    >>> rest, held_out = time_split("day")(source, 0.5)
    >>> rest.values["day"], held_out.values["day"], held_out.notes
    ([1, 2], [3, 4], ("held out by time: from 'day' 3 on, 50 % of the samples",))
    """

    def hold_out(source: Source, fraction: float) -> tuple[Source, Source]:
        if reads_nothing():
            return source, source
        times = _times(source, column)
        held = (
            _last(times, fraction, column, source)
            if within is None
            else _last_of_each(
                times, coded(source.values[_required(source, within)]).codes, fraction
            )
        )
        if held.all() or not held.any():
            raise InputError(
                f"Expected samples of several times in {source.name}, to hold out the last. "
                f"Received: {len(source)}, all of one. Split them at random"
            )
        rest, last = source.select(np.flatnonzero(~held)), source.select(np.flatnonzero(held))
        since = (
            f"the last samples of each {within!r}"
            if within is not None
            else "the last rows"
            if column is None
            else f"from {column!r} {_shown(times[held].min(), column)} on"
        )
        note = f"held out by time: {since}, {held.mean():.0%} of the samples".replace("%", " %")
        return rest, replace(last, notes=(*last.notes, note))

    return hold_out


def _last(times: np.ndarray, fraction: float, column: str | None, source: Source) -> np.ndarray:
    """Returns whether each sample is from the moment on that leaves a fraction, or later."""
    size = len(times)
    cut = min(max(size - round(size * fraction), 1), size - 1)
    if size < 2:
        raise InputError(
            f"Expected at least 2 samples in {source.name}, to split them by "
            f"{'their order' if column is None else repr(column)}. Received: {size}"
        )
    moments = np.sort(times)
    since = moments[cut]
    if since == moments[0]:
        since = moments[np.searchsorted(moments, since, side="right") % size]
    return np.asarray(times >= since)


def _last_of_each(times: np.ndarray, groups: np.ndarray, fraction: float) -> np.ndarray:
    """Returns whether each sample is among the last of its group."""
    order = np.lexsort((times, groups))
    sizes = np.bincount(groups - groups.min())
    sizes = sizes[sizes > 0]
    held_out = np.minimum(np.maximum(np.round(sizes * fraction).astype(int), 1), sizes - 1)
    ends = np.cumsum(sizes)
    to_end = np.repeat(ends, sizes) - np.arange(len(times))
    held = np.zeros(len(times), bool)
    held[order] = to_end <= np.repeat(held_out, sizes)
    return held


def _times(source: Source, column: str | None) -> np.ndarray:
    """Returns the time of each sample, that can be compared."""
    if column is None:
        return source.row_numbers
    values: Any = source.values[_required(source, column)]
    if source.columns[column].kind == "date":
        times = np.array(as_dates(values, column), "datetime64[us]")
        missing = np.isnat(times)
    else:
        times = as_numbers(values, column)
        missing = np.isnan(times)
    if missing.any():
        raise InputError(
            f"Expected a time in {column!r} for each sample of {source.name}. Received: none in "
            f"{row_number(source.row(int(missing.argmax())))}, and {missing.sum()} of {len(times)} "
            "without. Fill them in, or leave these rows out"
        )
    return times


def _required(source: Source, column: str) -> str:
    source.require(column)
    return column


def _shown(time: Any, column: str) -> str:
    """Returns a moment as people write it; numbers that are seconds since 1970 as a date."""
    if isinstance(time, np.datetime64):
        return str(time.astype("datetime64[s]")).replace("T", " ")
    if "time" in column and time > 1e8:
        return str(datetime.fromtimestamp(float(time), UTC).replace(tzinfo=None, microsecond=0))
    return f"{time:g}"
