"""Where a step went wrong: its samples, and the layer whose output is the first not finite."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from kerastune.backends import kept_random_state
from kerastune.backends.forward_pass import kept_values, watched_calls
from kerastune.data.batches import batch_of
from kerastune.data.orders import training_order
from kerastune.errors import reason
from kerastune.training.feeding import Feed, Samples
from kerastune.training.non_finite_steps import broken_weights

_MOST_SHOWN = 8


def describe_failure(model: keras.Model, feed: Feed, step: int) -> str:
    """Says what a step has failed on, by running its forward pass once more, layer by layer.

    Args:
        model: the compiled model as it was before the step. It stays so.
        feed: the `Feed` of the stage.
        step: int, the step, counted from 0 over the batches of the feed.

    Returns:
        Sentences in one line: the positions of its samples in the training part, and the first
        output that is not finite, by its layer. Of a data set that makes its own batches only
        weights that are not finite are known.

    Example:

    >>> from kerastune.training.feeding import feed_for
    >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Rescaling(1e38, name="much")])
    >>> model.compile("sgd", "mse")
    >>> feed = feed_for((np.array([[1.0], [9e9]]), np.ones(2)), batch_size=2, seed=0)
    >>> describe_failure(model, feed, 0)
    "The batch: samples 0 and 1. The first output that is not finite is that of '...much', for ..."
    """
    broken = broken_weights(model) if model.trainable_variables else []
    if broken:
        return f"Before the step {_few(broken)} had become not finite."
    if feed.samples is None:
        return "The data set makes its own batches, so that the step cannot be run again."
    positions = positions_of(feed.samples, feed.seed, step)
    batch = f"The batch: {_samples(positions)}."
    try:
        found = _run_again(model, feed.samples, positions)
    # Whatever a layer raises outside of `fit`: the samples are told all the same.
    except Exception as error:
        found = f"The step could not be run again: {reason(error)}."
    return f"{batch} {found}"


def positions_of(samples: Samples, seed: int, step: int) -> np.ndarray:
    """Returns the positions of the samples of a training step.

    Args:
        samples: the `Samples`.
        seed: int, of their order.
        step: int, counted from 0 over all epochs.

    Returns:
        int array.

    Example:

    >>> from kerastune.training.feeding import array_samples
    >>> len(positions_of(array_samples((np.ones((5, 2)), np.ones(5)), 2), 0, step=2))
    1
    """
    size, batch_size = len(samples.source), samples.batch_size
    order = training_order(
        size, batch_size=batch_size, seed=seed, first_batch=step, lengths=samples.lengths
    )
    return np.asarray(order[0])


def _run_again(model: keras.Model, samples: Samples, positions: np.ndarray) -> str:
    """What is found when the step is computed again."""
    x, y, weights = keras.utils.unpack_x_y_sample_weight(
        samples.transform(batch_of(samples.source, positions))
    )
    bad = [leaf for leaf in keras.tree.flatten(x) if not _finite_rows(leaf).all()]
    if bad:
        return f"The inputs are not finite for {_rows(bad[0], positions)}."
    found: list[str] = []

    def see(part: Any, arguments: Any, options: Any) -> Callable[[Any], None]:
        def look(outputs: Any) -> None:
            broken = [leaf for leaf in _arrays(outputs) if not _finite_rows(leaf).all()]
            if broken and not found:
                found.append(
                    f"The first output that is not finite is that of {_name(part)}, for "
                    f"{_rows(broken[0], positions)}{_reached(arguments, options)}."
                )

        return look

    with (
        kept_random_state(),
        kept_values(model.non_trainable_variables),
        watched_calls(model, see),
    ):
        outputs = model(keras.tree.map_structure(keras.ops.convert_to_tensor, x), training=True)
        loss = model.compute_loss(x, y, outputs, weights, training=True)
        loss = float(keras.ops.convert_to_numpy(loss))
    if found:
        return found[0]
    if not np.isfinite(loss):
        return f"The outputs of all layers are finite, the loss is {loss}."
    return f"All outputs and the loss, {loss:.3g}, are finite; the gradient is not, or too large."


def _arrays(values: Any) -> list[np.ndarray]:
    """The arrays of a structure whose values are known."""
    arrays = []
    for leaf in keras.tree.flatten(values):
        if keras.ops.is_tensor(leaf):
            try:
                arrays.append(np.asarray(keras.ops.convert_to_numpy(leaf)))
            # Each backend has its own error for one inside of what it compiles.
            except Exception:
                continue
    return arrays


def _finite_rows(values: Any) -> np.ndarray:
    """Whether the numbers of each sample are finite."""
    values = np.asarray(values)
    if values.dtype.kind not in "fV":  # Those of bfloat16 have no kind of their own.
        return np.ones(1, bool)
    is_finite = np.isfinite(values.astype("float32"))
    return is_finite.reshape(len(values), -1).all(axis=1) if values.ndim else is_finite[None]


def _rows(values: Any, positions: np.ndarray) -> str:
    """The samples of a batch for which values are not finite."""
    rows = ~_finite_rows(values)
    if len(rows) != len(positions) or rows.all():
        return "all samples"
    return _samples(positions[rows])


def _reached(arguments: Any, options: Any) -> str:
    """How large the numbers are that a layer was given."""
    given = [leaf for leaf in _arrays((arguments, options)) if _finite_rows(leaf).all()]
    floats = [leaf for leaf in given if leaf.dtype.kind in "fV" and leaf.size]
    if not floats:
        return ""
    largest = max(float(np.abs(leaf.astype("float32")).max()) for leaf in floats)
    return f", from inputs of up to {largest:.3g}"


def _name(part: Any) -> str:
    return repr(getattr(part, "path", None) or part.name)


def _samples(positions: np.ndarray) -> str:
    return f"sample{'s' if len(positions) > 1 else ''} {_few(sorted(positions.tolist()))}"


def _few(items: list[Any]) -> str:
    """Some of many, in words."""
    shown = [str(item) for item in items[:_MOST_SHOWN]]
    if len(items) > _MOST_SHOWN:
        return f"{', '.join(shown)} and {len(items) - _MOST_SHOWN} more"
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)
