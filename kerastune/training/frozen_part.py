"""The frozen part of a model at work: batch by batch, under draws of augmentation or without."""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np

from kerastune.backends import nested_layers, versions
from kerastune.backends.bits import bits_of
from kerastune.backends.portable import random_stream
from kerastune.backends.random import kept_random_state
from kerastune.training.feature_store import FeatureStore
from kerastune.training.feeding import Samples
from kerastune.training.open_sides import OpenSides
from kerastune.tuning.freezing.fixed_layers import is_augmentation


class FrozenPart:
    """The frozen part of a model, and how often each sample goes through it.

    Args:
        model: Keras model from the inputs to the features.
        copies: int, the draws of augmentation under which it sees each sample; 0 for one pass in
            inference mode. Where nothing in it draws, it is 0.
        seed: int, which decides what is drawn.

    Example:

    >>> model = keras.Sequential([keras.Input((4, 4, 1)), keras.layers.RandomFlip()])
    >>> FrozenPart(model, copies=3, seed=0).copies
    3
    >>> FrozenPart(keras.Sequential([keras.Input((2,))]), copies=3, seed=0).copies
    0
    """

    def __init__(self, model: keras.Model, *, copies: int, seed: int) -> None:
        self._generators = [
            held
            for layer in nested_layers(model)
            if is_augmentation(layer)
            for held in vars(layer).values()
            if isinstance(held, keras.random.SeedGenerator)
        ]
        self.copies = copies if self._generators else 0
        self._model = _Drawing(model) if self.copies else model
        self._frozen = model
        self._seed = seed

    @property
    def _shapes(self) -> list[tuple[int | None, ...]]:
        """The shape of a sample in each tensor of features."""
        return [tuple(tensor.shape[1:]) for tensor in self._frozen.outputs]

    @property
    def tensors(self) -> int:
        """int, how many tensors of features it gives."""
        return len(self._shapes)

    def shapes(self, samples: Samples) -> list[tuple[int | None, ...]]:
        """Returns the shape of a sample in each array that `fill` writes.

        Args:
            samples: the `Samples`.

        Returns:
            List of tuples, None for a side that is as long as its batch is padded to.
        """
        sides = self.open_sides(samples)
        return self._shapes if sides is None else [*self._shapes, (sides.count,)]

    def open_sides(self, samples: Samples) -> OpenSides | None:
        """Returns the sides of features that go with the lengths of samples; None without any.

        Args:
            samples: the `Samples`. Where they are grouped by length, `fill` writes how long these
                sides are, as the last array.
        """
        sides = OpenSides(self._shapes)
        return sides if samples.lengths is not None and sides.count else None

    def rows(self, samples: Samples) -> int:
        """Returns how many rows of features there are of samples."""
        return len(samples.source) * max(self.copies, 1)

    def fill(
        self, store: FeatureStore, samples: Samples, before_batch: Callable[[], None]
    ) -> Any | None:
        """Computes the features of samples, copy after copy.

        Args:
            store: `FeatureStore` with a row for each copy of each sample.
            samples: the `Samples`.
            before_batch: function that is called before each batch.

        Returns:
            What comes beside the inputs, arrays with a row for each sample; or None where that
            or the features of several batches do not fit each other.
        """
        others: list[Any] = []
        order, batches = samples.longest_first()
        sides = self.open_sides(samples)
        for copy in range(max(self.copies, 1)):
            others, places = [], order + copy * len(order)
            with self._drawing(copy):
                for inputs, *rest in batches:
                    before_batch()
                    count = len(keras.tree.flatten(inputs)[0])
                    outputs = self._model.predict_on_batch(_filled(inputs, samples.batch_size))
                    rows = [np.asarray(leaf)[:count] for leaf in keras.tree.flatten(outputs)]
                    if sides is not None:
                        rows = [*sides.padded(rows, store.shapes), sides.sizes(rows)]
                    try:
                        store.write(rows, places[:count])
                    except ValueError:
                        return None
                    others.append(rest)
                    if _row_shapes(rest) != _row_shapes(others[0]):
                        return None
                    places = places[count:]
        return in_order(others, order) if store.is_full else None

    def fingerprint(self) -> str:
        """Returns a fingerprint of configuration, weights, draws, and versions of the libraries.

        The names of layers and operations, which count up in a process, have no part in it.
        """
        names = {self._frozen.name: 0}
        for layer in [self._frozen, *nested_layers(self._frozen)]:
            # Of functional models also what `keras.ops` made.
            for one in (layer, *getattr(layer, "operations", ())):
                names.setdefault(one.name, len(names))
        configuration = keras.saving.serialize_keras_object(self._frozen)
        about = {
            "configuration": _renamed(configuration, names),
            # Among them is the backend's.
            "versions": versions(),
            "image data format": keras.config.image_data_format(),
            "draws": [self.copies, self._seed, random_stream()] if self.copies else None,
        }
        digest = hashlib.sha256(json.dumps(about, sort_keys=True, default=repr).encode())
        for weight in self._frozen.weights:
            digest.update(f"{weight.dtype} {tuple(weight.shape)};".encode())
            digest.update(bits_of(weight).data)
        return digest.hexdigest()

    @contextmanager
    def _drawing(self, copy: int) -> Iterator[None]:
        """While this lasts, what is drawn depends on the seed and the copy alone."""
        former = [keras.ops.convert_to_numpy(held.state.value) for held in self._generators]
        with kept_random_state():
            for number, held in enumerate(self._generators):
                sequence = np.random.SeedSequence([self._seed, copy, number])
                # Of 31 bits, as PyTorch's states are signed.
                start = int(sequence.generate_state(1, np.uint32)[0]) >> 1
                held.state.assign(np.array([start, 0], former[number].dtype))
            try:
                yield
            finally:
                for held, state in zip(self._generators, former, strict=True):
                    held.state.assign(state)


