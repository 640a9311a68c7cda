"""Encoders of texts from nothing: padding changes nothing, groups by depth, saved and read."""

import keras
import numpy as np
import pytest

from kerastune.models import recurrent_encoder, transformer_encoder
from kerastune.models.recurrent import CELLS, POOLINGS, AttentionPooling
from kerastune.tuning import layer_groups

pytestmark = pytest.mark.first_backend

WORDS = np.array([[4, 5, 6, 7], [8, 9, 4, 0]], "int32")


def padded(length):
    ids = np.zeros((2, length), "int32")
    ids[:, :4] = WORDS
    return {"token_ids": ids, "padding_mask": ids != 0}


def features(model, arrays):
    found = model({name: keras.ops.convert_to_tensor(array) for name, array in arrays.items()})
    return keras.ops.convert_to_numpy(found)


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("pooling", POOLINGS)
@pytest.mark.parametrize("cell", CELLS)
def test_features_do_not_depend_on_padding(cell, pooling, bidirectional):
    model = recurrent_encoder(
        10, cell=cell, pooling=pooling, bidirectional=bidirectional, width=4, units=3
    )
    np.testing.assert_allclose(features(model, padded(4)), features(model, padded(9)), atol=1e-6)


@pytest.mark.each_backend
def test_features_of_an_lstm_and_of_a_transformer_do_not_depend_on_padding():
    model = recurrent_encoder(10, width=4, units=3)
    np.testing.assert_allclose(features(model, padded(4)), features(model, padded(9)), atol=1e-6)
    model = transformer_encoder(10, 9, layers=1, width=8, heads=2)
    kept = padded(9)["padding_mask"][..., None]
    other = padded(9)
    other["token_ids"][~other["padding_mask"]] = 3
    np.testing.assert_allclose(
        features(model, padded(9)) * kept, features(model, other) * kept, atol=1e-6
    )


def test_attention_is_a_weighted_mean_of_what_is_no_padding():
    layer = AttentionPooling()
    sequence = np.random.default_rng(0).normal(size=(1, 4, 3)).astype("float32")
    mask = np.array([[True, True, False, True]])
    found = keras.ops.convert_to_numpy(layer(sequence, mask=mask))
    kernel, bias, context = (keras.ops.convert_to_numpy(weight) for weight in layer.weights)
    scores = np.tanh(sequence[0, mask[0]] @ kernel + bias) @ context
    weights = np.exp(scores) / np.exp(scores).sum()
    np.testing.assert_allclose(found[0], weights @ sequence[0, mask[0]], atol=1e-6)


def test_groups_go_from_the_embeddings_to_the_last_block():
    model = transformer_encoder(10, 9, layers=2, width=8, heads=2)
    names = list(layer_groups(model))
    assert names[:3] == ["embeddings", "transformer_layer_0", "transformer_layer_1"]
    names = list(layer_groups(recurrent_encoder(10, width=4, units=3)))
    assert names[0] == "embeddings"
    assert len(names) > 1


def test_saved_and_read_on_this_backend(tmp_path):
    for model in (
        recurrent_encoder(10, width=4, units=3, dropout=0.1),
        transformer_encoder(10, 9, layers=1, width=8, heads=2),
    ):
        model.save(tmp_path / "model.keras")
        loaded = keras.saving.load_model(tmp_path / "model.keras")
        np.testing.assert_allclose(
            features(model, padded(9)), features(loaded, padded(9)), atol=1e-6
        )


@pytest.mark.parametrize(
    "model",
    [
        lambda: recurrent_encoder(10, width=4, units=3, dropout=0.5),
        lambda: transformer_encoder(10, 25, width=4, heads=2, word_dropout=0.5),
    ],
)
def test_word_dropout_leaves_out_whole_words(model):
    model = model()
    layer = model.get_layer("word_dropout")
    kept = keras.ops.convert_to_numpy(layer(np.ones((40, 25, 4), "float32"), training=True))
    whole = (kept == kept[..., :1]).all()
    assert whole
    assert 0.4 < (kept[..., 0] == 0).mean() < 0.6
