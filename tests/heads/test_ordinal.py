"""The head for classes that have an order."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from kerastune.data import Source, described_only
from kerastune.errors import InputError
from kerastune.heads import Ordinal
from tests.heads.fitting import features, fitted

GRADES = ("poor", "fair", "good", "fine")
HEAD = Ordinal(GRADES)


@pytest.mark.any_backend
@given(arrays("float64", (5, 3), elements=st.floats(-800, 800)))
@settings(max_examples=50)
def test_probabilities_are_a_distribution_whose_median_is_answered(logits):
    probabilities = HEAD.probabilities(logits)
    assert (probabilities >= 0).all()
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    ranks = np.array([GRADES.index(name) for name in HEAD.decode(logits)])
    rows = np.arange(5)
    below = np.cumsum(probabilities, axis=1) - probabilities
    assert (below[rows, ranks] < 0.5 + 1e-9).all()
    assert (below[rows, ranks] + probabilities[rows, ranks] >= 0.5 - 1e-9).all()


@pytest.mark.any_backend
def test_ranks_as_the_authors_compute_them():
    """Ranks from `corn_label_from_logits` of coral-pytorch 1.4.0."""
    logits = np.array(
        [
            [2.1, 1.8, -2.1, -1.8],
            [1.9, -1.0, -1.5, -1.3],
            [1.9, 1.8, 1.7, 1.6],
            [-0.4, 0.7, 2.5, -3.0],
            [0.3, -0.2, 0.1, 4.0],
            [-2.2, -5.0, 1.0, 0.5],
        ]
    )
    assert Ordinal(tuple("01234")).decode(logits) == list("214010")


def test_it_learns_an_order():
    x = features(300)
    noisy = x[:, 0] + 0.5 * np.random.default_rng(1).normal(size=300)
    ranks = np.digitize(noisy, [-0.8, 0.0, 0.8])
    _, before, after, history = fitted(HEAD, x, ranks)
    start, end = HEAD.evaluate(ranks, before), HEAD.evaluate(ranks, after)
    assert end["mean_rank_error"] < 0.5 * start["mean_rank_error"]
    assert history["mean_rank_error"][0] == pytest.approx(start["mean_rank_error"], rel=1e-6)
    assert history["mean_rank_error"][-1] == pytest.approx(end["mean_rank_error"], abs=0.05)
    assert end["within_one"] > 0.95
    assert end["quadratic_weighted_kappa"] > 0.7


@pytest.mark.any_backend
def test_whole_numbers_become_ranks_and_come_back():
    stars = np.array([5.0, 1.0, 3.0, 3.0])
    head = Ordinal.for_samples(Source.of(list("abcd"), stars))
    assert (head.class_names, head.values) == (("1", "3", "5"), (1.0, 3.0, 5.0))
    outputs = 6 * head.encode(stars[:, None]) - 3
    assert head.decode(outputs).tolist() == [[5.0], [1.0], [3.0], [3.0]]
    found = head.evaluate(stars, outputs)
    assert (found["accuracy"], found["mean_absolute_error"], found["r2"]) == (1.0, 0.0, 1.0)
    shifted = head.evaluate(np.array([3.0, 1.0, 3.0, 3.0]), outputs)
    assert (shifted["mean_rank_error"], shifted["mean_absolute_error"]) == (0.25, 0.5)


@pytest.mark.any_backend
def test_a_number_that_training_did_not_have():
    samples = Source.of(list("ab"), [1.0, 2.0])
    head = Ordinal.for_samples(samples)
    for call in (head.encode, lambda targets: head.evaluate(targets, np.zeros((2, 1)))):
        with pytest.raises(InputError, match=r"1, 2. Received: .* such as 3.0.* as `values`"):
            call(np.array([1.0, 3.0]))
    head = Ordinal.for_samples(samples, values=(1.0, 2.0, 3.0))
    assert head.encode(np.array([1.0, 3.0])).tolist() == [[0.0, 0.0], [1.0, 1.0]]


@pytest.mark.any_backend
def test_a_class_out_of_range():
    for wrong in (np.array([0, 4]), np.array([-1]), np.array([[0, 1]]), np.array([0.5])):
        with pytest.raises(InputError, match="positions of poor, fair, good, fine"):
            HEAD.encode(wrong)


@pytest.mark.any_backend
@pytest.mark.parametrize(
    "values",
    [[0.5, 1.0], np.arange(101.0), [[1.0, 2.0], [2.0, 1.0]], [1.0, float("nan")], [1.0, 1.0]],
)
def test_quantities_that_are_no_ranks(values):
    values = np.asarray(values)
    with pytest.raises(InputError, match="Received: "):
        Ordinal.for_samples(Source.of(["x"] * len(values), values))


@pytest.mark.any_backend
@pytest.mark.parametrize(
    "settings",
    [
        {"class_names": ("one",)},
        {"class_names": ("a", "a", "b")},
        {"values": (1.0, 2.0)},
        {"values": (1.0, 2.0, 2.0, 3.0)},
        {"dropout": 1.0},
    ],
)
def test_bad_settings(settings):
    with pytest.raises(InputError, match="Received: "):
        Ordinal(**{"class_names": GRADES, **settings})


@pytest.mark.any_backend
def test_values_are_for_quantities():
    samples = Source.of(list("ab"), [0, 1], class_names=("no", "yes"))
    with pytest.raises(InputError, match="for a column of kind quantity only"):
        Ordinal.for_samples(samples, values=(1.0, 2.0))


@pytest.mark.any_backend
def test_ranks_are_not_counted_from_made_up_samples():
    stars = Source.of(list("ab"), [1.0, 2.0])
    with described_only(), pytest.raises(InputError, match="Received: made-up samples"):
        Ordinal.for_samples(stars)
    with described_only():
        assert Ordinal.for_samples(stars, values=(1.0, 2.0, 3.0)).class_names == ("1", "2", "3")
