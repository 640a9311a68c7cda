"""A head that is several heads on one backbone, one for each target column."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

import keras
import numpy as np

from kerastune.data import Source
from kerastune.errors import InputError
from kerastune.evaluation import Evaluation
from kerastune.heads.by_column import HeadsByColumn, by_sample
from kerastune.heads.head import Head
from kerastune.heads.target_heads import (
    head_classes,
    heads_with_class_weights,
    only_loss,
    require_single,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@keras.saving.register_keras_serializable(package="kerastune")
@dataclass(frozen=True)
class Several(Head):
    """A head for each of several target columns, on the same features.

    Targets are dictionaries by column. Outputs, losses and metrics are dictionaries by
    `output_names`, which are the columns but for signs that names of layers cannot hold. The
    losses, times their weights, are added up. In reports the names of metrics, tables and
    pictures begin with the column, and the first metric of the first head sums up the others.

    Args:
        heads: dictionary from the name of each target column to its head; at least two.
        weights: dictionary from the names of columns to how much their losses count, above
            0. What it does not name, or all if it is None, counts 1.

    Raises:
        InputError: if there are fewer than two heads, one of them is no head for a single
            column, or a weight is out of its range.

    Example:

    >>> from kerastune.heads import Classification, Regression
    >>> head = Several(
    ...     {"digit": Classification(("0", "1")), "angle": Regression((0.0,), (30.0,))},
    ...     weights={"angle": 0.5},
    ... )
    >>> head.loss_weights()
    {'digit': 1.0, 'angle': 0.5}
    >>> head.decode({"digit": np.array([[3.0]]), "angle": np.array([[0.5]])})
    [{'digit': '1', 'angle': array([15.])}]
    """

    heads: Mapping[str, Head]
    weights: Mapping[str, float] | None = None

    def __post_init__(self) -> None:
        if len(self.heads) < 2:
            raise InputError(
                "Expected heads for two targets or more. Received: "
                f"{list(self.heads) or 'none'}. Use a head, or a recipe, for one as it is"
            )
        for column, head in self.heads.items():
            if isinstance(head, Several):
                raise InputError(
                    f"Expected a head for the one column {column!r}. Received: Several. Name all "
                    "columns at once"
                )
            require_single(column, head)
        for column, weight in (self.weights or {}).items():
            if column not in self.heads or not 0 < weight < math.inf:
                raise InputError(
                    f"Expected weights above 0 for columns out of {list(self.heads)}. "
                    f"Received: {weight} for {column!r}"
                )

    @classmethod
    def for_samples(
        cls,
        samples: Source,
        column: str | None = None,
        *,
        heads: Mapping[str, type[Head]] | None = None,
        weights: Mapping[str, float] | None = None,
        **settings: Any,
    ) -> Self:
        """Returns a head with heads for all targets of the samples.

        Args:
            samples: the training `Source`.
            column: None, because all targets are learned.
            heads: dictionary from target columns to classes of heads. Defaults, also for
                columns that it does not name, to `Classification`, `Multilabel`,
                `Regression` and `TokenClassification` by the kind of the column.
            weights: as for the class.
            **settings: what all these heads take, such as `dropout`.

        Returns:
            A `Several`.

        Raises:
            InputError: if a column is given, or there is no head for a target.
        """
        if column is not None:
            raise InputError(
                f"Expected no column, because `Several` learns all targets. Received: {column!r}. "
                "Use the head for that column, or `Source.with_targets`"
            )
        chosen = head_classes(samples, heads or {})
        return cls(
            {name: kind.for_samples(samples, name, **settings) for name, kind in chosen.items()},
            weights,
        )

    @property
    def _columns(self) -> HeadsByColumn:
        return HeadsByColumn(self.heads)

    @property
    def output_names(self) -> dict[str, str]:
        """Dictionary from each column to the name of its output."""
        return self._columns.output_names

    def build(self, features: Any, name: str = "head") -> dict[str, Any]:
        """Puts the layers of every head on features; see `Head`.

        Returns:
            Dictionary from the name of each output to symbolic outputs.
        """
        return {
            output: self.heads[column].build(features, name=f"{name}_{output}")
            for column, output in self.output_names.items()
        }

    def loss(self) -> dict[str, Any]:
        """Returns the loss of each output.

        Raises:
            InputError: if a head has no loss, or several.
        """
        return self._columns.by_output(only_loss)

    def loss_weights(self) -> dict[str, float]:
        """Returns the weight of each output's loss."""
        given = self.weights or {}
        return self._columns.by_output(lambda column, _: float(given.get(column, 1.0)))

    def metrics(self) -> dict[str, Any]:
        """Returns new metrics to compile a model with, by output."""
        found = self._columns.by_output(lambda _, head: head.metrics())
        return {output: metrics for output, metrics in found.items() if metrics}

    def encode(self, targets: Mapping[str, Any]) -> dict[str, Any]:
        """Returns the targets of a batch as the losses take them: an array by output.

        Raises:
            InputError: if a column is missing, or has no head.
        """
        values = self._columns.checked(targets)
        return self._columns.by_output(lambda column, head: head.encode(values[column]))

    def sample_weights(self, targets: Mapping[str, Any]) -> dict[str, Any] | None:
        """Returns the weight of each sample of a batch in the loss of each output.

        Returns:
            Dictionary from the name of each output to an array, ones for heads that weigh
            all samples alike; or None if all heads do.
        """
        values = self._columns.checked(targets)
        found = self._columns.by_output(lambda column, head: head.sample_weights(values[column]))
        if all(weights is None for weights in found.values()):
            return None
        # Keras wants weights for all outputs, or for none.
        ones = np.ones(len(next(iter(values.values()))), "float32")
        return {output: ones if weights is None else weights for output, weights in found.items()}

    def with_class_weights(
        self,
        class_weights: str | Mapping[str, Any],
        samples: Source,
        column: str | None = None,  # noqa: ARG002
    ) -> Self:
        """Returns the head with weights of classes in its heads; see `Head`.

        Args:
            class_weights: `"balanced"`, for all heads that weigh classes; or dictionary from
                the name of a column to what its head takes.
            samples: the training `Source`.
            column: None, because all targets are learned.

        Returns:
            A `Several`.

        Raises:
            InputError: if there is no such column, or a head weighs no classes.
        """
        weighed = heads_with_class_weights(self.heads, class_weights, samples)
        return replace(self, heads=weighed)

    def calibrated(self, targets: Mapping[str, Any], outputs: Mapping[str, Any]) -> Self:
        """Returns the head with each of its heads calibrated; see `Head`."""
        return replace(self, heads=self._columns.by_column("calibrated", targets, outputs))

    def decode(self, outputs: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Returns the answers: a list of dictionaries from column to answer, one a sample."""
        return by_sample(
            {
                column: head.decode(outputs[self.output_names[column]])
                for column, head in self.heads.items()
            }
        )

    def probabilities(self, outputs: Mapping[str, Any]) -> dict[str, Any]:
        """Returns the probabilities by column, of the heads that have them.

        Raises:
            InputError: if no head has.
        """
        return self._columns.where_given("probabilities", outputs)

    def intervals(self, outputs: Mapping[str, Any], coverage: float = 0.9) -> dict[str, Any]:
        """Returns the intervals by column, of the heads that have them.

        Args:
            outputs: dictionary, as the model gives them.
            coverage: float between 0 and 1, the probability. Defaults to 0.9.

        Returns:
            Dictionary from column to an array of shape `(samples, targets, 2)`.

        Raises:
            InputError: if no head has intervals, or one has not for this coverage.
        """
        return self._columns.where_given("intervals", outputs, coverage)

    def evaluate(self, targets: Mapping[str, Any], outputs: Mapping[str, Any]) -> Evaluation:
        """Returns the metrics of every head, with the column before each name.

        The first metric is that of the first head.
        """
        found = self._columns.by_column("evaluate", targets, outputs)
        return Evaluation.joined([one.prefixed(column) for column, one in found.items()])

    def pictures(
        self, targets: Mapping[str, Any], outputs: Mapping[str, Any]
    ) -> "dict[str, Figure]":
        """Returns the pictures of every head, with the name of the output before each name."""
        return {
            f"{self.output_names[column]}_{name}": picture
            for column, pictures in self._columns.by_column("pictures", targets, outputs).items()
            for name, picture in pictures.items()
        }

    def examples(
        self, targets: Mapping[str, Any], outputs: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        """Returns the examples of all heads, with the column before each name."""
        found = self._columns.by_column("examples", targets, outputs)
        return [
            {
                f"{column}_{name}": value
                for column, row in rows.items()
                for name, value in row.items()
            }
            for rows in by_sample(found)
        ]

    def get_config(self) -> dict[str, Any]:
        """Returns the heads, as pairs of a column and its head's configuration, and the weights."""
        heads = [
            [column, keras.saving.serialize_keras_object(head)]
            for column, head in self.heads.items()
        ]
        return {"heads": heads, "weights": None if self.weights is None else dict(self.weights)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Returns the head that `get_config` described.

        Args:
            config: dictionary, as JSON holds it.
        """
        heads = {
            column: keras.saving.deserialize_keras_object(head) for column, head in config["heads"]
        }
        return cls(heads, config["weights"])
