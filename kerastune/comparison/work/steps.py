"""The training of a comparison: the first gradients, one step of the optimizer, some steps."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from kerastune.backends.jacobians import to_numpy, vector_jacobian
from kerastune.comparison.sampling import some_of
from kerastune.comparison.specification import STORED_STEPS
from kerastune.comparison.tensors import write_arrays
from kerastune.comparison.work.subjects import Batch


@dataclass(frozen=True)
class FirstStep:
    """The first forward and backward pass of a model.

    Args:
        outputs: list of arrays, in inference.
        trained: list of arrays, the outputs in training.
        loss: float.
        gradients: list of arrays, one a trainable variable.
    """

    outputs: list[np.ndarray]
    trained: list[np.ndarray]
    loss: float
    gradients: list[np.ndarray]

    def arrays(self) -> dict[str, np.ndarray]:
        """The arrays by name, for a file."""
        named = {"output": self.outputs, "trained": self.trained, "gradient": self.gradients}
        return {
            f"{name}/{place}": value
            for name, values in named.items()
            for place, value in enumerate(values)
        }

    def loss_at(
        self, model: keras.Model, batch: Batch, stored: Mapping[str, np.ndarray]
    ) -> float | None:
        """The loss of the reference's outputs, without what layers add to it.

        Args:
            model: the model, compiled.
            batch: the batch.
            stored: what `arrays` gave on the reference.

        Returns:
            A float, or None where the model has a loss that needs more than outputs.
        """
        x, y, weights = (_tensors(part) for part in batch)
        structure = model(x, training=False)
        flat = [
            keras.ops.convert_to_tensor(stored[f"trained/{place}"], leaf.dtype)
            for place, leaf in enumerate(keras.tree.flatten(structure))
        ]
        outputs = keras.tree.pack_sequence_as(structure, flat)
        try:
            return float(to_numpy(_loss(model, x, y, outputs, weights)))
        except (TypeError, ValueError):
            return None


def first_step(model: keras.Model, batch: Batch, variables: "list[keras.Variable]") -> FirstStep:
    """The outputs, the loss and the gradients of a model for one batch.

    Args:
        model: the model, compiled. Statistics that it moves are left moved.
        batch: tuple `(x, y, sample_weight)` of arrays.
        variables: list of those whose gradients are asked for, in order.

    Returns:
        A `FirstStep`.

    Example:

    >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, "linear", False)])
    >>> model.set_weights([np.array([[2.0]])]); model.compile("sgd", "mse")
    >>> batch = np.ones((1, 1), "float32"), np.zeros((1, 1)), None
    >>> step = first_step(model, batch, model.trainable_variables)
    >>> step.loss, step.gradients[0].tolist()
    (4.0, [[4.0]])
    """
    x, y, weights = (_tensors(part) for part in batch)
    inference = [to_numpy(leaf) for leaf in keras.tree.flatten(model(x, training=False))]

    def run() -> list[Any]:
        outputs = model(x, training=True)
        loss = _loss(model, x, y, outputs, weights)
        return [keras.ops.cast(loss, "float32"), *keras.tree.flatten(outputs)]

    def only_loss(place: int, shape: tuple[int, ...]) -> np.ndarray:
        return np.full(shape, 1.0 if place == 0 else 0.0, "float32")

    found = vector_jacobian(run, [], variables, only_loss)
    return FirstStep(inference, found.outputs[1:], float(found.outputs[0]), found.variables)


def optimizer_step(
    model: keras.Model, stored: Mapping[str, np.ndarray], variables: "list[keras.Variable]"
) -> dict[str, np.ndarray]:
    """What one step of the optimizer makes of the weights, with the reference's gradients.

    Args:
        model: the model, compiled. Its weights are moved, and its optimizer is as before.
        stored: the gradients by place, as `FirstStep.arrays` gives them.
        variables: list of the trainable variables, in that order.

    Returns:
        Dictionary from the place of a trainable variable to its new value.
    """
    optimizer = model.optimizer
    if not optimizer.built:
        optimizer.build(model.trainable_variables)
    former = [to_numpy(variable) for variable in optimizer.variables]
    gradients = [
        keras.ops.convert_to_tensor(stored[f"gradient/{place}"], variable.dtype)
        for place, variable in enumerate(variables)
    ]
    optimizer.apply(gradients, variables)
    moved = {str(place): to_numpy(variable) for place, variable in enumerate(variables)}
    for variable, value in zip(optimizer.variables, former, strict=True):
        variable.assign(value)
    return moved


def trained(
    model: keras.Model, batches: list[Batch], path: Path, weights: "list[keras.Variable]"
) -> tuple[list[float], dict[str, float]]:
    """Train a model step by step, as `model.fit` does, and keep its weights.

    Args:
        model: the model, compiled.
        batches: list of `(x, y, sample_weight)`.
        weights: list of the weights, in order.
        path: Path of the file for the weights: of each variable at most 4096 numbers, evenly
            spaced, after each of the first steps.

    Returns:
        A tuple of the loss of each step, and what was measured in the last.
    """
    kept: dict[str, np.ndarray] = {}
    losses: list[float] = []
    measured: dict[str, float] = {}
    for step, (x, y, sample_weight) in enumerate(batches):
        logs = model.train_on_batch(x, y, sample_weight=sample_weight, return_dict=True)
        measured = {f"{name} (last step)": float(value) for name, value in logs.items()}
        losses.append(float(logs["loss"]))
        if step < STORED_STEPS:
            for place, weight in enumerate(weights):
                kept[f"{step}/{place}"] = some_of(to_numpy(weight))
    write_arrays(path, kept)
    return losses, measured


def _loss(model: keras.Model, x: Any, y: Any, outputs: Any, weights: Any) -> Any:
    """The loss that the model trains on."""
    return model.compute_loss(x=x, y=y, y_pred=outputs, sample_weight=weights, training=True)


def _tensors(part: Any) -> Any:
    """Arrays as tensors of the backend, in their structure; None stays."""
    return keras.tree.map_structure(keras.ops.convert_to_tensor, part, none_is_leaf=False)
