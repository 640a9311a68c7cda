"""Schedules against the published formulas, by themselves and inside `fit`."""

import math

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kerastune.errors import InputError
from kerastune.tuning import Stage
from kerastune.tuning.plans.keras_schedules import OneCycle, SlantedTriangular, WarmUp
from kerastune.tuning.plans.setting_types import SCHEDULES
from kerastune.tuning.rates.schedules import (
    learning_rate_schedule,
    learning_rates,
    momentum_schedule,
)

pytestmark = pytest.mark.first_backend

PEAK = 0.5


def at(schedule, steps):
    """What a schedule gives at each of some steps, asked one by one."""
    return np.array([float(schedule(step)) for step in steps])


def fastai_combined_cos(position, share, start, middle, end):
    """The schedule of fastai's `combined_cos`, from its formula for one part."""

    def part(start, end, position):
        return start + (1 + math.cos(math.pi * (1 - position))) * (end - start) / 2

    if position < share:
        return part(start, middle, position / share)
    return part(middle, end, (position - share) / (1 - share))


def ulmfit_rate(step, steps, cut_fraction=0.1, ratio=32):
    """Equation 3 of Howard and Ruder."""
    cut = math.floor(steps * cut_fraction)
    p = step / cut if step < cut else 1 - (step - cut) / (cut * (1 / cut_fraction - 1))
    return PEAK * (1 + p * (ratio - 1)) / ratio


def stage(schedule, **more):
    return Stage("one", 1, PEAK, schedule=schedule, **more)


class TestConstant:
    def test_without_warm_up_it_is_a_number(self):
        assert learning_rate_schedule(stage("constant"), 10) == PEAK

    @pytest.mark.parametrize("warmup", [0.3, 1.0])
    def test_it_rises_from_zero_and_stays(self, warmup):
        schedule = learning_rate_schedule(stage("constant", warmup=warmup), 10)
        rise = np.arange(13) / (warmup * 10)
        np.testing.assert_allclose(at(schedule, range(13)), PEAK * np.minimum(rise, 1), rtol=1e-6)


class TestCosine:
    @pytest.mark.parametrize("warmup", [0.0, 0.1, 0.25, 1.0])
    def test_it_is_the_one_of_keras(self, warmup):
        before = round(warmup * 20)
        expected = keras.optimizers.schedules.CosineDecay(
            0.0 if before else PEAK,
            decay_steps=max(1, 20 - before),
            warmup_target=PEAK if before else None,
            warmup_steps=before,
        )
        schedule = learning_rate_schedule(stage("cosine", warmup=warmup), 20)
        steps = [0, 1, 2, 5, 10, 19, 20, 30]
        np.testing.assert_allclose(at(schedule, steps), at(expected, steps), rtol=1e-6, atol=1e-9)

    def test_it_ends_at_zero(self):
        schedule = learning_rate_schedule(stage("cosine", warmup=0.5), 20)
        assert at(schedule, [0, 10]).tolist() == [0.0, PEAK]
        np.testing.assert_allclose(at(schedule, [15, 20, 25]), [PEAK / 2, 0, 0], atol=1e-7)


class TestPolynomial:
    @pytest.mark.parametrize("warmup", [None, 0.1, 0.5])
    def test_it_is_a_straight_line_down(self, warmup):
        """As BERT is trained: up, and down to zero at the last step."""
        before = round((warmup or 0) * 20)
        steps = np.array([0, 1, 2, 10, 15, 20, 30])
        down = PEAK * (20 - np.minimum(steps, 20)) / (20 - before)
        expected = np.where(steps < before, PEAK * steps / max(before, 1), down)
        schedule = learning_rate_schedule(stage("polynomial", warmup=warmup), 20)
        np.testing.assert_allclose(at(schedule, steps), expected, rtol=1e-6, atol=1e-8)


class TestOneCycle:
    @pytest.mark.parametrize("warmup", [None, 0.3, 0.99])
    @pytest.mark.parametrize("steps", [1, 7, 40])
    def test_rate_and_momentum_are_those_of_fastai(self, warmup, steps):
        one = stage("one_cycle", warmup=warmup)
        positions = np.arange(steps + 1) / steps
        for schedule, values in (
            (learning_rate_schedule(one, steps), (PEAK / 25, PEAK, PEAK / 1e5)),
            (momentum_schedule(one, steps), (0.95, 0.85, 0.95)),
        ):
            expected = [fastai_combined_cos(p, warmup or 0.25, *values) for p in positions]
            np.testing.assert_allclose(
                at(schedule, range(steps + 1)), expected, rtol=1e-5, atol=1e-7
            )
            assert float(schedule(10 * steps)) == pytest.approx(values[2], rel=1e-5)

    @pytest.mark.parametrize(("warmup", "start", "end"), [(0.0, 1.0, 0.0), (1.0, 0.0, 1.0)])
    def test_either_part_may_be_empty(self, warmup, start, end):
        schedule = OneCycle(0.0, 1.0, 0.0, steps=10, warmup=warmup)
        np.testing.assert_allclose(at(schedule, [0, 5, 10]), [start, 0.5, end], atol=1e-6)

    @pytest.mark.parametrize("schedule", [name for name in SCHEDULES if name != "one_cycle"])
    def test_no_other_moves_the_momentum(self, schedule):
        assert momentum_schedule(stage(schedule), 10) is None


