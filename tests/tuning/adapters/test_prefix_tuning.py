"""Prefix tuning in whole models: what learns, what stays, and generation with a cache."""

import keras
import keras_hub
import numpy as np
import pytest
from keras import layers

from kerastune.errors import InputError
from kerastune.tuning import (
    LoRA,
    PrefixTuning,
    add_adapters,
    freeze,
    load_adapters,
    match,
    merge_adapters,
    remove_adapters,
    save_adapters,
    use_adapters,
)

pytestmark = pytest.mark.first_backend

TOKENS = np.array([[3, 4, 5, 6], [3, 7, 0, 0]], "int32")
LENGTHS = (4, 2)


def _classifier() -> keras.Model:
    """A head on a tiny encoder of two layers, with weights of a size that makes them tell."""
    keras.utils.set_random_seed(0)
    backbone = keras_hub.models.BertBackbone(9, 2, 2, 8, 16, dropout=0, max_sequence_length=4)
    logits = layers.Dense(2, name="logits")(backbone.output["pooled_output"])
    model = keras.Model(backbone.input, logits, name="model")
    draw = np.random.default_rng(0)
    for weight in model.weights:
        if not weight.path.endswith(("gamma", "beta")):
            weight.assign(draw.normal(size=weight.shape))
    return model


def _inputs(tokens: np.ndarray) -> dict[str, np.ndarray]:
    mask = (tokens != 0).astype("int32")
    return {"token_ids": tokens, "segment_ids": 0 * tokens, "padding_mask": mask}


def _outputs(model: keras.Model, tokens: np.ndarray = TOKENS) -> np.ndarray:
    return keras.ops.convert_to_numpy(model(_inputs(tokens)))


def _values(model: keras.Model) -> dict[str, np.ndarray]:
    return {one.path: np.array(keras.ops.convert_to_numpy(one)) for one in model.weights}


@pytest.mark.each_backend
def test_prefixes_alone_learn():
    tokens = keras.Input((4, 8))
    attention = layers.MultiHeadAttention(2, 4, name="attention")
    summed = layers.GlobalAveragePooling1D()(attention(tokens, tokens, use_causal_mask=True))
    model = keras.Model(tokens, layers.Dense(2, name="logits")(summed), name="model")
    draw = np.random.default_rng(0)
    inputs = draw.normal(size=(2, 4, 8)).astype("float32")
    base = _values(model)
    assert add_adapters(model, PrefixTuning(num_virtual_tokens=3)) == ["attention"]
    freeze(model, "all & ~adapters")
    assert sum(np.prod(one.shape) for one in model.trainable_weights) == 2 * 3 * 8
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    start = _values(model)
    model.train_on_batch(inputs, np.array([0, 1]))
    for path, value in _values(model).items():
        if path in base:
            np.testing.assert_array_equal(value, base[path])
        else:
            assert np.abs(value - start[path]).max() > 0


def test_padding_does_not_matter_and_removing_gives_back_the_model():
    model = _classifier()
    before, base = _outputs(model), _values(model)
    added = add_adapters(model, PrefixTuning(num_virtual_tokens=3))
    assert [path.split("/")[-2] for path in added] == ["transformer_layer_0", "transformer_layer_1"]
    together = _outputs(model)
    alone = [_outputs(model, TOKENS[row : row + 1, :length]) for row, length in enumerate(LENGTHS)]
    np.testing.assert_allclose(together, np.concatenate(alone), rtol=1e-4, atol=1e-5)
    assert np.abs(together - before).max() > 1e-2
    remove_adapters(model)
    np.testing.assert_array_equal(_outputs(model), before)
    for path, value in _values(model).items():
        np.testing.assert_array_equal(value, base[path])


def test_several_are_switched_and_none_is_merged():
    model = _classifier()
    plain = _outputs(model)
    add_adapters(model, PrefixTuning(num_virtual_tokens=2, name="one"))
    one = _outputs(model)
    add_adapters(model, PrefixTuning(num_virtual_tokens=4, name="two", targets="groups[1]"))
    add_adapters(model, LoRA(rank=2, name="three"))
    _, third = match(model, "lora_b")[:2]
    both = _outputs(model)
    use_adapters(model, "one")
    np.testing.assert_array_equal(_outputs(model), one)
    with pytest.raises(InputError, match="Expected adapters that can be merged. Received: 'one'"):
        merge_adapters(model)
    with pytest.raises(InputError, match="Expected a weight of 1 for adapters of 'prefix_tuning'"):
        use_adapters(model, {"one": 0.5})
    use_adapters(model, ["two", "one"])
    np.testing.assert_allclose(_outputs(model), both, rtol=1e-4, atol=1e-5)
    assert len(match(model, "adapters & groups[1]")) == 6 + 2

    third.assign(np.ones(third.shape))
    use_adapters(model, "three")
    changed = _outputs(model)
    merge_adapters(model)  # Prefixes that are not in use do not stand in the way.
    np.testing.assert_allclose(_outputs(model), changed, rtol=1e-4, atol=1e-4)
    model.get_config()
    for name in ("one", "two", "three"):
        with pytest.raises(InputError, match="Call `unmerge_adapters` first"):
            remove_adapters(model, name)
    assert np.abs(changed - plain).max() > 1e-3


