"""What of Keras' graphs is not public: these fail loudly when Keras changes it."""

import keras
import numpy as np
import pytest

from kerastune.backends.graph_calls import (
    carries_mask,
    graph_calls,
    is_plain_graph,
    takes_also,
    trains_as_keras_does,
)


def two_ways():
    """A model in which two layers take the input, and one takes both."""
    inputs = keras.Input((3,), name="inputs")
    left = keras.layers.Dense(2, name="left")(inputs)
    right = keras.layers.Dense(2, name="right")(inputs)
    return keras.Model(inputs, keras.layers.Add(name="both")([left, right]))


@pytest.mark.any_backend
def test_calls_come_in_an_order_that_works():
    model = two_ways()
    known = {id(tensor) for tensor in model.inputs}
    for call in graph_calls(model.inputs, model.outputs):
        assert {id(tensor) for tensor in call.inputs} <= known
        known |= {id(tensor) for tensor in call.outputs}
    assert {id(tensor) for tensor in model.outputs} <= known
    calls = graph_calls(model.inputs, model.outputs)
    assert sorted(call.operation.name for call in calls) == ["both", "left", "right"]


@pytest.mark.any_backend
def test_a_call_can_be_made_again_with_other_tensors():
    model = two_ways()
    calls = graph_calls(model.inputs, model.outputs)
    left = next(call for call in calls if call.operation.name == "left")
    other = keras.Input((3,))
    again = keras.Model(other, left.again({id(left.inputs[0]): other}))
    x = np.ones((1, 3), "float32")
    expected = keras.ops.convert_to_numpy(left.operation(x))
    np.testing.assert_array_equal(again.predict(x, verbose=0), expected)


@pytest.mark.any_backend
def test_a_layer_that_is_called_twice_has_two_calls():
    dense = keras.layers.Dense(3)
    model = keras.Sequential([keras.Input((3,)), dense, dense])
    assert [call.operation for call in graph_calls(model.inputs, model.outputs)] == [dense, dense]


@pytest.mark.any_backend
def test_a_mask_as_an_argument_is_told_from_an_input():
    inputs, mask = keras.Input((4, 2)), keras.Input((4,), dtype="bool")
    pooled = keras.layers.GlobalAveragePooling1D()(inputs, mask=mask)
    model = keras.Model([inputs, mask], keras.layers.Dense(1)(pooled))
    assert [call.takes_only_inputs for call in graph_calls(model.inputs, model.outputs)] == [
        False,
        True,
    ]


@pytest.mark.any_backend
def test_a_mask_that_no_argument_shows_is_seen():
    tokens = keras.Input((4,))
    vectors = keras.layers.Embedding(5, 2, mask_zero=True)(tokens)
    assert carries_mask(vectors)
    assert carries_mask(keras.layers.LSTM(2, return_sequences=True)(vectors))
    assert not carries_mask(tokens)


@pytest.mark.any_backend
def test_a_subclass_is_no_plain_graph_where_it_computes_something_else():
    class Doubled(keras.Model):
        def call(self, inputs, training=None, mask=None):
            return 2 * super().call(inputs, training=training, mask=mask)

    inputs = keras.Input((3,))
    outputs = keras.layers.Dense(1)(inputs)

    class Named(keras.Model):
        """Trains in its own way, maybe, but computes the graph."""

    assert is_plain_graph(keras.Model(inputs, outputs))
    assert is_plain_graph(Named(inputs, outputs))
    assert not is_plain_graph(Doubled(inputs, outputs))
    assert not trains_as_keras_does(Named(inputs, outputs))
    assert not is_plain_graph(keras.Sequential([keras.layers.Dense(1)]))


@pytest.mark.parametrize("kind", ["functional", "sequential"])
def test_a_model_takes_features_and_its_own_inputs_by_turns(kind):
    body, last = keras.layers.Dense(3, name="body"), keras.layers.Dense(1, name="last")
    body.trainable = False
    if kind == "sequential":
        model = keras.Sequential([keras.Input((2,)), body, last])
    else:
        inputs = keras.Input((2,))
        model = keras.Model(inputs, last(body(inputs)))
    features = keras.Input((3,))
    rest = keras.Model([features], last(features))
    x, y = np.random.default_rng(0).normal(size=(4, 2)), np.ones((4, 1))
    model.compile(keras.optimizers.SGD(0.1), "mse")
    expected = model.predict(x, verbose=0)
    given = keras.ops.convert_to_numpy(body(x))
    with takes_also(model, "given", rest):
        found = model.predict({"given": [given]}, verbose=0)
        np.testing.assert_allclose(found, expected, rtol=1e-6)
        np.testing.assert_array_equal(model.predict(x, verbose=0), expected)
        model.fit({"given": [given]}, y, verbose=0)
        assert np.abs(model.predict(x, verbose=0) - expected).max() > 1e-3
    assert not {"call", "_manual_input_spec"} & set(vars(model))
