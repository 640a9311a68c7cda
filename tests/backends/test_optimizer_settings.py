"""Private names of Keras' optimizers that settings are read from, and functions of a step."""

import keras
import numpy as np
import pytest

from kerastune.backends import at_each_step
from kerastune.backends.compilation import copy_optimizer
from kerastune.backends.optimizers import (
    SettingsByVariable,
    exclusions,
    layerwise_optimizer,
    own_learning_rate,
    public_config,
)

SCHEDULE = keras.optimizers.schedules.ExponentialDecay(0.5, 10, 0.5)


@pytest.mark.parametrize("rate", [0.1, 2e-4, 1e-30, 3.0])
def test_a_rate_is_the_number_that_was_given(rate):
    assert own_learning_rate(keras.optimizers.SGD(rate)) == rate


def test_a_rate_may_be_computed():
    assert own_learning_rate(keras.optimizers.SGD(SCHEDULE)) is SCHEDULE


def test_exclusions_are_those_that_keras_keeps():
    optimizer = keras.optimizers.AdamW()
    assert exclusions(optimizer) is None
    optimizer.exclude_from_weight_decay()
    assert exclusions(optimizer) == (frozenset(), ())
    variable = keras.Variable([1.0], name="bias")
    optimizer.exclude_from_weight_decay([variable], ["b(a|b)", "a|b"])
    keys, (pattern,) = exclusions(optimizer)
    assert keys == {optimizer._var_key(variable)}
    assert set(pattern.split("|")) == {"b(a", "b)", "a", "b"}
    assert exclusions(copy_optimizer(optimizer)) == exclusions(optimizer)


@pytest.mark.parametrize(
    "name", sorted(set(dir(keras.optimizers)) & {"Adam", "AdamW", "Lion", "SGD", "Nadam", "Muon"})
)
def test_configurations_are_those_of_every_backend(name):
    config = public_config(getattr(keras.optimizers, name)(0.1))
    assert config["module"] == "keras.optimizers"
    assert config["class_name"] == name
    assert config["registered_name"] is None


class Unwritable(keras.optimizers.schedules.LearningRateSchedule):
    """A schedule that Keras can write, and not read back."""

    def __call__(self, step):
        return 0.5

    def get_config(self):
        return {}


def test_a_copy_keeps_a_schedule_of_any_class():
    schedule = Unwritable()
    copy = copy_optimizer(keras.optimizers.SGD(schedule, momentum=0.9))
    assert own_learning_rate(copy) is schedule
    assert copy.momentum == 0.9


class Wrapped(keras.optimizers.SGD):
    """An optimizer whose configuration is not what its `__init__` takes."""

    def __init__(self, factor, **settings):
        super().__init__(**settings)
        self.factor = factor

    def get_config(self):
        return super().get_config() | {"percent": self.factor * 100}

    @classmethod
    def from_config(cls, config):
        settings = dict(config)
        return cls(settings.pop("percent") / 100, **settings)


def test_a_layerwise_optimizer_reads_a_configuration_as_its_class_does():
    made = layerwise_optimizer(Wrapped(0.5, learning_rate=0.1), SettingsByVariable([]))
    assert made.factor == 0.5
    assert isinstance(made, Wrapped)


class TestEachStep:
    def test_a_function_of_one_step(self):
        """`cond` takes one condition, not an array of them."""

        def halved_after_two(step):
            return keras.ops.cond(step < 2, lambda: 1.0, lambda: 0.5)

        assert at_each_step(halved_after_two, 4).tolist() == [1.0, 1.0, 0.5, 0.5]

    def test_no_steps(self):
        assert at_each_step(lambda step: step, 0).shape == (0,)

    def test_whole_numbers_become_float32(self):
        found = at_each_step(lambda step: step * 2, 3)
        assert found.dtype == "float32"
        np.testing.assert_array_equal(found, [0, 2, 4])
