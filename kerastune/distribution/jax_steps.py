"""Training on several devices, and processes, of JAX: `keras.distribution.DataParallel`.

A step is one program over the whole batch, which XLA divides: loss, metrics, statistics of
batch normalization and what is drawn are those of one device. A batch that does not divide by the
devices comes filled up, and is cut in the program, before anything is computed.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from kerastune.backends.metrics import build_metrics
from kerastune.distribution.jax_placing import on_all_devices
from kerastune.distribution.processes import lost_process, place
from kerastune.distribution.shares import (
    first_batch,
    is_marker,
    padded_part_of,
    shared_arguments,
)

if TYPE_CHECKING:
    import keras


@contextmanager
def sharded_fit(model: "keras.Model", arguments: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """While this lasts, `fit` trains on the devices of all processes.

    Weights are on each device, and after it on the first of this process, as they were.

    Args:
        model: a compiled Keras model.
        arguments: as for `shared_fit`.

    Yields:
        Arguments for this process.

    Raises:
        InputError: if data cannot be distributed, or another process has ended.
    """
    import jax

    if jax.device_count() == 1:
        yield arguments
        return
    distribution = _distribution()
    part = padded_part_of(jax.process_index(), jax.process_count(), jax.device_count())
    given = shared_arguments(arguments, part)
    build_metrics(model, first_batch(arguments))
    if not model.optimizer.built:
        model.optimizer.build(model.trainable_variables)
    for name in ("train_step", "test_step"):
        # Not as Keras sets attributes, which it would track.
        object.__setattr__(model, name, _cut(getattr(model, name)))
    try:
        with on_all_devices(lambda: _variables(model), distribution), distribution.scope():
            yield given
    except (RuntimeError, jax.errors.JaxRuntimeError) as error:
        if place().processes > 1 and _is_of_others(error):
            raise lost_process(error) from error
        raise
    finally:
        for name in ("train_step", "test_step"):
            vars(model).pop(name, None)
        model.train_function = model.test_function = model.predict_function = None


def _distribution() -> Any:
    """Keras' data parallelism, which gives the rows of a batch to all devices."""
    import keras

    class MarkedDataParallel(keras.distribution.DataParallel):
        """Leaves whole what tells how many rows a batch has."""

        def get_data_layout(self, data_shape: Any) -> Any:
            if is_marker(data_shape):
                return keras.distribution.TensorLayout([None, None], self.device_mesh)
            return super().get_data_layout(data_shape)

    return MarkedDataParallel(auto_shard_dataset=False)


def _cut(step: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """A step that first takes away the rows by which its batch was filled up."""
    import keras

    def cut_step(state: Any, data: Any) -> Any:
        *given, told = data
        rows = told.shape[1]

        def cut(array: Any) -> Any:
            return array if array is None or array.shape[0] == rows else array[:rows]

        return step(state, keras.tree.map_structure(cut, tuple(given), none_is_leaf=True))

    return cut_step


def _variables(model: "keras.Model") -> list[Any]:
    return [*model.variables, *model.optimizer.variables, *model.metrics_variables]


def _is_of_others(error: BaseException) -> bool:
    """Whether an error is from what processes send each other."""
    text = str(error).lower()
    words = ("gloo", "nccl", "connection", "peer", "coordination", "heartbeat", "unavailable")
    return any(word in text for word in words)
