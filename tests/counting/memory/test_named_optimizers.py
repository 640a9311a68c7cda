"""Optimizers are found by the names that people use."""

import keras
import pytest

from kerastune.errors import InputError
from kerastune.tuning.plans.optimizer_names import named_optimizer, optimizer_names

pytestmark = pytest.mark.first_backend


@pytest.mark.parametrize("name", optimizer_names())
def test_every_name_makes_an_optimizer_that_averages_and_accumulates(name):
    optimizer = named_optimizer(name, use_ema=True, gradient_accumulation_steps=3)
    assert isinstance(optimizer, keras.optimizers.Optimizer)
    assert (optimizer.use_ema, optimizer.gradient_accumulation_steps) == (True, 3)
    assert not optimizer.built


def test_names_of_the_field():
    assert {"adam", "adamw", "sgd", "momentum", "lion", "muon", "lamb"} <= set(optimizer_names())
    assert {"optimizer", "lossscaleoptimizer"}.isdisjoint(optimizer_names())
    assert named_optimizer("SGD").momentum == 0
    assert named_optimizer("momentum").momentum == 0.9


def test_an_unknown_name_gets_the_closest():
    with pytest.raises(InputError, match=r"Received: 'adamww'\. Did you mean 'adamw'\?"):
        named_optimizer("adamww")
