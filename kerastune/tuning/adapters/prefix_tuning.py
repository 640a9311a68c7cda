"""Prefix tuning: learned keys and values that attention layers read before those of a sequence."""

from dataclasses import dataclass
from typing import Any, ClassVar

import keras

from kerastune.backends.attention_prefixes import prefixed_attention
from kerastune.errors import InputError
from kerastune.tuning.adapters.adapter import Adapter, AdapterLayer, Linear
from kerastune.tuning.adapters.attention_place import AttentionPlace, attention_places


@dataclass(frozen=True, repr=False)
class PrefixTuning(Adapter):
    """Prefix tuning: in every attention layer, virtual tokens that are keys and values alone.

    Each token of a sequence reads them, and nothing else of the model changes; the positions of
    tokens stay what they are. They are the keys and values themselves, learned as P-Tuning v2
    does, without a network that gives them. As they start from random numbers, what the model
    gives changes when they are added. They cannot be merged into a kernel.

    Args:
        num_virtual_tokens: int from 1, the virtual tokens. Defaults to 20.
        targets: str, a pattern of weights, whose attention layers get a prefix. Defaults to all
            attention layers of the backbone. They can be `MultiHeadAttention` and
            `GroupQueryAttention` of Keras, `CachedMultiHeadAttention` of KerasHub, and the
            attention of its Llama, Mistral, Mixtral, Phi-3, Qwen and Gemma.
        name: str, see `Adapter`.

    Raises:
        InputError: if a setting is out of its range.

    Reference:
        Li and Liang, 2021, "Prefix-Tuning: Optimizing Continuous Prompts for Generation",
        https://arxiv.org/abs/2101.00190; Liu et al., 2021, "P-Tuning v2: Prompt Tuning Can Be
        Comparable to Fine-tuning Universally Across Scales and Tasks",
        https://arxiv.org/abs/2110.07602

    Example:

    >>> from kerastune.tuning import add_adapters, freeze
    >>> tokens = keras.Input((3, 8))
    >>> attention = keras.layers.MultiHeadAttention(2, 4, name="attention")
    >>> model = keras.Model(tokens, attention(tokens, tokens), name="model")
    >>> add_adapters(model, PrefixTuning(num_virtual_tokens=5))
    ['attention']
    >>> _ = freeze(model, "all & ~adapters")
    >>> [(weight.name, tuple(weight.shape)) for weight in model.trainable_weights]
    [('prefix_keys', (5, 2, 4)), ('prefix_values', (5, 2, 4))]
    """

    num_virtual_tokens: int = 20

    method: ClassVar[str] = "prefix_tuning"

    def __post_init__(self) -> None:
        super().__post_init__()
        count = self.num_virtual_tokens
        if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= 2**16:
            raise InputError(
                "Expected `num_virtual_tokens` as a whole number from 1 to 65,536. Received: "
                f"{count!r}"
            )

    def places(self, model: keras.Model) -> list[AttentionPlace]:
        """Returns the attention layers that get a prefix."""
        return attention_places(model, self.targets)

    def layer(self, place: AttentionPlace, path: str, linear: Linear) -> "PrefixLayer":  # noqa: ARG002
        """Returns the prefix of one layer, which is not built."""
        return PrefixLayer(self, place)


class PrefixLayer(AdapterLayer):
    """The keys and values of one layer, in as many heads as the layer itself makes.

    Args:
        adapter: the `PrefixTuning`.
        place: the `AttentionPlace` of the layer.
    """

    def __init__(self, adapter: PrefixTuning, place: AttentionPlace) -> None:
        super().__init__(adapter, place)
        self.count = adapter.num_virtual_tokens
        self.heads = place.heads

    def build(self, input_shape: Any = None) -> None:  # noqa: ARG002  (Keras gives it)
        """Makes keys and values, of random numbers."""
        heads, key_size, value_size = self.heads
        for name, size in (("prefix_keys", key_size), ("prefix_values", value_size)):
            shape = (self.count, heads, size)
            initializer = keras.initializers.RandomNormal(stddev=1.0)
            setattr(self, name, self.add_weight(name=name, shape=shape, initializer=initializer))
        self.built = True

    def adapt(self, inputs: Any, linear: Linear) -> Any:
        """Returns what the layer gives with the prefix."""
        keys, values = (
            keras.ops.convert_to_tensor(one) for one in (self.prefix_keys, self.prefix_values)
        )
        with prefixed_attention(self.place.layer, keys, values):
            return linear(inputs)
