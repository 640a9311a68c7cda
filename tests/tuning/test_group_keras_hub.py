"""The layer groups of the networks in KerasHub."""

import keras
import keras_hub
import pytest

from kerastune.heads import Classification, attach
from kerastune.tuning import layer_groups
from tests.tuning.test_groups import layer_names, sizes, without_memory

pytestmark = pytest.mark.any_backend

models = keras_hub.models
TINY = {"num_heads": 2, "hidden_dim": 8, "intermediate_dim": 16, "vocabulary_size": 9}
ENCODER = TINY | {"num_layers": 12}
DECODER = {name: value for name, value in ENCODER.items() if name != "num_heads"} | {
    "num_query_heads": 2,
    "num_key_value_heads": 2,
}
VISION = {"patch_size": (16, 16), "num_layers": 12, "num_heads": 2, "hidden_dim": 8}
IMAGE = {"image_shape": (32, 32, 3)}
TRANSFORMERS = [
    (models.BertBackbone, ENCODER),
    (models.RobertaBackbone, ENCODER),
    (models.DistilBertBackbone, ENCODER),
    (models.DebertaV3Backbone, ENCODER),
    (models.GPT2Backbone, ENCODER),
    (models.OPTBackbone, ENCODER),
    (models.LlamaBackbone, DECODER),
    (models.MistralBackbone, DECODER),
    (models.MixtralBackbone, DECODER | {"num_experts": 2}),
    (models.GemmaBackbone, DECODER | {"head_dim": 4}),
    (models.Gemma3Backbone, DECODER | {"head_dim": 4, "image_size": 16}),
    (models.ViTBackbone, VISION | IMAGE | {"mlp_dim": 16}),
    (models.DeiTBackbone, VISION | IMAGE | {"intermediate_dim": 16}),
]
STACKS = {"stackwise_num_filters": [64, 64], "stackwise_num_blocks": [2, 1]}
RESNET = {"input_conv_filters": [64], "input_conv_kernel_sizes": [3], **STACKS, **IMAGE}
ATTENTION = {"layerwise_num_heads": [1, 2], "layerwise_sr_ratios": [2, 1]}
PATCHES = {"layerwise_patch_sizes": [3, 3], "layerwise_strides": [2, 2], "hidden_dims": [8, 16]}
MIT = {"layerwise_depths": [1, 2], "num_layers": 2, "max_drop_path_rate": 0.0} | IMAGE
DARKNET = {"stem_filters": 8, "stem_kernel_size": 3, "stem_strides": 1, "stackwise_depth": [1, 2]}
FUSED = {"stackwise_block_types": ["v1", "fused"], "stackwise_strides": [1, 2]}
EFFICIENT = {f"stackwise_{name}_coefficients": [1.0, 1.0] for name in ("width", "depth")}
NETWORKS = [
    (
        models.ResNetBackbone,
        RESNET | {"stackwise_num_strides": [1, 2], "block_type": "basic_block"},
        "stem stack0_block0 stack0_block1 stack1_block0",
    ),
    (
        models.ResNetBackbone,
        RESNET
        | {"stackwise_num_strides": [1, 2], "block_type": "bottleneck_block"}
        | {"use_pre_activation": True},
        "stem stack0_block0 stack0_block1 stack1_block0 head",
    ),
    (
        models.DenseNetBackbone,
        IMAGE | {"stackwise_num_repeats": [2, 1], "growth_rate": 8},
        "stem stack1_block1 stack1_block2 stack2_block1 head",
    ),
    (
        models.VGGBackbone,
        IMAGE | {"stackwise_num_repeats": [2, 2], "stackwise_num_filters": [8, 8]},
        "block1 block2",
    ),
    (
        models.XceptionBackbone,
        {"image_shape": (71, 71, 3), "stackwise_pooling": [False, True, False]}
        | {"stackwise_conv_filters": [[8, 8], [16, 16], [24]]},
        "block1 block2 block3",
    ),
    (
        models.EfficientNetBackbone,
        FUSED
        | EFFICIENT
        | {"stackwise_kernel_sizes": [3, 3], "stackwise_num_repeats": [1, 2]}
        | {"stackwise_input_filters": [8, 8], "stackwise_output_filters": [8, 16]}
        | {"stackwise_expansion_ratios": [1, 4], "input_shape": (32, 32, 3)}
        | {"stackwise_squeeze_and_excite_ratios": [0.25, 0.25]},
        "stem block1a block2a block2b head",
    ),
    (
        models.CSPNetBackbone,
        DARKNET
        | IMAGE
        | {"stackwise_strides": [2, 2], "stackwise_num_filters": [16, 32]}
        | {"bottle_ratio": [0.5, 1.0], "expand_ratio": [2.0, 1.0], "block_ratio": [1.0, 0.5]}
        | {"block_type": "dark_block", "stage_type": "csp", "stem_padding": "same"},
        "stem stage_0_block_0 stage_0_transition stage_1_block_0 stage_1_block_1 "
        "stage_1_transition",
    ),
    (
        models.MiTBackbone,
        MIT | ATTENTION | PATCHES,
        "stem hierarchical_encoder_0_0 hierarchical_encoder_1_0 hierarchical_encoder_1_1 head",
    ),
    (
        models.SwinTransformerBackbone,
        IMAGE | {"embed_dim": 8, "depths": [1, 2], "num_heads": [1, 1], "window_size": 4},
        "stem stage_0/blocks_0 stage_1/blocks_0 stage_1/blocks_1 head",
    ),
]


