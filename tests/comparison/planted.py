"""Models with one fault each, on one of two backends: which layer is it?

`FAULTS` holds a function for each model, and the name that has to be told. Each fault depends on
the backend that `backend()` tells; `PRETENDED` lets one process play both.
"""

import keras
import numpy as np

import kerastune as kt

FAULTY = "torch"
PRETENDED: list[str] = []
FAULTS = {}


def backend():
    """The backend that runs, or that a test pretends to run on."""
    return PRETENDED[-1] if PRETENDED else keras.backend.backend()


def either(right, wrong):
    """The right value, but on one backend."""
    return wrong if backend() == FAULTY else right


def fault(name, loss=None):
    """Keep a model's function, with the name that has to be told."""

    def keep(function):
        def build():
            keras.utils.set_random_seed(0)
            model = function()
            model.compile(keras.optimizers.SGD(0.01), loss() if loss else "mean_squared_error")
            return model

        build.__name__ = function.__name__
        globals()[f"build_{function.__name__}"] = build
        FAULTS[function.__name__] = (f"{__name__}:build_{function.__name__}", name)
        return function

    return keep


class Own(keras.layers.Layer):
    """A layer that does what a function says."""

    def __init__(self, function, **options):
        super().__init__(**options)
        self.function = function

    def call(self, inputs):
        return self.function(inputs)


def image_model(*layers, channels=4):
    """Some layers between two convolutions and a head."""
    return keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            keras.layers.Conv2D(channels, 3, padding="same", activation="relu", name="before"),
            *layers,
            keras.layers.Conv2D(4, 3, padding="same", name="after"),
            keras.layers.GlobalAveragePooling2D(name="pool"),
            keras.layers.Dense(2, name="head"),
        ]
    )


def flat_model(*layers):
    """Some layers between dense ones."""
    return keras.Sequential(
        [
            keras.Input((6,)),
            keras.layers.Dense(6, activation="tanh", name="before"),
            *layers,
            keras.layers.Dense(6, activation="tanh", name="after"),
            keras.layers.Dense(2, name="head"),
        ]
    )


def sequence_model(*layers):
    """Some layers on a sequence."""
    return keras.Sequential(
        [
            keras.Input((6, 6)),
            keras.layers.Dense(6, name="before"),
            *layers,
            keras.layers.Dense(4, name="after"),
            keras.layers.GlobalAveragePooling1D(name="pool"),
            keras.layers.Dense(2, name="head"),
        ]
    )


@fault("culprit")
def batch_norm_epsilon():
    return image_model(keras.layers.BatchNormalization(epsilon=either(1e-3, 1e-5), name="culprit"))


@fault("culprit")
def layer_norm_epsilon():
    norm = keras.layers.LayerNormalization(epsilon=either(1e-3, 1e-6), name="culprit")
    return sequence_model(norm)


@fault("culprit")
def softmax_axis():
    return sequence_model(keras.layers.Softmax(axis=either(-1, 1), name="culprit"))


@fault("culprit")
def padding_side():
    def pad(x):
        return keras.ops.pad(x, [[0, 0], either([1, 0], [0, 1]), [1, 0], [0, 0]])

    return image_model(Own(pad, name="culprit"))


@fault("culprit")
def padding_mode():
    def pad(x):
        mode = either("reflect", "constant")
        return keras.ops.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]], mode=mode)

    return image_model(Own(pad, name="culprit"))


@fault("culprit")
def pooling_kind():
    def pool(x):
        function = either(keras.ops.max_pool, keras.ops.average_pool)
        return function(x, 2, 2)

    return image_model(Own(pool, name="culprit"))


class Gated(keras.layers.Layer):
    """One step of an LSTM, whose gates are in some order."""

    def build(self, shape):
        self.kernel = self.add_weight(shape=(shape[-1], 4 * shape[-1]), name="kernel")

    def call(self, inputs):
        ops = keras.ops
        parts = ops.split(ops.matmul(inputs, self.kernel), 4, axis=-1)
        i, f, g, o = either(parts, [parts[place] for place in (1, 0, 2, 3)])
        return ops.sigmoid(o) * ops.tanh(ops.sigmoid(f) * inputs + ops.sigmoid(i) * ops.tanh(g))


@fault("culprit")
def gate_order():
    return flat_model(Gated(name="culprit"))


@fault("culprit")
def recurrent_order():
    layer = keras.layers.LSTM(4, return_sequences=True, name="culprit")
    layer.go_backwards = either(False, True)
    return sequence_model(layer)


@fault("culprit")
def reset_after():
    layer = keras.layers.GRU(4, return_sequences=True, reset_after=True, name="culprit")
    layer.cell.recurrent_activation = either(keras.activations.sigmoid, keras.activations.tanh)
    return sequence_model(layer)


@fault("culprit")
def leaky_relu():
    return flat_model(keras.layers.LeakyReLU(either(0.0, 0.01), name="culprit"))


@fault("culprit")
def gelu_approximation():
    def gelu(x):
        return keras.ops.gelu(x, approximate=either(False, True))

    return flat_model(keras.layers.Dense(6, activation=gelu, name="culprit"))


@fault("culprit")
def elu_alpha():
    return flat_model(keras.layers.ELU(either(1.0, 0.9), name="culprit"))


@fault("culprit/bias")
def initial_bias():
    bias = keras.initializers.Constant(either(0.0, 0.1))
    return flat_model(keras.layers.Dense(6, bias_initializer=bias, name="culprit"))


@fault("culprit/kernel")
def initial_spread():
    scale = either(1.0, 2.0)
    kernel = keras.initializers.VarianceScaling(scale, "fan_avg", "uniform")
    return flat_model(keras.layers.Dense(64, kernel_initializer=kernel, name="culprit"))


