"""`"sgd"` is plain; plans written before, in which it had momentum, train as they did."""

import keras
import numpy as np
import pytest

from kerastune.errors import InputError
from kerastune.training.optimizers import stage_optimizer
from kerastune.tuning import Plan, Stage
from kerastune.tuning.plans.former_sgd import known_sgd

pytestmark = pytest.mark.any_backend

BEFORE = "{name: old, stages: [{name: all, epochs: 1, learning_rate: 0.1, optimizer: sgd}]}"


def momentum_of(stage):
    """The momentum that a stage trains with."""
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    return stage_optimizer(model, stage, 10).momentum


def test_sgd_is_plain_and_momentum_is_asked_for():
    with known_sgd():
        plain = Stage("all", 1, 0.1, optimizer="sgd")
    assert momentum_of(plain) == 0.0
    assert momentum_of(Stage("all", 1, 0.1, optimizer="momentum")) == 0.9


def test_a_stage_with_sgd_warns_where_it_is_made():
    with pytest.warns(FutureWarning, match='"momentum" is what it was') as warned:
        Stage("all", 1, 0.1, optimizer="sgd")
    assert [warning.filename for warning in warned] == [__file__]


def test_a_plan_without_a_format_is_read_as_it_was_meant():
    with pytest.warns(FutureWarning, match="Of a plan without a `format`"):
        plan = Plan.from_yaml(BEFORE)
    assert momentum_of(plan.stages[0]) == 0.9
    assert Plan.from_yaml(plan.to_yaml()) == plan


def test_a_plan_with_a_format_says_what_it_means():
    plan = Plan.from_yaml(BEFORE.replace("name: old", "format: 2, name: new"))
    assert momentum_of(plan.stages[0]) == 0.0
    assert plan.to_dict()["format"] == 2
    assert Plan.from_yaml(plan.to_yaml()) == plan


def test_an_option_of_a_run_means_known_sgd():
    plan = Plan("one", (Stage("all", 1, 0.1),)).with_settings(optimizer="sgd")
    assert momentum_of(plan.stages[0]) == 0.0


@pytest.mark.parametrize("number", [0, 3, 1.5, True, "2", None, np.nan])
def test_another_format_is_refused(number):
    values = {"format": number, "name": "later", "stages": [Stage("all", 1, 0.1).to_dict()]}
    with pytest.raises(InputError, match="a plan of a format from 1 to 2"):
        Plan.from_dict(values)
