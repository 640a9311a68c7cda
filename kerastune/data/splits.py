"""Training, validation and test samples, made once and never mixed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import sklearn

from kerastune.data.columns import Column
from kerastune.data.described import reads_nothing
from kerastune.data.group_columns import groups_of, split_by_group
from kerastune.data.source import Source
from kerastune.errors import InputError
from kerastune.renamed import warn_renamed


@dataclass(frozen=True, eq=False)
class Splits:
    """Training, validation and test samples of a job.

    Args:
        training: `Source` of the samples to train on. What is fitted to data (vocabularies,
            means, categories) is fitted to these alone.
        test: `Source` of the samples that the result is measured on.
        validation: `Source` of the samples to measure on after each epoch, or None.

    Raises:
        InputError: if their columns or targets differ, the order of classes too, or one has
            no samples.

    Example:

    >>> source = Source.of(list("abcdefgh"), np.arange(8) % 2, class_names=("even", "odd"))
    >>> splits = Splits(*split(source, 0.25, seed=0))
    >>> {use: len(part) for use, part in splits.parts.items()}
    {'training': 6, 'test': 2}
    """

    training: Source
    test: Source
    validation: Source | None = None

    def __post_init__(self) -> None:
        for use, part in self.parts.items():
            if not len(part):
                raise InputError(f"Expected samples for {use}. Received: none in {part.name}")
            missing = [name for name in self.training.values if name not in part.values]
            if missing or part.targets != self.training.targets:
                raise InputError(
                    f"Expected the columns {list(self.training.values)} with the targets "
                    f"{list(self.training.targets)} for {use}, as for training. Received: "
                    f"{list(part.values)} with {list(part.targets)} in {part.name}"
                )
            for name in part.targets:
                wanted, found = self.training.columns[name], part.columns[name]
                if (found.kind, found.class_names) != (wanted.kind, wanted.class_names):
                    raise InputError(
                        f"Expected the target {name!r} to be {wanted.described} in the same order "
                        f"for {use}, as for training. Received: {found.described} in {part.name}. "
                        "Give it the class names of the training samples"
                    )

    @property
    def parts(self) -> dict[str, Source]:
        """Dictionary from `"training"`, `"validation"` (if there is any) and `"test"` to each."""
        parts = {"training": self.training, "validation": self.validation, "test": self.test}
        return {use: part for use, part in parts.items() if part is not None}

    @property
    def without_test(self) -> Source:
        """The `Source` of all samples but those for the test, validation samples last.

        A baseline, which has nothing to validate, is fitted to these.
        """
        return self.training if self.validation is None else self.training.joined(self.validation)

    def with_notes(self, *notes: str) -> "Splits":
        """Returns the splits with more notes on the training samples.

        Args:
            *notes: str, a line each.
        """
        training = replace(self.training, notes=(*self.training.notes, *notes))
        return replace(self, training=training)

    @property
    def seen(self) -> Source:
        """The earlier name of `without_test`."""
        warn_renamed("Splits.seen", "Splits.without_test")
        return self.without_test

    @property
    def columns(self) -> Mapping[str, Column]:
        """Dictionary from the name of each column to its `Column`."""
        return self.training.columns

    @property
    def class_names(self) -> tuple[str, ...]:
        """tuple of str, the classes of the only target of kind `class`.

        Raises:
            InputError: if there is no such target, or several.
        """
        names = self.columns[self.training.target("class")].class_names
        return names or ()


def split(source: Source, fraction: float, *, seed: int) -> tuple[Source, Source]:
    """Holds out a fraction of the samples, stratified by class.

    Where there is one target of kind `class`, each class is held out in its share, but at
    least one sample of it, and at least one is left. Where there is a column of kind `group`,
    whole groups are held out, drawn until they have the fraction.

    Args:
        source: `Source`.
        fraction: float between 0 and 1, the part to hold out.
        seed: int, 0 to 4294967295, chooses the samples. The same seed gives the same
            split on every platform and backend.

    Returns:
        A tuple of two `Source`: the rest and the held-out samples, each in the order
        of the source.

    Raises:
        InputError: if the fraction is not between 0 and 1, if a class has fewer than
            two samples, or if a part has fewer samples than there are classes.

    Example:

    >>> source = Source.of(list("abcdefgh"), np.arange(8) % 2, class_names=("even", "odd"))
    >>> train, test = split(source, 0.25, seed=0)
    >>> len(train), test.values["label"]
    (6, array([0, 1]))
    """
    if not 0 < fraction < 1:
        raise InputError(f"Expected a fraction between 0 and 1. Received: {fraction}")
    if reads_nothing():
        return source, source
    if (groups := groups_of(source)) is not None:
        rest, held_out = split_by_group(groups, fraction, seed=seed)
        return source.select(rest), source.select(held_out)
    size = len(source)
    held_out_size = min(max(round(size * fraction), 1), size - 1)
    if held_out_size < 1:
        raise InputError(f"Expected at least 2 samples to split. Received: {size}. Hold out none")
    labels = _labels_to_share(source)
    if labels is not None:
        _check_counts(labels, _class_names(source), held_out_size)
    rest, held_out = sklearn.model_selection.train_test_split(
        np.arange(size), test_size=held_out_size, random_state=seed, stratify=labels
    )
    if labels is not None:
        _give_each_class(rest, held_out, labels)
        _give_each_class(held_out, rest, labels)
    return source.select(np.sort(rest)), source.select(np.sort(held_out))


def _give_each_class(part: np.ndarray, other: np.ndarray, labels: np.ndarray) -> None:
    """Exchanges samples in place, so that the other part has a sample of each class."""
    for code in np.setdiff1d(labels[part], labels[other]):
        codes, counts = np.unique(labels[other], return_counts=True)
        given = np.flatnonzero(labels[part] == code)[0]
        taken = np.flatnonzero(labels[other] == codes[counts.argmax()])[0]
        part[given], other[taken] = other[taken], part[given]


def few_shot_split(source: Source, count: int, *, seed: int) -> tuple[Source, Source]:
    """Returns a number of samples of each class, and the others.

    Args:
        source: `Source` with one target of kind `class`.
        count: int, samples of each class, at least 1.
        seed: int, not negative, chooses the samples.

    Returns:
        A tuple of two `Source`: the chosen samples and the rest, each in the order of
        the source.

    Raises:
        InputError: if a class has fewer samples, or none are left for the rest.

    Example:

    >>> source = Source.of(list("abcdef"), np.arange(6) % 2, class_names=("even", "odd"))
    >>> few, rest = few_shot_split(source, 2, seed=0)
    >>> few.values["label"], rest.values["label"]
    (array([0, 1, 0, 1]), array([1, 0]))
    """
    if count < 1:
        raise InputError(f"Expected at least 1 sample of each class. Received: {count}")
    if reads_nothing():
        return source, source
    labels = np.asarray(source.values[source.target("class")])
    generator = np.random.default_rng(seed)
    chosen = np.zeros(len(source), dtype=bool)
    for code, name in enumerate(_class_names(source)):
        positions = np.flatnonzero(labels == code)
        if len(positions) < count:
            raise InputError(
                f"Expected at least {count} samples of each class in {source.name}. "
                f"Received: {len(positions)} of {name!r}. Choose fewer, or leave that class out"
            )
        chosen[generator.permutation(positions)[:count]] = True
    if chosen.all():
        raise InputError(
            f"Expected more than {count} samples of some class in {source.name}, to leave a rest. "
            f"Received: {len(source)} samples. Choose fewer"
        )
    return source.select(np.flatnonzero(chosen)), source.select(np.flatnonzero(~chosen))


def with_validation(
    splits: Splits,
    fraction: float,
    hold_out: Callable[[Source, float], tuple[Source, Source]] | None = None,
) -> Splits:
    """Returns the splits with a part of the training samples held out for validation.

    At least one sample of each class is held out; where that is more than the share, a note
    says so.

    Args:
        splits: `Splits` without validation samples.
        fraction: float, the share of the training samples to hold out, in the same way
            whatever the seed of a run; 0 for none.
        hold_out: function from samples and a fraction to the rest and the held-out samples, see
            `group_split`. Defaults to `split`.

    Returns:
        `Splits`.

    Raises:
        InputError: as for `split`.

    Example:

    >>> source = Source.of(list("abcdefgh"), np.arange(8) % 2, class_names=("even", "odd"))
    >>> parts = with_validation(Splits(source, source), 0.25).parts
    >>> {use: len(part) for use, part in parts.items()}
    {'training': 6, 'validation': 2, 'test': 8}
    """
    if not fraction:
        return splits
    source, notes = splits.training, []
    labels = _labels_to_share(source)
    classes = 0 if labels is None or reads_nothing() else len(np.unique(labels))
    if hold_out is None and round(len(source) * fraction) < classes < len(source) * 0.5:
        notes = [
            f"{classes} samples held out, one of each class, which is more than the share of "
            f"{fraction:g}"
        ]
        fraction = classes / len(source)
    try:
        if hold_out is None:
            training, validation = split(source, fraction, seed=0)
        else:
            training, validation = hold_out(source, fraction)
    except InputError as error:
        raise InputError(f"{error}. validation_fraction=0 trains without validation") from error
    validation = replace(validation, notes=(*validation.notes, *notes))
    return replace(splits, training=training, validation=validation)


def _labels_to_share(source: Source) -> np.ndarray | None:
    """Returns the labels to stratify a split by: those of the only target with classes."""
    with_classes = [name for name in source.targets if source.columns[name].kind == "class"]
    return np.asarray(source.values[with_classes[0]]) if len(with_classes) == 1 else None


def _class_names(source: Source) -> Sequence[str]:
    """Returns the names of the classes of the only target that has classes."""
    return source.columns[source.target("class")].class_names or ()


def _check_counts(labels: np.ndarray, class_names: Sequence[str], held_out_size: int) -> None:
    """Raises when the samples cannot be split by class."""
    codes, counts = np.unique(labels, return_counts=True)
    rarest = int(counts.argmin())
    if counts[rarest] < 2:
        raise InputError(
            "Expected at least 2 samples of each class, to split them. "
            f"Received: {counts[rarest]} of class {class_names[codes[rarest]]!r}. "
            "Add samples of it, merge it with another class, or leave it out"
        )
    rest_size = len(labels) - held_out_size
    if held_out_size < len(codes):
        raise InputError(
            f"Expected at least {len(codes)} samples to hold out, one for each class. "
            f"Received: {held_out_size} of {len(labels)} samples. "
            "Add samples, hold out a larger share, or none"
        )
    if rest_size < len(codes):
        raise InputError(
            f"Expected at least {len(codes)} samples to be left, one for each class. "
            f"Received: {rest_size} of {len(labels)} samples. "
            "Add samples, hold out a smaller share, or none"
        )
