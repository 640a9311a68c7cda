"""A head that is several heads on one backbone, one for each target column."""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

import keras
import numpy as np

from kerastune.data import Source
from kerastune.errors import InputError
from kerastune.evaluation import Evaluation
from kerastune.heads.classification import Classification
from kerastune.heads.head import Head
from kerastune.heads.multilabel import Multilabel
from kerastune.heads.regression import Regression
from kerastune.heads.token_classification import TokenClassification

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_BY_KIND: dict[str, type[Head]] = {
    "class": Classification,
    "multilabel": Multilabel,
    "quantity": Regression,
    "tags": TokenClassification,
}


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
            _require_single(column, head)
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
        """Heads for all targets of the samples.

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
        chosen = _chosen(samples, heads or {})
        return cls(
            {name: kind.for_samples(samples, name, **settings) for name, kind in chosen.items()},
            weights,
        )

    @property
    def output_names(self) -> dict[str, str]:
        """Dictionary from each column to the name of its output."""
        names: dict[str, str] = {}
        for column in self.heads:
            # TensorFlow takes no other signs in names of metrics, PyTorch no points in layers'.
            word = re.sub(r"[^A-Za-z0-9_-]+", "_", column).strip("_") or "target"
            numbered = (f"{word}_{number}" for number in range(2, 2 + len(self.heads)))
            names[column] = next(name for name in (word, *numbered) if name not in names.values())
        return names

    def build(self, features: Any, name: str = "head") -> dict[str, Any]:
        """Puts the layers of every head on features.

        Args:
            features: symbolic tensor of shape `(batch, width)`, or as the backbone gives it.
            name: str, what the names of the layers begin with; that of the output follows.

        Returns:
            Dictionary from the name of each output to symbolic outputs.
        """
        return {
            output: self.heads[column].build(features, name=f"{name}_{output}")
            for column, output in self.output_names.items()
        }

    def loss(self) -> dict[str, Any]:
        """The loss of each output.

        Raises:
            InputError: if a head has no loss, or several.
        """
        return self._by_output(_only_loss)

    def loss_weights(self) -> dict[str, float]:
        """The weight of each output's loss."""
        given = self.weights or {}
        return self._by_output(lambda column, _: float(given.get(column, 1.0)))

    def metrics(self) -> dict[str, Any]:
        """New metrics to compile a model with, by output."""
        found = self._by_output(lambda _, head: head.metrics())
        return {output: metrics for output, metrics in found.items() if metrics}

    def encode(self, targets: Mapping[str, Any]) -> dict[str, Any]:
        """Targets as the losses take them.

        Args:
            targets: dictionary from column to the targets of a batch.

        Returns:
            Dictionary from the name of each output to an array.

        Raises:
            InputError: if a column is missing, or has no head.
        """
        values = self._checked(targets)
        return self._by_output(lambda column, head: head.encode(values[column]))

    def sample_weights(self, targets: Mapping[str, Any]) -> dict[str, Any] | None:
        """The weight of each sample in the loss of each output.

        Args:
            targets: dictionary from column to the targets of a batch.

        Returns:
            Dictionary from the name of each output to an array, ones for heads that weigh
            all samples alike; or None if all heads do.
        """
        values = self._checked(targets)
        found = self._by_output(lambda column, head: head.sample_weights(values[column]))
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
        """The head with weights of classes in its heads; see `Head`.

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
        weighing = [name for name, head in self.heads.items() if weighs_classes(head)]
        asked = (
            class_weights
            if isinstance(class_weights, Mapping)
            else dict.fromkeys(weighing, class_weights)
        )
        unknown = [name for name in asked if name not in self.heads]
        if unknown or not asked:
            raise InputError(
                f"Expected class weights for columns out of {weighing}. Received: "
                f"{unknown[0] if unknown else class_weights!r}"
            )
        weighed = {
            name: self.heads[name].with_class_weights(weights, samples, name)
            for name, weights in asked.items()
        }
        return replace(self, heads={**self.heads, **weighed})

    def calibrated(self, targets: Mapping[str, Any], outputs: Mapping[str, Any]) -> Self:
        """The head with each of its heads calibrated.

        Args:
            targets: dictionary from column to the validation targets.
            outputs: dictionary of the model's outputs for them.

        Returns:
            A `Several`.
        """
        return replace(self, heads=self._each("calibrated", targets, outputs))

    def decode(self, outputs: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Answers for outputs.

        Args:
            outputs: dictionary, as the model gives them.

        Returns:
            List of dictionaries from column to answer, one a sample.
        """
        return _by_sample(
            {
                column: head.decode(outputs[self.output_names[column]])
                for column, head in self.heads.items()
            }
        )

    def probabilities(self, outputs: Mapping[str, Any]) -> dict[str, Any]:
        """The probabilities that the heads of classes give.

        Args:
            outputs: dictionary, as the model gives them.

        Returns:
            Dictionary from column to an array, for the heads that have probabilities.

        Raises:
            InputError: if none has.
        """
        return self._where_given("probabilities", outputs)

    def intervals(self, outputs: Mapping[str, Any], coverage: float = 0.9) -> dict[str, Any]:
        """The intervals that the heads of quantities give.

        Args:
            outputs: dictionary, as the model gives them.
            coverage: float between 0 and 1, the probability. Defaults to 0.9.

        Returns:
            Dictionary from column to an array of shape `(samples, targets, 2)`, for the heads
            that have intervals.

        Raises:
            InputError: if none has, or one has not for this coverage.
        """
        return self._where_given("intervals", outputs, coverage)

    def evaluate(self, targets: Mapping[str, Any], outputs: Mapping[str, Any]) -> Evaluation:
        """What every head measures, with the column before each name.

        Args:
            targets: dictionary from column to the targets of all samples.
            outputs: dictionary of the model's outputs for them.

        Returns:
            An `Evaluation`; its first metric is the first one of the first head.
        """
        found = self._each("evaluate", targets, outputs)
        return Evaluation.joined([one.prefixed(column) for column, one in found.items()])

    def pictures(
        self, targets: Mapping[str, Any], outputs: Mapping[str, Any]
    ) -> "dict[str, Figure]":
        """The pictures of every head, with the name of the output before each name."""
        return {
            f"{self.output_names[column]}_{name}": picture
            for column, pictures in self._each("pictures", targets, outputs).items()
            for name, picture in pictures.items()
        }

    def examples(
        self, targets: Mapping[str, Any], outputs: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        """What each head shows of a sample, with the column before each name."""
        found = self._each("examples", targets, outputs)
        return [
            {
                f"{column}_{name}": value
                for column, row in rows.items()
                for name, value in row.items()
            }
            for rows in _by_sample(found)
        ]

    def get_config(self) -> dict[str, Any]:
        """The heads, as pairs of a column and its head's configuration, and the weights."""
        heads = [
            [column, keras.saving.serialize_keras_object(head)]
            for column, head in self.heads.items()
        ]
        return {"heads": heads, "weights": None if self.weights is None else dict(self.weights)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """The head that `get_config` described.

        Args:
            config: dictionary, as JSON holds it.
        """
        heads = {
            column: keras.saving.deserialize_keras_object(head) for column, head in config["heads"]
        }
        return cls(heads, config["weights"])

    def _by_output(self, of: Callable[[str, Head], Any]) -> dict[str, Any]:
        """What a function of a column and its head gives, by the names of outputs."""
        return {
            output: of(column, self.heads[column]) for column, output in self.output_names.items()
        }

    def _each(
        self, method: str, targets: Mapping[str, Any], outputs: Mapping[str, Any]
    ) -> dict[str, Any]:
        """What a method of each head gives for targets and outputs, by column."""
        values = self._checked(targets)
        return {
            column: getattr(self.heads[column], method)(values[column], outputs[output])
            for column, output in self.output_names.items()
        }

    def _where_given(self, method: str, outputs: Mapping[str, Any], *arguments: Any) -> Any:
        """What a method that not every head has gives for outputs, by column."""
        found = {
            column: getattr(head, method)(outputs[self.output_names[column]], *arguments)
            for column, head in self.heads.items()
            if hasattr(head, method)
        }
        if not found:
            raise InputError(
                f"Expected a head that gives {method}. Received: "
                f"{', '.join(type(head).__name__ for head in self.heads.values())}, which do not"
            )
        return found

    def _checked(self, targets: Any) -> Mapping[str, Any]:
        """The targets, one for each head."""
        if not isinstance(targets, Mapping) or set(targets) != set(self.heads):
            found = list(targets) if isinstance(targets, Mapping) else type(targets).__name__
            raise InputError(
                f"Expected targets in the columns {list(self.heads)}. Received: {found}. Give "
                "each target a head, and choose the targets with `Source.with_targets`"
            )
        return targets


def weighs_classes(head: Head) -> bool:
    """Whether a head has weights of classes in its loss.

    Args:
        head: a `Head`.

    Example:

    >>> weighs_classes(Classification(("a", "b"))), weighs_classes(Regression((0.0,), (1.0,)))
    (True, False)
    """
    return type(head).with_class_weights is not Head.with_class_weights


def _require_single(column: str, head: Any) -> None:
    """Raises unless a head is one that can stand beside others."""
    if not isinstance(head, Head) or isinstance(head, Several):
        raise InputError(
            f"Expected a head for the one column {column!r}. Received: {type(head).__name__}. "
            "Heads within heads go no deeper: name all columns at once"
        )
    head.require_complete()
    if type(head).predict is not Head.predict:
        raise InputError(
            f"Expected a head for {column!r} that answers from the model's outputs. Received: "
            f"{type(head).__name__}, which predicts in its own way. Use it without `Several`"
        )


def _chosen(samples: Source, heads: Mapping[str, type[Head]]) -> dict[str, type[Head]]:
    """The class of the head for each target."""
    unknown = [name for name in heads if name not in samples.targets]
    if unknown:
        raise InputError(
            f"Expected heads for targets of {samples.name} out of {list(samples.targets)}. "
            f"Received: {unknown}"
        )
    found = {}
    for name in samples.targets:
        column = samples.columns[name]
        if name not in heads and column.kind not in _BY_KIND:
            raise InputError(
                f"Expected targets of kind {', '.join(_BY_KIND)}. Received: {name!r} of kind "
                f"{column.described}. Give the class of its head in `heads`"
            )
        found[name] = heads[name] if name in heads else _BY_KIND[column.kind]
    return found


def _only_loss(column: str, head: Head) -> Any:
    """The loss of a head that has one output."""
    loss = head.loss()
    if loss is None or isinstance(loss, Mapping | list | tuple):
        raise InputError(
            f"Expected a head with one loss for {column!r}. Received: {type(head).__name__} with "
            f"{loss}. Use it without `Several`"
        )
    return loss


def _by_sample(answers: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Lists by column as dictionaries, one a sample."""
    return [
        dict(zip(answers, values, strict=True)) for values in zip(*answers.values(), strict=True)
    ]
