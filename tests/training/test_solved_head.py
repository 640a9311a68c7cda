"""A head that is solved has the least loss there is on the features of the rest."""

import keras
import numpy as np
import pytest

import kerastune
from kerastune.errors import InputError
from kerastune.tuning import Plan, Stage

DRAWN = np.random.default_rng(0)
X = DRAWN.normal(size=(90, 6)).astype("float32")
CLASSES = (X[:, 0] > 0).astype(int) + (X[:, 1] > 0)
LOSSES = keras.losses
# A rate at which nothing moves, so that what the head was solved to is seen.
SOLVED = Plan("solved", (Stage("all", 1, 1e-12, solve_head=True),))


def made(units, activation=None, **options):
    """A small model with a head of one layer."""
    keras.utils.set_random_seed(0)
    body = keras.Sequential(
        [keras.Input((6,)), keras.layers.Dense(12, "tanh"), keras.layers.Dropout(0.5)], name="body"
    )
    last = keras.layers.Dense(units, activation=activation, name="logits", **options)
    return keras.Sequential([body, last], name="model")


def on_first(*values):
    """A case that no backend solves otherwise, once another case is solved on each."""
    return pytest.param(*values, marks=pytest.mark.first_backend)


@pytest.mark.parametrize(
    ("units", "activation", "loss", "y"),
    [
        (3, "softmax", "sparse_categorical_crossentropy", CLASSES),
        on_first(3, None, LOSSES.SparseCategoricalCrossentropy(from_logits=True), CLASSES),
        on_first(3, None, LOSSES.CategoricalCrossentropy(from_logits=True), np.eye(3)[CLASSES]),
        on_first(1, "sigmoid", "binary_crossentropy", (CLASSES > 0).astype("float32")),
        on_first(2, None, "mse", 100 * X[:, :2] + 7),
    ],
)
def test_no_training_of_the_head_reaches_less(units, activation, loss, y):
    model = made(units, activation)
    kerastune.fine_tune(model, (X, y), plan=SOLVED, loss=loss, verbose=0)
    solved = model.evaluate(X, y, verbose=0)
    model.get_layer("body").trainable = False
    model.compile(keras.optimizers.Adam(1e-3), loss)
    # As much as a penalty costs on the training samples themselves, training can still win.
    model.fit(X, y, epochs=3, verbose=0)
    untrained = made(units, activation)
    untrained.compile("adam", loss)
    assert solved < 0.8 * untrained.evaluate(X, y, verbose=0)
    assert model.evaluate(X, y, verbose=0) > 0.9 * solved


@pytest.mark.any_backend
def test_smoothed_labels_and_weights_of_classes():
    head = kerastune.heads.Classification(
        ("a", "b", "c"), label_smoothing=0.2, class_weights=(1.0, 2.0, 3.0), dropout=0.4
    )
    keras.utils.set_random_seed(0)
    model = kerastune.heads.attach(
        keras.Sequential([keras.Input((6,)), keras.layers.Dense(12, "tanh")], name="body"), head
    )
    y, weights = head.encode(CLASSES), head.sample_weights(CLASSES)
    kerastune.fine_tune(model, (X, y, weights), plan=SOLVED, loss=head.loss(), verbose=0)
    features = model.get_layer("body").predict(X, verbose=0)
    logits = features @ np.array(model.get_layer("head_logits").kernel) + np.array(
        model.get_layer("head_logits").bias
    )
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    # At the minimum the gradient by the offset is zero: it is not penalized.
    gradient = weights @ (shares - (0.8 * y + 0.2 / 3)) / weights.sum()
    np.testing.assert_allclose(gradient, 0, atol=1e-4)


@pytest.mark.any_backend
@pytest.mark.parametrize(
    ("model", "loss"),
    [
        (made(2), "mae"),
        (made(2, "relu"), "mse"),
        (made(3), "sparse_categorical_crossentropy"),
        (made(2, kernel_regularizer="l2"), "mse"),
    ],
)
def test_what_cannot_be_solved_is_said_before_anything_trains(model, loss):
    before = [np.array(weight) for weight in model.weights]
    plan = Plan("later", (Stage("first", 1, 0.1), *SOLVED.stages))
    y = CLASSES if "crossentropy" in loss else X[:, :2]
    with pytest.raises(InputError, match="a head of one dense layer, with the mean squared error"):
        kerastune.fine_tune(model, (X, y), plan=plan, loss=loss, verbose=0)
    for weight, former in zip(model.weights, before, strict=True):
        np.testing.assert_array_equal(np.array(weight), former)


@pytest.mark.any_backend
def test_a_data_set_that_makes_its_own_batches_is_refused():
    class Batches(keras.utils.PyDataset):
        def __len__(self):
            return 1

        def __getitem__(self, index):
            return X, X[:, :2]

    with pytest.raises(InputError, match="arrays as data where `solve_head` is true"):
        kerastune.fine_tune(made(2), Batches(), plan=SOLVED, loss="mse", verbose=0)


@pytest.mark.any_backend
def test_a_stage_with_a_solved_head_as_text():
    assert Plan.from_yaml(SOLVED.to_yaml()) == SOLVED
    assert SOLVED.stages[0].to_dict()["solve_head"] is True
    with pytest.raises(InputError, match="`solve_head` that is true or false"):
        Stage("all", 1, 0.1, solve_head="yes")
