"""A small Llama in a GGUF file, and what llama.cpp computes with one, written out in NumPy.

In these files the two numbers that a query or a key is rotated by lie beside each other; KerasHub
has them half a head apart. Here they are rotated as they lie in the file.
"""

from pathlib import Path

import gguf
import numpy as np
from tokenizers.pre_tokenizers import ByteLevel

SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
MERGES = ("t h", "th e", "Ġ the", "1 2", "Ġ Ġ", "Ċ Ġ")
LETTERS = tuple(sorted(ByteLevel.alphabet()))
VOCABULARY = (*SPECIAL, *LETTERS, *(pair.replace(" ", "") for pair in MERGES))
WIDTH, INNER, HEADS, KEY_HEADS = 64, 96, 4, 2
THETA, EPSILON = 1000.0, 1e-5
Q4_1, F32 = gguf.GGMLQuantizationType.Q4_1, gguf.GGMLQuantizationType.F32


def random_tensors(layers: int = 2) -> dict[str, np.ndarray]:
    """Tensors of a Llama in the layout of the file: outputs before inputs."""
    key_width = WIDTH // HEADS * KEY_HEADS
    shapes = {
        "attn_norm": (WIDTH,),
        "attn_q": (WIDTH, WIDTH),
        "attn_k": (key_width, WIDTH),
        "attn_v": (key_width, WIDTH),
        "attn_output": (WIDTH, WIDTH),
        "ffn_norm": (WIDTH,),
        "ffn_gate": (INNER, WIDTH),
        "ffn_up": (INNER, WIDTH),
        "ffn_down": (WIDTH, INNER),
    }
    named = {"token_embd": (len(VOCABULARY), WIDTH), "output_norm": (WIDTH,)}
    named |= {f"blk.{at}.{name}": each for at in range(layers) for name, each in shapes.items()}
    generator = np.random.default_rng(0)
    return {
        f"{name}.weight": generator.normal(1.0 if len(shape) == 1 else 0.0, 0.2, shape).astype("f4")
        for name, shape in named.items()
    }


def write_llama_file(path: Path, tensors: dict[str, np.ndarray], architecture: str = "llama"):
    """Writes a GGUF file: attention in F32, the rest that is a matrix in Q4_1."""
    writer = gguf.GGUFWriter(path, architecture)
    writer.add_vocab_size(len(VOCABULARY))
    writer.add_block_count(sum(name.endswith("attn_norm.weight") for name in tensors))
    writer.add_embedding_length(WIDTH)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KEY_HEADS)
    writer.add_rope_freq_base(THETA)
    writer.add_layer_norm_rms_eps(EPSILON)
    writer.add_token_list(VOCABULARY)
    writer.add_token_types([3] * len(SPECIAL) + [1] * (len(VOCABULARY) - len(SPECIAL)))
    writer.add_token_merges(MERGES)
    for name, values in tensors.items():
        kind = F32 if values.ndim == 1 or "attn" in name else Q4_1
        writer.add_tensor(name, gguf.quantize(values, kind), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def stored_tensors(path: Path) -> dict[str, np.ndarray]:
    """What a file holds, in float64."""
    tensors = gguf.GGUFReader(path).tensors
    return {
        one.name: gguf.dequantize(one.data, one.tensor_type).astype("float64") for one in tensors
    }


def logits(
    tensors: dict[str, np.ndarray],
    tokens: list[int],
    heads: int = HEADS,
    key_heads: int = KEY_HEADS,
    theta: float = THETA,
) -> np.ndarray:
    """The logits for the next token at each position, of shape `(positions, vocabulary)`."""
    layers = sum(name.endswith("attn_norm.weight") for name in tensors)
    table = tensors["token_embd.weight"]
    x, length = table[tokens], len(tokens)

    def normed(values, name):
        return values / np.sqrt((values**2).mean(-1, keepdims=True) + EPSILON) * tensors[name]

    def in_heads(values, count):
        return values.reshape(length, count, -1).swapaxes(0, 1)

    def rotated(values):
        size = values.shape[-1]
        angles = np.arange(length)[:, None] * theta ** (-np.arange(0, size, 2) / size)
        even, odd = values[..., 0::2], values[..., 1::2]
        turned = np.empty_like(values)
        turned[..., 0::2] = even * np.cos(angles) - odd * np.sin(angles)
        turned[..., 1::2] = even * np.sin(angles) + odd * np.cos(angles)
        return turned

    for at in range(layers):
        weights = {
            name: tensors[f"blk.{at}.{name}.weight"]
            for name in ("attn_q", "attn_k", "attn_v", "attn_output")
        }
        inner = normed(x, f"blk.{at}.attn_norm.weight")
        query = rotated(in_heads(inner @ weights["attn_q"].T, heads))
        key = rotated(in_heads(inner @ weights["attn_k"].T, key_heads))
        value = in_heads(inner @ weights["attn_v"].T, key_heads)
        key, value = (np.repeat(each, heads // key_heads, axis=0) for each in (key, value))
        scores = query @ key.swapaxes(1, 2) / np.sqrt(query.shape[-1])
        scores = np.where(np.tril(np.ones((length, length), bool)), scores, -np.inf)
        shares = np.exp(scores - scores.max(-1, keepdims=True))
        mixed = (shares / shares.sum(-1, keepdims=True)) @ value
        x = x + mixed.swapaxes(0, 1).reshape(length, -1) @ weights["attn_output"].T
        inner = normed(x, f"blk.{at}.ffn_norm.weight")
        gate = inner @ tensors[f"blk.{at}.ffn_gate.weight"].T
        up = inner @ tensors[f"blk.{at}.ffn_up.weight"].T
        x = x + (gate / (1 + np.exp(-gate)) * up) @ tensors[f"blk.{at}.ffn_down.weight"].T
    return normed(x, "output_norm.weight") @ table.T