@fault("culprit/kernel")
def initial_number():
    model = flat_model(keras.layers.Dense(6, name="culprit"))
    kernel = np.random.default_rng(0).normal(size=(6, 6))
    kernel[2, 3] += either(0.0, 0.1)
    model.get_layer("culprit").kernel.assign(kernel)
    return model


@fault("culprit")
def tokens_off_by_one():
    def shifted(x):
        return keras.ops.one_hot((keras.ops.cast(x, "int32") + either(0, 1)) % 6, 6)

    inputs = keras.Input((5,), dtype="int32")
    x = keras.layers.Embedding(6, 6, name="before")(inputs)
    x = x + Own(shifted, name="culprit", dtype="float32")(inputs)
    return keras.Model(inputs, keras.layers.Dense(2, name="head")(x))


class Attention(keras.layers.Layer):
    """Attention of a sequence to itself, with two faults to choose from."""

    def __init__(self, scaled=True, causal=0, **options):
        super().__init__(**options)
        self.scaled, self.causal = scaled, causal

    def call(self, x):
        ops = keras.ops
        scores = ops.matmul(x, ops.transpose(x, (0, 2, 1)))
        scores = scores / float(np.sqrt(x.shape[-1])) if self.scaled else scores
        length = x.shape[1]
        mask = ops.convert_to_tensor(np.tril(np.ones((length, length), "float32"), self.causal))
        return ops.matmul(ops.softmax(scores + (1 - mask) * -1e9), x)


@fault("culprit")
def attention_scale():
    return sequence_model(Attention(scaled=either(True, False), name="culprit"))


@fault("culprit")
def causal_mask():
    return sequence_model(Attention(causal=either(0, 1), name="culprit"))


@fault("culprit")
def statistics_momentum():
    norm = keras.layers.BatchNormalization(momentum=either(0.99, 0.9), name="culprit")
    return image_model(norm)


class Unbiased(keras.layers.BatchNormalization):
    """Batch normalization by the unbiased variance while it trains, on one backend."""

    def call(self, inputs, training=None, mask=None):
        outputs = super().call(inputs, training=training, mask=mask)
        return outputs * either(1.0, np.sqrt(15 / 16)) if training else outputs


@fault("culprit")
def unbiased_variance():
    return image_model(Unbiased(name="culprit"))


@fault("culprit")
def stopped_gradient():
    def half(x):
        return x + either(x, keras.ops.stop_gradient(x))

    return flat_model(Own(half, name="culprit"))


@fault("culprit")
def scaled_gradient():
    def twice(x):
        return either(x, 2 * x - keras.ops.stop_gradient(x))

    return flat_model(Own(twice, name="culprit"))


@fault("culprit")
def interpolation():
    def enlarge(x):
        return keras.ops.image.resize(x, (16, 16), interpolation=either("bilinear", "nearest"))

    return image_model(Own(enlarge, name="culprit"))


@fault("culprit")
def crop_of_transposed():
    def crop(x):
        return either(x[:, :-1, :-1], x[:, 1:, 1:])

    transposed = keras.layers.Conv2DTranspose(4, 3, strides=2, name="wide")
    return image_model(transposed, Own(crop, name="culprit"))


@fault("culprit")
def mean_divisor():
    def mean(x):
        return keras.ops.sum(x, axis=-1, keepdims=True) / either(6, 5) + x

    return flat_model(Own(mean, name="culprit"))


@fault("culprit")
def largest_value():
    return flat_model(keras.layers.ReLU(max_value=either(0.5, 0.4), name="culprit"))


@fault("culprit")
def number_of_groups():
    norm = keras.layers.GroupNormalization(groups=either(2, 4), name="culprit")
    return image_model(norm)


@fault("culprit")
def dilation():
    layer = keras.layers.DepthwiseConv2D(
        3, padding="same", dilation_rate=either(1, 2), name="culprit"
    )
    return image_model(layer)


@fault("inner/culprit")
def in_a_nested_model():
    inner = keras.Sequential(
        [
            keras.Input((6,)),
            keras.layers.Dense(6, name="dense"),
            keras.layers.Rescaling(either(1.0, 1.01), name="culprit"),
        ],
        name="inner",
    )
    return flat_model(inner)


class Block(keras.layers.Layer):
    """A residual block, whose sum is its own."""

    def build(self, shape):
        self.dense = keras.layers.Dense(shape[-1], name="dense")
        self.dense.build(shape)

    def call(self, inputs):
        return self.dense(inputs) + inputs * either(1.0, 0.999)


@fault("culprit")
def residual_of_a_block():
    return flat_model(Block(name="culprit"))


@fault("loss", loss=lambda: keras.losses.Huber(delta=either(1.0, 0.1)))
def loss_setting():
    return flat_model()


@fault("drop")
def dropout_rate():
    return flat_model(keras.layers.Dropout(either(0.5, 0.1), name="drop"))


@kt.recipe(epochs=1, learning_rate=1e-2)
def data_order(data=None, **options):
    """A recipe whose samples are one further on one backend."""
    generator = np.random.default_rng(0)
    rows = generator.normal(size=(96, 3)).astype("float32")
    source = kt.Source.of(np.roll(rows, either(0, 1), axis=0), rows.sum(1))
    splits = kt.data.open_splits(source, options, target_kind="quantity")
    head = kt.heads.Regression.for_samples(splits.training)
    inputs = keras.Input((3,))
    hidden = keras.layers.Dense(4, name="hidden")(inputs)
    return kt.Job(kt.heads.attach(keras.Model(inputs, hidden, name="body"), head), head, splits)


FAULTS["data_order"] = (f"{__name__}:data_order", "inputs of batch 1")
