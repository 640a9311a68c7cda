"""Freezing and unfreezing by pattern, on models of every kind."""

import keras
import keras_hub
import numpy as np
import pytest

from kerastune.errors import InputError
from kerastune.training.guard import in_training
from kerastune.tuning import (
    NoMatchError,
    freeze,
    freeze_to,
    layer_groups,
    layerwise,
    match,
    unfreeze,
)

pytestmark = pytest.mark.first_backend


def sequential():
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            layers.Conv2D(4, 3, name="conv"),
            layers.BatchNormalization(),
            layers.GlobalAveragePooling2D(),
            layers.Dense(2, name="top"),
        ]
    )


def functional():
    inputs = keras.Input((8, 8, 3))
    x = keras.layers.Conv2D(4, 3, name="conv")(inputs)
    x = keras.layers.BatchNormalization()(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, keras.layers.Dense(2, name="top")(x))


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__()
        self.conv = keras.layers.Conv2D(4, 3, name="conv")
        self.norm = keras.layers.BatchNormalization(name="norm")
        self.pool = keras.layers.GlobalAveragePooling2D(name="pool")
        self.top = keras.layers.Dense(2, name="top")

    def call(self, inputs, training=False):
        return self.top(self.pool(self.norm(self.conv(inputs), training=training)))


def subclassed():
    model = Subclassed()
    model(np.zeros((1, 8, 8, 3), "float32"))
    return model


def nested():
    inputs = keras.Input((8, 8, 3))
    body = keras.Sequential(sequential().layers[:-1], name="body")
    return keras.Model(inputs, keras.layers.Dense(2, name="top")(body(inputs)))


def application():
    return keras.applications.MobileNetV2(
        (32, 32, 3), alpha=0.35, weights=None, classes=2, classifier_activation=None
    )


def task():
    backbone = keras_hub.models.BertBackbone(20, 2, 2, 8, 16, max_sequence_length=6)
    return keras_hub.models.BertTextClassifier(backbone, num_classes=2, preprocessor=None)


MODELS = [sequential, functional, subclassed, nested, application, task]


def inputs_for(model):
    generator = np.random.default_rng(0)
    if isinstance(model, keras_hub.models.Task):
        return {
            "token_ids": generator.integers(0, 20, (4, 6)),
            "segment_ids": np.zeros((4, 6), int),
            "padding_mask": np.ones((4, 6), int),
        }
    side = 32 if model.name.startswith("mobilenet") else 8
    return generator.normal(size=(4, side, side, 3)).astype("float32")


@pytest.mark.parametrize("build", MODELS)
def test_only_the_head_trains(build):
    """Bit for bit, in a compiled step."""
    model = build()
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    freeze(model, "backbone")
    # Statistics in the head move too.
    head = {id(weight) for weight in match(model, "head")}
    assert 0 < len(head) < len(model.weights)
    before = [np.array(value) for value in model.get_weights()]
    model.fit(inputs_for(model), np.array([0, 1, 0, 1]), epochs=2, verbose=0, shuffle=False)
    for weight, old, new in zip(model.weights, before, model.get_weights(), strict=True):
        if id(weight) not in head:
            np.testing.assert_array_equal(old, new, err_msg=weight.path)
    assert any(
        not np.array_equal(old, new) for old, new in zip(before, model.get_weights(), strict=True)
    )


@pytest.mark.parametrize("build", MODELS)
def test_freeze_and_unfreeze_undo_each_other(build):
    model = build()
    before = [weight.path for weight in model.trainable_variables]
    freeze(model, "backbone")
    assert 0 < len(model.trainable_variables) < len(before)
    unfreeze(model, "backbone")
    after = [weight.path for weight in model.trainable_variables]
    # Weights that the model does not use are in no pattern, and stay frozen.
    assert set(before) - set(after) == {path for path in before if "pooled_dense" in path} - set(
        after
    )


def towers():
    """Two towers from one function: their variables have the same paths."""

    def tower(name):
        inputs = keras.Input((4,))
        return keras.Model(inputs, keras.layers.Dense(5, name="hidden")(inputs), name=name)

    inputs = keras.Input((4,))
    both = keras.layers.Concatenate()([tower("left")(inputs), tower("right")(inputs)])
    return keras.Model(inputs, keras.layers.Dense(1, name="top")(both))


