"""Training on several devices, and processes, of JAX: the distributions of Keras.

A step is one program over the whole batch, which XLA divides: loss, metrics, statistics of
batch normalization and what is drawn are those of one device. A batch that does not divide by the
devices comes filled up, and is cut in the program, before anything is computed.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from kerastune.backends.metrics import build_metrics
from kerastune.display.output import console
from kerastune.distribution.jax_layouts import (
    Named,
    jax_distribution,
    notes_of,
    own_rows,
)
from kerastune.distribution.jax_placing import on_all_devices
from kerastune.distribution.processes import lost_process, place, reads_alone
from kerastune.distribution.settings import ModelParallel
from kerastune.distribution.shares import (
    block_of,
    first_batch,
    shared_arguments,
)
from kerastune.errors import InputError

if TYPE_CHECKING:
    import keras


@contextmanager
def sharded_fit(
    settings: str | ModelParallel, model: "keras.Model", arguments: dict[str, Any], named: Named
) -> Iterator[dict[str, Any]]:
    """While this lasts, `fit` trains on the devices of all processes.

    Weights are on each device, or divided over them, and after it on the first of this process,
    as they were.

    Args:
        settings: as `distribution_settings` returns it.
        model: a compiled Keras model.
        arguments: as for `shared_fit`.
        named: as for `shared_fit`.

    Yields:
        Arguments for this process.

    Raises:
        InputError: if data or weights cannot be distributed, or another process has ended.
    """
    import jax

    if jax.device_count() == 1 and not isinstance(settings, ModelParallel):
        yield arguments
        return
    if not model.optimizer.built:
        model.optimizer.build(model.trainable_variables)
    # On a single device too a layout has to fit.
    distribution = jax_distribution(settings, model, named, jax.devices())
    for note in notes_of(distribution):
        console().print(note, soft_wrap=True, highlight=False)
    given = shared_arguments(arguments, block_of(*own_rows(distribution, jax.process_index())))
    build_metrics(model, first_batch(arguments))
    for name in ("train_step", "test_step"):
        # Not as Keras sets attributes, which it would track.
        object.__setattr__(model, name, cut_step(getattr(model, name)))
    try:
        with on_all_devices(lambda: _variables(model), distribution), distribution.scope():
            yield given
    except KeyboardInterrupt as error:
        if reads_alone():
            raise
        raise InputError(
            "Expected a training to its end, as its weights are divided over processes, which "
            "cannot be put together once one of them is interrupted. Received: Ctrl-C. Start all "
            "again with resume='auto' to go on from the last checkpoint"
        ) from error
    except (RuntimeError, jax.errors.JaxRuntimeError) as error:
        if place().processes > 1 and _is_of_others(error):
            raise lost_process(error) from error
        raise
    finally:
        for name in ("train_step", "test_step"):
            vars(model).pop(name, None)
        model.train_function = model.test_function = model.predict_function = None


def cut_step(step: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Returns a step that first takes away the rows by which its batch was filled up.

    Args:
        step: function from the state and a batch to what comes of them.
    """
    import keras

    def whole_step(state: Any, data: Any) -> Any:
        *given, told = data
        rows = told.shape[1]

        def cut(array: Any) -> Any:
            return array if array is None or array.shape[0] == rows else array[:rows]

        return step(state, keras.tree.map_structure(cut, tuple(given), none_is_leaf=True))

    return whole_step


def _variables(model: "keras.Model") -> list[Any]:
    return [*model.variables, *model.optimizer.variables, *model.metrics_variables]


def _is_of_others(error: BaseException) -> bool:
    """Whether an error is from what processes send each other."""
    text = str(error).lower()
    words = ("gloo", "nccl", "connection", "peer", "coordination", "heartbeat", "unavailable")
    return any(word in text for word in words)