def test_a_folder_is_read_back_and_other_shapes_are_refused(tmp_path):
    model = _classifier()
    add_adapters(model, PrefixTuning(num_virtual_tokens=3))
    freeze(model, "all & ~adapters")
    save_adapters(model, tmp_path)
    again = _classifier()
    assert load_adapters(again, tmp_path) == ["default"]
    np.testing.assert_array_equal(_outputs(again), _outputs(model))
    told = tmp_path / "adapters.json"
    told.write_text(told.read_text().replace('"num_virtual_tokens": 3', '"num_virtual_tokens": 2'))
    other = _classifier()
    with pytest.raises(InputError, match=r"of shape \(3, 2, 4\), as the adapters' model had"):
        load_adapters(other, tmp_path)
    told.write_text(told.read_text().replace('tokens": 2', 'tokens": 60000'))
    with pytest.raises(InputError, match="as many numbers as there are in their file"):
        load_adapters(other, tmp_path)
    assert not any("adapter" in one.path for one in other.weights)


HEADS = {"Llama": {"num_query_heads": 4, "num_key_value_heads": 2}, "GPT2": {"num_heads": 4}}


@pytest.mark.parametrize("family", [pytest.param("Llama", marks=pytest.mark.each_backend), "GPT2"])
def test_generation_with_a_cache_is_that_without(family):
    backbone = getattr(keras_hub.models, f"{family}Backbone")(
        vocabulary_size=20, num_layers=1, hidden_dim=16, intermediate_dim=8, **HEADS[family]
    )
    draw = np.random.default_rng(0)
    for weight in backbone.weights:
        if "norm" not in weight.path:
            weight.assign(draw.normal(size=weight.shape))
    model = getattr(keras_hub.models, f"{family}CausalLM")(backbone, preprocessor=None)
    model.compile(sampler="greedy")
    tokens = np.array([[3, 4, 5, 0, 0, 0], [6, 7, 0, 0, 0, 0]], "int32")
    given = {"token_ids": tokens, "padding_mask": (tokens != 0).astype("int32")}
    add_adapters(model, PrefixTuning(num_virtual_tokens=3))
    generated = model.generate(given, stop_token_ids=None)["token_ids"]

    tokens, mask = (given[name].copy() for name in ("token_ids", "padding_mask"))
    for place in range(2, 6):
        logits = model.predict_on_batch({"token_ids": tokens, "padding_mask": mask})
        following = logits[:, place - 1].argmax(axis=-1)
        tokens[:, place] = np.where(mask[:, place], tokens[:, place], following)
        mask[:, place] = 1
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(generated), tokens)
    use_adapters(model, None)
    assert model.generate_function is None  # It was compiled with the prefix.


@pytest.mark.parametrize("count", [0, -1, 2.0, True, None, 2**17])
def test_a_prefix_of_no_tokens_is_refused(count):
    with pytest.raises(InputError, match="Expected `num_virtual_tokens` as a whole number from 1"):
        PrefixTuning(num_virtual_tokens=count)


class LinearAttention(layers.Dense):
    pass


def test_targets_without_attention_are_refused_with_the_attention_layers():
    model = _classifier()
    expected = "Expected targets inside attention layers, such as MultiHeadAttention.*"
    expected += "Received: 'logits'.*are: transformer_layer_0/self_attention_layer, transf"
    with pytest.raises(InputError, match=expected):
        add_adapters(model, PrefixTuning(targets="logits"))
    dense = keras.Sequential([keras.Input((2,)), layers.Dense(1)], name="dense")
    with pytest.raises(InputError, match="Received: none for 'dense', whose .* are: none"):
        add_adapters(dense, PrefixTuning())
    own = keras.Sequential([keras.Input((2,)), LinearAttention(1, name="own")])
    with pytest.raises(InputError, match="Received: '.*own': it is LinearAttention, which is none"):
        add_adapters(own, PrefixTuning())
    assert not any("adapter" in one.path for part in (model, dense, own) for one in part.weights)


def test_halves_are_computed_as_halves():
    tokens = keras.Input((4, 8), dtype="float32")
    attention = layers.MultiHeadAttention(2, 4, dtype="mixed_bfloat16")
    model = keras.Model(tokens, attention(tokens, tokens))
    add_adapters(model, PrefixTuning(num_virtual_tokens=2))
    assert keras.backend.standardize_dtype(model(np.ones((1, 4, 8))).dtype) == "bfloat16"
    assert {str(one.dtype) for one in match(model, "adapters")} == {"float32"}
