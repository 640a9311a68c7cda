"""Layers and weights of a model in an order that does not depend on the backend.

Keras itself lists the layers that a model holds as attributes in another order on PyTorch.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import keras

from kerastune.comparison.work.recording import called_parts


@dataclass
class OrderedModel:
    """A model with its layers and weights in the order in which they are used.

    Args:
        model: a built Keras model.
        parts: list of layers and operations, in the order in which they first finish.

    Example:

    >>> import numpy as np
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, name="dense")])
    >>> ordered = OrderedModel.of(model, np.ones((1, 2), "float32"))
    >>> [part.name for part in ordered.parts], [len(weight.shape) for weight in ordered.weights]
    (['dense'], [2, 1])
    """

    model: keras.Model
    parts: list[Any]

    @classmethod
    def of(cls, model: keras.Model, inputs: Any) -> "OrderedModel":
        """Run a model once to see which layers it uses, in which order.

        Args:
            model: a built Keras model. Its weights stay as they are.
            inputs: arrays in the structure that the model takes.
        """
        return cls(model, called_parts(model, inputs))

    @cached_property
    def weights(self) -> "list[keras.Variable]":
        """All weights of the model: of layers as they are used, then the others by their paths."""
        known = {id(weight) for weight in self.model.weights}
        found = {
            id(weight): weight
            for part in self.parts
            for weight in getattr(part, "weights", [])
            if id(weight) in known
        }
        rest = sorted(self.model.weights, key=lambda weight: weight.path)
        return list({**found, **{id(weight): weight for weight in rest}}.values())

    @property
    def trainable(self) -> "list[keras.Variable]":
        """The weights that train."""
        training = {id(weight) for weight in self.model.trainable_weights}
        return [weight for weight in self.weights if id(weight) in training]

    @cached_property
    def places(self) -> dict[int, int]:
        """The place of each weight, by the identity of the weight."""
        return {id(weight): place for place, weight in enumerate(self.weights)}

    def in_order(self, variables: "Sequence[keras.Variable]") -> "list[keras.Variable]":
        """Variables in the order of the weights; others, such as states of seeds, last.

        Args:
            variables: sequence of Keras variables.
        """
        last = len(self.places)
        return sorted(variables, key=lambda one: self.places.get(id(one), last))
