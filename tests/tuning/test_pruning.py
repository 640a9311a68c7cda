"""Pruning as plain data."""

import numpy as np
import pytest

from kerastune.errors import InputError
from kerastune.tuning import Plan, Pruning, Stage, named_plan

pytestmark = pytest.mark.any_backend


@pytest.mark.parametrize(
    "pruning",
    [
        Pruning(0.8),
        Pruning(0.5, initial_sparsity=0.1, begin=0.2, end=0.9, times=10),
        Pruning(np.float32(0.5), targets="conv", structured=True),
    ],
)
def test_plans_with_pruning_are_read_again(pruning):
    plan = Plan("plan", [Stage("one", 1, 0.1, pruning=pruning), Stage("two", 1, 0.1)])
    assert Plan.from_yaml(plan.to_yaml()) == plan


def test_a_number_is_the_sparsity():
    stage = Stage.from_dict({"name": "one", "epochs": 1, "learning_rate": 0.1, "pruning": 0.9})
    assert stage.pruning == Pruning(0.9)


@pytest.mark.parametrize("steps", [1, 2, 7, 100, 12_345])
@pytest.mark.parametrize("settings", [{}, {"begin": 0.9, "end": 1.0}, {"end": 0.01, "times": 3}])
def test_the_last_time_is_within_the_stage(steps, settings):
    schedule = Pruning(0.8, **settings).schedule(steps)
    assert 0 <= schedule.begin + schedule.every * schedule.times < steps
    assert schedule.shares(0.8)[-1] == 0.8
    assert schedule.counts(0.8, (10, 5))[-1] == 40


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"sparsity": 1}, "`sparsity` above 0 and below 1 in pruning. Received: sparsity=1"),
        ({"sparsity": "much"}, "Received: sparsity='much', initial_sparsity=0.0"),
        ({"sparsity": 0.5, "initial_sparsity": 0.6}, "`initial_sparsity` from 0 to `sparsity`"),
        ({"sparsity": 0.5, "begin": 0.6}, "`end` above `begin`"),
        ({"sparsity": 0.5, "times": 0}, "`times` that is a whole number of at least 1"),
        ({"sparsity": 0.5, "targets": ""}, "`targets` that is a pattern, or None"),
        ({"sparsity": 0.5, "structured": "yes"}, "`structured` that is true or false"),
    ],
)
def test_settings_out_of_range_are_refused(settings, message):
    with pytest.raises(InputError, match=message) as caught:
        Pruning(**settings)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"share": 0.5}, "as a number or as a dictionary with `sparsity`"),
        ("much", "as a number or as a dictionary with `sparsity`"),
        ({"sparsity": 0.5, "ends": 0.5}, "Received: 'ends'. Did you mean 'end'"),
    ],
)
def test_other_data_is_refused(values, message):
    with pytest.raises(InputError, match=message):
        Pruning.from_dict(values)


def test_an_early_end_is_refused_beside_pruning():
    with pytest.raises(InputError, match="Expected no `patience` beside `pruning` in 'one'"):
        Stage("one", 9, 0.1, pruning=Pruning(0.5), patience=2)


def test_the_named_plan_takes_a_sparsity():
    plan = named_plan("pruned(0.9)", epochs=2, learning_rate=0.1)
    assert plan.stages[0].pruning.sparsity == 0.9
    with pytest.raises(InputError, match="`sparsity` above 0 and below 1"):
        named_plan("pruned(1.5)", epochs=2, learning_rate=0.1)
