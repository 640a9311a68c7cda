"""Tokenizers as files that Transformers and the library tokenizers read."""

import json
from typing import Any

from kerastune.errors import InputError
from kerastune.preprocessing import TextPreprocessor, Tokenizer, TokenPreprocessor
from kerastune.preprocessing.bert_normalizer import BertNormalizer
from kerastune.preprocessing.preset_tokenizer import PresetTokenizer
from kerastune.preprocessing.tokenizer import import_tokenizers

PIPELINE, CONFIG = "tokenizer.json", "tokenizer_config.json"

# Where KerasHub cuts texts before byte pairs are merged: as Llama 3, also for GPT-2 and RoBERTa.
_CUTS = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
# Transformers would make its own of the vocabulary for the class of GPT-2 or RoBERTa.
_AS_IT_IS = "PreTrainedTokenizerFast"


def tokenizer_files(given: Any, longest: int | None = None) -> dict[str, bytes]:
    """Returns the files of a tokenizer by name: its parts in one, its vocabulary, and its settings.

    `transformers.AutoTokenizer.from_pretrained` reads them. They give the same ids, with the
    special tokens around a text that KerasHub's preprocessor for classifiers puts there; what looks
    like a special token in a text of word pieces is a text like any other, as it is here.

    Args:
        given: a `TextPreprocessor`, `TokenPreprocessor`, `PresetTokenizer` or `Tokenizer`, or a
            tokenizer of KerasHub, or a preprocessor of one of these: of word pieces, as BERT and
            DistilBERT have, or of byte pairs, as RoBERTa and GPT-2.
        longest: int, the most tokens that the model takes, or None where it does not say. Defaults
            to None.

    Raises:
        InputError: if it is a tokenizer of another kind.
        MissingExtraError: if the library tokenizers is not installed.

    Example:

    >>> from kerastune.preprocessing import load_text_preprocessor
    >>> list(tokenizer_files(load_text_preprocessor("minilm", sequence_length=8)))
    ['vocab.txt', 'tokenizer.json', 'tokenizer_config.json']
    """
    tokenizer, normalizer = _parts(given)
    settings: dict[str, Any] = {"clean_up_tokenization_spaces": False}
    if longest is not None:
        settings["model_max_length"] = longest
    if isinstance(tokenizer, Tokenizer):
        return _as_it_is(tokenizer, settings)
    kinds = {kind.__name__ for kind in type(tokenizer).__mro__}
    if "WordPieceTokenizer" in kinds:
        return _word_pieces(tokenizer, normalizer, settings)
    if "BytePairTokenizer" in kinds:
        return _byte_pairs(tokenizer, settings)
    raise InputError(
        "Expected a tokenizer of word pieces or of byte pairs, to be written for Transformers. "
        f"Received: {type(tokenizer).__name__}. Leave it out, and take that of the model's authors"
    )


def _parts(given: Any) -> tuple[Any, BertNormalizer | None]:
    """The tokenizer, and the rules by which texts are cleaned before it."""
    if isinstance(given, TokenPreprocessor):
        given = given.text
    if isinstance(given, TextPreprocessor):
        return given.layer.tokenizer, given.normalizer
    if isinstance(given, PresetTokenizer):
        return given.library, None
    inner = getattr(given, "tokenizer", None)
    return (given, None) if inner is None else _parts(inner)


def _as_it_is(given: Tokenizer, settings: dict[str, Any]) -> dict[str, bytes]:
    """The files of a tokenizer that is one of the library tokenizers already."""
    names = ("pad_token", "bos_token", "eos_token")
    ids = (given.padding, given.start, given.end)
    tokens = given.tokens(ids)
    special = dict(zip(names, tokens, strict=True)) | {"tokenizer_class": _AS_IT_IS}
    return _files({}, given.library, settings | special)


