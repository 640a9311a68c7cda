"""What a recipe trains, validates and tests on, from what it is given as data."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Protocol

import numpy as np

from kerastune.data.kinds import as_kind, require_known_classes
from kerastune.data.open import open_data
from kerastune.data.source import Source
from kerastune.data.splits import Splits, few_of_each_class, split, with_validation
from kerastune.data.table_notes import listed


class OpensData(Protocol):
    """A function from what a recipe takes as `data` to a source, such as `open_data`."""

    def __call__(self, data: Any, *, class_names: tuple[str, ...] | None = None) -> Source:
        """The source; with the classes that are known, where there are any."""
        ...


def open_splits(
    data: Any,
    options: Mapping[str, Any] | None = None,
    *,
    target_kind: str | None = None,
    samples_per_class: int | None = None,
    open_with: OpensData = open_data,
) -> Splits:
    """Opens data and shares it out for training, validation and the test.

    Args:
        data: what `open_with` takes.
        options: dictionary with `test_data`, `test_fraction` and `validation_fraction`, see
            `kerastune.RunOptions`; what else is in it is not looked at. Without them a
            quarter is for the test, and none for validation.
        target_kind: str, the kind that the target is wanted as: `"class"` or `"quantity"`,
            see `as_kind`; None for the kind that it has. Defaults to None.
        samples_per_class: int, the samples of each class to train and validate on; the
            other training samples are left out. Defaults to all.
        open_with: function that opens `data` and `test_data`. Defaults to `open_data`.

    Returns:
        `Splits`.

    Raises:
        InputError: if the data cannot be opened or shared out so.

    Example:

    >>> splits = open_splits("digits", {"test_fraction": 0.25, "validation_fraction": 0.1})
    >>> {use: len(part) for use, part in splits.parts.items()}
    {'training': 1213, 'validation': 135, 'test': 449}
    """
    training, test = _with_test(data, options or {}, target_kind, open_with, _by_fraction)
    if samples_per_class is not None:
        training, _ = few_of_each_class(training, samples_per_class, seed=0)
    return _finished(training, test, options or {})


def open_few_shot_splits(
    data: Any,
    options: Mapping[str, Any] | None = None,
    *,
    samples_per_class: int | None = None,
    open_with: OpensData = open_data,
) -> Splits:
    """Opens data, and shares out a few samples of each class to train on and all others to test.

    Args:
        data: what `open_with` takes.
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
    if samples_per_class is None:
        return open_splits(data, options, target_kind="class", open_with=open_with)
    chosen = options or {}

    def few_and_rest(source: Source, fraction: float) -> tuple[Source, Source]:  # noqa: ARG001
        return few_of_each_class(source, samples_per_class, seed=0)

    training, test = _with_test(data, chosen, "class", open_with, few_and_rest)
    if chosen.get("test_data") is not None:
        training, _ = few_of_each_class(training, samples_per_class, seed=0)
    return _finished(training, test, chosen)


def _with_test(
    data: Any,
    options: Mapping[str, Any],
    target_kind: str | None,
    open_with: OpensData,
    hold_out: Callable[[Source, float], tuple[Source, Source]],
) -> tuple[Source, Source]:
    """The samples to train on, and those to test on."""
    opened = open_with(data)
    source = _as_wanted(opened, target_kind)
    test_data = options.get("test_data")
    if test_data is None:
        return hold_out(source, options.get("test_fraction", 0.25))
    names = source.columns[source.targets[0]].class_names if len(source.targets) == 1 else None
    if names is not None and source is not opened:
        # The labels were numbers, and so are those of the test.
        return source, require_known_classes(open_with(test_data), names)
    return source, _as_wanted(open_with(test_data, class_names=names), target_kind)


def _by_fraction(source: Source, fraction: float) -> tuple[Source, Source]:
    """The rest, and the fraction held out."""
    return split(source, fraction, seed=0)


def _as_wanted(source: Source, target_kind: str | None) -> Source:
    """The source with its target of the kind that is wanted, or the error for another."""
    if target_kind is None:
        return source
    converted = as_kind(source, target_kind)
    converted.target(target_kind)
    return converted


def _finished(training: Source, test: Source, options: Mapping[str, Any]) -> Splits:
    """The splits, with validation samples where some are asked for."""
    test = replace(test, notes=(*test.notes, *_untested(test)))
    return with_validation(Splits(training, test), options.get("validation_fraction", 0.0))


def _untested(test: Source) -> tuple[str, ...]:
    """A note on the classes that the test has no sample of."""
    names = [name for name in test.targets if test.columns[name].kind == "class"]
    if len(names) != 1:
        return ()
    found = set(np.asarray(test.values[names[0]]).tolist())
    known = test.columns[names[0]].class_names or ()
    lacking = [name for code, name in enumerate(known) if code not in found]
    if not lacking:
        return ()
    return (f"no test sample of {listed(lacking)}: the metrics say nothing of them",)
