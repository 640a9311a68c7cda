"""Names that Keras keeps private and that distribution rests on: fails when Keras changes them."""

import inspect
from unittest import mock

import keras
import numpy as np
import pytest

from kerastune import backends
from kerastune.distribution import any_process, distributed, from_first, place
from kerastune.errors import InputError


@pytest.fixture
def model():
    layers = [keras.layers.Dense(2), keras.layers.BatchNormalization(), keras.layers.Dropout(0.5)]
    model = keras.Sequential([keras.Input((3,)), *layers])
    model.compile("adam", "mse")
    return model


def test_of_models_and_layers(model):
    for name in ("_compute_loss", "_aggregate_additional_loss", "_symbolic_build"):
        assert callable(getattr(model, name))
    assert model._loss_tracker in model.metrics
    assert list(inspect.signature(model.layers[1]._moments).parameters) == ["inputs", "mask"]
    assert model.layers[1]._reduction_axes == [0]
    assert model.layers[2]._seed_generators


def test_of_the_backend(model):
    match backends.select():
        case "jax":
            from keras.src.backend.jax import core, distribution_lib

            assert core.distribution_lib is distribution_lib
            assert list(inspect.signature(distribution_lib.distribute_tensor).parameters) == [
                "tensor",
                "layout",
            ]
            assert model.layers[0].kernel._layout is None
            # What is read goes through these names, which read what is divided.
            with mock.patch("keras.src.backend.convert_to_numpy", return_value="read"):
                assert keras.ops.convert_to_numpy(model.layers[0].kernel) == "read"
            found = np.ones(1)
            with mock.patch("keras.src.backend.Variable.__array__", return_value=found):
                assert all(weight == found for weight in model.get_weights())
        case "tensorflow":
            assert callable(model._maybe_symbolic_build)
            assert callable(model.optimizer._all_reduce_sum_gradients)
        case _:
            assert hasattr(model.layers[0].kernel.value, "register_post_accumulate_grad_hook")


def test_a_single_process_asks_nobody(monkeypatch):
    for name in ("RANK", "SLURM_PROCID", "TPU_WORKER_HOSTNAMES", "SKYPILOT_NODE_RANK"):
        monkeypatch.delenv(name, raising=False)
    with distributed("data_parallel"):
        assert place().processes == 1
        assert from_first(lambda: b"x") == b"x"
        assert any_process(True)


def test_an_unknown_distribution_is_refused():
    with pytest.raises(InputError, match="or None. Received: 'pipeline'"):
        distributed("pipeline").__enter__()


def test_weights_are_divided_on_jax_alone():
    if backends.select() == "jax":
        with distributed({"mesh": [1, 1]}):
            assert place().processes == 1
        return
    with pytest.raises(InputError, match="Use JAX, or data_parallel"):
        distributed("model_parallel").__enter__()


def test_tensorflow_refuses_several_processes(monkeypatch):
    monkeypatch.setattr("kerastune.distribution.processes.select", lambda: "tensorflow")
    for name, value in {"RANK": "0", "WORLD_SIZE": "2", "MASTER_ADDR": "a"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("MASTER_PORT", "1")
    monkeypatch.setattr("kerastune.distribution.processes._BEGUN", {})
    with (
        pytest.raises(InputError, match="Use JAX or PyTorch for several processes"),
        distributed("data_parallel"),
    ):
        pass
