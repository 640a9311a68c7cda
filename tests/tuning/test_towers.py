"""Several towers, as in CLIP: each is the backbone, and depth is counted from its own output."""

import keras
import keras_hub
import numpy as np
import pytest

from kerastune.heads import ImageTextMatching, attach
from kerastune.models import recurrent_encoder, small_resnet, transformer_encoder, two_towers
from kerastune.tuning import NoMatchError, freeze, freeze_to, match, named_plan, plan_table
from kerastune.tuning.groups.towers import find_towers
from kerastune.tuning.rates.multipliers import decayed
from tests.tuning.test_groups import layer_names, sizes

pytestmark = pytest.mark.any_backend

layers = keras.layers


def clip(text=None):
    text = text or transformer_encoder(20, 6, layers=1, heads=1, width=4)
    towers = two_towers(small_resnet((8, 8, 1), widths=(2, 2)), text)
    return attach(towers, ImageTextMatching(width=3))


def network(name, depth=2):
    hidden = [layers.Dense(4, name=f"{name}_{number}") for number in range(depth)]
    return keras.Sequential([keras.Input((4,)), *hidden], name=name)


def side_by_side(*parts):
    """A model that is the towers and a head, without a backbone around the towers."""
    inputs = [keras.Input((4,)) for _ in parts]
    outputs = [part(end) for part, end in zip(parts, inputs, strict=True)]
    return keras.Model(inputs, layers.Dense(1, name="top")(layers.Concatenate()(outputs)))


def paths(model, pattern):
    return {id(weight) for weight in match(model, pattern)}


def test_blocks_of_the_same_depth_are_one_group():
    assert list(sizes(clip())) == [
        "stem",
        "embeddings + conv2_block1",
        "transformer_layer_0 + conv3_block1",
        "head",
    ]


def test_a_tower_without_blocks_is_grouped_by_layer():
    model = clip(recurrent_encoder(20, width=2, units=2))
    assert list(sizes(model))[-2:] == ["attention_pooling + conv3_block1", "head"]
    assert next(iter(sizes(model))) == "embeddings + stem"


def test_layers_of_the_same_depth_have_one_rate():
    model = clip()
    found = {id(weight): multiplier for weight, multiplier in decayed(model, 0.5)}
    expected = {"stem": 0.125, "embeddings": 0.25, "conv2_block1*": 0.25, "conv3_block1*": 0.5}
    for pattern, multiplier in {**expected, "transformer_layer_0": 0.5, "head": 1.0}.items():
        quoted = f'"{pattern}"' if pattern == "stem" else pattern
        assert {found[one] for one in paths(model, quoted)} == {multiplier}, pattern


def test_a_tower_is_named_by_its_name_and_both_are_the_backbone():
    model = clip()
    image, text = paths(model, "image_tower"), paths(model, "text_tower")
    towers = model.get_layer("two_towers")
    assert image == {id(weight) for weight in towers.get_layer("image_tower").weights}
    assert not image & text
    assert image | text == paths(model, "backbone")
    assert len(paths(model, "head")) == 3
    assert paths(model, "text_tower & norms") < text
    with pytest.raises(NoMatchError, match="Did you mean 'text_tower'"):
        match(model, "text_towr")


def test_freezing_one_tower_leaves_its_weights():
    model = clip()
    freeze(model, "image_tower")
    tower = model.get_layer("two_towers").get_layer("image_tower")
    before = [np.array(weight) for weight in tower.weights]
    model.compile("adam", ImageTextMatching().loss())
    generator = np.random.default_rng(0)
    inputs = {
        "image": generator.uniform(0, 255, (4, 8, 8, 1)).astype("float32"),
        "token_ids": generator.integers(4, 20, (4, 6)).astype("int32"),
        "padding_mask": np.ones((4, 6), bool),
    }
    head = np.array(model.get_layer("head_text_projection").kernel)
    model.fit(inputs, np.arange(4), verbose=0)
    for was, weight in zip(before, tower.weights, strict=True):
        np.testing.assert_array_equal(was, np.array(weight))
    assert np.abs(head - np.array(model.get_layer("head_text_projection").kernel)).max() > 0


def test_gradual_unfreezing_thaws_both_towers_at_once():
    table = plan_table(clip(), named_plan("gradual_unfreezing", epochs=4, learning_rate=1e-3))
    first = {row.group for row in table.rows if row.trainable and row.stage == table.rows[0].stage}
    assert first == {"head"}
    rows = freeze_to(clip(), -2).rows
    assert [row.group for row in rows if row.trainable] == [
        "transformer_layer_0 + conv3_block1",
        "head",
    ]


def test_towers_without_a_backbone_around_them():
    model = side_by_side(network("left"), network("right", depth=3))
    assert list(sizes(model)) == ["right_0", "left_0 + right_1", "left_1 + right_2", "head"]
    assert layer_names(match(model, "head")) == {"top"}
    assert layer_names(match(model, "left")) == {"left_0", "left_1"}


def test_equal_names_are_told_apart_by_the_tower():
    def tower(name):
        end = keras.Input((4,))
        return keras.Model(end, layers.Dense(4, name="hidden")(end), name=name)

    model = side_by_side(tower("left"), tower("right"))
    assert sizes(model) == {"left/hidden + right/hidden": 4, "head": 2}


def test_an_encoder_and_its_decoder_are_a_chain():
    encoder, decoder = network("encoder"), network("decoder")
    inputs = keras.Input((4,))
    model = keras.Model(inputs, layers.Dense(1, name="top")(decoder(encoder(inputs))))
    assert find_towers(model) == []
    assert layer_names(match(model, "encoder")) == {"encoder_0", "encoder_1"}
    assert layer_names(match(model, "decoder")) == {"decoder_0", "decoder_1"}
    assert list(sizes(model)) == ["encoder", "decoder", "head"]


def test_what_is_no_tower():
    first, shared = layers.Dense(4, name="first"), network("shared")
    inputs = keras.Input((4,))
    after_weights = keras.Model(
        inputs, layers.Add()([network(name)(first(inputs)) for name in ("left", "right")])
    )
    twice = keras.Model(inputs, layers.Dot(1)([shared(inputs), shared(2.0 * inputs)]))
    assert find_towers(after_weights) == find_towers(twice) == find_towers(shared) == []


def test_the_towers_of_keras_hubs_clip():
    sizes_of_both = {"hidden_dim": 8, "num_layers": 2, "num_heads": 2, "intermediate_dim": 8}
    vision = keras_hub.models.CLIPVisionEncoder(
        patch_size=4, image_shape=(8, 8, 3), **sizes_of_both, name="vision_encoder"
    )
    text = keras_hub.models.CLIPTextEncoder(
        vocabulary_size=9,
        embedding_dim=8,
        **sizes_of_both,
        max_sequence_length=5,
        name="text_encoder",
    )
    model = keras_hub.models.CLIPBackbone(vision, text, projection_dim=4)
    assert {tower.name for tower in find_towers(model)} == {"vision_encoder", "text_encoder"}
    first, _, last, head = sizes(model)
    assert first == "text_encoder/embeddings + vision_encoder/embeddings"
    assert last.count("encoder_block_1") == 2
    assert head == "head"
    assert {weight.path for weight in match(model, "head")} == {
        "vision_projection/kernel",
        "text_projection/kernel",
        "clip_head/logit_scale",
    }
