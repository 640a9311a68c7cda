"""Splits of the data that a recipe is given."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Protocol

import numpy as np

from kerastune.data.groups import HoldOut, group_split
from kerastune.data.kinds import as_kind, require_known_classes
from kerastune.data.open import open_data
from kerastune.data.parts import Parts, parts_of
from kerastune.data.similar_labels import noted_labels
from kerastune.data.source import Source
from kerastune.data.splits import Splits, few_shot_split, split, with_validation
from kerastune.data.table_notes import listed
from kerastune.data.unlabelled import require_labels, without_unlabelled
from kerastune.data.unread_columns import refuse_unread_columns


class OpensData(Protocol):
    """A function from what a recipe takes as `data` to a source, such as `open_data`."""

    def __call__(self, data: Any, *, class_names: tuple[str, ...] | None = None) -> Source:
        """Returns the source; with the classes that are known, where there are any."""
        ...


_FEW_SHOT_DATA, _FEW_SHOT = "digits:5-9", 20


def open_splits(
    data: Any,
    options: Mapping[str, Any] | None = None,
    *,
    target_kind: str | None = None,
    samples_per_class: int | None = None,
    open_with: OpensData = open_data,
    hold_out: HoldOut | None = None,
) -> Splits:
    """Opens data and shares it out for training, validation and the test.

    Args:
        data: what `open_with` takes; or data that come with their own split, see `parts_of`,
            which is kept.
        options: dictionary with `test_data`, `test_fraction`, `validation_fraction` and
            `split_by`, see `kerastune.RunOptions`; what else is in it is not looked at. Without
            them a quarter is for the test, and none for validation.
        target_kind: str, the kind that the target is wanted as: `"class"` or `"quantity"`,
            see `as_kind`; None for the kind that it has. Defaults to None.
        samples_per_class: int, the samples of each class to train and validate on; the
            other training samples are left out. Defaults to all.
        open_with: function that opens `data` and `test_data`. Defaults to `open_data`.
        hold_out: function that shares samples out, such as one of `time_split`, where no column
            is given to split by. Defaults to shares at random.

    Returns:
        `Splits`.

    Raises:
        InputError: if the data cannot be opened or shared out so.

    Example:

    >>> splits = open_splits("digits", {"test_fraction": 0.25, "validation_fraction": 0.1})
    >>> {use: len(part) for use, part in splits.parts.items()}
    {'training': 1213, 'validation': 135, 'test': 449}
    """
    chosen = options or {}
    parts = parts_of(data) or Parts(data)
    hold_out = _by_group(parts, chosen) or hold_out
    splits = _opened(parts, chosen, target_kind, open_with, hold_out or _by_fraction)
    if samples_per_class is not None:
        training, _ = few_shot_split(splits.training, samples_per_class, seed=0)
        splits = replace(splits, training=training)
    return _finished(splits, chosen, hold_out)


def open_few_shot_splits(
    data: Any,
    options: Mapping[str, Any] | None = None,
    samples_per_class: int | None = None,
    open_with: OpensData = open_data,
) -> Splits:
    """Opens data, and shares out a few samples of each class to train on and all others to test.

    Args:
        data: what `open_with` takes; or None for `digits:5-9`, of which `samples_per_class` is
            then 20 by default.
        options: dictionary, as for `open_splits`. With `test_data` the test is on those.
        samples_per_class: int, the samples of each class to train and validate on; None for
            a split by `test_fraction`, as in `open_splits`. Defaults to None.
        open_with: function that opens `data` and `test_data`. Defaults to `open_data`.

    Returns:
        `Splits`.

    Raises:
        InputError: if the data cannot be opened or a class has fewer samples.

    Example:

    >>> splits = open_few_shot_splits("digits", samples_per_class=20)
    >>> {use: len(part) for use, part in splits.parts.items()}
    {'training': 200, 'test': 1597}
    """
    if data is None:
        data = _FEW_SHOT_DATA
        samples_per_class = _FEW_SHOT if samples_per_class is None else samples_per_class
    chosen = options or {}
    if samples_per_class is None or chosen.get("split_by") is not None:
        return open_splits(
            data,
            options,
            target_kind="class",
            samples_per_class=samples_per_class,
            open_with=open_with,
        )

    held_out = False

    def few_and_rest(source: Source, fraction: float) -> tuple[Source, Source]:  # noqa: ARG001
        nonlocal held_out
        held_out = True
        return few_shot_split(source, samples_per_class, seed=0)

    splits = _opened(parts_of(data) or Parts(data), chosen, "class", open_with, few_and_rest)
    if not held_out:
        training, _ = few_shot_split(splits.training, samples_per_class, seed=0)
        splits = replace(splits, training=training)
    return _finished(splits, chosen)


def _by_group(parts: Parts, options: Mapping[str, Any]) -> HoldOut | None:
    """Returns what holds out whole groups, or None where samples are held out one by one."""
    column = options.get("split_by")
    return None if column is None else group_split(parts.training, column)


def _opened(
    parts: Parts,
    options: Mapping[str, Any],
    target_kind: str | None,
    open_with: OpensData,
    hold_out: HoldOut,
) -> Splits:
    """Returns the training and test samples, and validation samples where data bring them."""
    opened = open_with(parts.training)
    asked = options.get("test_data")
    if asked is None and parts.test is None and parts.validation is None:
        # Else it may be another part that has the columns.
        refuse_unread_columns(open_with, opened)
    training = _as_wanted(opened, target_kind)
    names = _class_names(training)
    if asked is None:
        parts = without_unlabelled(parts, training)

    def likewise(other: Any) -> Source:
        if names is not None and training is not opened:
            # The labels were numbers, and so are the others.
            return require_known_classes(open_with(other), names)
        return _as_wanted(open_with(other, class_names=names), target_kind)

    validation = None if parts.validation is None else likewise(parts.validation)
    test_data = _test_part(asked, parts)
    if asked is not None:
        require_labels(test_data, training)
    noted = noted_labels(replace(training, notes=(*parts.notes, *training.notes)))
    if test_data is not None:
        return Splits(noted, likewise(test_data), validation)
    return Splits(*hold_out(noted, options.get("test_fraction", 0.25)), validation)


def _test_part(test_data: Any, parts: Parts) -> Any:
    """Returns the data to test on, given or a part of the data, or None."""
    if test_data is None:
        return parts.test
    given = parts_of(test_data)
    return test_data if given is None or given.test is None else given.test


def _class_names(source: Source) -> tuple[str, ...] | None:
    return source.columns[source.targets[0]].class_names if len(source.targets) == 1 else None


def _by_fraction(source: Source, fraction: float) -> tuple[Source, Source]:
    return split(source, fraction, seed=0)


def _as_wanted(source: Source, target_kind: str | None) -> Source:
    """Returns the source with its target of the kind that is wanted, or the error for another."""
    if target_kind is None:
        return source
    converted = as_kind(source, target_kind)
    converted.target(target_kind)
    return converted


def _finished(
    splits: Splits, options: Mapping[str, Any], hold_out: HoldOut | None = None
) -> Splits:
    """Returns the splits, with validation samples held out where the data bring none."""
    notes = (*splits.test.notes, *_untested(splits.test))
    splits = replace(splits, test=replace(splits.test, notes=notes))
    if splits.validation is not None:
        return splits
    return with_validation(splits, options.get("validation_fraction", 0.0), hold_out)


def _untested(test: Source) -> tuple[str, ...]:
    """Returns a note for each target with classes that the test has no sample of."""
    notes = []
    targets = [name for name in test.targets if test.columns[name].kind == "class"]
    for target in targets:
        found = set(np.asarray(test.values[target]).tolist())
        known = test.columns[target].class_names or ()
        lacking = [name for code, name in enumerate(known) if code not in found]
        if lacking:
            of_target = f" of {target!r}" if len(targets) > 1 else ""
            said = f"no test sample of {listed(lacking)}{of_target}"
            notes.append(f"{said}: the metrics say nothing of them")
    return tuple(notes)
