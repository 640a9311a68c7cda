"""Every method beside every kind of layer: nothing changes at first, merging is exact, all goes."""

import keras
import numpy as np
import pytest
from keras import layers

from kerastune.errors import InputError
from kerastune.tuning import (
    IA3,
    Bottleneck,
    DoRA,
    LoRA,
    MiSS,
    add_adapters,
    merge_adapters,
    remove_adapters,
    train_only,
    unmerge_adapters,
)

pytestmark = pytest.mark.first_backend

LAYERS = {
    "dense": (layers.Dense(5, activation="relu"), (8, 6)),
    "heads": (layers.EinsumDense("abc,cde->abde", (None, 2, 4), bias_axes="de"), (8, 6)),
    "heads_last": (layers.EinsumDense("abc,cde->abed", (None, 4, 2), bias_axes="ed"), (8, 6)),
    "from_heads": (layers.EinsumDense("abcd,cde->abe", (None, 5), bias_axes="e"), (8, 2, 6)),
    "any_rank": (layers.EinsumDense("...x,xy->...y", 7, bias_axes="y"), (8, 6)),
    "causal": (layers.Conv1D(4, 3, padding="causal", activation="tanh"), (8, 6)),
    "strided": (layers.Conv2D(4, 3, strides=2, padding="same"), (8, 8, 6)),
    "dilated": (layers.Conv2D(4, 3, dilation_rate=2, use_bias=False), (8, 8, 6)),
    "grouped": (layers.Conv2D(4, 3, groups=2), (8, 8, 6)),
    "volume": (layers.Conv3D(4, 2), (5, 4, 3, 2)),
    "depthwise": (layers.DepthwiseConv2D(3, depth_multiplier=2), (8, 8, 6)),
    "depthwise_1d": (layers.DepthwiseConv1D(5), (8, 6)),
    "separable": (layers.SeparableConv2D(5, 3, depth_multiplier=2), (8, 8, 6)),
    "separable_1d": (layers.SeparableConv1D(5, 3), (8, 6)),
    "table": (layers.Embedding(11, 4), None),
}
METHODS = {
    "lora": LoRA(rank=2, targets="layer"),
    "gaussian": LoRA(rank=4, initialization="gaussian", targets="layer"),
    "pissa": LoRA(rank=2, rank_stabilized=True, initialization="pissa", targets="layer"),
    "orthogonal": LoRA(rank=2, initialization="orthogonal", targets="layer"),
    "dora": DoRA(rank=2, targets="layer"),
    "ia3": IA3(targets="layer"),
    "ia3_inputs": IA3(targets="layer", feedforward="layer/"),
    "miss": MiSS(rank=4, targets="layer"),
    "bottleneck": Bottleneck(size=3, targets="layer"),
}
ON_EACH = {("dense", "dora"), ("heads", "lora"), ("from_heads", "pissa"), ("strided", "lora")}
ON_EACH |= {("grouped", "lora"), ("depthwise", "lora"), ("separable", "ia3_inputs")}
ON_EACH |= {("table", "dora"), ("any_rank", "miss"), ("heads_last", "bottleneck")}
PAIRS = [
    pytest.param(kind, method, marks=[pytest.mark.each_backend] * ((kind, method) in ON_EACH))
    for kind in LAYERS
    for method in METHODS
    if (kind, method) != ("table", "ia3_inputs")
]


def _model(kind: str) -> tuple[keras.Model, np.ndarray]:
    """A model of one layer, and inputs for it."""
    template, shape = LAYERS[kind]
    layer = type(template).from_config({**template.get_config(), "name": "layer"})
    draw = np.random.default_rng(0)
    if shape is None:
        model = keras.Sequential([keras.Input((8,), dtype="int32"), layer], name="model")
        return model, draw.integers(0, 11, (4, 8)).astype("int32")
    model = keras.Sequential([keras.Input(shape), layer], name="model")
    for weight in model.weights:  # Biases that are zero would show nothing.
        weight.assign(draw.normal(size=weight.shape))
    return model, draw.normal(size=(4, *shape)).astype("float32")


