"""Networks whose operations are counted."""

import keras


def vgg_like():
    """Two blocks of two convolutions, as in VGG, and two dense layers."""
    layers = [keras.Input((32, 32, 3))]
    for width in (8, 16):
        for _ in range(2):
            layers.append(keras.layers.Conv2D(width, 3, padding="same", activation="relu"))
        layers.append(keras.layers.MaxPooling2D(2))
    layers += [keras.layers.Flatten(), keras.layers.Dense(32, "relu"), keras.layers.Dense(10)]
    return keras.Sequential(layers)


def bert(layers=3, width=32, vocabulary=100, heads=4):
    """A BERT."""
    from keras_hub.models import BertBackbone

    return BertBackbone(vocabulary, layers, heads, width, 4 * width, dropout=0.1)


def gpt2(layers=3, width=32, vocabulary=100, heads=4):
    """A GPT-2."""
    from keras_hub.models import GPT2Backbone

    return GPT2Backbone(vocabulary, layers, heads, width, 4 * width, max_sequence_length=1024)


def vit(layers=3, width=32, heads=4, size=32, patch=8):
    """A vision transformer."""
    from keras_hub.models import ViTBackbone

    return ViTBackbone((size, size, 3), (patch, patch), layers, heads, width, 4 * width)


def llama3(layers=2, width=16, vocabulary=100, heads=4, key_value_heads=2, intermediate=32):
    """A Llama 3."""
    from keras_hub.models import Llama3Backbone

    return Llama3Backbone(
        vocabulary_size=vocabulary,
        num_layers=layers,
        num_query_heads=heads,
        num_key_value_heads=key_value_heads,
        hidden_dim=width,
        intermediate_dim=intermediate,
    )


def llama3_8b():
    """Llama 3 with 8 billion parameters."""
    return llama3(32, 4096, 128256, 32, 8, 14336)
