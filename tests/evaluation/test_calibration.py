"""How far probabilities can be believed, against numbers computed by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kerastune.evaluation import (
    calibration_picture,
    evaluate_classes,
    expected_calibration_error,
    reliability_picture,
)
from kerastune.evaluation.calibration import probability_calibration_error

pytestmark = pytest.mark.any_backend


def rows(confidences):
    """Rows of two classes, the first of which is predicted with these probabilities."""
    first = np.asarray(confidences, "float64")
    return np.stack([first, 1 - first], axis=1)


def test_by_hand():
    # Bins of a fifteenth: 0.95 and 0.99 share one, 0.6 has another; right are 0.95 and 0.6.
    error = expected_calibration_error([0, 1, 0], rows([0.95, 0.99, 0.6]))
    assert error == pytest.approx(2 / 3 * abs(0.5 - 0.97) + 1 / 3 * abs(1 - 0.6))


@pytest.mark.parametrize(("labels", "expected"), [([0, 0, 0, 1], 0.05), ([0, 0, 0, 0], 0.2)])
def test_confidence_is_compared_with_the_share_that_is_right(labels, expected):
    assert expected_calibration_error(labels, rows([0.8] * 4)) == pytest.approx(expected)


def test_certainty_belongs_to_the_last_bin():
    assert expected_calibration_error([0, 0], rows([1.0, 1.0])) == 0.0
    assert expected_calibration_error([1, 1], rows([1.0, 1.0])) == 1.0


@given(st.lists(st.tuples(st.floats(0.5, 1), st.booleans()), min_size=1, max_size=30))
@settings(max_examples=50)
def test_it_is_a_share_and_the_order_does_not_matter(pairs):
    confidences, right = zip(*pairs, strict=True)
    labels = [0 if is_right else 1 for is_right in right]
    error = expected_calibration_error(labels, rows(confidences))
    assert 0 <= error <= 1
    backwards = expected_calibration_error(labels[::-1], rows(confidences[::-1]))
    assert backwards == pytest.approx(error)
    overall = abs(np.mean(right) - np.mean(confidences))
    assert error >= overall - 1e-9


def test_probabilities_of_something_whatever_they_say():
    assert probability_calibration_error([0.1, 0.1], [False, False]) == pytest.approx(0.1)
    assert probability_calibration_error([[0.9], [0.1]], [[1], [0]]) == pytest.approx(0.1)


def test_classes_are_evaluated_with_it():
    found = evaluate_classes([0, 0, 0, 1], rows([0.8] * 4), ("no", "yes"))
    assert found["calibration_error"] == pytest.approx(0.05)
    assert found.directions["calibration_error"] is False


def test_pictures_show_each_bin():
    axes = calibration_picture([0, 1, 0], rows([0.95, 0.99, 0.6])).axes[0]
    points = axes.collections[0].get_offsets()
    np.testing.assert_allclose(points, [[0.6, 1.0], [0.97, 0.5]])
    sizes = axes.collections[0].get_sizes()
    assert sizes[1] > sizes[0]
    assert len(reliability_picture([0.5], [True], "p", "true").axes[0].collections) == 1