def test_variables_of_the_same_path_are_told_apart():
    model = towers()
    model.get_layer("right").trainable = False
    model.compile(keras.optimizers.Adam(0.01), "mse")
    x = np.random.default_rng(0).normal(size=(32, 4))
    model.fit(x, x[:, :1], verbose=0)
    unfreeze(model)
    ages = {
        name: {model.optimizer.settings_of(weight).age for weight in model.get_layer(name).weights}
        for name in ("left", "right", "top")
    }
    assert ages == {"left": {0}, "right": {-1}, "top": {0}}
    model.fit(x, x[:, :1], verbose=0)


@pytest.mark.parametrize("verb", [freeze, unfreeze])
@pytest.mark.parametrize("build", [sequential, functional])
def test_a_model_that_was_loaded(build, verb, tmp_path):
    """Keras renames the variables of a Sequential model when it loads them."""
    model = build()
    model.compile(layerwise(keras.optimizers.Adam(0.01), model, layer_decay=0.5), "mse")
    freeze(model, "conv")
    model.fit(inputs_for(model), np.ones((4, 2)), verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    verb(loaded, "conv")
    multipliers = [settings.multiplier for settings in loaded.optimizer.variable_settings.values()]
    assert multipliers[0] == 0.5
    assert multipliers[-1] == 1.0
    loaded.fit(inputs_for(model), np.ones((4, 2)), verbose=0)


def test_what_is_saved_by_variable_is_said_to_be_lost(tmp_path):
    model = functional()
    model.compile(layerwise(keras.optimizers.Adam(0.01), model, layer_decay=0.5), "mse")
    freeze(model, "conv & kernels")
    model.fit(inputs_for(model), np.ones((4, 2)), verbose=0)
    model.save(tmp_path / "model.keras")
    with (
        pytest.warns(UserWarning, match="kerastune.freeze` again"),
        pytest.warns(UserWarning, match="Skipping variable loading"),  # By Keras.
    ):
        keras.saving.load_model(tmp_path / "model.keras")


def test_weights_that_nothing_uses_never_train():
    inputs = keras.Input((4,))
    hidden = keras.layers.Dense(5, name="encoder")(inputs)
    outputs = {"sequence": hidden, "pooled": keras.layers.Dense(5, name="pooler")(hidden)}
    body = keras.Model(inputs, outputs, name="body")
    model = keras.Model(inputs, keras.layers.Dense(1, name="top")(body(inputs)["sequence"]))
    for verb, pattern in ((freeze, "backbone"), (unfreeze, "all")):
        verb(model, pattern)
        assert not any("pooler" in weight.path for weight in model.trainable_variables)


def test_batch_normalization_without_scale_and_offset():
    inputs = keras.Input((4,))
    x = keras.layers.BatchNormalization(center=False, scale=False, name="norm")(inputs)
    model = keras.Model(inputs, keras.layers.Dense(1, name="top")(x))
    for verb, moves in ((freeze, False), (unfreeze, True)):
        verb(model, "norm")
        model.compile("sgd", "mse")
        before = [np.array(value) for value in model.get_layer("norm").get_weights()]
        model.fit(np.ones((4, 4)) * 3, np.ones((4, 1)), verbose=0)
        after = model.get_layer("norm").get_weights()
        assert (not np.array_equal(before[0], after[0])) == moves


def test_without_a_new_rate_or_age_the_optimizer_stays_of_its_class():
    model = functional()
    model.compile("adam", "mse")
    freeze(model, "conv")
    assert not hasattr(model.optimizer, "variable_settings")


def test_freeze_to_counts_groups_from_either_end():
    model = application()
    names = list(layer_groups(model))
    for group in (names[3], 3, 3 - len(names)):
        table = freeze_to(model, group)
        assert [row.trainable > 0 for row in table.rows] == [
            index >= 3 for index in range(len(names))
        ]
    assert [row.group for row in table.rows] == names


@pytest.mark.parametrize("group", ["blocks_3", 99, -99])
def test_unknown_group(group):
    with pytest.raises(InputError, match="Expected a layer group"):
        freeze_to(sequential(), group)


def test_freezing_adds_up_and_patterns_are_checked():
    model = functional()
    freeze(model, "conv")
    table = freeze(model, "top & biases")
    assert sum(row.trainable for row in table.rows) == 8 + 8
    with pytest.raises(NoMatchError, match="Did you mean 'conv'"):
        freeze(model, "convv")


def test_the_table_shows_the_rates_of_a_compiled_model():
    model = functional()
    model.compile(keras.optimizers.AdamW(0.5, weight_decay=0.25), "mse")
    rows = unfreeze(model).rows
    assert {row.learning_rate for row in rows} == {0.5}
    assert {row.weight_decay for row in rows} == {0.25}
    assert {row.batch_norm for row in rows} == {None, "trains"}


@pytest.mark.parametrize(
    ("mode", "shown", "statistics", "affine"),
    [
        ("inference", "inference", False, False),
        ("statistics", "statistics", True, False),
        ("affine", "trains", True, True),
    ],
)
def test_batch_normalization_modes(mode, shown, statistics, affine):
    model = functional()
    norm = next(layer for layer in model.layers if "norm" in layer.name)
    table = freeze(model, "backbone", batch_norm=mode)
    assert {row.batch_norm for row in table.rows} - {None} == {shown}
    before = [np.array(value) for value in norm.get_weights()]
    model.compile("sgd", "mse")
    model.fit(inputs_for(model), np.ones((4, 2)), verbose=0)
    moved = [
        not np.array_equal(old, new) for old, new in zip(before, norm.get_weights(), strict=True)
    ]
    assert moved == [affine, affine, statistics, statistics]


def with_dropout():
    block = keras.Sequential(
        [keras.Input((6,)), keras.layers.Dense(6), keras.layers.Dropout(0.5)], name="block"
    )
    attention = keras.layers.MultiHeadAttention(1, 2, dropout=0.5, name="attention")
    inputs = keras.Input((6,))
    x = keras.layers.Reshape((3, 2))(block(inputs))
    x = keras.layers.Flatten()(attention(x, x))
    x = keras.layers.Dropout(0.5, name="late")(x)
    x = keras.layers.Dense(6, name="middle")(x)
    x = keras.layers.Dropout(0.5, name="last")(x)
    return keras.Model(inputs, keras.layers.Dense(1, name="top")(x))


class TestDropout:
    def test_off_makes_frozen_features_the_same_each_time(self):
        model = with_dropout()
        features = keras.Model(model.input, model.get_layer("late").output)
        x = np.random.default_rng(0).normal(size=(16, 6)).astype("float32")

        def differ():
            first, second = (features(x, training=True) for _ in range(2))
            return bool(
                np.any(keras.ops.convert_to_numpy(first) != keras.ops.convert_to_numpy(second))
            )

        assert differ()
        freeze(model, "block | attention", dropout="off")
        assert not differ()
        assert model.get_layer("last").rate == 0.5
        unfreeze(model)
        assert differ()
        assert model.get_layer("late").rate == 0.5

    def test_on_is_what_keras_does(self):
        model = with_dropout()
        freeze(model, "block | attention")
        assert model.get_layer("late").rate == 0.5


@pytest.mark.parametrize("modes", [{"batch_norm": "frozen"}, {"dropout": "none"}])
def test_unknown_modes(modes):
    with pytest.raises(InputError, match="Expected `batch_norm` out of"):
        freeze(functional(), "conv", **modes)


@pytest.mark.parametrize("verb", [freeze, unfreeze, freeze_to])
def test_not_while_it_trains(verb):
    model = functional()
    with in_training(model), pytest.raises(InputError, match=r"in the middle of `fit`"):
        verb(model, "conv")


def test_sixteen_bit_models_go_on_scaling_their_loss():
    keras.config.set_dtype_policy("mixed_float16")
    model = functional()
    keras.config.set_dtype_policy("float32")
    model.compile("adam", "mse")
    assert hasattr(model.optimizer, "inner_optimizer")
    freeze(model, "conv")
    assert isinstance(model.optimizer, keras.optimizers.LossScaleOptimizer)
    model.fit(inputs_for(model), np.ones((4, 2)), verbose=0)
