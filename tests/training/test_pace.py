"""How fast a training goes, by a clock that the test sets."""

from datetime import datetime

import pytest

from kerastune.training.pace import Pace

pytestmark = pytest.mark.any_backend


def measured(*events):
    """What is told after steps and pauses at some seconds."""
    now = [0.0]
    pace = Pace(lambda: now[0])
    for seconds, size in events:
        now[0] = seconds
        if size:
            pace.step(size)
        else:
            pace.pause()
    return pace.to_dict()


def test_first_steps_and_pauses_do_not_count():
    epochs = [(30, 8), (31, 8), (32, 4), (50, 0), (90, 8), (91, 8), (92, 4)]
    found = measured(*epochs)
    assert found["seconds"] == 92
    assert found["samples_per_second"] == 6
    assert datetime.fromisoformat(found["started"]).tzinfo is not None


@pytest.mark.parametrize("events", [[], [(5, 8)], [(5, 8), (6, 0), (7, 8)], [(5, 8), (5, 8)]])
def test_without_a_step_that_counts_the_pace_is_not_known(events):
    assert measured(*events)["samples_per_second"] is None
