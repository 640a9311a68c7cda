"""Networks of others at small size, in which no backend is to be called wrong."""

from functools import partial

import keras

APPLICATIONS = {
    "ConvNeXtTiny": 32,
    "DenseNet121": 32,
    "DenseNet169": 32,
    "EfficientNetB0": 32,
    "EfficientNetB1": 32,
    "EfficientNetV2B0": 32,
    "EfficientNetV2B1": 32,
    "InceptionResNetV2": 75,
    "InceptionV3": 75,
    "MobileNet": 32,
    "MobileNetV2": 32,
    "MobileNetV3Large": 32,
    "MobileNetV3Small": 32,
    "NASNetMobile": 32,
    "ResNet50": 32,
    "ResNet101": 32,
    "ResNet50V2": 32,
    "ResNet101V2": 32,
    "VGG16": 32,
    "Xception": 71,
}

_SMALL = {"vocabulary_size": 50, "num_layers": 2, "num_heads": 2, "hidden_dim": 8}
_DECODER = {
    "vocabulary_size": 50,
    "num_layers": 2,
    "num_query_heads": 2,
    "num_key_value_heads": 1,
    "intermediate_dim": 16,
}
HUB = {
    "AlbertBackbone": {**_SMALL, "embedding_dim": 8, "intermediate_dim": 16},
    "BertBackbone": {**_SMALL, "intermediate_dim": 16},
    "BloomBackbone": {**_SMALL, "intermediate_dim": 16},
    "DistilBertBackbone": {**_SMALL, "intermediate_dim": 16},
    "ElectraBackbone": {
        "vocab_size": 50,
        "num_layers": 2,
        "num_heads": 2,
        "hidden_dim": 8,
        "intermediate_dim": 16,
        "embedding_dim": 8,
    },
    "FNetBackbone": {
        "vocabulary_size": 50,
        "num_layers": 2,
        "hidden_dim": 8,
        "intermediate_dim": 16,
    },
    "GPT2Backbone": {**_SMALL, "intermediate_dim": 16},
    "GemmaBackbone": {**_DECODER, "hidden_dim": 8, "head_dim": 4},
    "LlamaBackbone": {**_DECODER, "hidden_dim": 8},
    "MistralBackbone": {**_DECODER, "hidden_dim": 8},
    "OPTBackbone": {**_SMALL, "intermediate_dim": 16},
    "RobertaBackbone": {**_SMALL, "intermediate_dim": 16},
    "T5Backbone": {**_SMALL, "intermediate_dim": 16},
}


def application(name, size):
    """A network of `keras.applications`, with weights drawn at random."""
    keras.utils.set_random_seed(0)
    build = getattr(keras.applications, name)
    return build(weights=None, include_top=False, pooling="avg", input_shape=(size, size, 3))


def backbone(name, settings):
    """A backbone of KerasHub, with weights drawn at random."""
    import keras_hub

    keras.utils.set_random_seed(0)
    return getattr(keras_hub.models, name)(**settings)


for _name, _size in APPLICATIONS.items():
    globals()[_name] = partial(application, _name, _size)
for _name, _settings in HUB.items():
    globals()[_name] = partial(backbone, _name, _settings)
NETWORKS = {name: f"{__name__}:{name}" for name in (*HUB, *APPLICATIONS)}
