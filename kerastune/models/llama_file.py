"""Llama networks in GGUF files, the format of llama.cpp, as KerasHub has them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from kerastune.backends import undrawn_weights
from kerastune.errors import MissingExtraError
from kerastune.models.presets import import_keras_hub

# The type of a token that stands for something else than text.
_CONTROL = 3

_SETTINGS = {
    "vocabulary_size": "llama.vocab_size",
    "num_layers": "llama.block_count",
    "num_query_heads": "llama.attention.head_count",
    "num_key_value_heads": "llama.attention.head_count_kv",
    "hidden_dim": "llama.embedding_length",
    "intermediate_dim": "llama.feed_forward_length",
    "rope_max_wavelength": "llama.rope.freq_base",
    "layer_norm_epsilon": "llama.attention.layer_norm_rms_epsilon",
}
_TENSORS = {
    "token_embedding/embeddings": "token_embd",
    "sequence_output_layernorm/scale": "output_norm",
    "self_attention_layernorm/scale": "attn_norm",
    "self_attention/query/kernel": "attn_q",
    "self_attention/key/kernel": "attn_k",
    "self_attention/value/kernel": "attn_v",
    "self_attention/attention_output/kernel": "attn_output",
    "feedforward_layernorm/scale": "ffn_norm",
    "feedforward_intermediate_dense/kernel": "ffn_up",
    "feedforward_gate_dense/kernel": "ffn_gate",
    "feedforward_output_dense/kernel": "ffn_down",
}
_BLOCK = re.compile(r"transformer_layer_(\d+)/")


@dataclass(frozen=True)
class LlamaFile:
    """What a GGUF file holds of a Llama whose table of tokens also gives the logits.

    Args:
        settings: dictionary of arguments of `keras_hub.models.LlamaBackbone`.
        tensors: dictionary from a name to a tensor as the package gguf reads it, mapped from the
            file and not dequantized yet.
        vocabulary: tuple of str, the tokens in the order of their ids.
        special: tuple of str, those of them that mark something and are no text.
        merges: tuple of str, the pairs of tokens that become one, the first ones first.
    """

    settings: Mapping[str, Any]
    tensors: Mapping[str, Any]
    vocabulary: tuple[str, ...]
    special: tuple[str, ...]
    merges: tuple[str, ...]

    def backbone(self, *, dropout: float = 0.0, name: str = "llama") -> keras.Model:
        """Returns the network with the weights, dequantized.

        Args:
            dropout: float from 0 up to 1. Defaults to 0.
            name: str, its name. Defaults to `"llama"`.

        Raises:
            MissingExtraError: if KerasHub is not installed.
            ValueError: if tensors are missing, of another shape, or left over.
        """
        models = import_keras_hub("Reading a Llama").models
        with undrawn_weights():
            made = models.LlamaBackbone(
                **self.settings, tie_word_embeddings=True, dropout=dropout, name=name
            )
            names = [_tensor_name(variable.path) for variable in made.weights]
            different = sorted(set(names) ^ set(self.tensors))
            if different:
                raise ValueError(
                    f"tensors that are missing or left over: {', '.join(different[:4])}"
                )
            for variable, tensor in zip(made.weights, names, strict=True):
                variable.assign(self._kernel(tensor, variable.shape))
        return made

    def _kernel(self, name: str, shape: tuple[int, ...]) -> np.ndarray:
        """A tensor in the layout of Keras: inputs before outputs, heads on an axis."""
        tensor = self.tensors[name]
        values = _gguf().quants.dequantize(tensor.data, tensor.tensor_type)
        if name.endswith(("attn_q.weight", "attn_k.weight")):
            values = _in_halves(values, heads=shape[1])
        if values.ndim > 1 and not name.startswith("token_embd"):
            values = values.T
        return values.reshape(shape).astype("float32")


def read_llama_file(path: Path) -> LlamaFile:
    """Returns what a GGUF file holds, by the package gguf; tensors are mapped, and not read yet.

    Only for a file that is known, by its checksum: the package follows the counts and offsets in
    a file as they are, so that one that was made to harm may cost hours or all memory. It runs
    no code of a file.

    Args:
        path: Path of the file.

    Raises:
        MissingExtraError: if the package gguf is not installed.
        ValueError: if the file holds something else.
    """
    reader = _gguf().GGUFReader(path)

    def field(name: str) -> Any:
        found = reader.get_field(name)
        if found is None:
            raise ValueError(f"it has no {name}")
        return found.contents()

    if field("general.architecture") != "llama":
        raise ValueError(f"its architecture is {field('general.architecture')!r}, not 'llama'")
    kinds, tokens = field("tokenizer.ggml.token_type"), field("tokenizer.ggml.tokens")
    return LlamaFile(
        settings={name: _rounded(field(key)) for name, key in _SETTINGS.items()},
        tensors={tensor.name: tensor for tensor in reader.tensors},
        vocabulary=tuple(tokens),
        special=tuple(token for token, kind in zip(tokens, kinds, strict=True) if kind == _CONTROL),
        merges=tuple(field("tokenizer.ggml.merges")),
    )


def _tensor_name(path: str) -> str:
    """The name in a file of the variable of a path."""
    block = _BLOCK.match(path)
    if block is None:
        return f"{_TENSORS[path]}.weight"
    return f"blk.{block[1]}.{_TENSORS[path[block.end() :]]}.weight"


def _in_halves(values: np.ndarray, heads: int) -> np.ndarray:
    """Rows of a query or key as KerasHub rotates them: the first half of a head with the second.

    llama.cpp rotates neighbours, and has the rows in that order.
    """
    outputs, inputs = values.shape
    pairs = values.reshape(heads, outputs // heads // 2, 2, inputs)
    return pairs.swapaxes(1, 2).reshape(outputs, inputs)


def _rounded(number: Any) -> Any:
    """A number as it was before it was stored in float32."""
    return float(f"{number:.7g}") if isinstance(number, float) else number


def _gguf() -> Any:
    """Returns the package gguf, which is optional."""
    try:
        import gguf
    except ImportError as error:
        raise MissingExtraError("Reading a GGUF file", "language") from error
    return gguf
