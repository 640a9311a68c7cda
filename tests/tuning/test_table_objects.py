"""The plan table and the picture of rates for stages with objects of Keras."""

import io

import keras
import numpy as np
import pytest
from rich.console import Console

from kerastune.tuning import Plan, Stage, plan_table, rates_by_step
from kerastune.tuning.rates.schedules import learning_rates

pytestmark = pytest.mark.first_backend

optimizers, schedules = keras.optimizers, keras.optimizers.schedules
WARMED = schedules.CosineDecay(0.0, 6, warmup_target=0.5, warmup_steps=3)


@pytest.fixture(scope="module")
def model():
    inputs = keras.Input((4,))
    x = keras.layers.Dense(3, name="first")(inputs)
    return keras.Model(inputs, keras.layers.Dense(1, name="top")(x))


def rows(table, stage):
    return [
        (row.learning_rate, row.slowest_learning_rate, row.multiplier)
        for row in table.rows
        if row.stage == stage
    ]


def printed(table):
    console = Console(width=120, file=io.StringIO())
    console.print(table)
    return console.file.getvalue()


def test_an_optimizer_object(model):
    adamw = optimizers.AdamW(0.2, weight_decay=0.3)
    stages = [
        Stage("a", 1, optimizer=adamw, layer_decay=0.5),
        Stage("b", 1, optimizer=optimizers.SGD(0.2), lowest_learning_rate=0.05),
        Stage("c", 1, 0.4, "top", optimizer=optimizers.SGD()),
    ]
    table = plan_table(model, Plan("p", stages))
    assert rows(table, "a") == [(0.1, 0.1, 0.5), (0.2, 0.2, 1.0)]
    np.testing.assert_allclose(rows(table, "b"), [(0.05, 0.05, 0.25), (0.2, 0.2, 1.0)])
    assert rows(table, "c") == [(None, None, None), (0.4, 0.4, 1.0)]
    assert [row.weight_decay for row in table.rows] == [0.3, 0.3, 0.0, 0.0, None, 0.0]
    assert "AdamW" in printed(table)
    rates = rates_by_step(Plan("p", stages), table, [{"planned_steps": 2, "steps": 1}] * 3)
    np.testing.assert_allclose(rates["first"], [0.1, 0.05, 0.0])
    np.testing.assert_allclose(rates["head"], [0.2, 0.2, 0.4])


@pytest.mark.parametrize("settings", [{"schedule": WARMED}, {"optimizer": optimizers.SGD(WARMED)}])
def test_a_schedule_object(model, settings):
    plan = Plan("p", [Stage("a", 2, layer_decay=0.5, **settings), Stage("b", 1, 0.1)])
    table = plan_table(model, plan, steps_per_epoch=3)
    np.testing.assert_allclose(rows(table, "a"), [(0.25, 0.25, 0.5), (0.5, 0.5, 1.0)])
    assert "CosineDecay" in printed(table)
    runs = [{"planned_steps": 6, "steps": 4}, {"planned_steps": 3, "steps": 1}]
    rates = rates_by_step(plan, table, runs)
    expected = [0, 0.5 / 3, 1 / 3, 0.5, 0.1]
    np.testing.assert_allclose(rates["head"], expected, rtol=1e-5)
    np.testing.assert_allclose(rates["first"][:4], np.array(expected[:4]) / 2, rtol=1e-5)


def test_a_schedule_in_a_stage_of_unknown_length(model):
    """The highest rate depends on how far the stage gets."""
    short = Stage("a", 1, schedule=WARMED, layer_decay=0.5)
    plan = Plan("p", [short, Stage("b", steps=2, schedule=WARMED)])
    table = plan_table(model, plan)
    assert rows(table, "a") == [(None, None, 0.5), (None, None, 1.0)]
    np.testing.assert_allclose(rows(table, "b"), [(0.5 / 3, 0.5 / 3, 1.0)] * 2, rtol=1e-5)
    assert "rate × 0.5" in printed(table)
    runs = [{"planned_steps": 2, "steps": 2}, {"planned_steps": 2, "steps": 2}]
    np.testing.assert_allclose(
        rates_by_step(plan, table, runs)["first"], [0, 0.25 / 3, 0, 0.5 / 3], rtol=1e-5
    )


SCHEDULES = [
    WARMED,
    schedules.CosineDecay(0.5, 5),
    schedules.CosineDecayRestarts(0.5, 3),
    schedules.ExponentialDecay(0.5, 2, 0.5, staircase=True),
    schedules.InverseTimeDecay(0.5, 2, 0.5),
    schedules.PiecewiseConstantDecay([2, 4], [0.5, 0.1, 0.05]),
    schedules.PolynomialDecay(0.5, 3, cycle=True),
]


@pytest.mark.parametrize("schedule", SCHEDULES, ids=lambda schedule: type(schedule).__name__)
def test_every_schedule_of_keras_is_drawn(schedule):
    rates = learning_rates(Stage("a", 1, schedule=schedule), 8)
    expected = [float(schedule(step)) for step in range(8)]
    np.testing.assert_allclose(rates, expected, rtol=1e-5, atol=1e-8)
    assert rates.dtype == "float32"


def test_the_list_of_schedules_is_whole():
    base = schedules.LearningRateSchedule
    found = {one for one in vars(schedules).values() if isinstance(one, type)} - {base}
    assert {type(schedule) for schedule in SCHEDULES} == found