@pytest.mark.parametrize(("network", "options"), TRANSFORMERS)
def test_transformers_have_a_group_for_each_layer(network, options):
    groups = sizes(without_memory(network, **options))
    first, *blocks = list(groups)[:13]
    assert first == "embeddings"
    assert len({name.rstrip("0123456789") for name in blocks}) == 1
    numbers = [int(name.rsplit("_", 1)[1]) for name in blocks]
    assert numbers == list(range(numbers[0], numbers[0] + 12))
    assert list(groups)[13:] in (["head"], [])


@pytest.mark.parametrize(("network", "options", "expected"), NETWORKS)
def test_networks_for_images(network, options, expected):
    assert list(sizes(without_memory(network, **options))) == expected.split()


def test_a_segmenter_has_its_decoder_in_the_head():
    encoder = models.MiTBackbone(**MIT, **ATTENTION, **PATCHES)
    model = models.SegFormerBackbone(image_encoder=encoder, projection_filters=8)
    groups = layer_groups(model)
    assert len(sizes(model)) == 5
    assert {"linear_8", "linear_16"} < layer_names(groups["head"])


def test_bert_base_has_twelve_blocks_between_embeddings_and_head():
    base = {"vocabulary_size": 30522, "hidden_dim": 768, "intermediate_dim": 3072}
    model = without_memory(models.BertBackbone, num_layers=12, num_heads=12, **base)
    assert model.count_params() == 109_482_240
    blocks = [(f"transformer_layer_{index}", 16) for index in range(12)]
    assert list(sizes(model).items()) == [("embeddings", 5), *blocks, ("head", 2)]
    assert layer_names(layer_groups(model)["head"]) == {"pooled_dense"}
    assert layer_names(layer_groups(model)["embeddings"]) == {
        "token_embedding",
        "position_embedding",
        "segment_embedding",
        "embeddings_layer_norm",
    }


def test_vit_base_has_twelve_blocks_between_embeddings_and_head():
    base = {"num_layers": 12, "num_heads": 12, "hidden_dim": 768, "mlp_dim": 3072}
    model = without_memory(
        models.ViTBackbone, image_shape=(224, 224, 3), patch_size=(16, 16), **base
    )
    blocks = [(f"transformer_block_{index + 1}", 16) for index in range(12)]
    # A class token, positions, and the kernel and bias of patches; a last normalization.
    assert list(sizes(model).items()) == [("embeddings", 4), *blocks, ("head", 2)]


def test_the_head_holds_what_is_outside_of_the_backbone_and_after_its_last_block():
    backbone = models.ViTBackbone(**(VISION | IMAGE | {"num_layers": 2, "mlp_dim": 16}))
    inputs = backbone.input
    head = keras.layers.Dense(2, name="head_logits")(backbone(inputs)[:, 0])
    groups = layer_groups(keras.Model(inputs, head))
    assert list(groups) == ["embeddings", "transformer_block_1", "transformer_block_2", "head"]
    assert layer_names(groups["head"]) == {"ln", "head_logits"}


def test_a_head_from_this_library_on_a_text_backbone():
    backbone = models.BertBackbone(num_layers=2, **TINY)
    model = attach(backbone, Classification(("no", "yes")), pooling="mean")
    names = ["embeddings", "transformer_layer_0", "transformer_layer_1", "head"]
    assert list(sizes(model)) == names
    assert layer_names(layer_groups(model)["head"]) == {"pooled_dense", "head_logits"}


def test_a_task_of_keras_hub():
    backbone = models.BertBackbone(num_layers=2, **TINY)
    task = models.BertTextClassifier(backbone, num_classes=3, preprocessor=None)
    assert sizes(task)["head"] == 4
    assert layer_names(layer_groups(task)["head"]) == {"pooled_dense", "logits"}


def test_weights_that_are_tied_or_shared_are_in_the_first_group_only():
    backbone = models.GPT2Backbone(num_layers=2, **TINY)
    task = models.GPT2CausalLM(backbone, preprocessor=None)
    assert sizes(task)["embeddings"] == 2
    assert sizes(task)["head"] == 2
    albert = models.AlbertBackbone(num_layers=4, embedding_dim=4, **TINY)
    assert sizes(albert) == {"embeddings": 7, "group_0_inner_layer_0": 16, "head": 2}


def test_tables_of_a_decoder_are_with_the_embeddings():
    bart = models.BartBackbone(num_layers=3, **TINY)
    groups = sizes(bart)
    encoder = {f"transformer_encoder_layer_{index}": 16 for index in range(3)}
    decoder = {f"transformer_decoder_layer_{index}": 26 for index in range(3)}
    assert groups == {"embeddings": 7, **encoder, **decoder}
    assert list(groups)[4] == "transformer_decoder_layer_0"
