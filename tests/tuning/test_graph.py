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
    first, again = graph.steps(model), graph.steps(model)
    assert [step.layer.name for step in first] == [step.layer.name for step in again]
    assert [(step.inputs, step.used) for step in first] == [((), (0,)), ((0,), (0,))]
    assert len(followed) == 1


def test_a_layer_that_is_added_is_seen(followed):
    model = nested()
    assert len(graph.steps(model)) == 2
    model.add(keras.layers.Dense(2, name="more"))
    assert [step.layer.name for step in graph.steps(model)][-1] == "more"
    model.pop()
    assert [step.layer.name for step in graph.steps(model)][-1] == "logits"
    assert len(followed) == 3


def test_a_weight_that_a_layer_gets_is_seen():
    model = nested()
    assert len(graph.steps(model)[1].weights) == 2
    model.get_layer("logits").enable_lora(1)
    assert len(graph.steps(model)[1].weights) == 4


def test_some_outputs_are_followed_by_themselves(followed):
    inputs = keras.Input((2,))
    both = [keras.layers.Dense(1, name=name)(inputs) for name in ("a", "b")]
    model = keras.Model(inputs, both)
    assert [step.layer.name for step in graph.graph_steps(model, both[1:])] == ["b"]
    assert {step.layer.name for step in graph.graph_steps(model, both)} == {"a", "b"}
    assert len(followed) == 2


def test_a_model_is_let_go():
    model = nested()
    graph.steps(model)
    gone = weakref.ref(model)
    keras.backend.clear_session()
    del model
    gc.collect()
    assert gone() is None
