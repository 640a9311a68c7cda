"""BERT as Hugging Face computes it, where KerasHub computes something close to it.

Importing this module registers `ExactGeluBertBackbone` with Keras, without which a
`.keras` file that holds one cannot be loaded. It needs KerasHub.
"""

from typing import Any

import keras
import keras_hub

from kerastune.backends import use_exact_gelu
from kerastune.errors import InputError


@keras.saving.register_keras_serializable(package="kerastune")
class ExactGeluBertBackbone(keras_hub.models.BertBackbone):
    """KerasHub's BERT with the exact GELU, also after saving and loading.

    Args:
        *args: as in `keras_hub.models.BertBackbone`.
        **kwargs: as in `keras_hub.models.BertBackbone`.

    Example:

    >>> ExactGeluBertBackbone(9, 1, 1, 2, 4, name="bert").name
    'bert'
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        use_exact_gelu(self)


# The tanh approximation of GELU, under the names it has at Hugging Face.
_APPROXIMATE = ("gelu_new", "gelu_fast", "gelu_pytorch_tanh")


def as_configured(config: dict[str, Any]) -> tuple[type[keras_hub.models.BertBackbone], dict]:
    """Returns the settings of BERT in a Hugging Face configuration that KerasHub leaves out.

    Args:
        config: dict, the content of `config.json` of a directory with `model_type` bert.

    Returns:
        The class that computes it, and the options that the class must be given.

    Raises:
        InputError: the configuration asks for something KerasHub's BERT cannot compute,
            and would otherwise ignore.

    Example:

    >>> as_configured({"hidden_act": "gelu", "hidden_dropout_prob": 0.2})
    (<class 'kerastune.models.bert.ExactGeluBertBackbone'>, {'dropout': 0.2})
    """
    # The values of a key that is absent are those of Hugging Face's BertConfig.
    activation = config.get("hidden_act", "gelu")
    understood = {
        "hidden_act": ("gelu", *_APPROXIMATE),
        "layer_norm_eps": (1e-12,),
        "position_embedding_type": ("absolute",),
        "type_vocab_size": (2,),
    }
    for key, values in understood.items():
        if config.get(key, values[0]) not in values:
            raise InputError(
                f"Expected a BERT whose config.json has {key!r} in {list(values)}, which is what "
                f"KerasHub computes. Received: {config[key]!r}. Choose another model"
            )
    exact = activation == "gelu"
    backbone_class = ExactGeluBertBackbone if exact else keras_hub.models.BertBackbone
    return backbone_class, {"dropout": config.get("hidden_dropout_prob", 0.1)}
