"""What each known cause does, shown with Keras alone: whether it is there in this process."""

import warnings

import keras
import numpy as np
from keras import layers, losses, metrics, ops, optimizers

ONES = np.ones((4, 2), "float32")


def _again(found, module):
    """What Keras makes of the configuration of a loss or metric."""
    return module.deserialize(module.serialize(found))


def _value(loss, y_true, y_pred):
    return float(loss(np.asarray(y_true, "float32"), np.asarray(y_pred, "float32")))


def _fitted(*parts, **settings):
    """A small model that has been trained for a step."""
    model = keras.Sequential([keras.Input((2,)), *parts, layers.Dense(1, name="last")])
    model.compile(**{"optimizer": "sgd", "loss": "mse", **settings})
    model.fit(ONES, ONES[:, :1], verbose=0)
    return model


def _raises(kinds, function):
    """Whether a function raises one of some errors."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            function()
    except kinds:
        return True
    return False


def huber_delta_not_saved():
    loss = losses.Huber(delta=2.0)
    # 2 * (4 - 2 / 2) = 6, by the definition.
    assert _value(loss, [[0.0]], [[4.0]]) == 6.0
    return _value(_again(loss, losses), [[0.0]], [[4.0]]) != 6.0


def cosine_similarity_loss_axis_not_saved():
    loss = losses.CosineSimilarity(axis=1)
    x, y = np.random.rand(2, 3, 4), np.random.rand(2, 3, 4)
    return abs(_value(loss, x, y) - _value(_again(loss, losses), x, y)) > 1e-4


def sparse_crossentropy_axis_not_saved():
    loss = losses.SparseCategoricalCrossentropy(axis=1)
    return _again(loss, losses).get_config().get("axis", -1) != 1


def cosine_similarity_metric_axis_not_saved():
    metric = metrics.CosineSimilarity(axis=1)
    x, y = np.random.rand(2, 3, 4), np.random.rand(2, 3, 4)
    found = [float(one(x, y)) for one in (metric, _again(metric, metrics))]
    return abs(found[0] - found[1]) > 1e-4


def tversky_coefficients_swapped():
    # One true positive and one false positive: 1 - 1 / (1 + alpha).
    loss = losses.Tversky(alpha=1.0, beta=0.0)
    return abs(_value(loss, [[1.0, 0.0]], [[1.0, 1.0]]) - 0.5) > 1e-3


def label_smoothing_along_last_axis():
    classes_last = np.eye(3, dtype="float32")[[[0, 1], [2, 0]]]
    outputs = np.random.rand(2, 2, 3).astype("float32")
    last = losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.3)
    first = losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.3, axis=1)
    expected = _value(last, classes_last, outputs)
    found = _value(first, classes_last.transpose(0, 2, 1), outputs.transpose(0, 2, 1))
    return abs(found - expected) > 1e-4


def f_beta_weights():
    def weigh():
        metric = metrics.FBetaScore(threshold=0.5)
        metric.update_state(ONES, ONES, sample_weight=0.5)

    # PyTorch raises an IndexError, JAX and TensorFlow errors of their own.
    return _raises(Exception, weigh)


def adjusted_r2_of_several_outputs():
    y_true = np.random.rand(8, 3).astype("float32")
    y_pred = (y_true + np.random.rand(8, 3) / 4).astype("float32")
    plain = metrics.R2Score()
    adjusted = metrics.R2Score(num_regressors=2)
    r2 = float(plain(y_true, y_pred))
    expected = 1 - (1 - r2) * (8 - 1) / (8 - 2 - 1)
    return abs(float(adjusted(y_true, y_pred)) - expected) > 1e-3


def ctc_ignores_lengths():
    outputs = np.random.rand(1, 6, 4).astype("float32")
    outputs[:, 4:] = 0.0
    target = np.array([[1, 2]])
    whole = ops.ctc_loss(target, outputs, np.array([2]), np.array([6]))
    # The last two of six frames are padding, and a mask says so.
    found = losses.CTC()(target, layers.Masking()(outputs))
    return np.allclose(float(found), ops.convert_to_numpy(whole), rtol=1e-5)


def random_flip_both_or_none():
    image = np.arange(4, dtype="float32").reshape(1, 2, 2, 1)
    flip = layers.RandomFlip("horizontal_and_vertical", seed=0)
    found = ops.convert_to_numpy(flip(np.repeat(image, 64, 0), training=True))
    return len({tuple(one.ravel()) for one in found}) == 2


def lora_merged_by_saving(folder):
    model = keras.Sequential([keras.Input((2,)), layers.Dense(2)])
    model.layers[0].enable_lora(1)
    model.layers[0].lora_kernel_b.assign(np.ones((1, 2)))
    model.save_weights(folder / "a.weights.h5")
    model.load_weights(folder / "a.weights.h5")
    return not np.any(ops.convert_to_numpy(model.layers[0].lora_kernel_b))


def lora_alpha_not_used():
    layer = layers.Dense(2, lora_rank=2, lora_alpha=16)
    layer.build((None, 3))
    return layer.lora_alpha != 16


def seed_state_not_saved(folder):
    model = keras.Sequential([keras.Input((2,)), layers.Dropout(0.5, seed=1)])
    model(ONES, training=True)
    model.save(folder / "a.keras")
    again = keras.models.load_model(folder / "a.keras")
    states = [ops.convert_to_numpy(one.non_trainable_variables[0]) for one in (model, again)]
    return not np.array_equal(*states)


def excluded_from_decay_not_saved():
    optimizer = optimizers.AdamW(0.1, weight_decay=0.5)
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    moved = []
    for one in (optimizer, optimizers.deserialize(optimizers.serialize(optimizer))):
        kernel, bias = (keras.Variable(np.ones(2), name=name) for name in ("kernel", "bias"))
        zero = ops.zeros((2,))
        one.apply_gradients([(zero, kernel), (zero, bias)])
        moved.append(not np.array_equal(ops.convert_to_numpy(bias), np.ones(2)))
    assert not moved[0]
    return moved[1]


def zero_gradients():
    parts = [layers.Dense(3, name="before"), layers.BatchNormalization(), layers.Dense(1)]
    model = keras.Sequential([keras.Input((2,)), *parts])
    model.compile(optimizers.SGD(1.0), "mse")
    before = [ops.convert_to_numpy(one) for one in model.get_layer("before").weights]
    model.train_on_batch(np.random.rand(8, 2), np.random.rand(8, 1))
    after = [ops.convert_to_numpy(one) for one in model.get_layer("before").weights]
    kernel, bias = (np.linalg.norm(new - old) for new, old in zip(after, before, strict=True))
    return bias < 1e-5 * kernel


def symmetric_padding():
    x = np.arange(4.0)
    return not np.array_equal(
        ops.convert_to_numpy(ops.pad(x, ((2, 2),), mode="symmetric")), np.pad(x, 2, "symmetric")
    )


def dot_of_three_dimensions():
    x, y = np.random.rand(2, 3, 4), np.random.rand(2, 4, 5)
    return ops.convert_to_numpy(ops.dot(x, y)).shape != (2, 3, 2, 5)


def repeated_tokens_not_summed():
    """The first step of RMSprop with rho=0 is the rate, whatever the gradient."""
    model = keras.Sequential([keras.Input((2,), dtype="int32"), layers.Embedding(3, 1)])
    model.compile(optimizers.RMSprop(0.1, rho=0.0), "mse", run_eagerly=True)
    model.layers[0].embeddings.assign(np.zeros((3, 1)))
    model.train_on_batch(np.array([[1, 1]]), np.array([[[1.0], [3.0]]]))
    moved = ops.convert_to_numpy(model.layers[0].embeddings)[1, 0]
    return abs(moved - 0.1) > 1e-3


def trainable_ignored_after_fit():
    model = _fitted(layers.Dense(2, name="first"))
    model.get_layer("first").trainable = False
    before = ops.convert_to_numpy(model.get_layer("first").kernel)
    if _raises(ValueError, lambda: model.fit(ONES, ONES[:, :1], verbose=0)):
        return False
    return not np.array_equal(before, ops.convert_to_numpy(model.get_layer("first").kernel))


def trainable_refused_after_fit():
    model = _fitted(layers.Dense(2, name="first", trainable=False))
    model.get_layer("first").trainable = True
    return _raises(ValueError, lambda: model.fit(ONES, ONES[:, :1], verbose=0))


def average_of_weights_fitted_twice():
    model = _fitted(optimizer=optimizers.SGD(0.1, use_ema=True))
    # JAX raises what its runtime raises: an error of its own.
    return _raises(Exception, lambda: model.fit(ONES, ONES[:, :1], verbose=0))


def all_excluded_from_decay():
    optimizer = optimizers.AdamW()
    optimizer.exclude_from_weight_decay(var_names=["kernel", "bias"])
    return _raises(Exception, lambda: _fitted(optimizer=optimizer))


class Seen(keras.Model):
    """A model that keeps the inputs it was trained on."""

    def train_step(self, *arguments):
        data = arguments[-1]
        self.seen.append(ops.convert_to_numpy(data[0]).ravel().tolist())
        return super().train_step(*arguments)


def same_shuffle_each_epoch():
    keras.utils.set_random_seed(0)
    inputs = keras.Input((1,))
    model = Seen(inputs, layers.Dense(1)(inputs))
    model.seen = []
    model.compile("sgd", "mse", run_eagerly=True)
    x = np.arange(16.0).reshape(-1, 1)
    model.fit(x, x, epochs=3, batch_size=16, verbose=0)
    orders = [tuple(one) for one in model.seen if len(one) == 16]
    return len(set(orders[-3:])) == 1


def sixty_four_bits_cut():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return int(ops.convert_to_numpy(ops.convert_to_tensor(np.array([2**40])))[0]) != 2**40


def compilation_switched_off():
    model = keras.Sequential([keras.Input((4, 4, 1)), layers.RandomRotation(0.1), layers.Flatten()])
    model.compile("sgd", "mse")
    plain = keras.Sequential([keras.Input((4, 4, 1)), layers.Flatten()])
    plain.compile("sgd", "mse")
    return bool(plain.jit_compile) and not model.jit_compile


def stale_predictions_after_lora():
    model = keras.Sequential([keras.Input((2,)), layers.Dense(2, kernel_initializer="ones")])
    before = model.predict(ONES, verbose=0)
    model.layers[0].enable_lora(1)
    model.layers[0].lora_kernel_a.assign(np.ones((2, 1)))
    model.layers[0].lora_kernel_b.assign(np.ones((1, 2)))
    return np.array_equal(before, model.predict(ONES, verbose=0))
