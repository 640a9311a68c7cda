"""The order of the layers of a model, which is looked up once for each model."""

import gc
import weakref

import keras
import pytest

from kerastune.tuning.groups import graph

pytestmark = pytest.mark.any_backend


def nested():
    body = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, name="body")])
    return keras.Sequential([body, keras.layers.Dense(1, name="logits")])


@pytest.fixture
def followed(monkeypatch):
    """The graphs that are followed, one after another."""
    seen = []
    calls = graph._calls
    monkeypatch.setattr(graph, "_calls", lambda *ends: seen.append(ends) or calls(*ends))
    return seen


def test_it_is_followed_once(followed):
    model = nested()
    first, again = graph.layer_calls(model), graph.layer_calls(model)
    assert [call.layer.name for call in first] == [call.layer.name for call in again]
    assert [(call.inputs, call.used) for call in first] == [((), (0,)), ((0,), (0,))]
    assert len(followed) == 1


def test_a_layer_that_is_added_is_seen(followed):
    model = nested()
    assert len(graph.layer_calls(model)) == 2
    model.add(keras.layers.Dense(2, name="more"))
    assert [call.layer.name for call in graph.layer_calls(model)][-1] == "more"
    model.pop()
    assert [call.layer.name for call in graph.layer_calls(model)][-1] == "logits"
    assert len(followed) == 3


def test_a_weight_that_a_layer_gets_is_seen():
    model = nested()
    assert len(graph.layer_calls(model)[1].weights) == 2
    model.get_layer("logits").enable_lora(1)
    assert len(graph.layer_calls(model)[1].weights) == 4


def test_some_outputs_are_followed_by_themselves(followed):
    inputs = keras.Input((2,))
    both = [keras.layers.Dense(1, name=name)(inputs) for name in ("a", "b")]
    model = keras.Model(inputs, both)
    assert [call.layer.name for call in graph.calls_to(model, both[1:])] == ["b"]
    assert {call.layer.name for call in graph.calls_to(model, both)} == {"a", "b"}
    assert len(followed) == 2


def test_a_model_is_let_go():
    model = nested()
    graph.layer_calls(model)
    gone = weakref.ref(model)
    keras.backend.clear_session()
    del model
    gc.collect()
    assert gone() is None
