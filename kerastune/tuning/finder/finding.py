"""Finding a learning rate: train a little at growing rates, and look at the loss.

References:
    Leslie N. Smith, "Cyclical Learning Rates for Training Neural Networks", 2017,
    https://arxiv.org/abs/1506.01186.
    fastai, `Learner.lr_find`, https://docs.fast.ai/callback.schedule.html: the sweep, the
    smoothing and when to stop.
"""

import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np

from kerastune.backends import seed_everything
from kerastune.backends.compilation import compiled_with, copy_at_rate
from kerastune.backends.random import kept_random_state
from kerastune.errors import InputError
from kerastune.shares import require_shares
from kerastune.tuning.finder.sweep import RateSearch, RateSweep, sweep_callback
from kerastune.tuning.finder.trial_data import trial_data
from kerastune.tuning.freezing.in_training import refuse_in_training

if TYPE_CHECKING:
    import keras

_FEWEST_STEPS = 10


def find_learning_rate(
    model: "keras.Model",
    data: Any,
    *,
    start: float = 1e-7,
    end: float = 10.0,
    steps: int = 100,
    batch_size: int = 32,
    smoothing: float = 0.98,
    divergence: float = 4.0,
    seed: int = 0,
) -> RateSearch:
    """Suggests learning rates for a model, its optimizer and its data.

    The model trains with `model.fit` at rates that grow by the same factor each step,
    until the loss diverges. It trains with a new optimizer of the same settings, so
    without the state of the model's own, and without its schedule. An optimizer with
    `gradient_accumulation_steps` takes that many batches a step.

    Arrays are shuffled as `kerastune.fine_tune` does it: their order depends on the seed and
    their length alone, and is the same on each backend. So are the suggestions, but for what
    rounding moves them, and for dropout and augmentation, which each backend draws in its own
    way, the same each time for one seed.

    Afterwards, also when the search fails or is interrupted, everything is bitwise what
    it was: the weights and statistics of the model, how it is compiled, its optimizer,
    metrics, history and seed generators, the global random states of Python, NumPy and
    the backend, and the position in the data. Two things in data cannot be put back: the
    count of a `tf.data.Dataset` that reshuffles, of which a warning tells, and what a
    data set of your own changes in place while it is read, which cannot be seen.

    Args:
        model: a built and compiled Keras model. What it freezes stays frozen. Its
            `train_step` must report the loss as `loss`, as that of Keras does.
        data: `(x, y)` or `(x, y, sample_weight)` of arrays, or a `keras.utils.PyDataset`,
            `tf.data.Dataset`, PyTorch `DataLoader`, data set of Grain or iterator of Grain
            with batches of such tuples. Less than `steps` batches are repeated.
        start: float, the first rate. Defaults to 1e-7.
        end: float, the last rate. Defaults to 10.
        steps: int, the number of rates, at least 10. Defaults to 100.
        batch_size: int, for arrays; data sets have their own. Defaults to 32.
        smoothing: float from 0 up to 1, the weight of the past in the mean of the losses.
            Defaults to 0.98.
        divergence: float over 1. The search ends when the smoothed loss is higher than
            that many times its lowest, or not finite. Defaults to 4.
        seed: int, not negative, which decides the order of arrays, of the batches of a
            `PyDataset`, and of what else draws from the global random states. Defaults to 0.

    Returns:
        A `RateSearch`. Its suggestions leave out the first tenth of the steps and the last
        five, as fastai does.

    Raises:
        InputError: if the model is not built or compiled, or is being trained, the data have
            no targets or cannot be read again, an argument is out of its range, or the loss is not
            finite at once or diverges before there is a curve.

    Example:

    >>> import keras
    >>> x = np.linspace(-1, 1, 32)[:, None]
    >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    >>> model.compile("sgd", "mse")
    >>> search = find_learning_rate(model, (x, 3 * x + 2), start=1e-4, steps=50)
    >>> sorted(search.suggestions)
    ['minimum', 'slide', 'steep', 'valley']
    >>> 1e-3 < search.suggestion < 1
    True
    """
    _check_arguments(start, end, steps, batch_size, smoothing, divergence, seed)
    _check_model(model)
    sweep = RateSweep(np.geomspace(start, end, steps).tolist(), smoothing, divergence)
    with kept_random_state():
        seed_everything(seed)
        with trial_data(data, batch_size, seed) as arguments, _kept_variables(model):
            optimizer = copy_at_rate(model.optimizer, start)
            batches = _batches_a_step(optimizer)
            with compiled_with(model, optimizer):
                _fit(model, arguments, steps * batches, sweep_callback(sweep, batches))
    return sweep.result()


