"""Stages whose optimizer or schedule is an object of Keras."""

import dataclasses

import keras
import numpy as np
import pytest

from kerastune.errors import InputError
from kerastune.tuning import Plan, Stage, layerwise
from kerastune.tuning.plans.described import given_rate, is_like, weight_decay

pytestmark = pytest.mark.any_backend

optimizers, schedules = keras.optimizers, keras.optimizers.schedules
COSINE = schedules.CosineDecay(1e-3, 1000)


@keras.saving.register_keras_serializable("tests_stage_objects")
class Forgetful(optimizers.SGD):
    """An optimizer whose `get_config` leaves a setting out."""

    def __init__(self, learning_rate=0.01, patience=3, **settings):
        super().__init__(learning_rate, **settings)
        self.patience = patience


@keras.saving.register_keras_serializable("tests_stage_objects")
class Required(optimizers.Optimizer):
    """An optimizer without a usual learning rate."""

    def update_step(self, gradient, variable, learning_rate):
        self.assign_sub(variable, gradient * keras.ops.cast(learning_rate, variable.dtype))


class Secretive(schedules.LearningRateSchedule):
    """A schedule that does not say what it was made with."""

    def __call__(self, step):
        return 0.1


def stage(**settings):
    return Stage("one", 3, **settings)


class TestRate:
    @pytest.mark.parametrize(
        ("settings", "rate"),
        [
            ({"optimizer": optimizers.AdamW(2e-4)}, 2e-4),
            ({"optimizer": optimizers.Lion(beta_2=0.95)}, 1e-3),
            ({"optimizer": optimizers.Lion(), "learning_rate": 1e-4}, 1e-4),
            ({"optimizer": optimizers.AdamW(1e-4), "learning_rate": 1e-4}, 1e-4),
            ({"optimizer": optimizers.SGD(0.5), "schedule": "cosine", "warmup": 0.1}, 0.5),
            ({"schedule": COSINE}, COSINE),
            ({"schedule": COSINE, "optimizer": optimizers.SGD()}, COSINE),
            ({"schedule": COSINE, "optimizer": "momentum", "weight_decay": 0.1}, COSINE),
        ],
    )
    def test_it_is_given_once(self, settings, rate):
        assert given_rate(stage(**settings)) == rate

    def test_the_schedule_of_an_optimizer_is_the_stage_s(self):
        one = stage(optimizer=optimizers.AdamW(COSINE))
        assert given_rate(one).get_config() == COSINE.get_config()
        assert one.schedule == "constant"

    @pytest.mark.parametrize(
        ("settings", "message"),
        [
            (
                {"optimizer": optimizers.AdamW(2e-4), "learning_rate": 1e-4},
                r"one learning rate in 'one'. Received: learning_rate=0.0001 and "
                r"keras.optimizers.AdamW\(learning_rate=0.0002\). Leave one of them out",
            ),
            (
                {"optimizer": optimizers.AdamW(2e-4), "schedule": COSINE},
                r"one learning rate.*schedule=keras.optimizers.schedules.CosineDecay\(.*AdamW",
            ),
            ({"optimizer": Required(0.5), "learning_rate": 0.1}, "one learning rate"),
            (
                {"optimizer": optimizers.AdamW(COSINE), "learning_rate": 1e-4},
                "no `learning_rate` in 'one' beside a schedule object.*learning_rate=0.0001",
            ),
            (
                {"schedule": COSINE, "learning_rate": 1e-4, "warmup": 0.1},
                "no `learning_rate` or `warmup`.*learning_rate=0.0001 and warmup=0.1",
            ),
            ({"schedule": COSINE, "warmup": 0.0}, "no `warmup`"),
            ({"optimizer": optimizers.AdamW(COSINE), "schedule": "cosine"}, "one schedule"),
            ({"optimizer": optimizers.AdamW(COSINE), "schedule": COSINE}, "one schedule"),
            (
                {"schedule": COSINE, "lowest_learning_rate": 1e-5},
                "no `lowest_learning_rate`.*Use `layer_decay` or `rates`",
            ),
            ({"optimizer": optimizers.SGD(0.1), "lowest_learning_rate": 0.2}, "0.2 above 0.1"),
            ({"optimizer": optimizers.SGD(0.0)}, "learning rate above 0.*SGD.learning_rate=0.0"),
            ({"learning_rate": COSINE}, "a Keras schedule goes into `schedule`"),
            ({}, "`learning_rate` above 0 in 'one'.*Received: learning_rate=None"),
        ],
    )
    def test_it_is_not_given_twice(self, settings, message):
        with pytest.raises(InputError, match=message) as caught:
            stage(**settings)
        assert "\n" not in str(caught.value)

    def test_a_rate_that_nobody_knows_is_refused(self):
        with pytest.raises(InputError, match="a number or a `LearningRateSchedule`. Received: SGD"):
            stage(optimizer=optimizers.SGD(lambda: 0.1))


