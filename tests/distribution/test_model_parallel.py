"""Layouts of weights over devices of JAX, which need not be there."""

import re

import keras
import keras_hub
import pytest

from kerastune import InputError
from kerastune.distribution import ModelParallel, distribution_settings
from kerastune.distribution.jax_layouts import jax_distribution, notes_of, rows_of_devices
from kerastune.tuning.patterns.matching import match

pytestmark = pytest.mark.any_backend

LAYOUT = {
    "mesh": [2, 2],
    "layout": {"dense/kernel": [None, "model"], "logits/kernel": ["model", None]},
}


def distribution_of(settings, model):
    """The distribution of four devices that need not be there."""
    devices = [f"cpu:{number}" for number in range(4)]
    return jax_distribution(distribution_settings(settings), model, match, devices)


@pytest.fixture
def model():
    layers = [keras.layers.Dense(8, name="dense"), keras.layers.Dense(3, name="logits")]
    model = keras.Sequential([keras.Input((5,)), *layers], name="made")
    model.compile("adam", "mse")
    model.optimizer.build(model.trainable_variables)
    return model


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"mesh": [2, 4]}, "Expected a mesh of 4 devices, which are there. Received: [2, 4]"),
        ({"layout": {"hidden": [None, "model"]}}, "variables of 'made'. Received: 'hidden'"),
        (
            {"layout": {"logits/kernel": [None, "model"]}},
            "that the 4 devices along 'model' divide. Received: [None, 'model'] for "
            "'made/logits/kernel' of shape [8, 3]",
        ),
        (
            {"layout": {"logits": [None, "data"]}},
            "for each of the 1 axes of 'made/logits/bias'",
        ),
        (
            {"layout": {"dense/kernel": [None, "model"], "kernels": ["data", None]}},
            "'dense/kernel' and 'kernels', which both name 'made/dense/kernel'",
        ),
        ("model_parallel", "KerasHub has for Llama, Gemma, Qwen and others. Received: none"),
    ],
)
def test_layouts_that_do_not_fit(model, settings, said):
    with pytest.raises(InputError, match=re.escape(said)):
        distribution_of(settings, model)


def test_slots_are_where_their_weights_are(model):
    distribution = distribution_of(LAYOUT, model)
    layouts = {
        one.path: distribution.get_variable_layout(one).axes
        for one in (*model.variables, *model.optimizer.variables)
    }
    divided = {path: axes for path, axes in layouts.items() if any(axes)}
    assert set(divided.values()) == {(None, "model"), ("model", None)}
    # The kernel and its two moments, of each of two layers.
    assert [sum(name in path for path in divided) for name in ("dense", "logits")] == [3, 3]
    assert rows_of_devices(distribution) == 2
    assert distribution.get_data_layout((8, 5)).axes == ("data", None)
    assert distribution.get_data_layout((0, 8)).axes == (None, None)
    assert notes_of(distribution) == ("2 of 4 weights are divided, with 64 of 75 numbers.",)


def test_what_keras_hub_lays_out_where_it_divides():
    body = keras_hub.models.LlamaBackbone(51, 1, 2, 8, 16, 2)
    outputs = keras.layers.Dense(2)(body(body.input))
    model = keras.Model(body.input, outputs)
    model.compile("sgd", "mse")
    distribution = distribution_of({"mesh": [1, 4]}, model)
    by_path = {one.path: distribution.get_variable_layout(one).axes for one in body.variables}
    # 51 tokens, and two heads along the other axis, are whole.
    assert by_path["token_embedding/embeddings"] == (None, "data")
    assert by_path["transformer_layer_0/feedforward_gate_dense/kernel"] == ("data", "model")
    assert "along an axis that the devices do not divide: token_emb" in notes_of(distribution)[1]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("pipeline", "out of data_parallel, model_parallel, or None. Received: 'pipeline'"),
        ({"meshes": [2, 2]}, "Received: 'meshes'. Did you mean 'mesh'"),
        ({"mesh": [4]}, "two numbers such as"),
        ({"mesh": [2, True]}, "two numbers such as"),
        ({"layout": {}}, "as a dictionary from patterns to axes"),
        ({"layout": {"kernels": [None, "batch"]}}, "out of data and model"),
        ({"layout": {"kernels": ["model", "model"]}}, "each once at most"),
        ({"layout": {"kernels": [None]}}, "each once at most"),
    ],
)
def test_settings_that_are_none(given, said):
    with pytest.raises(InputError, match=said):
        distribution_settings(given)


def test_settings_are_plain_data():
    settings = distribution_settings(LAYOUT)
    assert isinstance(settings, ModelParallel)
    assert settings.to_dict() == LAYOUT
    assert distribution_settings(settings.to_dict()) == settings
    assert distribution_settings("model_parallel").to_dict() == {}