def in_order(batches: Sequence[Any], order: np.ndarray) -> Any:
    """Returns batches as one, in the order of their samples.

    Args:
        batches: sequence of structures of arrays, all alike, whose rows have one shape.
        order: int array, the position of each sample as it comes in the batches.

    Example:

    >>> in_order([(np.array([5, 6]),), (np.array([7]),)], np.array([2, 0, 1]))[0].tolist()
    [6, 7, 5]
    """
    places = np.argsort(order)
    return keras.tree.map_structure(lambda *leaves: np.concatenate(leaves)[places], *batches)


def joined(batches: Sequence[Any]) -> Any | None:
    """Returns batches as one; None where the shapes of their rows differ.

    Args:
        batches: sequence of structures of arrays, all alike.

    Example:

    >>> joined([np.zeros((1, 2)), np.zeros((2, 2))]).shape
    (3, 2)
    >>> joined([np.zeros((1, 2)), np.zeros((1, 3))]) is None
    True
    """
    if len(set(map(_row_shapes, batches))) != 1:
        return None
    return keras.tree.map_structure(lambda *leaves: np.concatenate(leaves), *batches)


def add_values(digest: Any, values: np.ndarray) -> None:
    """Adds the values of an array to a digest, bit by bit.

    Args:
        digest: of `hashlib`.
        values: array.

    Example:

    >>> digest = hashlib.sha256()
    >>> add_values(digest, np.zeros(2))
    """
    if values.dtype.kind in "OUST":
        digest.update(json.dumps(values.tolist(), default=repr).encode())
    else:
        digest.update(np.ascontiguousarray(values).reshape(-1).view(np.uint8).data)


def _row_shapes(batch: Any) -> tuple[tuple[int, ...], ...]:
    """The shape of a sample in each array of a batch."""
    return tuple(np.shape(leaf)[1:] for leaf in keras.tree.flatten(batch))


class _Drawing(keras.Model):
    """A model as it is in training, for `predict_on_batch`."""

    def __init__(self, model: keras.Model) -> None:
        super().__init__(name="drawing")
        self.drawn = model
        self.jit_compile = model.jit_compile

    def call(self, inputs: Any) -> Any:
        return self.drawn(inputs, training=True)


def _renamed(value: Any, names: dict[str, int]) -> Any:
    """A configuration with numbers for the names of layers."""
    if isinstance(value, dict):
        return {str(key): _renamed(item, names) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_renamed(item, names) for item in value]
    return f"layer {names[value]}" if isinstance(value, str) and value in names else value


def _filled(inputs: Any, batch_size: int) -> Any:
    """A batch of the usual size, its last sample repeated, so that it is compiled for once."""
    return keras.tree.map_structure(
        lambda leaf: np.concatenate([leaf, np.repeat(leaf[-1:], batch_size - len(leaf), axis=0)]),
        inputs,
    )
