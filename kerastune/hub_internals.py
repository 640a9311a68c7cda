"""Names that KerasHub keeps private, each checked where it is used.

KerasHub may rename them in any release. Nothing else in the library touches them.
"""

import keras
import keras_hub


def use_exact_gelu(backbone: keras_hub.models.BertBackbone) -> None:
    """Make a BERT compute GELU with the error function, not with its tanh approximation.

    KerasHub writes the approximation into every BERT, also where the checkpoint was
    trained with the exact function; hidden states are then off by 3e-3.

    Args:
        backbone: a KerasHub BERT. It is changed in place.

    Raises:
        RuntimeError: this KerasHub builds its transformer layers differently.

    Example:

    >>> backbone = keras_hub.models.BertBackbone(9, 1, 1, 2, 4)
    >>> use_exact_gelu(backbone)
    """
    for layer in backbone.transformer_layers:
        dense = getattr(layer, "_feedforward_intermediate_dense", None)
        if not isinstance(dense, keras.layers.Dense):
            raise RuntimeError(
                f"Expected {layer.name!r} to hold the dense layer `_feedforward_intermediate_dense`"
                f". Received: KerasHub {keras_hub.__version__} with Keras {keras.__version__}, "
                "which does not. Install keras-hub 0.32"
            )
        dense.activation = keras.activations.gelu
