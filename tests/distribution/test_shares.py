"""How batches are divided: no sample is lost or twice, and padding is told apart."""

import grain
import numpy as np
import pytest

from kerastune.distribution.shares import divided, padded_part_of, part_of, shared_arguments
from kerastune.errors import InputError

pytestmark = pytest.mark.any_backend


@pytest.mark.parametrize(("rows", "parts"), [(16, 4), (6, 4), (3, 4), (1, 3), (7, 1)])
def test_the_rows_of_all_processes_are_the_batch(rows, parts):
    batch = {"a": np.arange(rows), "b": None}, np.arange(rows) * 2.0
    counts = divided(rows, parts)
    assert sum(counts) == rows
    found = []
    for rank in range(parts):
        x, y, told = part_of(rank, parts)(batch)
        assert told.shape == (0, rows)
        assert len(y) == rows
        assert x["b"] is None
        # A process without a sample has one to compute with, which does not count.
        assert len(x["a"]) == max(counts[rank], 1)
        found += x["a"][: counts[rank]].tolist()
    assert found == list(range(rows))


@pytest.mark.parametrize(
    ("rows", "parts", "devices"), [(16, 2, 4), (6, 2, 4), (1, 1, 4), (5, 4, 4)]
)
def test_the_rows_of_all_devices_are_the_batch_filled_up(rows, parts, devices):
    found = []
    for rank in range(parts):
        x, weights, told = padded_part_of(rank, parts, devices)((np.arange(rows), np.ones(rows)))
        assert told.shape == (0, rows)
        assert len(x) == len(weights)
        assert len(x) * parts % devices == 0
        found += x.tolist()
    assert found[:rows] == list(range(rows))
    assert len(found) - rows < devices


def test_data_that_make_their_own_batches_are_refused():
    with pytest.raises(InputError, match="Received: list, which makes its own batches"):
        shared_arguments({"x": [1, 2]}, part_of(0, 2))


def test_what_is_validated_is_divided_too():
    batches = grain.MapDataset.source([(np.arange(4), np.arange(4))]).to_iter_dataset()
    shared = shared_arguments(
        {"x": batches, "validation_data": batches, "epochs": 1}, part_of(1, 2)
    )
    assert shared["epochs"] == 1
    for name in ("x", "validation_data"):
        assert [part[0].tolist() for part in shared[name]] == [[2, 3]]
