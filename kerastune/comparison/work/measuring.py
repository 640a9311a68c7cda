"""What a process of a comparison measures of cost: start, steps, evaluation, prediction, memory."""

from collections.abc import Callable, Mapping
from pathlib import Path
from time import perf_counter
from typing import Any

import keras

from kerastune import files
from kerastune.backends.jacobians import to_numpy
from kerastune.backends.native_layers import allow_native_updates, native_layers
from kerastune.backends.peak_memory import peak_memory
from kerastune.comparison.specification import Specification
from kerastune.comparison.work.subjects import Batch, Subject


def measure(subject: Subject, specification: Specification, start: Mapping[str, float]) -> None:
    """Train, evaluate and predict, and write how long each step took.

    The steps are those of `model.fit`, as `fine_tune` calls it, `model.evaluate` and
    `model.predict`, on batches in memory that have the shape of the first, with dropout and all
    else as in training.

    Args:
        subject: the `Subject`.
        specification: the `Specification`.
        start: the seconds of what came before, by name.
    """
    own = Path(specification.output)
    own.mkdir(parents=True, exist_ok=True)
    subject.compile()
    batches = Repeated(of_one_shape(subject.batches), specification.steps)
    training, evaluation, prediction = StepTimes(), StepTimes(), StepTimes()
    with native_layers(subject.model):  # As `fine_tune` trains.
        allow_native_updates(subject.model)
        subject.model.fit(batches, shuffle=False, verbose=0, callbacks=[training])
    subject.model.evaluate(batches, verbose=0, callbacks=[evaluation])
    subject.model.predict(batches, verbose=0, callbacks=[prediction])
    results = {
        "backend": specification.backend,
        "batch_size": batches.batch_size,
        "jit_compile": bool(subject.model.jit_compile),
        "seconds": {
            **start,
            "first step": training.seconds[0],
            # The second step may compile once more, for the state that the first has made.
            "step": training.seconds[2:],
            "evaluation": evaluation.seconds[1:],
            "prediction": prediction.seconds[1:],
        },
        "memory": peak_memory(),
    }
    files.write_json(own / "result.json", results)


def of_one_shape(batches: list[Batch]) -> list[Batch]:
    """The batches that have the shape of the first, for which backends compile one step.

    Args:
        batches: list of `(x, y, sample_weight)`.

    Example:

    >>> import numpy as np
    >>> batches = [(np.ones((size, 2)), np.ones(size), None) for size in (4, 4, 3)]
    >>> len(of_one_shape(batches))
    2
    """

    def shapes(batch: Batch) -> list[tuple[int, ...]]:
        return [leaf.shape for leaf in keras.tree.flatten(batch) if leaf is not None]

    return [batch for batch in batches if shapes(batch) == shapes(batches[0])]


class Repeated(keras.utils.PyDataset):
    """Batches in memory, from the first again after the last, for so many steps.

    Args:
        batches: list of `(x, y, sample_weight)`.
        steps: int.

    Example:

    >>> import numpy as np
    >>> batch = (np.ones((4, 2)), np.ones(4), None)
    >>> repeated = Repeated([batch], 7)
    >>> len(repeated), len(repeated[6]), repeated.batch_size
    (7, 2, 4)
    """

    def __init__(self, batches: list[Batch], steps: int) -> None:
        super().__init__()
        self._batches = batches
        self._steps = steps

    @property
    def batch_size(self) -> int:
        """The samples of a batch."""
        return len(keras.tree.flatten(self._batches[0])[0])

    def __len__(self) -> int:
        return self._steps

    def __getitem__(self, step: int) -> tuple[Any, ...]:
        inputs, targets, weights = self._batches[step % len(self._batches)]
        return (inputs, targets) if weights is None else (inputs, targets, weights)


class StepTimes(keras.callbacks.Callback):
    """The seconds of each step, until its results are there.

    Args:
        clock: function without arguments that gives seconds. Defaults to that of Python.

    Example:

    >>> import numpy as np
    >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    >>> model.compile("sgd", "mse")
    >>> times = StepTimes()
    >>> _ = model.fit(np.ones((4, 1)), np.ones(4), batch_size=2, verbose=0, callbacks=[times])
    >>> len(times.seconds)
    2
    """

    def __init__(self, clock: Callable[[], float] = perf_counter) -> None:
        super().__init__()
        self._clock = clock
        self._last = 0.0
        self.seconds: list[float] = []

    def on_train_begin(self, logs: Any = None) -> None:  # noqa: ARG002
        """Keep when training begins."""
        self._last = self._clock()

    on_test_begin = on_predict_begin = on_train_begin

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:  # noqa: ARG002
        """Keep how long a step took."""
        # Backends go on before a step is computed; its results make them wait.
        for result in keras.tree.flatten(logs):
            to_numpy(result)
        now = self._clock()
        self.seconds.append(now - self._last)
        self._last = now

    on_test_batch_end = on_predict_batch_end = on_train_batch_end
