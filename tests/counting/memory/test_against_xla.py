"""Estimates of training memory against what XLA says that a whole training step takes."""

import importlib.util
from pathlib import Path

import keras
import pytest

from kerastune.backends import build_abstract, select
from kerastune.counting.memory.training import training_memory
from kerastune.tuning.plans.optimizer_names import named_optimizer

pytestmark = pytest.mark.skipif(
    select() != "jax", reason="only JAX tells the memory of a compiled step"
)
TOOL = Path(__file__).parents[3] / "tools" / "benchmarks" / "memory_estimates.py"


@pytest.fixture(scope="module")
def tool():
    """The benchmark that compiles training steps, as a module."""
    specification = importlib.util.spec_from_file_location("memory_estimates", TOOL)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def network():
    x = inputs = keras.Input((784,))
    for _ in range(3):
        x = keras.layers.Dense(512, activation="relu")(x)
    return keras.Model(inputs, keras.layers.Dense(10)(x))


SLOW = {"marks": pytest.mark.slow}


@pytest.mark.parametrize("batch_size", [256, pytest.param(8, **SLOW), pytest.param(1024, **SLOW)])
@pytest.mark.parametrize(
    "name", ["adamw", pytest.param("sgd", **SLOW), pytest.param("momentum", **SLOW)]
)
def test_dense_layers(tool, name, batch_size):
    import jax

    model = build_abstract(network)
    estimate = training_memory(model, optimizer=name, batch_size=batch_size)
    batch = jax.ShapeDtypeStruct((batch_size, 784), "float32")
    taken, temporary = tool.compiled_bytes(model, named_optimizer(name), batch)
    # Besides, the step, the rate, the loss and pointers to all of them.
    held = taken - temporary
    assert held == pytest.approx(estimate.weights + estimate.slots + batch_size * 784 * 4, abs=1024)
    # XLA may update a weight, and free its gradient, before the next gradient is there.
    assert estimate.total - estimate.gradients <= taken <= 1.05 * estimate.total
