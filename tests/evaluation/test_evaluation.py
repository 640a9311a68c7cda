"""What was reached, by name, as plain data."""

import json

import numpy as np
import pytest

from kerastune.evaluation import Evaluation, Metric

pytestmark = pytest.mark.any_backend

FOUND = Evaluation(
    [Metric("accuracy", 0.9), Metric("log_loss", 0.3, False), Metric("coverage", 0.8, None)],
    {"per_class": {"cat": {"recall": 1.0}}},
    {"confusion": [[1]]},
)


def test_everything_has_a_name():
    assert (FOUND["accuracy"], FOUND["per_class"], FOUND["confusion"]) == (
        0.9,
        {"cat": {"recall": 1.0}},
        [[1]],
    )
    assert "log_loss" in FOUND
    assert "loss" not in FOUND
    with pytest.raises(KeyError):
        FOUND["loss"]


def test_metrics_say_which_end_is_better():
    assert FOUND.directions == {"accuracy": True, "log_loss": False, "coverage": None}


def test_json_holds_it():
    assert list(json.loads(json.dumps(FOUND.to_dict()))) == [
        "accuracy",
        "log_loss",
        "coverage",
        "per_class",
        "confusion",
    ]


def test_numbers_of_numpy_are_numbers():
    found = Evaluation([Metric("errors", np.float32(0.5)), Metric("count", np.int64(3))])
    assert json.dumps(found.to_dict()) == '{"errors": 0.5, "count": 3.0}'


def test_a_prefix_keeps_several_apart():
    digit = FOUND.prefixed("digit")
    assert digit["digit_accuracy"] == 0.9
    assert digit.directions["digit_log_loss"] is False
    assert set(digit.to_dict()) == {f"digit_{name}" for name in FOUND.to_dict()}
