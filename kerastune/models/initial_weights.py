"""The weights that a Transformer from nothing starts with."""

import math

import keras

from kerastune.backends import builds_abstract

# The last layer of each branch of a block of KerasHub's Transformers.
_LAST_OF_A_BRANCH = ("attention_output/kernel", "feedforward_output_dense/kernel")


def start_by_width(backbone: keras.Model) -> None:
    """Gives a Transformer weights at random that suit its width and its number of layers.

    KerasHub draws the weights of decoders with a standard deviation of 0.02, or 0.01 for the tokens
    of Llama, as the large models have it. Where a model is narrow, its attention so begins all but
    blind to what it reads, and the loss stays for long at that of the frequencies of tokens. In its
    `TransformerEncoder` the blocks are large and the tokens small, which the blocks so drown in a
    model that guesses tokens. Here the standard deviation is `sqrt(2 / (5 * width))`, the same
    draws scaled, and for the last layer of each branch, of which there are two a block, divided by
    the root of the number of branches. Weights that are not drawn, such as biases, stay as they
    are, and inside `build_abstract` there are none.

    Args:
        backbone: a `keras_hub.models.GPT2Backbone` or `LlamaBackbone`, or a
            `kerastune.models.transformer_encoder`, changed in place.

    Reference:
        Nguyen and Salazar, 2019, "Transformers without Tears", section 2.2,
        https://arxiv.org/abs/1910.05895; for the branches Radford et al., 2019, "Language Models
        are Unsupervised Multitask Learners", section 2.3

    Example:

    >>> import numpy as np
    >>> from kerastune.models.packed_language_model import decoder
    >>> backbone = decoder("llama", 1000, layers=1, heads=2, width=40)
    >>> round(float(np.std(backbone.token_embedding.embeddings)), 2)
    0.1
    """
    if builds_abstract():
        return
    wanted = math.sqrt(2 / (5 * backbone.output_shape[-1]))
    variables = backbone.trainable_variables
    last = {one.path for one in variables if one.path.endswith(_LAST_OF_A_BRANCH)}
    for variable in variables:
        drawn = keras.ops.convert_to_numpy(variable).astype("float32")
        deviation = float(drawn.std())
        if deviation:
            scale = wanted / math.sqrt(len(last)) if variable.path in last else wanted
            variable.assign(drawn * (scale / deviation))