def _outputs(model: keras.Model, inputs: np.ndarray) -> np.ndarray:
    return keras.ops.convert_to_numpy(model(inputs))


def _weights(model: keras.Model) -> list[np.ndarray]:
    return [np.array(keras.ops.convert_to_numpy(weight)) for weight in model.weights]


@pytest.mark.parametrize(("kind", "method"), PAIRS)
def test_an_adapter_of_one_layer(kind, method):
    model, inputs = _model(kind)
    before, base = _outputs(model, inputs), _weights(model)
    assert add_adapters(model, METHODS[method]) == ["model/layer"]
    np.testing.assert_allclose(_outputs(model, inputs), before, atol=2e-5)

    train_only(model, "adapters")
    draw = np.random.default_rng(1)
    for weight in model.trainable_weights:
        moved = keras.ops.convert_to_numpy(weight) + 0.3 * draw.normal(size=weight.shape)
        weight.assign(moved)
    adapted = _outputs(model, inputs)
    assert np.abs(adapted - before).max() > 1e-2

    if method == "bottleneck":
        with pytest.raises(InputError, match="Expected adapters that can be merged"):
            merge_adapters(model)
    else:
        merge_adapters(model)
        np.testing.assert_allclose(_outputs(model, inputs), adapted, rtol=2e-5, atol=2e-5)
        unmerge_adapters(model)
    np.testing.assert_array_equal(_outputs(model, inputs), adapted)

    remove_adapters(model)
    for weight, value in zip(_weights(model), base, strict=True):
        np.testing.assert_array_equal(weight, value)
    np.testing.assert_array_equal(_outputs(model, inputs), before)


@pytest.mark.each_backend
def test_a_table_that_is_read_both_ways_adds_in_both():
    table = layers.ReversibleEmbedding(7, 4, name="table")
    tokens = keras.Input((3,), dtype="int32")
    model = keras.Model(tokens, table(table(tokens), reverse=True), name="model")
    add_adapters(model, LoRA(rank=2, alpha=2, targets="table"))
    draw = np.random.default_rng(0)
    for weight in model.weights:
        weight.assign(draw.normal(size=weight.shape))
    kernel, first, second = _weights(model)
    whole = kernel + first @ second
    given = np.array([[1, 5, 6], [0, 2, 3]], "int32")
    np.testing.assert_allclose(_outputs(model, given), whole[given] @ whole.T, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("layer", "shape", "reason"),
    [
        (layers.LSTM(3), (4, 2), "is no layer with one kernel"),
        (layers.Dense(3, kernel_constraint="max_norm"), (4, 2), "under a constraint"),
        (layers.EinsumDense("abc,bcd->abd", (4, 3)), (4, 2), "no product by one matrix"),
        (layers.Conv2DTranspose(3, 2), (4, 4, 2), "is no layer with one kernel"),
    ],
)
def test_layers_without_one_matrix_are_refused_by_name(layer, shape, reason):
    model = keras.Sequential([keras.Input(shape), layer], name="model")
    with pytest.raises(InputError, match=f"Received: 'kernels', which names .*{reason}"):
        add_adapters(model, LoRA(targets="kernels"))
    assert not any("adapter" in weight.path for weight in model.weights)


def test_a_layer_with_the_adapters_of_keras_is_refused():
    model = keras.Sequential([keras.Input((2,)), layers.Dense(3, name="dense")])
    model.layers[0].enable_lora(2)
    with pytest.raises(InputError, match="Keras' own LoRA is enabled in it"):
        add_adapters(model, LoRA(targets="dense"))


def test_one_that_does_not_fit_leaves_the_model_as_it_was():
    parts = [layers.Dense(9, name="wide"), layers.Dense(3, name="narrow")]
    model = keras.Sequential([keras.Input((9,)), *parts], name="model")
    before = [weight.path for weight in model.trainable_weights]
    with pytest.raises(InputError, match="rank of at most 3 for 'pissa'"):
        add_adapters(model, LoRA(rank=5, initialization="pissa", targets="kernels"))
    assert [weight.path for weight in model.trainable_weights] == before
    assert keras.models.clone_model(model).count_params() == model.count_params()
