"""Samples on their way into a model and out of it, through a preprocessor and a head."""

from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np

from kerastune.backends.jit_compile import compiles_each_shape
from kerastune.backends.portable import random_stream
from kerastune.data import Column, Source, steps_per_epoch
from kerastune.errors import InputError
from kerastune.heads import Head
from kerastune.preprocessing import Preprocessor
from kerastune.training.feeding import Samples
from kerastune.training.frozen_part import in_order

# With fewer, compiling for three further lengths of texts takes longer than padding all to one.
_STEPS_WORTH_SHAPES = 32


def training_transform(
    samples: Source, preprocessor: Preprocessor, head: Head
) -> Callable[[dict[str, Any]], tuple[Any, ...]]:
    """A function from a batch of samples to what `model.fit` takes.

    Args:
        samples: the `Source` of the batches, which tells its targets.
        preprocessor: the `Preprocessor`, fitted.
        head: the `Head`.

    Returns:
        A function from a dictionary by column to `(x, y)`, or `(x, y, sample_weight)` where
        the head weighs samples. Without targets, `y` is zeros.

    Example:

    >>> from kerastune.heads import Classification
    >>> from kerastune.preprocessing import ArrayPreprocessor
    >>> samples = Source.of(np.ones((4, 2)), [0, 1, 1, 0], class_names=("no", "yes"))
    >>> preprocessor = ArrayPreprocessor().fit(samples)
    >>> transform = training_transform(samples, preprocessor, Classification(("no", "yes")))
    >>> x, y = transform(dict(samples.values))
    >>> x.shape, y.shape
    ((4, 2), (4, 1))
    """

    def transform(batch: dict[str, Any]) -> tuple[Any, ...]:
        given = {name: batch[name] for name in samples.targets}
        targets: Any = next(iter(given.values())) if len(given) == 1 else given or None
        inputs = {name: batch[name] for name in preprocessor.columns}
        x, targets = preprocessor.prepare_both(inputs, targets)
        y = head.encode(targets)
        if y is None:
            y = np.zeros((len(next(iter(batch.values()))), 1), "float32")
        weights = head.sample_weights(targets)
        return (x, y) if weights is None else (x, y, weights)

    return transform


def training_samples(
    samples: Source, preprocessor: Preprocessor, head: Head, batch_size: int
) -> Samples:
    """Returns the samples of a training, as they become batches for `model.fit`.

    Args:
        samples: the training `Source`.
        preprocessor: the `Preprocessor`, fitted, which may group samples by length.
        head: the `Head`.
        batch_size: int, samples a step.

    Returns:
        `Samples`.

    Example:

    >>> from kerastune.heads import Classification
    >>> from kerastune.preprocessing import ArrayPreprocessor
    >>> samples = Source.of(np.ones((4, 2)), [0, 1, 1, 0], class_names=("no", "yes"))
    >>> head, preprocessor = Classification(("no", "yes")), ArrayPreprocessor().fit(samples)
    >>> prepared = training_samples(samples, preprocessor, head, batch_size=3)
    >>> [x.shape for x, y in prepared.in_order()]
    [(3, 2), (1, 2)]
    """
    transform = training_transform(samples, preprocessor, head)
    lengths = preprocessor.lengths(samples)
    return Samples(samples, transform, batch_size, lengths, prepares_by_sample(preprocessor))


def suited_preprocessor(preprocessor: Preprocessor, jit_compile: bool | str) -> Preprocessor:
    """Returns a preprocessor whose batches have few shapes, where each shape costs something.

    It does where it is compiled for, and where all backends are to draw the same, which depends on
    the shape that is drawn for.

    Args:
        preprocessor: the `Preprocessor`, fitted.
        jit_compile: bool or str, as for `kerastune.backends.step_compilation`.

    Returns:
        The preprocessor, or one that pads each batch to its own longest.

    Example:

    >>> from kerastune.preprocessing import ArrayPreprocessor
    >>> preprocessor = ArrayPreprocessor()
    >>> suited_preprocessor(preprocessor, jit_compile=True) is preprocessor
    True
    """
    has_few = compiles_each_shape(jit_compile) or random_stream() == "portable"
    return preprocessor if has_few else preprocessor.without_buckets()


def prepares_by_sample(preprocessor: Preprocessor) -> bool:
    """Returns whether a preprocessor says of its own class that it prepares sample by sample.

    Args:
        preprocessor: the `Preprocessor`.

    Example:

    >>> class Doubled(Preprocessor):
    ...     is_by_sample = True
    >>> class Longer(Doubled):
    ...     "Which may pad to the longest."
    >>> prepares_by_sample(Doubled()), prepares_by_sample(Longer())
    (True, False)
    """
    return "is_by_sample" in vars(type(preprocessor)) and preprocessor.is_by_sample


