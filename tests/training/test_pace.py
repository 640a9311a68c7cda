"""How fast a training goes, by a clock that the test sets."""

from datetime import datetime

import pytest

from kerastune.training.pace import Pace

pytestmark = pytest.mark.any_backend


def measured(*events):
    """What is told after steps and beginnings of epochs at some seconds."""
    now = [0.0]
    pace = Pace(lambda: now[0])
    for seconds, size in events:
        now[0] = seconds
        if size:
            pace.step(size)
        else:
            pace.start_epoch()
    return pace.to_dict()


def test_compiling_and_validating_do_not_count():
    first = [(1, 0), (30, 8), (31, 8), (32, 4)]
    found = measured(*first, (50, 0), (52, 8), (53, 8), (54, 4))
    assert found["seconds"] == 54
    assert found["samples_per_second"] == float(f"{32 / 6:.4g}")
    assert datetime.fromisoformat(found["started"]).tzinfo is not None


def test_epochs_of_one_step():
    found = measured((0, 0), (9, 8), (10, 0), (12, 8), (20, 0), (22, 8))
    assert found["samples_per_second"] == 4


@pytest.mark.parametrize("events", [[], [(0, 0)], [(0, 0), (5, 8)], [(5, 8), (5, 8)]])
def test_without_a_step_that_counts_the_pace_is_not_known(events):
    assert measured(*events)["samples_per_second"] is None
