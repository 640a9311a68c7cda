"""An embedding trains as the matrix product that it stands for, with every optimizer."""

import inspect

import keras
import numpy as np
import pytest

from kerastune.backends.optimizers import (
    SettingsByVariable,
    VariableSettings,
    layerwise_optimizer,
    slots,
)

VOCABULARY, WIDTH, RATE = 12, 6, 1e-3
# Tokens repeat within a sample and within a batch, and most are absent from some batch.
TOKENS = np.array(
    [
        [[1, 1, 1, 2, 3], [1, 2, 2, 4, 5]],
        [[6, 6, 1, 7, 7], [8, 8, 8, 8, 6]],
        [[1, 3, 3, 9, 9], [2, 2, 11, 5, 4]],
    ],
    dtype="int32",
)
TARGETS = np.random.default_rng(1).normal(size=(3, 2, 5, 1)).astype("float32")

OPTIMIZERS = {
    name: kind
    for name, kind in vars(keras.optimizers).items()
    if inspect.isclass(kind)
    and issubclass(kind, keras.optimizers.Optimizer)
    and name not in ("Optimizer", "LossScaleOptimizer", "MultiOptimizer")
}
CLIPPING = {
    "unclipped": {},
    "norm": {"clipnorm": 0.1},
    "value": {"clipvalue": 0.05},
    "global norm": {"global_clipnorm": 0.1},
}


class Product(keras.layers.Layer):
    """What an embedding stands for: one-hot tokens times the weights, and back."""

    def build(self, _):
        self.embeddings = self.add_weight(shape=(VOCABULARY, WIDTH), name="embeddings")

    def call(self, inputs, reverse=False):
        if reverse:
            return keras.ops.matmul(inputs, keras.ops.transpose(self.embeddings))
        return keras.ops.matmul(keras.ops.one_hot(inputs, VOCABULARY), self.embeddings)


def build(embedding, tied=False):
    """A small model, with the same weights each time."""
    tokens = keras.Input((5,), dtype="int32")
    hidden = embedding(tokens)
    dense = keras.layers.Dense(1, use_bias=False)
    outputs = embedding(hidden, reverse=True) if tied else dense(hidden)
    model = keras.Model(tokens, outputs)
    generator = np.random.default_rng(0)
    model.set_weights([generator.normal(size=weight.shape) for weight in model.get_weights()])
    return model


def lookup():
    return build(keras.layers.Embedding(VOCABULARY, WIDTH))


def product():
    return build(Product(name="embedding"))


def layerwise(optimizer, variables):
    """The optimizer as this library makes it."""
    return layerwise_optimizer(
        optimizer, SettingsByVariable.of((each, VariableSettings()) for each in variables)
    )


def train(model, optimizer, **arguments):
    """The weights after a step with each batch."""
    model.compile(optimizer, "mse", **arguments)
    for tokens, targets in zip(TOKENS, TARGETS, strict=True):
        model.train_on_batch(tokens, targets)
    return model.get_weights()


def arrays(variables):
    return [keras.ops.convert_to_numpy(variable) for variable in variables]


def furthest(some, others):
    """The largest difference, in units of the largest number of an array where that is above 1."""
    return max(
        np.abs(a - b).max() / max(1.0, np.abs(b).max()) for a, b in zip(some, others, strict=True)
    )


class Recorder(keras.optimizers.SGD):
    """Keeps the gradients, and trains nothing."""

    def apply(self, grads, trainable_variables=None):
        self.recorded = [*getattr(self, "recorded", []), list(grads)]


def recorded(model):
    """The gradients of each batch."""
    recorder = Recorder()
    train(model, recorder, run_eagerly=True)
    return recorder.recorded


@pytest.fixture(scope="module")
def of_lookup():
    return recorded(lookup())


@pytest.fixture(scope="module")
def of_product():
    return recorded(product())


@pytest.fixture(scope="module")
def weights():
    return product().get_weights()


