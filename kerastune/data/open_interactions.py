"""Splits for recommendation: what users made of items, shared out by time or at random."""

from collections.abc import Mapping, Sequence
from functools import partial
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from kerastune.data.columns import Column
from kerastune.data.groups import HoldOut
from kerastune.data.open_splits import open_splits
from kerastune.data.parts import Parts, parts_of
from kerastune.data.source import Source
from kerastune.data.source_tables import given_table
from kerastune.data.splits import Splits, split
from kerastune.data.times import time_split
from kerastune.data.wide_tables import open_table, open_table_like
from kerastune.errors import InputError

TASKS = ("rating", "click")
SPLITS = ("time", "time_by_user", "order", "random")


def open_interaction_splits(
    data: Any,
    options: Mapping[str, Any] | None = None,
    *,
    task: str = "rating",
    target: str | None = None,
    user_column: str = "user_id",
    item_column: str = "item_id",
    time_column: str = "timestamp",
    drop: Sequence[str] | None = None,
    split_in: str = "time",
    split_seed: int = 0,
    scale: tuple[float, float] = (0.5, 5.0),
    liked_from: float = 4.0,
) -> Splits:
    """Opens a table of what users made of items, and shares its rows out.

    Args:
        data: a table, see `open_table`, such as `movielens_100k`, `movielens:FOLDER` or
            `criteo:FILE`, with a row for each rating or click.
        options: dictionary with `test_data`, `test_fraction` and `validation_fraction`, as for
            `open_splits`.
        task: str, `"rating"` for the ratings as quantities, or `"click"` for two classes. Defaults
            to `"rating"`.
        target: str, the column of ratings or clicks. Named tables and sources bring their own.
        user_column: str, the column of users. Defaults to `"user_id"`.
        item_column: str, that of items. Defaults to `"item_id"`.
        time_column: str, that of times. Defaults to `"timestamp"`.
        drop: sequence of str, columns to leave out. Defaults to none.
        split_in: str, what is held out: `"time"` for all from some moment on; `"time_by_user"` for
            the last of each user; `"order"` for the last rows; or `"random"`. Defaults to
            `"time"`.
        split_seed: int, chooses the samples of a random split. Defaults to 0.
        scale: tuple of two floats, the lowest and the highest rating that there is. Defaults to
            `(0.5, 5.0)`.
        liked_from: float, from which rating on an item counts as liked, for clicks. Labels with
            two classes are taken as they are. Defaults to 4.

    Returns:
        `Splits`, whose target is of kind `quantity`, or a `class` out of `no` and `yes` where
        ratings become clicks.

    Raises:
        InputError: if the table cannot be opened or shared out so, or a rating is not on the
            scale.

    Example:

    >>> table = {"user_id": [1, 1, 2, 2], "item_id": [5, 6, 5, 7], "rating": [4, 1, 5, 2]}
    >>> splits = open_interaction_splits(table, target="rating", split_in="order", task="click")
    >>> splits.training.values["user_id"], splits.training.values["rating"].tolist()
    (['1', '1', '2'], [1, 0, 1])
    """
    hold_out = _hold_out(split_in, split_seed, time_column, user_column)
    for name, value, known in (("task", task, TASKS), ("split", split_in, SPLITS)):
        if value not in known:
            raise InputError(f"Expected `{name}` out of {', '.join(known)}. Received: {value!r}")
    if not scale[0] < scale[1]:
        raise InputError(f"Expected `scale` as (lowest, highest). Received: {tuple(scale)}")
    parts = parts_of(data) or Parts(data)
    table = given_table(_from_path(parts.training))
    ids = [name for name in (user_column, item_column) if name in table.cells]
    opened = open_table(
        table,
        target=target,
        drop=drop or (),
        kinds=dict.fromkeys(ids, "category"),
        target_kind=None if task == "click" else "quantity",
    )
    as_target = partial(_with_target, task=task, scale=scale, liked_from=liked_from)
    source = as_target(opened)

    def open_with(data: Any, *, class_names: tuple[str, ...] | None = None) -> Source:  # noqa: ARG001
        if data is parts.training:
            return source
        return as_target(open_table_like(_from_path(data), opened.columns, opened.targets))

    return open_splits(parts, options, open_with=open_with, hold_out=hold_out)


def _hold_out(how: str, seed: int, time_column: str, user_column: str) -> HoldOut:
    """Returns what holds out samples in one of the ways of `SPLITS`."""
    if how == "random":
        return lambda source, fraction: split(source, fraction, seed=seed)
    if how == "order":
        return time_split()
    return time_split(time_column, user_column if how == "time_by_user" else None)


def _from_path(data: Any) -> Any:
    """Returns the scheme of a folder that holds MovieLens, and other data as they are."""
    is_folder = isinstance(data, str | PathLike) and Path(data).is_dir()
    return f"movielens:{data}" if is_folder else data


def _with_target(
    source: Source, *, task: str, scale: tuple[float, float], liked_from: float
) -> Source:
    """Returns the samples with ratings, or with whether they are liked."""
    (name,) = source.targets
    column, values = source.columns[name], source.values[name]
    if task == "click" and column.kind == "class":
        names = column.class_names or ()
        if len(names) == 2:
            return source
        ratings = _numbers(names, name, source)[np.asarray(values)]
    else:
        ratings = np.asarray(values, "float64")
    outside = np.flatnonzero((ratings < scale[0]) | (ratings > scale[1]))
    if len(outside):
        raise InputError(
            f"Expected ratings from {scale[0]:g} to {scale[1]:g} in {name!r} of {source.name}. "
            f"Received: {ratings[outside[0]]:g} in row {source.row(int(outside[0])) + 1}, and "
            f"{len(outside)} of {len(ratings)} outside. Correct them, or give another `scale`"
        )
    if task == "rating":
        return source.with_column(name, ratings, Column("quantity"))
    liked = (ratings >= liked_from).astype("int64")
    return source.with_column(name, liked, Column("class", class_names=("no", "yes")))


def _numbers(names: Sequence[str], target: str, source: Source) -> np.ndarray:
    try:
        return np.array([float(name) for name in names])
    except ValueError as error:
        raise InputError(
            f"Expected ratings, or labels of two classes, in {target!r} of {source.name}. "
            f"Received: {len(names)} classes, such as {names[0]!r}"
        ) from error
