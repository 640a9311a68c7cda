import numpy as np
import pytest

from kerastune.baselines import majority_class, mean, tf_idf
from kerastune.data import Source, Splits
from kerastune.evaluation import few_samples
from kerastune.evaluation.few_samples import few_samples_note, in_pieces, with_few_samples

pytestmark = pytest.mark.any_backend


def splits_of(labels, class_names):
    source = Source.of([f"text {at}" for at in range(len(labels))], labels, class_names=class_names)
    half = len(labels) // 2
    first, second = np.arange(half), np.arange(half, len(labels))
    return Splits(source.select(first), source.select([0, 1]), source.select(second))


def test_each_class_has_its_share_and_at_least_one():
    labels = np.array([0] * 600 + [1] * 390 + [2] * 9 + [3])
    np.random.default_rng(0).shuffle(labels)
    splits = splits_of(labels, ("a", "b", "c", "d"))
    few = with_few_samples(splits, 100)
    counts = np.bincount(few.training.values["label"], minlength=4)
    assert counts.sum() <= 100
    assert counts.min() == 1
    assert counts[0] / counts[1] == pytest.approx(600 / 390, rel=0.05)
    assert few.validation is None
    assert few.test is splits.test
    assert len(set(few.training.values["text"])) == len(few.training)


def test_samples_are_drawn_alike_each_time_of_training_and_validation():
    splits = splits_of(np.arange(100) / 7, None)
    first, second = (with_few_samples(splits, 30).training for _ in range(2))
    assert list(first.values["text"]) == list(second.values["text"])
    rows = sorted(int(text.split()[1]) for text in first.values["text"])
    assert len(rows) == 30
    assert rows[0] < 50 < rows[-1]


def test_few_samples_are_all_taken():
    splits = splits_of(np.arange(100) % 2, ("a", "b"))
    assert with_few_samples(splits, 100) is splits


def test_it_is_said_where_a_dear_baseline_has_a_part_only(monkeypatch):
    splits = splits_of(np.arange(100) % 2, ("a", "b"))
    assert few_samples_note(splits, [tf_idf, majority_class]) == ()
    monkeypatch.setattr(few_samples, "MOST_SAMPLES", 60)
    assert few_samples_note(splits, [majority_class, mean]) == ()
    assert few_samples_note(splits, [tf_idf, majority_class]) == (
        "baselines fitted to 60 of 100 samples: tf_idf",
    )


def test_predictions_in_pieces_are_those_of_all_at_once(monkeypatch):
    monkeypatch.setattr(few_samples, "_AT_ONCE", 3)
    samples = Source.of(np.arange(8.0), np.arange(8.0))
    assert in_pieces(lambda part: 2 * part.values["number"], samples).tolist() == [
        0.0,
        2.0,
        4.0,
        6.0,
        8.0,
        10.0,
        12.0,
        14.0,
    ]