class TestOtherSettings:
    @pytest.mark.parametrize(
        ("settings", "message"),
        [
            ({"weight_decay": 0.1}, r"no `weight_decay`.*Give the optimizer weight_decay=0.1"),
            ({"clip_norm": None}, r"no `clip_norm`.*Give the optimizer global_clipnorm=None"),
            ({"weight_decay": 0.0, "clip_norm": 2.0}, "no `weight_decay` or `clip_norm`"),
        ],
    )
    def test_what_the_optimizer_says_is_not_said_by_the_stage(self, settings, message):
        with pytest.raises(InputError, match=message):
            stage(optimizer=optimizers.AdamW(2e-4), **settings)

    def test_weight_decay_is_that_of_the_optimizer(self):
        assert weight_decay(stage(optimizer=optimizers.AdamW(2e-4))) == 0.004
        assert weight_decay(stage(optimizer=optimizers.Adam(2e-4))) == 0.0

    @pytest.mark.parametrize(
        ("optimizer", "message"),
        [
            (
                lambda: optimizers.LossScaleOptimizer(optimizers.SGD()),
                "Received: LossScaleOptimizer. Give the optimizer inside it",
            ),
            (
                lambda: optimizers.MultiOptimizer(optimizers.OptimizerMap(optimizers.SGD())),
                "Received: MultiOptimizer. Use `rates`",
            ),
            (
                lambda: layerwise(
                    optimizers.SGD(),
                    keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]),
                    layer_decay=0.5,
                ),
                "Received: LayerwiseSGD. It was made for the layers of a model",
            ),
            (lambda: Forgetful(patience=5), "Forgetful, which is made again without `patience`"),
            (lambda: optimizers.SGD, "`optimizer` out of .*, or a Keras optimizer object"),
            (lambda: 3, "`optimizer` out of"),
        ],
    )
    def test_what_cannot_be_used_is_refused_at_once(self, optimizer, message):
        with pytest.raises(InputError, match=message) as caught:
            stage(optimizer=optimizer())
        assert "\n" not in str(caught.value)

    @pytest.mark.parametrize(
        ("schedule", "message"),
        [(Secretive(), "`get_config`. Received: Secretive"), (lambda step: 0.1, "`schedule` out")],
    )
    def test_schedules_that_cannot_be_written_are_refused(self, schedule, message):
        with pytest.raises(InputError, match=message):
            stage(schedule=schedule)


class TestTemplate:
    def test_what_is_done_to_the_optimizer_later_does_not_count(self):
        optimizer = optimizers.SGD(0.1, momentum=0.9)
        one = stage(optimizer=optimizer)
        optimizer.learning_rate = 0.5
        optimizer.exclude_from_weight_decay(var_names=["bias"])
        optimizer.build([keras.Variable([1.0])])
        assert one == stage(optimizer=optimizers.SGD(0.1, momentum=0.9))
        assert not one.optimizer.built

    def test_an_optimizer_in_use_lends_its_settings(self):
        optimizer = optimizers.SGD(0.1)
        optimizer.build([keras.Variable([1.0])])
        optimizer.learning_rate = 0.05
        assert given_rate(stage(optimizer=optimizer)) == 0.05

    @pytest.mark.parametrize("kind", [optimizers.Lion, optimizers.Adafactor, optimizers.Muon])
    def test_settings_are_kept(self, kind):
        optimizer = kind(3e-4, weight_decay=0.3, clipvalue=0.5, gradient_accumulation_steps=2)
        assert stage(optimizer=optimizer).optimizer.get_config() == optimizer.get_config()

    def test_a_stage_can_be_changed(self):
        one = stage(optimizer=optimizers.SGD(0.1))
        assert dataclasses.replace(one, steps=9).optimizer is not one.optimizer
        other = dataclasses.replace(one, optimizer="momentum", learning_rate=0.1)
        assert other == stage(optimizer="momentum", learning_rate=0.1)


