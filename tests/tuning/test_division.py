"""A model divided behind its frozen part gives what the whole gives."""

import keras
import numpy as np
import pytest

import kerastune
from kerastune.tuning.freezing.division import divide
from kerastune.tuning.freezing.trainability import train_only

HEAD = kerastune.heads.Classification(("a", "b", "c"), dropout=0.1)


def small_images(dropout=0.0):
    """A small network for images under a head."""
    inputs = keras.Input((8, 8, 3))
    x = keras.layers.Conv2D(4, 3, name="first")(inputs)
    x = keras.layers.BatchNormalization(name="norm")(x)
    x = keras.layers.ReLU()(x)
    x = keras.layers.Dropout(dropout, name="inner_dropout")(x)
    x = keras.layers.Conv2D(8, 3, name="second")(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    return kerastune.heads.attach(keras.Model(inputs, x, name="body"), HEAD)


def outputs(division, x):
    """What both parts give one after the other."""
    return division.rest.predict(division.fixed.predict(x, verbose=0), verbose=0)


@pytest.mark.parametrize(
    ("pattern", "shape"), [("head", (None, 8)), ("second|head", (None, 6, 6, 4))]
)
def test_both_parts_give_what_the_whole_gives(pattern, shape):
    model = small_images()
    train_only(model, pattern)
    division = divide(model)
    assert division.rest.input_shape == shape
    x = np.random.default_rng(0).normal(size=(5, 8, 8, 3)).astype("float32")
    model.get_layer("head_logits").kernel.assign(np.ones((8, 3)))
    np.testing.assert_allclose(outputs(division, x), model.predict(x, verbose=0), atol=1e-6)
    trained = {id(weight) for weight in model.trainable_variables}
    assert trained == {id(weight) for weight in division.rest.trainable_variables}


@pytest.mark.any_backend
def test_a_text_backbone_with_a_mask():
    keras_hub = pytest.importorskip("keras_hub")
    backbone = keras_hub.models.BertBackbone(
        vocabulary_size=50, num_layers=3, num_heads=2, hidden_dim=8, intermediate_dim=16
    )
    model = kerastune.heads.attach(backbone, HEAD, pooling="mean")
    drawn = np.random.default_rng(0)
    x = {
        "token_ids": drawn.integers(1, 50, (4, 6)),
        "segment_ids": np.zeros((4, 6), "int32"),
        "padding_mask": np.arange(6) < [[6], [3], [1], [4]],
    }
    model.get_layer("head_logits").kernel.assign(drawn.normal(size=(8, 3)))
    for pattern, parts in (("head", 1), ("last(2)", 3)):
        train_only(model, pattern, dropout="off")
        division = divide(model)
        assert len(division.fixed.outputs) == parts
        expected = model.predict(x, verbose=0)
        np.testing.assert_allclose(outputs(division, x), expected, atol=1e-6)
    train_only(model, "head", dropout="on")
    assert divide(model) is None


@pytest.mark.any_backend
@pytest.mark.parametrize(
    ("change", "is_divided"),
    [
        ({"pattern": "head"}, True),
        ({"pattern": "all"}, False),
        ({"pattern": "head", "batch_norm": "statistics"}, True),
        ({"pattern": "first|head"}, False),
    ],
)
def test_what_trains_or_moves_ends_the_frozen_part(change, is_divided):
    model = small_images()
    pattern = change.pop("pattern")
    train_only(model, pattern, **change)
    division = divide(model)
    assert (division is not None) == is_divided
    if change:
        # Only the convolution before the statistics that move.
        assert division.rest.input_shape == (None, 6, 6, 4)


@pytest.mark.any_backend
def test_dropout_ends_the_frozen_part_unless_it_is_off():
    model = small_images(dropout=0.5)
    train_only(model, "head")
    assert divide(model).rest.input_shape == (None, 6, 6, 4)
    train_only(model, "head", dropout="off")
    assert divide(model).rest.input_shape == (None, 8)


@pytest.mark.any_backend
@pytest.mark.parametrize(
    "layer",
    [
        keras.layers.GaussianNoise(0.1),
        keras.layers.RandomFlip(),
        keras.layers.Lambda(lambda x: x),
        keras.layers.ActivityRegularization(l2=0.1),
        type("Own", (keras.layers.Layer,), {"call": lambda self, x: x})(),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_what_may_differ_each_time_is_not_kept(layer):
    inputs = keras.Input((8, 8, 3))
    x = layer(inputs)
    x = keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(8, 3)(x))
    model = kerastune.heads.attach(keras.Model(inputs, x, name="body"), HEAD)
    train_only(model, "head")
    assert divide(model) is None


@pytest.mark.any_backend
def test_recurrent_layers_are_kept_without_their_dropout():
    for dropout, is_divided in ((0.0, True), (0.2, False)):
        inputs = keras.Input((5, 3))
        body = keras.Model(inputs, keras.layers.LSTM(4, dropout=dropout)(inputs), name="body")
        model = kerastune.heads.attach(body, HEAD)
        train_only(model, "head")
        assert (divide(model) is not None) == is_divided


@pytest.mark.any_backend
def test_a_mask_that_passes_unseen_is_not_lost():
    inputs = keras.Input((5,))
    x = keras.layers.Embedding(9, 4, mask_zero=True)(inputs)
    x = keras.layers.LSTM(4, return_sequences=True, name="lower")(x)
    model = keras.Model(inputs, keras.layers.Dense(1)(keras.layers.LSTM(4, name="upper")(x)))
    model.get_layer("lower").trainable = False
    model.layers[1].trainable = False
    assert divide(model) is None


@pytest.mark.any_backend
def test_a_model_of_a_class_of_its_own_is_left_alone():
    class Own(keras.Model):
        """May train in its own way."""

    inputs = keras.Input((3,))
    hidden = keras.layers.Dense(4)
    model = Own(inputs, keras.layers.Dense(1)(hidden(inputs)))
    hidden.trainable = False
    assert divide(model) is None
