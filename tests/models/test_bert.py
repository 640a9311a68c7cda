import keras
import keras_hub
import numpy as np
import pytest

from kerastune.errors import InputError
from kerastune.models.bert import ExactGeluBertBackbone, as_configured

pytestmark = pytest.mark.any_backend


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({}, ExactGeluBertBackbone),
        ({"hidden_act": "gelu"}, ExactGeluBertBackbone),
        ({"hidden_act": "gelu_new"}, keras_hub.models.BertBackbone),
        ({"hidden_act": "gelu_pytorch_tanh"}, keras_hub.models.BertBackbone),
    ],
)
def test_the_class_follows_the_activation(config, expected):
    assert as_configured(config) == (expected, {"dropout": 0.1})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("hidden_act", "relu"),
        ("layer_norm_eps", 1e-5),
        ("position_embedding_type", "relative_key"),
        ("type_vocab_size", 1),
    ],
)
def test_what_kerashub_would_ignore_is_refused(key, value):
    with pytest.raises(InputError, match=rf"'{key}'.*Received: {value!r}"):
        as_configured({key: value})


def test_a_copy_from_the_configuration_is_exact_too():
    backbone = ExactGeluBertBackbone(9, 1, 1, 4, 8, dropout=0.3)
    copy = ExactGeluBertBackbone.from_config(backbone.get_config())
    copy.set_weights(backbone.get_weights())
    inputs = {
        name: np.ones((1, 3), "int32") for name in ("token_ids", "segment_ids", "padding_mask")
    }
    dense = copy.transformer_layers[0]._feedforward_intermediate_dense
    assert dense.activation is keras.activations.gelu
    np.testing.assert_array_equal(
        copy.predict(inputs, verbose=0)["sequence_output"],
        backbone.predict(inputs, verbose=0)["sequence_output"],
    )
