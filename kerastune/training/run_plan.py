"""A plan is run stage by stage, each by one call of `model.fit`."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import keras
import numpy as np

from kerastune.data import (
    Source,
    batch_sizes,
    evaluation_batches,
    steps_per_epoch,
    training_batches,
)
from kerastune.training.history import History
from kerastune.training.stages import fit_stages

if TYPE_CHECKING:
    from kerastune.tuning import Plan

Preprocess = Callable[[Any], Any]


class Task(Protocol):
    """What training needs to know of a head."""

    def loss(self) -> keras.losses.Loss:
        """The loss to compile with."""
        ...

    def metrics(self) -> list[keras.metrics.Metric]:
        """New metrics to compile with."""
        ...

    def encode(self, labels: np.ndarray) -> np.ndarray:
        """Labels as the loss takes them."""
        ...

    def sample_weights(self, labels: np.ndarray) -> np.ndarray | None:
        """The weight of each sample in the loss, or None."""
        ...


def run_plan(
    model: keras.Model,
    plan: "Plan",
    head: Task,
    train: Source,
    *,
    validation: Source | None = None,
    batch_size: int,
    seed: int,
    preprocess: Preprocess | None = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> History:
    """Train a model as a plan says.

    Before each stage what trains is set from the plan. The optimizer keeps what it
    remembers of the weights that go on training. The order of the samples goes on from
    stage to stage. A terminal shows Keras' progress bar, a file one line an epoch.

    Args:
        model: a model built with `kerastune.heads.attach`.
        plan: the `Plan`.
        head: the head of the model, which brings loss, metrics and encoding.
        train: the training samples.
        validation: samples to measure after each epoch, or None.
        batch_size: int, samples a step.
        seed: int, which decides the order of the training samples.
        preprocess: function from a batch of raw features to what the model takes, or
            None when it takes them as they are.
        callbacks: Keras callbacks for every stage.

    Returns:
        The `History` of all stages.

    Raises:
        InputError: if a pattern of the plan matches nothing, what a stage monitors is not
            measured, a callback changes what trains, or there are no samples.

    Example:

    >>> from kerastune import data, heads, models, tuning
    >>> source = data.diabetes()
    >>> head = heads.Regression.fitted_to(source.labels)
    >>> model = heads.attach(models.standardised_columns(source.features), head)
    >>> plan = tuning.full(epochs=2, learning_rate=0.1)
    >>> history = run_plan(model, plan, head, source, batch_size=64, seed=0)
    Epoch 1/2 ...
    >>> len(history.step_loss), history.epochs[-1]["loss"] < history.epochs[0]["loss"]
    (14, True)
    """
    transform = _transform(head, preprocess)
    sizes = batch_sizes(train, batch_size)
    held_out: dict[str, Any] = {}
    if validation is not None:
        held_out = {
            "validation_data": evaluation_batches(
                validation, batch_size=batch_size, transform=transform
            ),
            "validation_steps": steps_per_epoch(validation, batch_size),
        }

    def compile_with(optimizer: keras.optimizers.Optimizer) -> None:
        model.compile(optimizer=optimizer, loss=head.loss(), metrics=head.metrics())

    def feed(done: int) -> dict[str, Any]:
        batches = training_batches(
            train, batch_size=batch_size, seed=seed, first_batch=done, transform=transform
        )
        # The batches come shuffled.
        return {"x": batches, "shuffle": False, "steps_per_epoch": len(sizes), **held_out}

    return fit_stages(
        model,
        plan,
        compile_with=compile_with,
        feed=feed,
        batch_sizes=sizes,
        is_validated=validation is not None,
        callbacks=callbacks,
    )


def predict(
    model: keras.Model,
    features: Sequence[Any] | np.ndarray,
    *,
    batch_size: int = 64,
    preprocess: Preprocess | None = None,
) -> np.ndarray:
    """The outputs of a model for raw features.

    Args:
        model: a built model.
        features: sequence of raw features, as in a `Source`; at least one.
        batch_size: int, samples computed at a time. Defaults to 64.
        preprocess: function from a batch of raw features to what the model takes, or
            None when it takes them as they are.

    Returns:
        Array of shape `(samples, ...)`, in the order of the features.

    Example:

    >>> double = keras.Sequential([keras.Input((1,)), keras.layers.Rescaling(2.0)])
    >>> predict(double, np.array([[1.0], [2.0]])).tolist()
    [[2.0], [4.0]]
    """
    source = Source(features, np.zeros(len(features)))

    def inputs_only(batch: tuple[Any, np.ndarray]) -> tuple[Any]:
        return (preprocess(batch[0]) if preprocess else batch[0],)

    batches = evaluation_batches(source, batch_size=batch_size, transform=inputs_only)
    return model.predict(batches, steps=steps_per_epoch(source, batch_size), verbose=0)


def _transform(head: Task, preprocess: Preprocess | None) -> Callable[[Any], Any]:
    """From a batch of raw samples to what `model.fit` takes."""

    def transform(batch: tuple[Any, np.ndarray]) -> tuple[Any, ...]:
        features, labels = batch
        inputs = preprocess(features) if preprocess else features
        weights = head.sample_weights(labels)
        encoded = head.encode(labels)
        return (inputs, encoded) if weights is None else (inputs, encoded, weights)

    return transform
