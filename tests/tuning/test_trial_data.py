"""Data of a trial, and what reads them in other threads."""

import threading

import grain
import keras
import numpy as np
import pytest

from kerastune.tuning.finder.trial_data import trial_data

pytestmark = pytest.mark.any_backend


class Gated(keras.utils.PyDataset):
    """A data set whose batches after the first wait for a gate."""

    num_batches = None

    def __init__(self):
        super().__init__()
        self.waiting, self.gate, self.read = threading.Event(), threading.Event(), []

    def __getitem__(self, index):
        if index > 0:
            self.waiting.set()
            self.gate.wait()
        self.read.append(index)
        return np.ones((2, 1)), np.ones((2, 1))


def test_nothing_is_read_after_a_trial():
    data = Gated()
    data.gate.set()
    with trial_data(data, batch_size=2) as arguments:
        next(arguments["x"])
        next(arguments["x"])
    assert next(arguments["x"], "end") == "end"
    assert data.read == [0, 1]


def test_a_trial_ends_after_the_batch_that_is_being_read():
    data = Gated()
    order = []
    with trial_data(data, batch_size=2) as arguments:
        next(arguments["x"])
        ahead = threading.Thread(target=next, args=(arguments["x"],))
        ahead.start()
        data.waiting.wait()
        # The gate opens once the trial is about to end, which then waits for the batch.
        opener = threading.Timer(0.0, lambda: (order.append("opened"), data.gate.set()))
        opener.start()
    order.append("ended")
    ahead.join()
    opener.join()
    assert order == ["opened", "ended"]
    assert data.read == [0, 1]


def test_a_copy_takes_what_the_end_of_an_epoch_sets():
    class Counting(keras.utils.PyDataset):
        epoch = 0

        def __len__(self):
            return 2

        def __getitem__(self, index):
            return np.full((1, 1), self.epoch), np.ones((1, 1))

        def on_epoch_end(self):
            self.epoch += 1

    data = Counting()
    with trial_data(data, batch_size=1) as arguments:
        epochs = [int(next(arguments["x"])[0][0, 0]) for _ in range(6)]
    assert epochs == [0, 0, 1, 1, 2, 2]
    assert data.epoch == 0


def test_an_iterator_starts_again_from_where_it_was():
    numbers = grain.MapDataset.range(4).map(lambda number: (number, number)).to_iter_dataset()
    iterator = iter(numbers)
    next(iterator)
    with trial_data(iterator, batch_size=1) as arguments:
        read = [int(next(arguments["x"])[0]) for _ in range(7)]
    assert read == [1, 2, 3, 1, 2, 3, 1]
    assert int(next(iterator)[0]) == 1
