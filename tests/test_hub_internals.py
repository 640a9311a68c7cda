import keras
import keras_hub
import pytest

from kerastune.hub_internals import use_exact_gelu


def test_every_layer_computes_the_exact_gelu():
    backbone = keras_hub.models.BertBackbone(9, 2, 1, 4, 8)
    use_exact_gelu(backbone)
    dense = [layer._feedforward_intermediate_dense for layer in backbone.transformer_layers]
    assert [layer.activation for layer in dense] == [keras.activations.gelu] * 2


def test_kerashub_still_approximates_on_its_own():
    # When this fails, KerasHub reads `hidden_act` itself and the workaround can go.
    backbone = keras_hub.models.BertBackbone(9, 1, 1, 4, 8)
    activation = backbone.transformer_layers[0]._feedforward_intermediate_dense.activation
    values = keras.ops.convert_to_tensor([-1.0, 0.5, 2.0])
    difference = keras.ops.abs(activation(values) - keras.activations.gelu(values))
    assert float(keras.ops.max(difference)) > 1e-5


def test_another_kerashub_is_refused_by_its_version():
    class Changed:
        transformer_layers = (keras.layers.Dense(1, name="block"),)

    with pytest.raises(RuntimeError, match=rf"'block'.*KerasHub {keras_hub.__version__}.*Keras 3"):
        use_exact_gelu(Changed())  # type: ignore[arg-type]
