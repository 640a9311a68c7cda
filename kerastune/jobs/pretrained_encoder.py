"""The encoder of a run of its own, for another one to begin with."""

from dataclasses import dataclass
from pathlib import Path

from kerastune import backends

backends.select()

import keras

from kerastune.backends import builds_abstract
from kerastune.errors import InputError
from kerastune.jobs.loading import load
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
        encoder = _encoder_in(result.model)
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
        theirs = {weight.path: weight for weight in self.encoder.weights}
        ours = {weight.path: weight for weight in encoder.weights}
        alone = sorted(theirs.keys() ^ ours.keys())
        if alone:
            owner = "the run" if alone[0] in theirs else "the new encoder"
            raise InputError(
                f"Expected an encoder of the same layers as that of '{self.source}'. Received: "
                f"one of others, {len(alone)} weights of which only one has: {alone[0]!r} is in "
                f"{owner} alone. Give the run's `layers` and `normalize_first`"
            )
        wrong = [path for path in ours if not _fits(path, theirs[path].shape, ours[path].shape)]
        if wrong:
            path = wrong[0]
            raise InputError(
                f"Expected an encoder of the sizes of that of '{self.source}', whose {path!r} has "
                f"the shape {tuple(theirs[path].shape)}. Received: {tuple(ours[path].shape)}. "
                "Give the run's `width` and `heads`, and a `sequence_length` that is not longer"
            )
        if builds_abstract():
            return  # Neither has values.
        for path, weight in ours.items():
            weight.assign(theirs[path][: weight.shape[0]])


def _fits(path: str, given: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    """Returns whether a weight can be taken over, of positions the first ones."""
    if _POSITIONS in path:
        return given[0] >= wanted[0] and given[1:] == wanted[1:]
    return tuple(given) == tuple(wanted)


def _encoder_in(model: keras.Model) -> keras.Model | None:
    """Returns the encoder in a model, at any depth."""
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            found = layer if layer.name == _ENCODER else _encoder_in(layer)
            if found is not None:
                return found
    return None
