"""Tokenizers that belong to pretrained language models."""

from pathlib import Path

from kerastune.models.llama_file import LlamaFile
from kerastune.models.presets import SMOLLM2
from kerastune.models.smollm2 import smollm2_file
from kerastune.preprocessing.preset_tokenizer import PresetTokenizer
from kerastune.preprocessing.tokenizer import Tokenizer, import_tokenizers


def load_tokenizer(preset: str | Path) -> Tokenizer | PresetTokenizer:
    """Returns the tokenizer of a pretrained language model.

    Args:
        preset: str or path, as for `kerastune.load_backbone`, but not a `.keras` file.

    Raises:
        InputError: if there is no such preset, or it has no tokenizer.
        MissingPackageError: if the package that holds SmolLM2 is not installed.
        MissingExtraError: if KerasHub, or for SmolLM2 the package gguf, is not installed.

    Example:

    >>> load_tokenizer("no_such_preset")
    Traceback (most recent call last):
        ...
    kerastune.errors.InputError: ...'no_such_preset'...
    """
    return of_llama(smollm2_file()) if str(preset) == SMOLLM2 else PresetTokenizer.load(preset)


def of_llama(file: LlamaFile) -> Tokenizer:
    """Returns the tokenizer of a file, which cuts texts as SmolLM2's does.

    Digits stand alone, what is left is cut as in GPT-2, and each byte is a token. KerasHub's own
    tokenizer of byte pairs cuts otherwise at line breaks and indentation.

    Args:
        file: the `LlamaFile`. Its first token starts a text and ends it.

    Raises:
        MissingExtraError: if the library tokenizers is not installed.
    """
    parts = import_tokenizers()
    vocabulary = {token: number for number, token in enumerate(file.vocabulary)}
    merges = [tuple(pair.split(" ")) for pair in file.merges]
    library = parts.Tokenizer(parts.models.BPE(vocab=vocabulary, merges=merges))
    library.pre_tokenizer = parts.pre_tokenizers.Sequence(
        [
            parts.pre_tokenizers.Digits(individual_digits=True),
            parts.pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )
    library.decoder = parts.decoders.ByteLevel()
    library.add_special_tokens([parts.AddedToken(token, special=True) for token in file.special])
    return Tokenizer(library)
