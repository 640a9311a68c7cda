"""How batches are divided: no sample is lost or twice, and padding is told apart."""

import grain
import numpy as np
import pytest

from kerastune.distribution.read_batches import ReadBatches
from kerastune.distribution.shares import (
    block_of,
    divided,
    first_batch,
    part_of,
    shared_arguments,
)
from kerastune.errors import InputError

pytestmark = pytest.mark.any_backend


@pytest.mark.parametrize(("rows", "parts"), [(16, 4), (6, 4), (3, 4), (1, 3), (7, 1)])
def test_the_rows_of_all_processes_are_the_batch(rows, parts):
    counts = divided(rows, parts)
    assert sum(counts) == rows
    found = []
    for rank in range(parts):
        places = part_of(rank, parts)(rows)
        # A process without a sample has one to compute with, which does not count.
        assert len(places) == max(counts[rank], 1)
        found += places[: counts[rank]].tolist()
    assert found == list(range(rows))


@pytest.mark.parametrize(
    ("rows", "parts", "devices"), [(16, 2, 4), (6, 2, 4), (1, 1, 4), (5, 4, 4)]
)
def test_the_rows_of_all_devices_are_the_batch_filled_up(rows, parts, devices):
    found = []
    for rank in range(parts):
        own = range(rank * devices // parts, (rank + 1) * devices // parts)
        places = block_of(list(own), devices)(rows)
        assert len(places) * parts % devices == 0
        found += places.tolist()
    assert found[:rows] == list(range(rows))
    assert len(found) - rows < devices


def test_data_that_make_their_own_batches_are_refused():
    with pytest.raises(InputError, match="Received: list, which makes its own batches"):
        shared_arguments({"x": [1, 2]}, part_of(0, 2))


def test_what_is_validated_is_divided_too():
    batch = {"a": np.arange(5), "b": None}, np.arange(5) * 2.0
    batches = grain.MapDataset.source([batch]).to_iter_dataset()
    shared = shared_arguments(
        {"x": batches, "validation_data": batches, "epochs": 1}, part_of(1, 2)
    )
    assert shared["epochs"] == 1
    for name in ("x", "validation_data"):
        [(x, y, told)] = shared[name]
        assert x["a"].tolist() == [3, 4]
        assert x["b"] is None
        assert y.tolist() == [6, 8]
        assert told.shape == (0, 5)


@pytest.mark.parametrize(("is_by_sample", "read_at"), [(True, [[3, 4], [6]]), (False, None)])
def test_a_process_reads_its_own_samples_where_each_is_read_alone(is_by_sample, read_at):
    asked = []

    def read(positions):
        asked.append(np.asarray(positions).tolist())
        return (10.0 * np.asarray(positions),)

    order = grain.MapDataset.source([np.arange(5), np.arange(5, 7)])
    batches = ReadBatches(order, read, is_by_sample=is_by_sample)
    found = list(shared_arguments({"x": batches}, part_of(1, 2))["x"])
    assert [x.tolist() for x, _ in found] == [[30, 40], [60]]
    assert [told.shape for _, told in found] == [(0, 5), (0, 2)]
    assert sorted(asked) == (read_at or [[0, 1, 2, 3, 4], [5, 6]])
    assert len(first_batch({"x": batches})[0]) == 5
