"""The embeddings and the network of a run of recommendation, for another one to begin with."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kerastune import backends

backends.select()

import keras
import numpy as np

from kerastune.backends import builds_abstract
from kerastune.errors import InputError
from kerastune.jobs.loading import load
from kerastune.jobs.pretrained_weights import network_in
from kerastune.preprocessing import FieldPreprocessor
from kerastune.preprocessing.field_columns import Field

_BACKBONE = "deep_fm"
_TABLE = "_embedding"


@dataclass(frozen=True)
class PretrainedFields:
    """The network that a run of `recommendation` has trained, and its fields; made by `of_run`.

    Args:
        backbone: a `kerastune.models.deep_fm`.
        preprocessor: the `FieldPreprocessor` that gives it codes.
        source: str, the run, for messages.

    Example:

    >>> from kerastune.data import open_table
    >>> from kerastune.models import deep_fm
    >>> def fitted(users):
    ...     rows = {"user": users, "item": ["a", "b"], "stars": [1, 2]}
    ...     return FieldPreprocessor().fit(open_table(rows, target="stars"))
    >>> theirs, ours = fitted(["ann", "bob"]), fitted(["bob", "eve"])
    >>> backbone = deep_fm(ours.sizes)
    >>> PretrainedFields(deep_fm(theirs.sizes), theirs).copy_to(backbone, ours)
    ('1 of 2 categories of user are known from a run', '2 of 2 categories of item are ...')
    """

    backbone: keras.Model
    preprocessor: FieldPreprocessor
    source: str = "a run"

    @classmethod
    def of_run(cls, run_dir: str | Path) -> "PretrainedFields":
        """Returns the network of a run of `recommendation`.

        Args:
            run_dir: str or Path, the directory of a finished run.

        Raises:
            InputError: if it is none, or has no such network.

        Example:

        >>> PretrainedFields.of_run("no/such/run")
        Traceback (most recent call last):
            ...
        kerastune.errors.InputError: Expected the directory of a finished run. Received: ...
        """
        result = load(run_dir)
        backbone = network_in(result.model, _BACKBONE)
        if backbone is None or not isinstance(result.preprocessor, FieldPreprocessor):
            raise InputError(
                f"Expected a run of recommendation. Received: '{run_dir}', a run of {result.recipe}"
            )
        return cls(backbone, result.preprocessor, str(run_dir))

    @property
    def fields(self) -> tuple[Field, ...]:
        """The fields as they were fitted to the samples of the run."""
        return self.preprocessor.fields

    def copy_to(self, backbone: keras.Model, preprocessor: FieldPreprocessor) -> tuple[str, ...]:
        """Sets the weights of a network: embeddings by category, and the others as they are.

        Categories that the run does not know keep the embeddings that they have.

        Args:
            backbone: a `kerastune.models.deep_fm` with the same fields and sizes of layers.
            preprocessor: its `FieldPreprocessor`, fitted with the `known` fields of the run.

        Returns:
            Tuple of str, how many categories of each field the run knows, for notes.

        Raises:
            InputError: if a layer has another shape, or one of them lacks a field or a layer.
        """
        theirs, ours = _by_path(self.backbone), _by_path(backbone)
        alone = sorted(theirs.keys() ^ ours.keys())
        if alone:
            raise InputError(
                f"Expected the same fields and layers as in '{self.source}'. Received: a network "
                f"of others, {len(alone)} weights of which only one has, such as {alone[0]!r}. "
                "Give the same columns and `units`"
            )
        fields = {field.name: field for field in self.fields}
        rows: dict[str, Any] = {
            field.name: field.rows_of(fields[field.name]) for field in preprocessor.fields
        }
        for path, weight in ours.items():
            name = _field_of(path, rows)
            ours_shape, their_shape = tuple(weight.shape), tuple(theirs[path].shape)
            if ours_shape[1:] != their_shape[1:] or (name is None and ours_shape != their_shape):
                raise InputError(
                    f"Expected the sizes of the network of '{self.source}', whose {path!r} has the "
                    f"shape {their_shape}. Received: {ours_shape}. Give its `embedding_width` and "
                    "`units`"
                )
            if not builds_abstract():
                weight.assign(_taken(weight, theirs[path], None if name is None else rows[name]))
        return tuple(self._known(preprocessor.fields, rows))

    def _known(self, fields: Sequence[Field], rows: dict[str, np.ndarray]) -> list[str]:
        counts = {
            field.name: (int((rows[field.name] >= 0).sum()) - 3, len(rows[field.name]) - 3)
            for field in fields
            if hasattr(field, "categories")
        }
        return [
            f"{known} of {count} categories of {name} are known from {self.source}"
            for name, (known, count) in counts.items()
        ]


def _by_path(backbone: keras.Model) -> dict[str, keras.Variable]:
    """Returns the weights of a network by the path without the network's own name."""
    return {weight.path.removeprefix(f"{backbone.name}/"): weight for weight in backbone.weights}


def _field_of(path: str, fields: dict[str, Any]) -> str | None:
    """Returns the field that a table of embeddings is of, or None for another weight."""
    layer = path.split("/")[0]
    return next((name for name in fields if layer == f"{name.replace('/', '_')}{_TABLE}"), None)


def _taken(ours: Any, theirs: Any, rows: np.ndarray | None) -> np.ndarray:
    """Returns the values of a weight, rows in another order where they are told."""
    new, old = keras.ops.convert_to_numpy(ours), keras.ops.convert_to_numpy(theirs)
    if rows is None:
        return np.asarray(old)
    return np.where((rows >= 0)[:, None], old[np.maximum(rows, 0)], new)
