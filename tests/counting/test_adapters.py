"""Adapters are counted as Keras, KerasHub and the paper make them."""

from math import prod

import keras
import keras_hub
import pytest

from kerastune.backends import build_abstract
from kerastune.counting import count_model
from kerastune.counting.adapters import find_adapters
from kerastune.errors import InputError
from kerastune.tuning import NoMatchError

pytestmark = pytest.mark.any_backend

SMALL = {
    "vocabulary_size": 30,
    "num_layers": 2,
    "num_heads": 2,
    "hidden_dim": 8,
    "intermediate_dim": 16,
}


def llama(**settings):
    heads = {"num_query_heads": 4, "num_key_value_heads": 2}
    sizes = {key: value for key, value in SMALL.items() if key != "num_heads"}
    return keras_hub.models.LlamaBackbone(**sizes, **heads, **settings)


BACKBONES = {
    "bert": lambda **settings: keras_hub.models.BertBackbone(**SMALL, **settings),
    "bloom": lambda **settings: keras_hub.models.BloomBackbone(**SMALL, **settings),
    "gpt2": lambda **settings: keras_hub.models.GPT2Backbone(**SMALL, **settings),
    "llama": llama,
}
EINSUM = {"equation": "abc,cde->abde", "output_shape": (4, 2, 3)}
LAYERS = {
    "dense": ((5,), lambda: keras.layers.Dense(3)),
    "einsum": ((4, 6), lambda: keras.layers.EinsumDense(**EINSUM)),
    "embedding": ((4,), lambda: keras.layers.Embedding(9, 5)),
    "untied": ((4,), lambda: keras.layers.ReversibleEmbedding(9, 5, tie_weights=False)),
    "conv1d": ((8, 3), lambda: keras.layers.Conv1D(4, 3)),
    "conv2d in groups": ((8, 8, 4), lambda: keras.layers.Conv2D(6, (3, 2), groups=2)),
    "conv3d": ((4, 4, 4, 2), lambda: keras.layers.Conv3D(3, 2)),
}


def with_layer(name):
    shape, layer = LAYERS[name]
    dtype = "int32" if name in ("embedding", "untied") else "float32"
    return keras.Sequential([keras.Input(shape, dtype=dtype), layer()])


def dense_layers(width, blocks, names=("query", "value")):
    """Attention reduced to what the LoRA paper adapts: square matrices of the full width."""
    x = inputs = keras.Input((None, width))
    for block in range(blocks):
        parts = [
            keras.layers.Dense(width, name=name if block == 0 else f"{name}_{block}")
            for name in names
        ]
        x = keras.layers.Add()([part(x) for part in parts])
    return keras.Model(inputs, x)


def made(model):
    """The path, shape and dtype of each adapter that is in a model."""
    weights = [weight for weight in count_model(model).weights if weight.kind == "adapter"]
    return [(weight.path, weight.shape, weight.dtype) for weight in weights]


def found(adapters):
    """The same of adapters that are not in a model."""
    return [
        (f"{place.path.rpartition('/')[0]}/{one.name}".lstrip("/"), tuple(one.shape), one.dtype)
        for place, pair in adapters.pairs
        for one in pair
    ]


@pytest.mark.parametrize("rank", [1, 3])
@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_gets_what_keras_adds(name, rank):
    model = with_layer(name)
    before = count_model(model)
    adapters = find_adapters(model, rank, "all")
    assert count_model(model) == before
    model.layers[-1].enable_lora(rank)
    assert found(adapters) == made(model) != []
    assert adapters.parameters == count_model(model).by_kind()["adapter"]


@pytest.mark.parametrize("mode", ["int8", "int4"])
@pytest.mark.parametrize("name", ["dense", "einsum", "embedding", "untied"])
def test_a_quantized_layer_gets_what_keras_adds(name, mode):
    model = with_layer(name)
    model.layers[-1].quantize(mode)
    adapters = find_adapters(model, 2, "all")
    model.layers[-1].enable_lora(2)
    assert found(adapters) == made(model) != []


@pytest.mark.parametrize(
    "policy", ["float32", pytest.param("bfloat16", marks=pytest.mark.any_backend)]
)
@pytest.mark.parametrize("name", BACKBONES)
def test_a_backbone_gets_what_keras_hub_adds(name, policy):
    adapters = find_adapters(build_abstract(lambda: BACKBONES[name](dtype=policy)), 2)
    model = BACKBONES[name](dtype=policy)
    model.enable_lora(2)
    assert sorted(found(adapters)) == sorted(made(model)) != []
    # KerasHub leaves the biases of the layers that it adapts trainable; they are no adapters.
    others = {w.path for w in count_model(model).weights if w.kind == "trainable"}
    assert others == {
        w.path
        for w in count_model(model).weights
        if w.path.endswith("bias") and w.path.split("/")[-2] in model.default_lora_layer_names()
    }


def test_keras_own_attention_has_a_query_and_a_value():
    def build():
        tokens = keras.Input((5, 8))
        return keras.Model(tokens, keras.layers.MultiHeadAttention(2, 3)(tokens, tokens))

    adapters = find_adapters(build_abstract(build), 2)
    # Features × heads × rank and rank × the size of a head, twice.
    assert [shape for _, shape, _ in found(adapters)] == [(8, 2, 2), (2, 3)] * 2
    assert {dtype for *_, dtype in found(adapters)} == {"float32"}