class TestEquality:
    def test_configurations_are_compared(self):
        one, same = (stage(optimizer=optimizers.AdamW(2e-4)) for _ in range(2))
        assert one == same
        assert hash(one) == hash(same)
        assert Plan("p", [one]) == Plan("p", [same])
        assert one != stage(optimizer=optimizers.AdamW(3e-4))
        assert one != stage(optimizer=optimizers.Adam(2e-4, weight_decay=0.004))
        assert one != stage(optimizer="adamw", learning_rate=2e-4)
        assert one != stage(optimizer=optimizers.AdamW(2e-4, name="mine"))
        assert one != "one"

    def test_schedules_are_compared(self):
        assert stage(schedule=COSINE) == stage(schedule=schedules.CosineDecay(1e-3, 1000))
        assert stage(schedule=COSINE) != stage(schedule=schedules.CosineDecay(1e-3, 999))
        assert stage(schedule=COSINE) != stage(optimizer=optimizers.AdamW(COSINE))

    def test_exclusions_are_compared(self):
        variables = [keras.Variable([1.0]) for _ in range(2)]

        def excluding(**what):
            optimizer = optimizers.AdamW(2e-4)
            optimizer.exclude_from_weight_decay(**what)
            return stage(optimizer=optimizer)

        assert excluding(var_names=["a", "b"]) == excluding(var_names=["b", "a"])
        assert excluding(var_names=["a"]) != excluding(var_names=["b"])
        assert excluding() != stage(optimizer=optimizers.AdamW(2e-4))
        assert excluding(var_list=variables[:1]) == excluding(var_list=variables[:1])
        assert excluding(var_list=variables[:1]) != excluding(var_list=variables[1:])

    def test_what_is_remembered_is_alike_but_for_the_rate(self):
        def sgd(rate, momentum=0.9, **settings):
            return stage(optimizer=optimizers.SGD(rate, momentum), **settings)

        assert is_like(sgd(0.1), sgd(0.2))
        assert is_like(sgd(0.1), sgd(COSINE))
        assert is_like(sgd(0.1), sgd(0.01, schedule=COSINE))
        assert not is_like(sgd(0.1), sgd(0.1, momentum=0.8))
        assert not is_like(sgd(0.1), stage(optimizer=Forgetful(0.1, momentum=0.9)))
        assert not is_like(sgd(0.1), stage(optimizer="momentum", learning_rate=0.1))
        assert not is_like(stage(optimizer="momentum", learning_rate=0.1), sgd(0.1))


def test_repr_is_the_call_that_made_it():
    made = [
        stage(optimizer=optimizers.Lion(beta_2=0.95), learning_rate=1e-4),
        stage(optimizer=optimizers.AdamW(COSINE, clipnorm=1.0)),
        stage(schedule=schedules.PiecewiseConstantDecay([5], [0.1, 0.01])),
    ]
    assert [eval(repr(one)) for one in made] == made
    assert repr(made[0]) == (
        "Stage(name='one', epochs=3, learning_rate=0.0001, "
        "optimizer=keras.optimizers.Lion(beta_2=0.95))"
    )


def test_numbers_are_as_keras_stores_them():
    rate = given_rate(stage(optimizer=optimizers.SGD(np.float32(0.3).item())))
    assert rate == 0.3
    assert np.float32(rate) == np.float32(0.3)