def _fit(
    model: "keras.Model",
    arguments: dict[str, Any],
    batches: int,
    callback: "keras.callbacks.Callback",
) -> None:
    """Trains on at least so many batches, until the callback stops it."""
    from kerastune.distribution.read_batches import for_fit

    with warnings.catch_warnings():
        # Keras does not know how long some data are, and tells when they end. They start again.
        warnings.filterwarnings("ignore", message="Your input ran out of data")
        # An epoch has at least one batch.
        model.fit(**for_fit(arguments), epochs=batches, callbacks=[callback], verbose=0)


def _batches_a_step(optimizer: "keras.optimizers.Optimizer") -> int:
    """Returns the number of batches that an optimizer takes for one update."""
    from kerastune.backends.optimizers import inner_optimizer

    return getattr(inner_optimizer(optimizer), "gradient_accumulation_steps", None) or 1


@contextmanager
def _kept_variables(model: "keras.Model") -> Iterator[None]:
    """Restores the variables of a model and its optimizer at the end of a `with` block."""
    import keras

    # Those of the optimizer too: on JAX a weight may lie in the same memory as its moving
    # average, and training on takes that memory away.
    found = [*model.variables, *model.metrics_variables, *model.optimizer.variables]
    variables = {id(variable): variable for variable in found}.values()
    # Copies, because the backends train in the memory that an array may show.
    values = [np.array(keras.ops.convert_to_numpy(variable)) for variable in variables]
    try:
        yield
    finally:
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)


def _check_model(model: "keras.Model") -> None:
    """Raises when a model cannot train."""
    refuse_in_training(model, "Search before it, or after")
    if not model.built:
        raise InputError(
            f"Expected a built model. Received: {model.name!r}, which has no weights yet. Call it "
            "on a batch first"
        )
    if not model.compiled or model.optimizer is None:
        raise InputError(
            f"Expected a compiled model. Received: {model.name!r}, which is not. Call "
            "`model.compile` with the optimizer and the loss to train with"
        )
    if not hasattr(model.optimizer, "learning_rate"):
        raise InputError(
            "Expected an optimizer with one learning rate. Received: "
            f"{type(model.optimizer).__name__}, which has several. Use `kerastune.layerwise`"
        )
    if not model.trainable_variables:
        raise InputError(
            f"Expected a model with something to train. Received: {model.name!r}, all frozen"
        )


def _check_arguments(
    start: float,
    end: float,
    steps: int,
    batch_size: int,
    smoothing: float,
    divergence: float,
    seed: int,
) -> None:
    """Raises when an argument is out of its range."""
    if not 0 < start < end < math.inf:
        raise InputError(f"Expected rates with 0 < start < end. Received: start={start}, end={end}")
    if steps < _FEWEST_STEPS:
        raise InputError(f"Expected at least {_FEWEST_STEPS} steps. Received: steps={steps}")
    if batch_size < 1:
        raise InputError(f"Expected a batch_size of at least 1. Received: {batch_size}")
    require_shares(smoothing=smoothing)
    if not divergence > 1:
        raise InputError(f"Expected a divergence over 1. Received: {divergence}")
    if isinstance(seed, bool) or not isinstance(seed, Integral) or not 0 <= seed < 2**32:
        raise InputError(f"Expected a seed from 0 to 2**32 - 1. Received: {seed!r}")
