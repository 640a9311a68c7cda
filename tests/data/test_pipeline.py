import json

import grain
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kerastune.data import Column, Source, evaluation_batches, steps_per_epoch, training_batches
from kerastune.errors import InputError

pytestmark = pytest.mark.any_backend

TEXTS = Source.of([f"{'long ' * number}text {number}" for number in range(10)], np.arange(10))
NO_SAMPLES = Source({"text": []}, {"text": Column("text")})


class Lazy:
    """Items that are made when they are asked for."""

    def __init__(self, make):
        self.make = make

    def __len__(self):
        return 10

    def __getitem__(self, position):
        return self.make(position)


def epochs(source, batch_size, seed, count):
    batches = iter(training_batches(source, batch_size=batch_size, seed=seed))
    steps = steps_per_epoch(source, batch_size)
    return [[next(batches)["label"] for _ in range(steps)] for _ in range(count)]


@given(st.integers(1, 40), st.integers(1, 12), st.integers(0, 2**40))
@settings(max_examples=25)
def test_every_epoch_has_every_sample_once(size, batch_size, seed):
    source = Source.of(np.arange(size), np.arange(size))
    for epoch in epochs(source, batch_size, seed, 3):
        assert sorted(np.concatenate(epoch)) == list(range(size))
        assert [len(batch) for batch in epoch[:-1]] == [batch_size] * (len(epoch) - 1)
        assert len(epoch[-1]) == size - batch_size * (len(epoch) - 1)


def test_every_epoch_has_its_own_order():
    source = Source.of(np.arange(100), np.arange(100))
    orders = [tuple(np.concatenate(epoch)) for epoch in epochs(source, 8, 0, 6)]
    assert len(set(orders)) == 6
    assert tuple(range(100)) not in orders


def test_every_seed_has_its_own_orders():
    source = Source.of(np.arange(100), np.arange(100))
    orders = {
        tuple(np.concatenate(epoch)) for seed in range(4) for epoch in epochs(source, 8, seed, 4)
    }
    assert len(orders) == 16


@pytest.mark.parametrize("consumed", [0, 1, 3, 4, 5, 11])
def test_position_is_restored_exactly(consumed):
    dataset = training_batches(TEXTS, batch_size=3, seed=5)  # 4 steps an epoch
    iterator = iter(dataset)
    for _ in range(consumed):
        next(iterator)
    position = json.loads(json.dumps(iterator.get_state()))
    expected = [next(iterator)["text"] for _ in range(9)]

    resumed = iter(training_batches(TEXTS, batch_size=3, seed=5))
    resumed.set_state(position)
    assert [next(resumed)["text"] for _ in range(9)] == expected

    iterator.set_state(position)
    assert [next(iterator)["text"] for _ in range(9)] == expected


@pytest.mark.parametrize("first_batch", [0, 3, 4, 9])
def test_training_can_start_at_a_later_batch(first_batch):
    batches = iter(training_batches(TEXTS, batch_size=3, seed=5))
    for _ in range(first_batch):
        next(batches)
    later = iter(training_batches(TEXTS, batch_size=3, seed=5, first_batch=first_batch))
    assert [next(later)["text"] for _ in range(6)] == [next(batches)["text"] for _ in range(6)]


def test_texts_come_as_a_list_of_str():
    for batch in evaluation_batches(TEXTS, batch_size=4):
        assert isinstance(batch["text"], list)
        assert batch["text"] == [TEXTS.values["text"][label] for label in batch["label"]]


@pytest.mark.parametrize("dtype", [str, object])
def test_texts_in_an_array_come_as_a_list_of_str(dtype):
    texts = np.array(TEXTS.values["text"], dtype=dtype)
    batch = next(iter(evaluation_batches(Source.of(texts, np.arange(10)), batch_size=4)))
    assert batch["text"] == TEXTS.values["text"][:4]
    assert all(type(text) is str for text in batch["text"])


def test_what_is_no_text_among_texts_stays_what_it_is():
    source = Source.of(["a", None, 3], [0, 1, 2])
    batch = next(iter(evaluation_batches(source, batch_size=3)))
    assert batch["text"] == ["a", None, 3]


def test_lazy_texts_and_images():
    texts = Source.of(Lazy(lambda position: f"text {position}"), np.arange(10))
    images = Source.of(Lazy(lambda position: np.full((2, 2, 1), position, "uint8")), np.arange(10))
    assert next(iter(evaluation_batches(texts, batch_size=2)))["text"] == ["text 0", "text 1"]
    stacked = next(iter(evaluation_batches(images, batch_size=3)))["image"]
    assert stacked.shape == (3, 2, 2, 1)
    assert stacked.dtype == "uint8"
    assert stacked[:, 0, 0, 0].tolist() == [0, 1, 2]


def test_evaluation_is_once_and_in_order():
    rows = np.arange(20, dtype="float32").reshape(10, 2)
    batches = list(evaluation_batches(Source.of(rows, np.arange(10)), batch_size=4))
    assert [len(batch["label"]) for batch in batches] == [4, 4, 2]
    together = {name: np.concatenate([batch[name] for batch in batches]) for name in batches[0]}
    assert np.array_equal(together["array"], rows)
    assert np.array_equal(together["label"], np.arange(10))


@pytest.mark.parametrize("make", [training_batches, evaluation_batches])
def test_transform_gets_each_batch(make):
    options = {"seed": 1} if make is training_batches else {}
    dataset = make(
        TEXTS,
        batch_size=4,
        transform=lambda batch: (
            np.array([len(text) for text in batch["text"]]),
            batch["label"],
            np.ones(4),
        ),
        **options,
    )
    assert isinstance(dataset, grain.IterDataset)
    lengths, labels, weights = next(iter(dataset))
    assert lengths.tolist() == [len(TEXTS.values["text"][label]) for label in labels]
    assert weights.tolist() == [1, 1, 1, 1]


def test_an_error_in_transform_is_raised():
    def fail(batch):
        raise InputError(f"Expected another batch. Received: {len(batch['text'])} samples")

    with pytest.raises(InputError, match="Received: 4 samples"):
        next(iter(training_batches(TEXTS, batch_size=4, seed=0, transform=fail)))


@pytest.mark.parametrize(("batch_size", "steps"), [(1, 10), (3, 4), (5, 2), (10, 1), (11, 1)])
def test_steps_per_epoch(batch_size, steps):
    assert steps_per_epoch(TEXTS, batch_size) == steps


@pytest.mark.parametrize(
    ("source", "options", "expected"),
    [
        (TEXTS, {"batch_size": 0, "seed": 0}, "batch_size"),
        (TEXTS, {"batch_size": 2, "seed": -1}, "seed"),
        (NO_SAMPLES, {"batch_size": 2, "seed": 0}, "none in data"),
    ],
)
def test_what_cannot_be_batched(source, options, expected):
    with pytest.raises(InputError, match=expected):
        training_batches(source, **options)


@pytest.mark.parametrize(
    ("size", "batch_size", "seed"), [(5, 2, 0), (1, 3, 7), (97, 10, 2**40), (33, 8, 2**31)]
)
def test_the_order_is_that_of_grain(size, batch_size, seed):
    source = Source.of(np.arange(size), np.arange(size))
    shuffled = grain.MapDataset.range(size).seed(seed).shuffle().batch(batch_size).repeat()
    batches = iter(training_batches(source, batch_size=batch_size, seed=seed))
    for place in range(3 * steps_per_epoch(source, batch_size)):
        assert next(batches)["label"].tolist() == shuffled[place].tolist()
