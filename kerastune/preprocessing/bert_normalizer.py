"""Normalization of a text by BERT, before it is cut into word pieces.

KerasHub's tokenizer folds case by Unicode's compatibility rules, which rewrites `…`,
`™`, `ß` and Korean, and splits at fewer kinds of space. A checkpoint trained with the
original rules then meets other tokens than it knows. These are the original rules.
"""

import functools
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from kerastune.errors import InputError
from kerastune.untrusted.reading import read_json

# The blocks that the reference implementation takes for Chinese, its gap included.
_CHINESE = (
    (0x4E00, 0x9FFF),
    (0x3400, 0x4DBF),
    (0x20000, 0x2A6DF),
    (0x2A700, 0x2B73F),
    (0x2B740, 0x2B81F),
    (0x2B920, 0x2CEAF),
    (0xF900, 0xFAFF),
    (0x2F800, 0x2FA1F),
)


@dataclass(frozen=True)
class BertNormalizer:
    """Cleans a text the way BERT's own tokenizer does.

    Control characters go, every kind of space becomes a plain one, and then, each if
    asked for: Chinese characters stand alone, accents go, letters become small.

    Args:
        lowercase: bool, make letters small, one by one.
        strip_accents: bool, decompose characters and drop their marks.
        split_chinese: bool, put spaces around every Chinese character.

    Reference:
        Devlin et al., 2018, "BERT: Pre-training of Deep Bidirectional Transformers for
        Language Understanding", https://arxiv.org/abs/1810.04805

    Example:

    >>> BertNormalizer()("Émile\u00a0rêve… 東京")
    'emile reve…  東  京 '
    """

    lowercase: bool = True
    strip_accents: bool = True
    split_chinese: bool = True

    @classmethod
    def from_directory(cls, directory: Path) -> "BertNormalizer":
        """Returns the rules that a Hugging Face directory asks for.

        Args:
            directory: path of a directory with a `tokenizer_config.json`. Where its
                `strip_accents` is null, accents go exactly if letters become small.

        Returns:
            A `BertNormalizer`.

        Raises:
            InputError: the file cannot be read, or asks for another tokenizer.

        Example:

        >>> from kerastune.models.presets import resolve
        >>> BertNormalizer.from_directory(resolve("minilm")).strip_accents
        True
        """
        file = directory / "tokenizer_config.json"
        try:
            config = read_json(file)
            tokenizer = config.get("tokenizer_class") or "BertTokenizer"
        except (OSError, ValueError, AttributeError) as error:
            raise InputError(
                f"Expected a readable tokenizer_config.json. Received: {str(directory)!r}"
            ) from error
        if tokenizer.removesuffix("Fast") not in ("BertTokenizer", "DistilBertTokenizer"):
            raise InputError(
                "Expected a tokenizer that follows BERT's rules (BertTokenizer). Received: "
                f"{tokenizer!r} in {str(file)!r}. Choose another model"
            )
        lowercase = bool(config.get("do_lower_case", True))
        strip_accents = config.get("strip_accents")
        return cls(
            lowercase=lowercase,
            strip_accents=lowercase if strip_accents is None else bool(strip_accents),
            split_chinese=bool(config.get("tokenize_chinese_chars", True)),
        )

    def __call__(self, text: str) -> str:
        """Returns a text with BERT's normalization."""
        text = "".join(map(_cleaned, text))
        if self.split_chinese:
            text = "".join(map(_apart, text))
        if self.strip_accents:
            decomposed = unicodedata.normalize("NFD", text)
            text = "".join(c for c in decomposed if unicodedata.category(c) != "Mn")
        if self.lowercase:
            # One by one: a whole Greek word would get another final sigma.
            text = "".join(c.lower() for c in text)
        return text


@functools.lru_cache(maxsize=4096)
def _cleaned(character: str) -> str:
    """Returns a character, a space for any kind of space, nothing for a control character."""
    if character in "\t\n\r":
        return " "
    if character in "\0\ufffd" or unicodedata.category(character) in ("Cc", "Cf", "Co"):
        return ""
    return " " if character.isspace() else character


@functools.lru_cache(maxsize=4096)
def _apart(character: str) -> str:
    """Returns a character, with spaces around it if it is Chinese."""
    code = ord(character)
    return f" {character} " if any(low <= code <= high for low, high in _CHINESE) else character
