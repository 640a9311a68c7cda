"""Gradients against closed forms and finite differences, on each backend."""

import keras
import numpy as np
import pytest

from kerastune.backends.jacobians import to_numpy, vector_jacobian


def tensor(values):
    return keras.ops.convert_to_tensor(np.asarray(values, "float32"))


def test_a_dense_layer_has_the_gradients_of_the_closed_form():
    generator = np.random.default_rng(0)
    x, vector = generator.normal(size=(4, 3)), generator.normal(size=(4, 2))
    layer = keras.layers.Dense(2)
    layer.build((None, 3))
    found = vector_jacobian(
        lambda x: [layer(x)], [tensor(x)], layer.trainable_variables, lambda *_: vector
    )
    kernel, bias = (to_numpy(weight) for weight in layer.weights)
    np.testing.assert_allclose(found.outputs[0], x @ kernel + bias, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(found.inputs[0], vector @ kernel.T, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(found.variables[0], x.T @ vector, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(found.variables[1], vector.sum(0), rtol=1e-5, atol=1e-6)


def test_a_recurrent_layer_has_the_gradients_of_finite_differences():
    generator = np.random.default_rng(0)
    x = generator.normal(size=(2, 3, 2)).astype("float32")
    layer = keras.layers.GRU(3)
    layer.build(x.shape)
    kernel = layer.trainable_variables[0]

    def value():
        return float(to_numpy(keras.ops.sum(layer(tensor(x)) ** 2)))

    found = vector_jacobian(
        lambda x: [keras.ops.sum(layer(x) ** 2)], [tensor(x)], layer.trainable_variables
    )
    start, width = to_numpy(kernel), 1e-2
    for place in [(0, 0), (1, 4), (0, 8)]:
        sides = []
        for sign in (1, -1):
            moved = start.copy()
            moved[place] += sign * width
            kernel.assign(moved)
            sides.append(value())
        slope = (sides[0] - sides[1]) / (2 * width)
        assert found.variables[0][place] == pytest.approx(slope, rel=2e-2, abs=1e-4)


def test_repeated_tokens_add_their_gradients():
    layer = keras.layers.Embedding(4, 2)
    layer.build((None, 3))
    tokens = keras.ops.convert_to_tensor(np.array([[1, 1, 3]], "int32"))
    found = vector_jacobian(lambda: [layer(tokens)], [], layer.trainable_variables)
    assert found.variables[0].tolist() == [[0, 0], [2, 2], [0, 0], [1, 1]]


def test_what_has_no_influence_or_no_gradient_is_zero():
    unused = keras.Variable(np.ones(3, "float32"))
    found = vector_jacobian(
        lambda x: [keras.ops.argmax(x, -1), keras.ops.sum(x)], [tensor([[1, 2]])], [unused]
    )
    assert found.variables[0].tolist() == [0, 0, 0]
    assert found.inputs[0].tolist() == [[1, 1]]
    assert found.outputs[0].tolist() == [1]
    only_whole = vector_jacobian(lambda x: [keras.ops.argmax(x, -1)], [tensor([[1, 2]])], [])
    assert only_whole.inputs[0].tolist() == [[0, 0]]


def test_half_precision_comes_as_float32():
    x = keras.ops.cast(tensor([1, 2]), "bfloat16")
    found = vector_jacobian(lambda x: [x * x], [x], [])
    assert found.outputs[0].dtype == found.inputs[0].dtype == np.float32
    assert found.inputs[0].tolist() == [2, 4]


def test_losses_that_a_layer_adds_count():
    layer = keras.layers.Dense(1, use_bias=False, activity_regularizer=keras.regularizers.L2(1.0))
    model = keras.Sequential([keras.Input((2,)), layer])
    layer.kernel.assign([[1.0], [2.0]])
    model.compile("sgd", "mse")
    x, y = tensor([[1, 1]]), tensor([[0]])

    def loss():
        return [model.compute_loss(x=x, y=y, y_pred=model(x, training=True), training=True)]

    found = vector_jacobian(loss, [], model.trainable_variables)
    # (1 + 1) times the square of the output, 3, by the rule for products.
    assert float(found.outputs[0]) == pytest.approx(18)
    assert found.variables[0].ravel().tolist() == pytest.approx([12, 12])