def _word_pieces(
    tokenizer: Any, normalizer: BertNormalizer | None, settings: dict[str, Any]
) -> dict[str, bytes]:
    """The files of a tokenizer like BERT's."""
    parts = import_tokenizers()
    rules = normalizer or BertNormalizer(
        tokenizer.lowercase, tokenizer.strip_accents, tokenizer.split_on_cjk
    )
    vocabulary = list(tokenizer.get_vocabulary())
    places = {token: place for place, token in enumerate(vocabulary)}
    first, last = tokenizer.cls_token, tokenizer.sep_token
    library = parts.Tokenizer(
        parts.models.WordPiece(
            places,
            unk_token=tokenizer.oov_token,
            continuing_subword_prefix=tokenizer.suffix_indicator,
        )
    )
    library.normalizer = parts.normalizers.BertNormalizer(
        lowercase=rules.lowercase,
        strip_accents=rules.strip_accents,
        handle_chinese_chars=rules.split_chinese,
    )
    library.pre_tokenizer = parts.pre_tokenizers.BertPreTokenizer()
    library.decoder = parts.decoders.WordPiece(tokenizer.suffix_indicator)
    library.post_processor = parts.processors.BertProcessing(
        (last, places[last]), (first, places[first])
    )
    special = {
        "unk_token": tokenizer.oov_token,
        "cls_token": first,
        "sep_token": last,
        "pad_token": tokenizer.pad_token,
        "mask_token": tokenizer.mask_token,
    }
    library.add_special_tokens(list(special.values()))
    settings |= special | {
        "tokenizer_class": "BertTokenizer",
        "do_lower_case": rules.lowercase,
        "strip_accents": rules.strip_accents,
        "tokenize_chinese_chars": rules.split_chinese,
        "split_special_tokens": True,
    }
    text = "".join(f"{token}\n" for token in vocabulary)
    return _files({"vocab.txt": text}, library, settings)


def _byte_pairs(tokenizer: Any, settings: dict[str, Any]) -> dict[str, bytes]:
    """The files of a tokenizer like GPT-2's or RoBERTa's."""
    parts = import_tokenizers()
    vocabulary = {str(token): int(place) for token, place in tokenizer.vocabulary.items()}
    merges = [str(pair) for pair in tokenizer.merges if "#version:" not in str(pair)]
    pairs = [tuple(pair.split(" ")) for pair in merges]
    library = parts.Tokenizer(parts.models.BPE(vocab=vocabulary, merges=pairs))
    library.pre_tokenizer = parts.pre_tokenizers.Sequence(
        [
            parts.pre_tokenizers.Split(parts.Regex(_CUTS), "isolated"),
            parts.pre_tokenizers.ByteLevel(
                add_prefix_space=tokenizer.add_prefix_space, use_regex=False
            ),
        ]
    )
    library.decoder = parts.decoders.ByteLevel()
    start, end = tokenizer.start_token, tokenizer.end_token
    special = {"bos_token": start, "eos_token": end}
    if start != end:
        ends = [(token, vocabulary[token]) for token in (end, start)]
        library.post_processor = parts.processors.RobertaProcessing(*ends, add_prefix_space=False)
        special |= {"cls_token": start, "sep_token": end}
    special["pad_token"] = getattr(tokenizer, "pad_token", None) or end
    if getattr(tokenizer, "mask_token", None) is not None:
        special["mask_token"] = tokenizer.mask_token
    library.add_special_tokens(list(dict.fromkeys(special.values())))
    settings |= special | {"tokenizer_class": _AS_IT_IS}
    texts = {
        "vocab.json": json.dumps(vocabulary, ensure_ascii=False),
        "merges.txt": "".join(f"{pair}\n" for pair in ["#version: 0.2", *merges]),
    }
    return _files(texts, library, settings)


def _files(texts: dict[str, str], library: Any, settings: dict[str, Any]) -> dict[str, bytes]:
    held = {
        **texts,
        PIPELINE: library.to_str(pretty=True),
        CONFIG: json.dumps(settings, indent=2, ensure_ascii=False) + "\n",
    }
    return {name: text.encode() for name, text in held.items()}
