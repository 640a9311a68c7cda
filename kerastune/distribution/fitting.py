"""One call of `model.fit` on all devices."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from kerastune.backends.choice import select
from kerastune.distribution.processes import asked_settings, place
from kerastune.distribution.read_batches import for_fit

if TYPE_CHECKING:
    import keras


@contextmanager
def shared_fit(
    model: "keras.Model",
    arguments: dict[str, Any],
    named: "Callable[[keras.Model, str], Sequence[Any]]",
) -> Iterator[dict[str, Any]]:
    """While this lasts, `model.fit` trains on all devices if it is given the arguments.

    What trains is looked at here: each stage of a plan has a call of its own. Losses, metrics and
    weights are those of one device with the same batches, but for rounding.

    Args:
        model: a compiled Keras model.
        arguments: dictionary of `x`, batches of Grain or `ReadBatches`, the same in each process,
            and perhaps `validation_data`, and other arguments.
        named: function from a model and a pattern of a layout to the variables that it names.

    Yields:
        Dictionary of arguments as `model.fit` takes them.

    Raises:
        InputError: if model or data cannot be distributed, or another process has ended.

    Example:

    >>> with shared_fit(None, {"x": [1]}, lambda model, pattern: []) as arguments:
    ...     arguments
    {'x': [1]}
    """
    settings = asked_settings()
    if settings is None or (select() == "torch" and place().processes == 1):
        yield for_fit(arguments)
    elif select() == "torch":
        from kerastune.distribution.torch_steps import divided_fit

        with divided_fit(model, arguments) as divided:
            yield divided
    elif select() == "jax":
        from kerastune.distribution.jax_steps import sharded_fit

        with sharded_fit(settings, model, arguments, named) as sharded:
            yield for_fit(sharded)
    else:
        from kerastune.distribution.tensorflow_strategy import mirrored_fit

        with mirrored_fit(model, arguments) as mirrored:
            yield for_fit(mirrored)
