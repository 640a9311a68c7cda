"""Preprocessors of texts and tokens that belong to a pretrained backbone."""

from pathlib import Path
from typing import Any

from kerastune.errors import InputError, reason
from kerastune.models.presets import import_keras_hub, read_config, resolve
from kerastune.preprocessing.bert_normalizer import BertNormalizer
from kerastune.preprocessing.lengths import LONGEST, SHORTEST
from kerastune.preprocessing.text import TextPreprocessor
from kerastune.preprocessing.tokens import TokenPreprocessor
from kerastune.untrusted.preset_folder import check_configurations

# These count two positions that no token can take.
_OFFSET_POSITIONS = ("roberta", "xlm-roberta")


def load_text_preprocessor(
    preset: str | Path, *, sequence_length: int | None = None, group_by_length: bool = False
) -> TextPreprocessor:
    """Loads the tokenizer that belongs to a pretrained backbone.

    For Hugging Face directories with a BERT vocabulary the token ids are those of the
    reference implementation, but for words over 100 bytes long, which become unknown, and
    a few hundred rare signs that are newer than the reference's Unicode tables.

    Args:
        preset: str or path, as in `load_backbone`, but not a `.keras` file.
        sequence_length: int, the number of tokens to cut or pad every sentence to, with
            the special ones. From 3 to the most that the backbone takes. Default: `fit` chooses
            one that holds 95 % of the training samples whole, a multiple of 8, at most 512 or
            what the backbone takes; until then it is that most.
        group_by_length: bool, as for `TextPreprocessor`. Defaults to False.

    Returns:
        A `TextPreprocessor`.

    Raises:
        InputError: there is no such preset, it has no tokenizer for text, or the backbone
            does not take that many tokens.
        MissingExtraError: KerasHub is not installed.

    Example:

    >>> load_text_preprocessor("minilm", sequence_length=64).sequence_length
    64
    """
    keras_hub = import_keras_hub("Tokenizing for a pretrained backbone")
    path = resolve(preset)
    if path.is_file():
        raise InputError(
            f"Expected a preset or its directory, with a tokenizer. Received: {str(path)!r}, "
            "a file that carries none. Give the directory"
        )
    config = read_config(path)
    most = _most_tokens(config)
    if sequence_length is not None:
        _check_sequence_length(sequence_length, most)
    bound = min(most or LONGEST, LONGEST)
    longest = bound if sequence_length is None else None
    try:
        check_configurations(path)
        layer = keras_hub.models.TextClassifierPreprocessor.from_preset(
            str(path), sequence_length=sequence_length or bound
        )
    # Keras' and KerasHub's readers share no family of errors.
    except Exception as error:
        raise InputError(
            "Expected a directory with the tokenizer of a text backbone (tokenizer.json and "
            "assets/ of KerasHub, or vocabulary and tokenizer_config.json of Hugging Face). "
            f"Received: {str(path)!r}: {reason(error)}"
        ) from error
    from_hugging_face = "model_type" in config
    wordpieces = isinstance(layer.tokenizer, keras_hub.tokenizers.WordPieceTokenizer)
    if from_hugging_face and wordpieces:
        normalizer = BertNormalizer.from_directory(path)
        return TextPreprocessor(layer, normalizer, longest=longest, group_by_length=group_by_length)
    return TextPreprocessor(layer, longest=longest, group_by_length=group_by_length)


def load_token_preprocessor(
    preset: str | Path, *, sequence_length: int | None = None
) -> TokenPreprocessor:
    """Loads the tokenizer that belongs to a pretrained backbone, for lists of tokens.

    Args:
        preset: str or path, as in `load_text_preprocessor`.
        sequence_length: int, the number of positions to cut or pad every sample to, with
            the special ones. Default: `fit` chooses one that holds 99 % of the training samples
            whole, a multiple of 8, at most 512 or what the backbone takes.

    Returns:
        A `TokenPreprocessor`.

    Raises:
        InputError: as `load_text_preprocessor`, or if the backbone is not one for text.
        MissingExtraError: KerasHub is not installed.

    Example:

    >>> load_token_preprocessor("minilm", sequence_length=64).sequence_length
    64
    """
    return TokenPreprocessor(load_text_preprocessor(preset, sequence_length=sequence_length))


def _most_tokens(config: dict[str, Any]) -> int | None:
    """Returns the most tokens that a backbone with this configuration takes, where it says so."""
    longest = config.get("max_position_embeddings")
    if longest is not None and config.get("model_type") in _OFFSET_POSITIONS:
        longest -= 2
    if "registered_name" in config:
        longest = config.get("config", {}).get("max_sequence_length")
    return longest


def _check_sequence_length(sequence_length: int, longest: int | None) -> None:
    """Refuses a length that the backbone cannot take."""
    if sequence_length < SHORTEST or (longest is not None and sequence_length > longest):
        raise InputError(
            f"Expected a sequence length from {SHORTEST} to {longest or 'any number'}, the most "
            f"tokens the backbone takes. Received: sequence_length={sequence_length}"
        )
