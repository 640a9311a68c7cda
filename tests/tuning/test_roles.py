"""Roles go by what a layer is, not only by what it is called."""

import keras
import keras_hub
import pytest

from kerastune.tuning.groups.roles import ROLES, weights_of_role

layers = keras.layers


def names(model, role):
    return sorted({"/".join(w.path.split("/")[-2:]) for w in weights_of_role(model, role)})


def test_normalization_layers_of_keras():
    inputs = keras.Input((4, 4, 8))
    x = layers.SpectralNormalization(layers.Conv2D(8, 1, name="conv"), name="spectral")(inputs)
    x = layers.GroupNormalization(2, name="group")(x)
    x = layers.BatchNormalization(name="batch")(x)
    x = layers.RMSNormalization(name="rms")(x)
    x = layers.LayerNormalization(name="layer")(layers.UnitNormalization()(x))
    model = keras.Model(inputs, x)
    norms = weights_of_role(model, "norms")
    assert {weight.path.split("/")[0] for weight in norms} == {
        "spectral",
        "group",
        "batch",
        "rms",
        "layer",
    }
    assert names(model, "kernels") == ["conv/kernel"]
    assert names(model, "biases") == ["conv/bias", "group/beta", "layer/beta"]


def test_biases_and_kernels_of_keras():
    inputs = keras.Input((5, 8))
    x = layers.SeparableConv1D(4, 2, name="separable")(inputs)
    x = layers.GRU(4, return_sequences=True, name="gru")(x)
    x = layers.MultiHeadAttention(2, 2, name="attention")(x, x)
    model = keras.Model(inputs, x)
    kernels = {path.rsplit("/", 1)[1] for path in names(model, "kernels")}
    assert kernels == {"kernel", "recurrent_kernel", "depthwise_kernel", "pointwise_kernel"}
    assert len(weights_of_role(model, "biases")) == 6
    assert len(model.weights) == 6 + len(weights_of_role(model, "kernels"))


def test_roles_of_a_transformer_of_keras_hub():
    model = keras_hub.models.LlamaBackbone(
        vocabulary_size=9,
        num_layers=2,
        num_query_heads=2,
        num_key_value_heads=2,
        hidden_dim=8,
        intermediate_dim=8,
    )
    assert len(weights_of_role(model, "norms")) == 2 * 2 + 1
    assert names(model, "embeddings") == [
        "token_embedding/embeddings",
        "token_embedding/reverse_embeddings",
    ]
    assert not weights_of_role(model, "biases")
    parts = [weights_of_role(model, role) for role in ROLES]
    assert sum(map(len, parts)) == len(model.weights)


@pytest.mark.parametrize(
    ("network", "options", "expected"),
    [
        (
            keras_hub.models.ViTBackbone,
            {"mlp_dim": 8},
            ["position_embedding/embeddings", "vit_patching_and_embedding/class_token"],
        ),
        (
            keras_hub.models.DeiTBackbone,
            {"intermediate_dim": 8},
            [
                "deit_patching_and_embedding/class_token",
                "deit_patching_and_embedding/distillation_token",
                "deit_patching_and_embedding/position_embedding",
            ],
        ),
    ],
)
def test_tokens_and_positions_are_embeddings_and_patches_are_not(network, options, expected):
    keras.utils.clear_session(free_memory=False)
    image = {"image_shape": (32, 32, 3), "patch_size": (16, 16)}
    model = network(num_layers=1, num_heads=2, hidden_dim=8, **image, **options)
    assert set(expected) <= set(names(model, "embeddings"))
    assert not any("patch_embedding" in name for name in names(model, "embeddings"))


def test_names_in_a_layer_of_ones_own():
    class ScaleNorm(layers.Layer):
        def build(self, shape):
            self.scale = self.add_weight(shape=(2,), name="scale")
            self.table = self.add_weight(shape=(2,), name="relative_attention_bias")
            self.start = self.add_weight(shape=(2,), name="class_token")

        def call(self, x):
            return x * self.scale

    class Start(layers.Layer):
        def build(self, shape):
            self.table = self.add_weight(shape=(2,), name="relative_attention_bias")
            self.offset = self.add_weight(shape=(2,), name="output_bias")
            self.start = self.add_weight(shape=(2,), name="class_token")

        def call(self, x):
            return x + self.offset

    model = keras.Sequential([keras.Input((2,)), Start(name="own"), ScaleNorm(name="norm")])
    assert names(model, "biases") == ["own/output_bias"]
    assert names(model, "embeddings") == ["own/class_token"]
    assert len(weights_of_role(model, "norms")) == 3
