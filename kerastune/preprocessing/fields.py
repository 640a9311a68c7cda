"""From the columns of a sparse table, such as users and items, to codes for embeddings."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Self

import keras
import numpy as np
import scipy

from kerastune.data import Column, Source, open_table_like
from kerastune.data.table_notes import listed
from kerastune.errors import InputError
from kerastune.preprocessing.field_columns import (
    OTHER,
    PADDING,
    BucketedField,
    Field,
    HashedField,
    LookedUpField,
)
from kerastune.preprocessing.preprocessor import Preprocessor

_KINDS: dict[str, type[Field]] = {
    "looked_up": LookedUpField,
    "hashed": HashedField,
    "bucketed": BucketedField,
}


@keras.saving.register_keras_serializable(package="kerastune")
class FieldPreprocessor(Preprocessor):
    """Turns rows of users, items and what is known of them into codes, a field a column.

    - Categories get a code each, known from the training samples alone. Rare and new ones, such
      as users without a training sample, share a code; `noted` tells how many there are.
    - Columns with more categories than `hash_buckets` are hashed into that many codes.
    - Of a value with a separator in it, such as `Crime|Drama`, each part is a category.
    - Numbers become one of `buckets` codes with as many training samples each.

    Args:
        min_count: int, the training samples that a category needs for a code of its own.
            Defaults to 1.
        hash_buckets: int, or None for no hashing. Defaults to None.
        buckets: int, the most codes of a column of numbers. Defaults to 20.
        separator: str, what stands between several categories of a value. Defaults to `"|"`.
        left_out: sequence of str, columns that are not read, such as the time of a rating.
            Defaults to none.
        known: sequence of fields that were fitted before, as by the run that a network goes on
            from: their hashes and edges are kept, and categories are learned anew. Defaults to
            none.

    Raises:
        InputError: if a number is less than 1.

    Example:

    >>> from kerastune.data import open_table
    >>> rows = {"user": ["ann", "bob", "ann"], "genres": ["Crime|Drama", "Drama", None]}
    >>> samples = open_table({**rows, "stars": [4.5, 2, 3]}, target="stars")
    >>> preprocessor = FieldPreprocessor().fit(samples)
    >>> arrays = preprocessor({"user": ["bob", "eve"], "genres": ["Drama", "Drama|Crime"]})
    >>> arrays["user"].tolist(), arrays["genres"].tolist()
    ([[4], [2]], [[3, 0], [3, 4]])
    """

    is_by_sample = True

    def __init__(
        self,
        min_count: int = 1,
        hash_buckets: int | None = None,
        buckets: int = 20,
        separator: str = "|",
        left_out: Sequence[str] = (),
        known: Sequence[Field] = (),
        fitted: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        if min(min_count, buckets, 1 if hash_buckets is None else hash_buckets) < 1:
            raise InputError(
                "Expected at least 1 training sample of a category, 1 bucket of numbers and 1 of "
                f"hashes. Received: min_count={min_count}, buckets={buckets}, "
                f"hash_buckets={hash_buckets}"
            )
        self.min_count = min_count
        self.hash_buckets = hash_buckets
        self.buckets = buckets
        self.separator = separator
        self.left_out = tuple(left_out)
        self.known = {field.name: field for field in known}
        self._use(tuple(_restored(field) for field in fitted))

    def _use(self, fields: tuple[Field, ...]) -> None:
        """Takes over what was learned of the columns."""
        self.fields = fields
        self.columns = tuple(field.name for field in fields)

    @property
    def sizes(self) -> dict[str, int]:
        """Dictionary from each field to the number of its codes."""
        return {field.name: field.size for field in self.fields}

    @property
    def widths(self) -> dict[str, int]:
        """Dictionary from each field to how many codes stand for a value."""
        return {field.name: field.width for field in self.fields}

    def fit(self, samples: Source) -> Self:
        """Learns categories and buckets from the training samples.

        Args:
            samples: the training `Source`, whose inputs are of kind `number` or `category`.

        Returns:
            The preprocessor itself, fitted.

        Raises:
            InputError: if an input is of another kind, or a column of numbers holds none.
        """
        names = [name for name in samples.inputs if name not in self.left_out]
        self._use(tuple(self._learned(samples, name) for name in names))
        return self

    def _learned(self, samples: Source, name: str) -> Field:
        column, values = samples.columns[name], samples.values[name]
        known = self.known.get(name)
        if column.kind == "number":
            if isinstance(known, BucketedField):
                return known
            return BucketedField.fit(name, values, self.buckets)
        if column.kind == "category":
            if isinstance(known, HashedField):
                return known
            found = LookedUpField.fit(name, values, self.separator, self.min_count)
            is_hashed = self.hash_buckets is not None and known is None and not found.separator
            if is_hashed and len(found.categories) > (self.hash_buckets or 0):
                return HashedField(name, self.hash_buckets or 0)
            return found
        raise InputError(
            f"Expected inputs of kind number or category in {samples.name}. Received: {name!r} of "
            f"kind {column.described}. Leave the column out"
        )

    def by_column(self, inputs: Any) -> dict[str, Any]:
        """Returns raw inputs as a dictionary by column, however they were given.

        Args:
            inputs: a table, as for `kerastune.data.open_table`, with the columns of the
                training data; others are left out.

        Returns:
            Dictionary from each name in `columns` to its values.

        Raises:
            InputError: if a column is missing, or a value does not fit it.
        """
        kinds = {field.name: Column(field.kind) for field in self.fields}
        return dict(open_table_like(inputs, kinds).values)

    def prepare(self, inputs: Mapping[str, Any]) -> dict[str, np.ndarray]:
        """Returns the codes of each field.

        Args:
            inputs: dictionary from each name in `columns` to the values of a batch.

        Returns:
            Dictionary from each field to an int32 array of shape `(batch, width)`.

        Raises:
            InputError: if a value does not fit its column.
        """
        return {field.name: field(inputs[field.name]) for field in self.fields}

    def one_hot(self, samples: Source) -> "scipy.sparse.csr_array":
        """Returns the fields as a sparse array of zeros and ones, a column for each code.

        Of a value with several categories each has its share, so that all fields count the same.

        Args:
            samples: `Source`.

        Returns:
            float64 array of shape `(samples, codes of all fields)`.
        """
        parts, start = [], 0
        for field in self.fields:
            codes = field(samples.values[field.name])
            is_there = codes != PADDING
            rows, places = np.nonzero(is_there)
            parts.append((rows, codes[rows, places] + start, (1 / is_there.sum(axis=1))[rows]))
            start += field.size
        rows, columns, shares = (np.concatenate(part) for part in zip(*parts, strict=True))
        return scipy.sparse.csr_array((shares, (rows, columns)), shape=(len(samples), start))

    def notes_for(self, use: str, samples: Source) -> list[str]:
        """Returns notes on values that share a code as rare or new ones, and on those cut.

        Args:
            use: str, what they are for, such as `"training"`.
            samples: `Source`.

        Returns:
            List of str, a line each, where there are any.
        """
        looked_up = [field for field in self.fields if isinstance(field, LookedUpField)]
        unknown, long = {}, {}
        for field in looked_up:
            values = samples.values[field.name]
            unknown[field.name] = int((field(values) == OTHER).any(axis=1).sum())
            long[field.name] = field.too_long(values)
        rule = (
            "unknown from the training samples"
            if self.min_count == 1
            else f"of fewer than {self.min_count} training samples"
        )
        return [
            f"{use}: {text}: {listed({name: count for name, count in counts.items() if count})}"
            for text, counts in (
                (f"samples with categories {rule}, which share a code", unknown),
                ("samples with more categories than any has in training, which are cut", long),
            )
            if any(counts.values())
        ]

    def get_config(self) -> dict[str, Any]:
        """Returns the settings, and what was learned of each column."""
        names = {kind: name for name, kind in _KINDS.items()}
        return {
            "min_count": self.min_count,
            "hash_buckets": self.hash_buckets,
            "buckets": self.buckets,
            "separator": self.separator,
            "left_out": list(self.left_out),
            "fitted": [{"field": names[type(one)], **asdict(one)} for one in self.fields],
        }


def _restored(saved: Mapping[str, Any]) -> Field:
    """Returns a fitted field from a configuration."""
    settings: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in saved.items()
        if name != "field"
    }
    return _KINDS[saved["field"]](**settings)
