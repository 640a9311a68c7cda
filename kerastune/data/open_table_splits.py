"""Splits for recipes for tables."""

from collections.abc import Mapping, Sequence
from typing import Any

from kerastune.data.open_splits import open_splits
from kerastune.data.parts import Parts, parts_of
from kerastune.data.source import Source
from kerastune.data.splits import Splits
from kerastune.data.wide_tables import open_table, open_table_like, require_list


def open_table_splits(
    data: Any,
    options: Mapping[str, Any] | None = None,
    *,
    target_kind: str,
    target: str | None = None,
    drop: Sequence[str] | None = None,
    categories: Sequence[str] | None = None,
) -> Splits:
    """Opens a table and shares its rows out for training, validation and the test.

    Test data of their own are read with the columns and kinds of `data`, see `open_table_like`.

    Args:
        data: a table, see `open_table`.
        options: dictionary with `test_data`, `test_fraction` and `validation_fraction`, as for
            `open_splits`.
        target_kind: str, `"class"` or `"quantity"`.
        target: str, the column to predict. Named tables and sources bring their own.
        drop: sequence of str, columns to leave out. Defaults to none.
        categories: sequence of str, columns of numbers to be read as categories. Defaults to
            none.

    Returns:
        `Splits`.

    Raises:
        InputError: if a table cannot be opened or shared out so, or a text is given for a list.

    Example:

    >>> splits = open_table_splits("wine", {"test_fraction": 0.25}, target_kind="class")
    >>> {use: len(part) for use, part in splits.parts.items()}
    {'training': 134, 'test': 44}
    """
    require_list("categories", categories)
    require_list("drop", drop)
    parts = parts_of(data) or Parts(data)
    group = (options or {}).get("split_by")
    source = open_table(
        parts.training,
        target=target,
        target_kind=target_kind,
        # Which group a row is of says nothing about the rows of other groups.
        drop=[*(drop or ()), *([] if group is None else [group])],
        kinds=dict.fromkeys(categories or (), "category"),
    )

    def open_with(data: Any, *, class_names: tuple[str, ...] | None = None) -> Source:  # noqa: ARG001
        # The columns of the source know the classes.
        if data is parts.training:
            return source
        return open_table_like(data, source.columns, source.targets)

    return open_splits(parts, options, target_kind=target_kind, open_with=open_with)
