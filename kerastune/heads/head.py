"""The contract of a head: what turns features into answers, and measures them."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

import keras

from kerastune.distribution.read_batches import for_keras
from kerastune.errors import InputError
from kerastune.evaluation import Evaluation
from kerastune.heads.values import report_value, restored

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from kerastune.data import Source

# What a subclass has to have, and the arguments of each.
_NEEDED = {
    "build": "self, features, name='head'",
    "loss": "self",
    "decode": "self, outputs",
    "evaluate": "self, targets, outputs",
}


class Head:
    """Turns features into answers; a base class to extend.

    A head brings the last layers of a model, the loss and metrics to train it with, how
    targets become numbers and outputs answers, and how the answers are measured and shown.
    A subclass implements `build`, `loss`, `decode` and `evaluate`, and what else is not as
    it wants it; as a dataclass it needs no `get_config`. It is saved by its class, so
    register it: `@keras.saving.register_keras_serializable(package="mine")`.

    *Targets* are the values of the target column of the data, or a dictionary of them by
    column where there are several; a head for data without targets is given None, and its
    loss zeros. *Outputs* are what the model computes, as arrays, in the order of the samples
    and aligned to them by the preprocessor.

    Example:

    >>> from dataclasses import dataclass
    >>> import numpy as np
    >>> from kerastune.evaluation import Metric
    >>> @dataclass(frozen=True)
    ... class Median(Head):
    ...     kinds = ("quantity",)
    ...
    ...     def build(self, features, name="head"):
    ...         return keras.layers.Dense(1, name=f"{name}_output")(features)
    ...
    ...     def loss(self):
    ...         return keras.losses.MeanAbsoluteError()
    ...
    ...     def decode(self, outputs):
    ...         return outputs[:, 0]
    ...
    ...     def evaluate(self, targets, outputs):
    ...         error = float(np.abs(self.decode(outputs) - targets).mean())
    ...         return Evaluation([Metric("mean_absolute_error", error, higher_is_better=False)])
    >>> Median().evaluate(np.array([1.0, 2.0]), np.array([[1.0], [3.0]]))["mean_absolute_error"]
    0.5
    """

    kinds: ClassVar[tuple[str, ...]] = ()
    """The kinds of target that it learns, see `kerastune.data.KINDS`; empty for any."""

    @classmethod
    def for_samples(cls, samples: "Source", column: str | None = None, **settings: Any) -> Self:
        """Returns a head for samples like these.

        Args:
            samples: the training `Source`.
            column: str, the target column. Defaults to the only target of a kind out of
                `kinds`.
            **settings: as for the class.

        Returns:
            A head, fitted to the samples where it has something to fit. By default the
            class is called with the settings.

        Raises:
            InputError: if there is no such target.
        """
        if cls.kinds:
            cls.column_of(samples, column)
        return cls(**settings)

    @classmethod
    def column_of(cls, samples: "Source", column: str | None = None) -> str:
        """Returns the name of the target column that the head learns.

        Args:
            samples: `Source`.
            column: str, the column that was asked for, or None for the only one that fits.

        Raises:
            InputError: if there is no such target, or it is of another kind.
        """
        if column is not None:
            samples.require(column)
            samples = samples.with_targets(column)
        return samples.target(*cls.kinds)

    def build(self, features: Any, name: str = "head") -> Any:
        """Puts the head's layers on features.

        Args:
            features: symbolic tensor of shape `(batch, width)`, or as the backbone gives it.
            name: str, what the names of the layers begin with, so that several heads have
                different ones.

        Returns:
            Symbolic outputs: a tensor, or a dictionary of tensors by name.
        """
        raise self._without("build")

    def loss(self) -> Any:
        """Returns the loss to compile a model with.

        Returns:
            A Keras loss, a dictionary of them by output, or None for a model that has its
            own `compute_loss`.
        """
        raise self._without("loss")

    def loss_weights(self) -> dict[str, float] | None:
        """Returns the weight of each output's loss, or None for equal weights."""
        return None

    def metrics(self) -> Any:
        """Returns new Keras metrics to compile a model with: a list, or a dictionary by output."""
        return []

    def encode(self, targets: Any) -> Any:
        """Returns targets as the loss takes them.

        Args:
            targets: targets of a batch.

        Returns:
            Array of shape `(batch, ...)`, or a dictionary of arrays by output.
        """
        return targets

    def sample_weights(self, targets: Any) -> Any:
        """Returns the weight of each sample in the loss: an array, a dictionary by output, or None.

        Args:
            targets: targets of a batch.
        """
        return None

    def with_class_weights(
        self,
        class_weights: str | Mapping[str, Any],
        samples: "Source",
        column: str | None = None,
    ) -> Self:
        """Returns the head with weights of classes in its loss, in place of those that it has.

        Args:
            class_weights: `"balanced"`, so that every class counts the same; or dictionary
                from the name of a class to its weight, 1 for those that it does not name.
            samples: the training `Source`.
            column: str, the target column. Defaults to the only one that the head takes.

        Returns:
            A head of the same class.

        Raises:
            InputError: if the head weighs no classes, or there is no such class.
        """
        raise InputError(
            "Expected a head that weighs classes, with class_weights. Received: "
            f"{type(self).__name__}. Leave them out"
        )

    def predict(self, model: keras.Model, batches: Any, steps: int) -> Any:
        """Returns the model's outputs for batches of prepared inputs.

        Implement it to replace the forward pass where the model answers, such as by
        generating one token after the other.

        Args:
            model: the model.
            batches: iterable of `(inputs,)`, as `model.predict` takes it.
            steps: int, the number of batches.

        Returns:
            Array of shape `(samples, ...)`, as the batches come, or a list or dictionary of such.
        """
        return model.predict(for_keras(batches), steps=steps, verbose=0)

    def answers(self, model: keras.Model, batches: Any, steps: int) -> Any:
        """Returns outputs to decode, where these are not those that are measured.

        Implement it where the model answers otherwise than it is measured: a language model
        is measured by its losses on texts, and answers by going on from a prompt.

        Args:
            model: the model.
            batches: iterable of `(inputs,)`, as for `predict`.
            steps: int, the number of batches.

        Returns:
            What `Preprocessor.align_answers` takes. By default what `predict` gives.
        """
        return self.predict(model, batches, steps)

    def calibrated(self, targets: Any, outputs: Any) -> Self:
        """Returns the head with what can only be set once a model is trained, such as thresholds.

        Args:
            targets: the validation targets.
            outputs: the model's outputs for them.

        Returns:
            A head whose `build` and `loss` are the same. By default the head itself.
        """
        return self

    def decode(self, outputs: Any) -> Any:
        """Returns the answers for outputs: one a sample, in a list or an array."""
        raise self._without("decode")

    def evaluate(self, targets: Any, outputs: Any) -> Evaluation:
        """Evaluates outputs against the targets.

        Args:
            targets: targets of all samples.
            outputs: the model's outputs for them.

        Returns:
            An `Evaluation`.
        """
        raise self._without("evaluate")

    def pictures(self, targets: Any, outputs: Any) -> "dict[str, Figure]":
        """Returns Matplotlib figures by name, such as `"confusion"`. By default none."""
        return {}

    def examples(self, targets: Any, outputs: Any) -> list[dict[str, Any]]:
        """Returns answers beside the targets, for a report: a dictionary for each sample.

        Args:
            targets: targets of a few samples.
            outputs: the model's outputs for them.

        Returns:
            List of dictionaries with `predicted`, and `true` beside the targets of one column.
        """
        answers = self.decode(outputs)
        if targets is None or isinstance(targets, Mapping):
            return [{"predicted": report_value(answer)} for answer in answers]
        return [
            {"predicted": report_value(answer), "true": report_value(target)}
            for answer, target in zip(answers, targets, strict=True)
        ]

    # `errors`, `probabilities` and `intervals` are methods that some heads have besides.

    def get_config(self) -> dict[str, Any]:
        """Returns the settings for `from_config`, as plain data or Keras objects.

        By default the fields of a dataclass.
        """
        if is_dataclass(self):
            return {field.name: getattr(self, field.name) for field in fields(self) if field.init}
        return {}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Returns the head that `get_config` described.

        Args:
            config: dictionary, as JSON holds it: lists become tuples, and the
                configurations of Keras objects these objects.
        """
        return cls(**{name: restored(value) for name, value in config.items()})

    def require_complete(self) -> None:
        """Raises unless the class has what a model needs to be trained and measured.

        Raises:
            InputError: if it lacks `loss`, `decode` or `evaluate`, with what to write.
        """
        for method in ("loss", "decode", "evaluate"):
            if getattr(type(self), method) is getattr(Head, method):
                raise self._without(method)

    def _without(self, method: str) -> InputError:
        """Returns the error for a head that lacks what it is asked for."""
        signature = f"def {method}({_NEEDED[method]}): ..."
        return InputError(
            f"Expected a head with a method `{method}`. Received: {type(self).__name__} without. "
            f"Write `{signature}`"
        )
