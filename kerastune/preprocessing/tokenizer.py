"""Tokenizers trained on the texts at hand, by the library tokenizers."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from kerastune.errors import InputError, MissingExtraError, reason
from kerastune.files import write_text
from kerastune.untrusted.reading import read_bounded, require_file

PADDING, UNKNOWN, START, END = range(4)
"""The ids of the special tokens, alike for every tokenizer."""

SPECIAL_TOKENS = ("[PAD]", "[UNK]", "[START]", "[END]")
"""The special tokens. In a text they are read as any other characters."""

END_OF_TEXT = "<|endoftext|>"
"""The token that starts a text and ends it, in vocabularies of pretrained models."""


class Tokenizer:
    """Turns texts into ids of a vocabulary, and back; made by `of_words` and its like.

    The same texts give the same vocabulary. It can be called from several threads at once.

    Args:
        library: `tokenizers.Tokenizer`, trained with `SPECIAL_TOKENS` as its first tokens; or
            that of a pretrained model with `END_OF_TEXT` as its first, whose special tokens are
            known in a text, as the model has learned them.

    Raises:
        ValueError: if its first tokens are others.

    Example:

    >>> tokenizer = Tokenizer.of_words(["A good day.", "Good evening!"], size=100)
    >>> tokenizer.tokens(tokenizer.tokenize(["good night, day"])[0])
    ['good', '[UNK]', '[UNK]', 'day']
    >>> tokenizer.detokenize([tokenizer.tokenize(["Good day"])[0]])
    ['good day']
    """

    def __init__(self, library: Any) -> None:
        first = tuple(library.id_to_token(token) for token in range(len(SPECIAL_TOKENS)))
        is_pretrained = first[0] == END_OF_TEXT
        if first != SPECIAL_TOKENS and not is_pretrained:
            raise ValueError(f"its first tokens are {first}, not {SPECIAL_TOKENS}")
        # Else `[END]` in a text would end it.
        library.encode_special_tokens = not is_pretrained
        self.padding, self.start, self.end = (0, 0, 0) if is_pretrained else (PADDING, START, END)
        self._library = library

    @classmethod
    def of_words(cls, texts: Iterable[str], size: int) -> "Tokenizer":
        """Returns a tokenizer whose tokens are words and marks of punctuation, in lower case.

        Accents are left out, as in BERT. Back in a text, words stand with spaces between.

        Args:
            texts: iterable of str, the training texts.
            size: int, the most tokens of the vocabulary, the special ones included. The most
                frequent words are in it; the others are unknown.

        Raises:
            InputError: if the texts have no word, or size is below 5.
            MissingExtraError: if the library tokenizers is not installed.
        """
        parts = import_tokenizers()
        library = parts.Tokenizer(parts.models.WordLevel(unk_token=SPECIAL_TOKENS[UNKNOWN]))
        library.normalizer = parts.normalizers.BertNormalizer(lowercase=True)
        library.pre_tokenizer = parts.pre_tokenizers.BertPreTokenizer()
        return cls._trained(library, parts.trainers.WordLevelTrainer, texts, size)

    @classmethod
    def of_characters(cls, texts: Iterable[str], size: int = 1000) -> "Tokenizer":
        """Returns a tokenizer whose tokens are characters, which change in no way.

        Args:
            texts: iterable of str, the training texts.
            size: int, the most tokens of the vocabulary, the special ones included. Defaults to
                1000.

        Raises:
            InputError: if the texts have no character, or size is below 5.
            MissingExtraError: if the library tokenizers is not installed.

        Example:

        >>> tokenizer = Tokenizer.of_characters(["abc", "Ab"])
        >>> tokenizer.size, tokenizer.detokenize(tokenizer.tokenize(["Abba c"]))
        (8, ['Abbac'])
        """
        parts = import_tokenizers()
        library = parts.Tokenizer(parts.models.WordLevel(unk_token=SPECIAL_TOKENS[UNKNOWN]))
        each = parts.Regex(r"[\s\S]")
        library.pre_tokenizer = parts.pre_tokenizers.Split(each, "isolated")
        library.decoder = parts.decoders.Fuse()
        return cls._trained(library, parts.trainers.WordLevelTrainer, texts, size)

    @classmethod
    def of_byte_pairs(cls, texts: Iterable[str], size: int) -> "Tokenizer":
        """Returns a tokenizer whose tokens are frequent runs of bytes, as in GPT-2.

        No text is unknown to it: each byte is a token.

        Args:
            texts: iterable of str, the training texts.
            size: int, the most tokens of the vocabulary, the special ones and the 256 bytes
                included.

        Raises:
            InputError: if the texts are empty, or size is below 260.
            MissingExtraError: if the library tokenizers is not installed.

        Reference:
            Sennrich et al., 2016, "Neural Machine Translation of Rare Words with Subword
            Units", https://arxiv.org/abs/1508.07909

        Example:

        >>> tokenizer = Tokenizer.of_byte_pairs(["low lower lowest"] * 9, size=270)
        >>> tokenizer.detokenize(tokenizer.tokenize(["lower [END] été\\n"]))
        ['lower [END] été\\n']
        """
        parts = import_tokenizers()
        if size < len(SPECIAL_TOKENS) + 256:
            raise InputError(
                "Expected a vocabulary of at least 260 tokens: 256 bytes and 4 special ones. "
                f"Received: size={size}"
            )
        library = parts.Tokenizer(parts.models.BPE())
        library.pre_tokenizer = parts.pre_tokenizers.ByteLevel(add_prefix_space=False)
        library.decoder = parts.decoders.ByteLevel()
        alphabet = parts.pre_tokenizers.ByteLevel.alphabet()
        return cls._trained(
            library, parts.trainers.BpeTrainer, texts, size, initial_alphabet=alphabet
        )

    @classmethod
    def _trained(
        cls, library: Any, trainer: Any, texts: Iterable[str], size: int, **settings: Any
    ) -> "Tokenizer":
        """Returns a tokenizer, trained on texts."""
        smallest = len(SPECIAL_TOKENS) + 1
        if size < smallest:
            raise InputError(
                f"Expected a vocabulary of at least {smallest} tokens, of which "
                f"{len(SPECIAL_TOKENS)} are special. Received: size={size}"
            )
        seen = False

        def noted() -> Iterable[str]:
            nonlocal seen
            for text in texts:
                seen = seen or bool(str(text).strip())
                yield _encodable(text)

        library.train_from_iterator(
            noted(),
            trainer(
                vocab_size=size,
                special_tokens=list(SPECIAL_TOKENS),
                show_progress=False,
                **settings,
            ),
        )
        if not seen:
            raise InputError(
                "Expected texts with at least one word to make a vocabulary of. Received: none"
            )
        return cls(library)

    @property
    def library(self) -> Any:
        """The `tokenizers.Tokenizer`."""
        return self._library

    @property
    def size(self) -> int:
        """The number of tokens of the vocabulary, the special ones included."""
        return int(self._library.get_vocab_size())

    def tokenize(self, texts: Sequence[str]) -> list[list[int]]:
        """Returns the ids of each text, without special tokens around them.

        Args:
            texts: sequence of str. Halves of surrogate pairs, which are no characters, are left
                out.
        """
        found = self._library.encode_batch([_encodable(text) for text in texts])
        return [encoding.ids for encoding in found]

    def detokenize(self, ids: Sequence[Sequence[int]]) -> list[str]:
        """Returns the text of each row of ids; special tokens are left out.

        Args:
            ids: sequence of sequences of int.
        """
        return self._library.decode_batch([[int(token) for token in row] for row in ids])

    def tokens(self, ids: Sequence[int]) -> list[str]:
        """Returns what each id stands for, as it is written in the vocabulary.

        Args:
            ids: sequence of int.
        """
        return [self._library.id_to_token(int(token)) for token in ids]

    def save(self, path: Path) -> None:
        """Writes it as a JSON file, which `Tokenizer.load` and the library itself read.

        Args:
            path: Path of the file.
        """
        write_text(path, self._library.to_str(pretty=True))

    @classmethod
    def load(cls, path: Path) -> "Tokenizer":
        """Returns the tokenizer that `save` wrote; no code is run from the file.

        Args:
            path: Path of the file.

        Raises:
            InputError: if it holds no tokenizer, or one with other special tokens.
            MissingExtraError: if the library tokenizers is not installed.
        """
        parts = import_tokenizers()
        try:
            require_file(path)
            with path.open("rb") as file:
                return cls(parts.Tokenizer.from_str(read_bounded(file).decode()))
        # The library raises a bare Exception for what it cannot read.
        except Exception as error:
            raise InputError(
                f"Expected a file of a tokenizer. Received: {str(path)!r}: {reason(error)}"
            ) from error


def _encodable(text: object) -> str:
    """Returns a text without halves of surrogate pairs, which the library refuses."""
    return str(text).encode("utf-8", "ignore").decode("utf-8")


def import_tokenizers() -> Any:
    """Returns the library, which comes with KerasHub.

    Raises:
        MissingExtraError: if it is not installed.
    """
    try:
        import tokenizers
    except ImportError as error:
        raise MissingExtraError("Making a vocabulary of texts", "hub") from error
    return tokenizers