def longest_batch(
    samples: Source, preprocessor: Preprocessor, head: Head, batch_size: int
) -> tuple[Any, ...]:
    """A batch of a training: the longest, where each is padded to its own length.

    Args:
        samples: the training `Source`.
        preprocessor: the `Preprocessor`, fitted.
        head: the `Head`.
        batch_size: int, the samples of the batch.

    Returns:
        Tuple `(x, y)` or `(x, y, sample_weight)`.

    Example:

    >>> from kerastune.heads import Regression
    >>> from kerastune.preprocessing import ArrayPreprocessor
    >>> samples = Source.of(np.ones((4, 2)), np.ones(4))
    >>> preprocessor = ArrayPreprocessor().fit(samples)
    >>> x, y = longest_batch(samples, preprocessor, Regression((0.0,), (1.0,)), batch_size=3)
    >>> input_shapes(x)
    [(2,)]
    """
    order, _ = training_samples(samples, preprocessor, head, batch_size).longest_first()
    chosen = samples.select(np.sort(order[:batch_size]))
    return next(iter(training_samples(chosen, preprocessor, head, batch_size).in_order()))


def input_shapes(inputs: Any) -> dict[str, tuple[int, ...]] | list[tuple[int, ...]]:
    """The shapes of what a model is given, without the batch axis.

    Args:
        inputs: an array, or a dictionary or other structure of arrays.

    Returns:
        Dictionary by input, or list.

    Example:

    >>> input_shapes({"token_ids": np.zeros((32, 128))})
    {'token_ids': (128,)}
    """
    if isinstance(inputs, dict):
        return {name: tuple(value.shape[1:]) for name, value in inputs.items()}
    return [tuple(value.shape[1:]) for value in keras.tree.flatten(inputs)]


def predict(
    model: keras.Model,
    inputs: Mapping[str, Any],
    preprocessor: Preprocessor,
    head: Head,
    *,
    batch_size: int = 64,
) -> Any:
    """The outputs of a model for raw inputs, aligned to them.

    Args:
        model: a built model.
        inputs: dictionary from each column that the preprocessor reads to its values; at
            least one.
        preprocessor: the `Preprocessor`, fitted.
        head: the `Head`.
        batch_size: int, samples computed at a time. Defaults to 64.

    Returns:
        Outputs as `head.decode` takes them, in the order of the inputs.

    Raises:
        InputError: if there are no inputs, or the columns differ in length.

    Example:

    >>> from kerastune.heads import Regression
    >>> from kerastune.preprocessing import ArrayPreprocessor
    >>> double = keras.Sequential([keras.Input((1,)), keras.layers.Rescaling(2.0)])
    >>> inputs = {"array": np.array([[1.0], [2.0]])}
    >>> head = Regression((0.0,), (1.0,))
    >>> predict(double, inputs, ArrayPreprocessor(("array",)), head).tolist()
    [[2.0], [4.0]]
    """
    samples = _samples(model, inputs, preprocessor, batch_size)
    return preprocessor.align(_outputs(model, head, samples), inputs)


def answer(
    model: keras.Model,
    inputs: Mapping[str, Any],
    preprocessor: Preprocessor,
    head: Head,
    *,
    batch_size: int = 64,
) -> Any:
    """The outputs to decode for raw inputs, which of some heads are not those that are measured.

    Args:
        model: a built model.
        inputs: as for `predict`.
        preprocessor: the `Preprocessor`, fitted.
        head: the `Head`.
        batch_size: int, samples computed at a time. Defaults to 64.

    Returns:
        Outputs as `head.decode` takes them, in the order of the inputs.

    Raises:
        InputError: as for `predict`.

    Example:

    >>> from kerastune.heads import Regression
    >>> from kerastune.preprocessing import ArrayPreprocessor
    >>> double = keras.Sequential([keras.Input((1,)), keras.layers.Rescaling(2.0)])
    >>> inputs = {"array": np.array([[1.0], [2.0]])}
    >>> answer(double, inputs, ArrayPreprocessor(("array",)), Regression((0.0,), (1.0,))).tolist()
    [[2.0], [4.0]]
    """
    samples = _samples(model, inputs, preprocessor, batch_size)
    if type(head).answers is Head.answers:
        found = _outputs(model, head, samples)
    else:  # These may be no arrays, whose rows could be put back in order.
        found = head.answers(model, samples.in_order(), _steps(samples))
    return preprocessor.align_answers(found, inputs)


def _samples(
    model: keras.Model, inputs: Mapping[str, Any], preprocessor: Preprocessor, batch_size: int
) -> Samples:
    """Inputs as they become batches for `model.predict`."""
    counts = {name: len(values) for name, values in inputs.items()}
    if len(set(counts.values())) != 1 or 0 in counts.values():
        raise InputError(
            f"Expected columns of one length, of at least one sample. Received: {counts}"
        )
    source = Source(inputs, dict.fromkeys(inputs, Column("raw")))
    suited = suited_preprocessor(preprocessor, model.jit_compile)
    lengths = preprocessor.lengths(source)
    return Samples(source, lambda batch: (suited.prepare(batch),), batch_size, lengths)


def _outputs(model: keras.Model, head: Head, samples: Samples) -> Any:
    """What a model computes, in the order of the samples, of which similar ones go together."""
    steps = _steps(samples)
    is_short = compiles_each_shape(model.jit_compile) and steps < _STEPS_WORTH_SHAPES
    if samples.lengths is None or is_short:
        return head.predict(model, samples.in_order(), steps)
    order, batches = samples.longest_first()
    return in_order([head.predict(model, batches, steps)], order)


def _steps(samples: Samples) -> int:
    return steps_per_epoch(samples.source, samples.batch_size)