class TestSlantedTriangular:
    @pytest.mark.parametrize("steps", [10, 30, 200])
    def test_it_is_the_published_formula(self, steps):
        schedule = learning_rate_schedule(stage("slanted_triangular"), steps)
        expected = [ulmfit_rate(step, steps) for step in range(steps + 1)]
        np.testing.assert_allclose(at(schedule, range(steps + 1)), expected, rtol=1e-5)

    def test_another_share_of_warm_up(self):
        schedule = learning_rate_schedule(stage("slanted_triangular", warmup=0.25), 40)
        expected = [ulmfit_rate(step, 40, cut_fraction=0.25) for step in range(41)]
        np.testing.assert_allclose(at(schedule, range(41)), expected, rtol=1e-5)

    def test_the_published_formula_falls_below_zero(self):
        """Why the fall is spread over the steps that are left."""
        assert ulmfit_rate(18, 19) < 0
        assert float(SlantedTriangular(PEAK, 19)(18)) > 0

    @pytest.mark.any_backend
    @given(steps=st.integers(1, 300), warmup=st.floats(0, 1))
    @settings(max_examples=20)
    def test_it_stays_between_its_ends(self, steps, warmup):
        rates = learning_rates(stage("slanted_triangular", warmup=warmup), steps)
        assert rates.min() >= PEAK / 32 * (1 - 1e-5)
        assert rates.max() <= PEAK * (1 + 1e-5)
        all_rise = math.floor(steps * warmup) == steps
        after = float(SlantedTriangular(PEAK, steps, warmup)(steps + 5))
        assert after == pytest.approx(PEAK if all_rise else PEAK / 32, rel=1e-5)


class TestWarmUp:
    def test_it_starts_another_schedule_late(self):
        decay = keras.optimizers.schedules.ExponentialDecay(PEAK, decay_steps=1, decay_rate=0.5)
        schedule = WarmUp(decay, steps=4)
        np.testing.assert_allclose(
            at(schedule, range(7)), [0, 0.125, 0.25, 0.375, 0.5, 0.25, 0.125], rtol=1e-6
        )

    def test_it_needs_steps(self):
        with pytest.raises(InputError, match="at least 1 step. Received: steps=0"):
            WarmUp(1.0, steps=0)


STAGES = [stage(schedule, warmup=warmup) for schedule in SCHEDULES for warmup in (None, 0.4)]


@pytest.mark.parametrize("one", STAGES, ids=repr)
def test_all_steps_at_once_are_the_same_as_one_by_one(one):
    schedule = learning_rate_schedule(one, 13)
    expected = at(schedule, range(13)) if callable(schedule) else [PEAK] * 13
    rates = learning_rates(one, 13)
    assert rates.shape == (13,)
    np.testing.assert_allclose(rates, expected, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_a_whole_number_is_a_rate(schedule):
    whole, broken = (Stage("one", 1, rate, schedule=schedule) for rate in (2, 2.0))
    np.testing.assert_array_equal(learning_rates(whole, 7), learning_rates(broken, 7))


def step_by_step_model(one, steps):
    """A weight whose gradient is one, so that each step moves it by its rate."""
    model = keras.Sequential(
        [keras.Input((1,)), keras.layers.Dense(1, use_bias=False, kernel_initializer="zeros")]
    )
    optimizer = keras.optimizers.SGD(learning_rate_schedule(one, steps))
    model.compile(optimizer, loss="mean_absolute_error")
    return model


@pytest.mark.parametrize("one", STAGES, ids=repr)
def test_inside_fit_and_a_saved_model(one, tmp_path):
    steps = 6
    inputs, targets = np.ones((steps // 2, 1)), np.full((steps // 2, 1), -1e3)
    model = step_by_step_model(one, steps)
    model.fit(inputs, targets, batch_size=1, epochs=1, verbose=0)
    model.save(tmp_path / "half.keras")
    model = keras.saving.load_model(tmp_path / "half.keras")
    rates = learning_rates(one, steps)
    np.testing.assert_allclose(float(model.optimizer.learning_rate), rates[steps // 2], rtol=1e-5)
    model.fit(inputs, targets, batch_size=1, epochs=1, verbose=0)
    moved = keras.ops.convert_to_numpy(model.weights[0])
    np.testing.assert_allclose(-moved, [[rates.sum()]], rtol=1e-5)


@pytest.mark.parametrize(
    "schedule",
    [
        WarmUp(1.0, 3),
        WarmUp(keras.optimizers.schedules.CosineDecay(0.5, 10), 3),
        OneCycle(0.95, 0.85, 0.95, 10, warmup=0.3),
        SlantedTriangular(0.5, 20, warmup=0.2, ratio=8.0),
    ],
)
def test_a_schedule_is_saved_as_its_arguments(schedule):
    saved = keras.optimizers.schedules.serialize(schedule)
    again = keras.optimizers.schedules.deserialize(saved)
    assert type(again) is type(schedule)
    assert again.get_config() == schedule.get_config()
    assert saved["registered_name"] == f"kerastune>{type(schedule).__name__}"
    np.testing.assert_array_equal(at(again, range(12)), at(schedule, range(12)))