def applied(make, gradients, weights):
    """The weights, and what the optimizer remembers, after these gradients."""
    # Muon treats embeddings in another way, and knows them by their names.
    variables = [
        keras.Variable(weight, name=name)
        for weight, name in zip(weights, ["embeddings", "kernel"], strict=True)
    ]
    optimizer = make(variables)
    optimizer.build(variables)
    for step in gradients:
        optimizer.apply(step, variables)
    remembered = [slot for each in slots(optimizer).values() for slot in each if slot is not None]
    return arrays([*variables, *remembered])


@pytest.mark.parametrize("clipping", CLIPPING)
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_rows_that_repeat_are_summed(name, clipping, of_lookup, of_product, weights):
    def made():
        return OPTIMIZERS[name](RATE, weight_decay=0.1, **CLIPPING[clipping])

    after = applied(lambda variables: layerwise(made(), variables), of_lookup, weights)
    assert furthest(after, applied(lambda _: made(), of_product, weights)) <= 1e-6
    assert furthest(after[:1], weights[:1]) > 1e-5


@pytest.mark.parametrize(
    "settings",
    [{"gradient_accumulation_steps": 2, "use_ema": True}, {"loss_scale_factor": 8.0}],
)
def test_with_settings_that_optimizers_share(settings, of_lookup, of_product, weights):
    def made():
        return keras.optimizers.Adagrad(RATE, **settings)

    after = applied(lambda variables: layerwise(made(), variables), of_lookup, weights)
    assert furthest(after, applied(lambda _: made(), of_product, weights)) <= 1e-6


@pytest.mark.parametrize("jit_compile", [False, keras.config.backend() != "torch"])
def test_in_a_compiled_step(jit_compile):
    """Muon asks for the shape of a gradient, which has to be known before its values are."""

    def made():
        return keras.optimizers.Muon(RATE, exclude_embeddings=False, ns_steps=1, clipnorm=0.01)

    model, expected = lookup(), product()
    after = train(model, layerwise(made(), model.weights), jit_compile=jit_compile)
    assert furthest(after, train(expected, made(), jit_compile=jit_compile)) <= 1e-6


def test_while_the_loss_is_scaled():
    scaled = keras.optimizers.LossScaleOptimizer
    model, expected = lookup(), product()
    optimizer = layerwise(keras.optimizers.Adagrad(RATE), model.weights)
    after = train(model, scaled(optimizer))
    plain = keras.optimizers.Adagrad(RATE)
    assert furthest(after, train(expected, scaled(plain))) <= 1e-6


def test_an_embedding_that_is_tied_to_the_outputs():
    """TensorFlow adds the rows of the one use to the dense gradient of the other."""
    embedding = keras.layers.ReversibleEmbedding(VOCABULARY, WIDTH)
    model, expected = build(embedding, tied=True), build(Product(), tied=True)
    optimizer = layerwise(keras.optimizers.Adam(RATE), model.weights)
    (after,) = train(model, optimizer)
    (by_product,) = train(expected, keras.optimizers.Adam(RATE))
    assert furthest([after], [by_product]) <= 1e-6


def test_the_first_step_of_adam_is_as_long_as_the_rate(of_lookup, weights):
    """Kingma and Ba, 2015, section 2.1: whatever the gradient."""
    after = applied(
        lambda variables: layerwise(keras.optimizers.Adam(RATE), variables), of_lookup[:1], weights
    )
    steps = np.abs(after[0] - weights[0])[np.unique(TOKENS[0])]
    np.testing.assert_allclose(steps, RATE, rtol=1e-2)


def test_keras_itself_does_not_sum_them_on_tensorflow(of_lookup, of_product, weights):
    """Once this fails, Keras sums, and `dense_gradients` can go."""
    after, expected = (
        applied(lambda _: keras.optimizers.Adam(RATE), gradients[:1], weights)
        for gradients in (of_lookup, of_product)
    )
    is_at_fault = furthest(after[:1], expected[:1]) > RATE / 10
    assert is_at_fault == (keras.config.backend() == "tensorflow")
