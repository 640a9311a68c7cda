"""The encoder of a run of its own, for another one to begin with."""

from dataclasses import dataclass
from pathlib import Path

from kerastune import backends

backends.select()

import keras

from kerastune.errors import InputError
from kerastune.jobs.loading import load
from kerastune.jobs.pretrained_weights import copy_weights, network_in
from kerastune.preprocessing import Tokenizer

_ENCODER, _POSITIONS = "transformer_encoder", "position_embedding"


@dataclass(frozen=True)
class PretrainedEncoder:
    """The Transformer encoder that a run has trained, with its tokenizer; made by `of_run`.

    Args:
        encoder: a `kerastune.models.transformer_encoder`.
        tokenizer: the `Tokenizer` that gives it tokens.
        source: str, the run, for messages.

    Example:

    >>> from kerastune.models import transformer_encoder
    >>> sizes = {"vocabulary_size": 9, "layers": 1, "heads": 2, "width": 8}
    >>> trained = PretrainedEncoder(
    ...     transformer_encoder(sequence_length=8, **sizes), Tokenizer.of_words(["a b c d e"], 9)
    ... )
    >>> encoder = transformer_encoder(sequence_length=6, **sizes)
    >>> trained.copy_to(encoder)
    >>> ours, theirs = (each.get_layer("embeddings") for each in (encoder, trained.encoder))
    >>> tables = (each.token_embedding.get_weights()[0] for each in (ours, theirs))
    >>> bool((next(tables) == next(tables)).all())
    True
    """

    encoder: keras.Model
    tokenizer: Tokenizer
    source: str = "a run"

    @classmethod
    def of_run(cls, run_dir: str | Path) -> "PretrainedEncoder":
        """Returns the encoder of a run, such as one of `masked_language_model`.

        Args:
            run_dir: str or Path, the directory of a finished run.

        Raises:
            InputError: if it is none, or has no such encoder with a tokenizer of its own.

        Example:

        >>> PretrainedEncoder.of_run("no/such/run")
        Traceback (most recent call last):
            ...
        kerastune.errors.InputError: Expected the directory of a finished run. Received: ...
        """
        result = load(run_dir)
        encoder = network_in(result.model, _ENCODER)
        tokenizer = getattr(result.preprocessor, "tokenizer", None)
        if encoder is None or not isinstance(tokenizer, Tokenizer):
            raise InputError(
                "Expected a run whose model has a Transformer encoder trained from nothing, such "
                f"as one of masked_language_model. Received: '{run_dir}', a run of {result.recipe}"
            )
        return cls(encoder, tokenizer, str(run_dir))

    @property
    def sequence_length(self) -> int:
        """int, the most tokens of a text that it takes."""
        return int(self.encoder.output_shape[1])

    def copy_to(self, encoder: keras.Model) -> None:
        """Sets each weight of an encoder to the one of the same name.

        Of the positions the first are taken, as many as the encoder has.

        Args:
            encoder: a `kerastune.models.transformer_encoder` of the same sizes, for as long
                texts or shorter ones.

        Raises:
            InputError: if a weight has another shape, or one of them lacks a weight.
        """
        copy_weights(
            self.encoder,
            encoder,
            self.source,
            fits=_fits,
            layers="`layers` and `normalize_first`",
            sizes="`width` and `heads`, and a `sequence_length` that is not longer",
        )


def _fits(path: str, given: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    """Returns whether a weight can be taken over, of positions the first ones."""
    if _POSITIONS in path:
        return given[0] >= wanted[0] and given[1:] == wanted[1:]
    return tuple(given) == tuple(wanted)