@pytest.mark.any_backend
@pytest.mark.parametrize(
    ("width", "blocks", "rank", "parameters"),
    [
        # PEFT on BERT base, rank 8 on query and value.
        (768, 12, 8, 294_912),
        # GPT-3 in Tables 4 and 5 of Hu et al., 2021 (4.7 M and 37.7 M): 96 layers of 12,288.
        (12_288, 96, 1, 4_718_592),
        (12_288, 96, 8, 37_748_736),
    ],
)
def test_square_matrices_get_what_the_paper_counts(width, blocks, rank, parameters):
    model = build_abstract(lambda: dense_layers(width, blocks))
    adapters = find_adapters(model, rank, "query* | value*")
    assert adapters.parameters == parameters == 2 * blocks * 2 * width * rank
    assert len(adapters.pairs) == 2 * blocks


@pytest.mark.any_backend
def test_bert_base_has_six_times_what_peft_counts():
    """Because Keras keeps the heads apart: 768 × 12 × 8 + 8 × 64, not 768 × 8 + 8 × 768."""
    model = build_abstract(
        lambda: keras_hub.models.BertBackbone(
            vocabulary_size=30522, num_layers=12, num_heads=12, hidden_dim=768,
            intermediate_dim=3072,
        )
    )  # fmt: skip
    adapters = find_adapters(model, 8)
    assert adapters.parameters == 12 * 2 * (768 * 12 * 8 + 8 * 64) == 1_781_760
    assert adapters.parameters_of_matrices == 294_912


@pytest.mark.any_backend
def test_kernels_as_matrices_go_from_what_is_summed_to_the_rest():
    model = BACKBONES["llama"]()
    # A query has 4 heads of 2, a value 2 of them; the output goes back from 4 × 2 to 8.
    assert find_adapters(model, 1, "query").parameters_of_matrices == 2 * (8 + 8)
    assert find_adapters(model, 1, "value").parameters_of_matrices == 2 * (8 + 4)
    assert find_adapters(model, 1, "attention_output").parameters_of_matrices == 2 * (8 + 8)
    assert find_adapters(with_layer("conv1d"), 1, "all").parameters_of_matrices == 3 * 3 + 4


@pytest.mark.any_backend
def test_layers_are_named_by_patterns():
    model = BACKBONES["bert"]()
    names = {path.split("/")[-2] for path, *_ in found(find_adapters(model, 1, "kernels"))}
    assert names == {
        "query", "key", "value", "attention_output", "feedforward_intermediate_dense",
        "feedforward_output_dense", "pooled_dense",
    }  # fmt: skip


@pytest.mark.any_backend
def test_layers_without_adapters_are_told():
    x = keras.Input((6, 4))
    y = keras.layers.LSTM(3, return_sequences=True, name="memory")(x)
    y = keras.layers.DepthwiseConv1D(3, name="depthwise")(y)
    y = keras.layers.LayerNormalization()(y)
    y = keras.layers.Dense(2, name="free")(y)
    y = keras.layers.Dense(2, name="bound", kernel_constraint="non_neg")(y)
    model = keras.Model(x, y)
    adapters = find_adapters(model, 2, "all")
    assert {path for path, *_ in found(adapters)} == {
        "free/lora_kernel_a",
        "free/lora_kernel_b",
    }
    assert adapters.without == (
        "memory/lstm_cell (LSTMCell)",
        "depthwise (DepthwiseConv1D)",
        "bound (Dense)",
    )
    with pytest.raises(InputError, match=r"Received: 'memory' of .* memory/lstm_cell \(LSTMCell"):
        find_adapters(model, 2, "memory")
    with pytest.raises(ValueError, match="constraint"):
        model.get_layer("bound").enable_lora(2)


@pytest.mark.any_backend
def test_a_shared_kernel_is_adapted_once():
    shared = keras.layers.Dense(4, name="query")
    x = keras.Input((4,))
    inner = keras.Model(x, shared(x), name="inner")
    model = keras.Model(x, shared(inner(x)))
    assert find_adapters(model, 1).parameters == 8
    assert sum(prod(weight.shape) for weight in model.weights) == 20


@pytest.mark.any_backend
@pytest.mark.parametrize("rank", [0, -1, 2.0, True, "8", None])
def test_a_rank_is_a_whole_number(rank):
    with pytest.raises(InputError, match=f"rank of LoRA.* Received: {rank!r}"):
        find_adapters(with_layer("dense"), rank, "dense*")


@pytest.mark.any_backend
def test_what_cannot_be_adapted_is_refused():
    model = with_layer("dense")
    with pytest.raises(InputError, match="the query and the value of an attention"):
        find_adapters(model, 1)
    with pytest.raises(InputError, match="names no kernel and no embeddings"):
        find_adapters(model, 1, "biases")
    with pytest.raises(NoMatchError, match="Did you mean"):
        find_adapters(model, 1, "kernle")
    model.layers[-1].enable_lora(1)
    with pytest.raises(InputError, match="without adapters"):
        find_adapters(model, 1, "kernel")


def test_a_layer_that_cannot_be_made_again_is_refused():
    class Demanding(keras.layers.Dense):
        def __init__(self, taste):
            super().__init__(3, name="dense")

        def get_config(self):
            return {}

    model = keras.Sequential([keras.Input((4,)), Demanding("sweet")])
    with pytest.raises(InputError, match=r"made again.* Received: dense \(Demanding\), where"):
        find_adapters(model, 1, "kernels")
