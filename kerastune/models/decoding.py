"""Writing of sequences, token by token: beam search, of which greedy decoding is the least.

KerasHub's GreedySampler and BeamSampler are not used here: the latter goes on with sequences that
have ended, so that their probabilities change, and takes no account of lengths; it does not find
the most probable sequence where all are looked at.
"""

from typing import Any

import keras
import numpy as np
from keras import ops

from kerastune.errors import InputError
from kerastune.models.encoder_decoder import PADDING, EncoderDecoder

_NEVER = -1e9


class BeamSearch(keras.Model):
    """Writes the most probable targets that a beam search finds.

    At each position a beam keeps the most probable beginnings. A sequence ends with the end
    token; one is kept where it is among the most probable continuations, and the search for a
    source is over when as many have ended as the beam is wide, or when no beginning can become
    better. The answer is the sequence with the highest log-probability, divided by its length to
    the power of `length_normalization`. A beam of 1 is greedy decoding.

    All shapes are fixed, so it is compiled once for batches of one size, and keys and values of
    earlier positions are kept.

    Args:
        layers: `EncoderDecoder`.
        logits: layer from features to logits of each token.
        start: int, the token before the first.
        end: int, the token behind the last.
        beam_size: int, at least 1. Defaults to 4.
        length_normalization: float, 0 or more; 0 for the most probable sequence, which is often
            too short. Defaults to 1.

    Raises:
        InputError: if a value is out of its range.

    Reference:
        Wu et al., 2016, "Google's Neural Machine Translation System", section 7,
        https://arxiv.org/abs/1609.08144

    Example:

    >>> from kerastune.models.encoder_decoder import encoder_decoder
    >>> layers = EncoderDecoder.of(encoder_decoder(9, 4, 3, width=8, layers=1))
    >>> search = BeamSearch(layers, keras.layers.Dense(9), start=2, end=3)
    >>> search.predict_on_batch(np.array([[5, 6, 3, 0]])).shape
    (1, 3)
    """

    def __init__(
        self,
        layers: EncoderDecoder,
        logits: Any,
        *,
        start: int,
        end: int,
        beam_size: int = 4,
        length_normalization: float = 1.0,
    ) -> None:
        require_beam(beam_size, length_normalization)
        super().__init__(name="beam_search")
        # Tracked as layers of this model, whose variables it reads.
        self.used = [
            *(layers.source_embedding, *layers.encoders, layers.encoder_norm),
            *(layers.target_embedding, *layers.decoders, layers.decoder_norm, logits),
        ]
        self._network, self._logits = layers, logits
        self._start, self._end = start, end
        self._beams, self._power = beam_size, length_normalization
        if not logits.built:
            logits.build((None, None, layers.target_embedding.embedding_dim))
        self.built = True

    def call(self, source: Any) -> Any:
        """Returns the tokens of the targets.

        Args:
            source: int tensor of ids, of shape `(batch, source_length)`.

        Returns:
            int32 tensor of shape `(batch, target_length)`: without a start token; with an end
            token, if there is room, and padding behind it.
        """
        batch, beams = source.shape[0], self._beams
        length = self._network.lengths[1]
        mask = ops.not_equal(source, PADDING)
        encoded = ops.repeat(self._network.encode(source, mask), beams, axis=0)
        mask = ops.repeat(mask, beams, axis=0)
        tokens = ops.full((batch * beams, 1), self._start, "int32")
        _, caches, source_caches = self._network.step(
            tokens, 0, encoded, mask, *self._network.empty_caches(batch * beams), reads_source=0
        )

        def goes_on(_: Any, *state: Any) -> Any:
            scores, best, ended = state[1], state[4], state[5]
            reachable = ops.max(scores, axis=1) / float(length) ** self._power
            return ops.any(ops.logical_and(ended < beams, best < reachable))

        def body(position: Any, *state: Any) -> tuple[Any, ...]:
            written, scores, caches, answers, best, ended = state
            before = ops.take(written, position, axis=2)
            features, caches, _ = self._network.step(
                ops.reshape(before, (batch * beams, 1)),
                position,
                encoded,
                mask,
                caches,
                source_caches,
            )
            found = self._continued(features, scores, batch)
            return (
                position + 1,
                *self._kept(found, position, written, caches, answers, best, ended),
            )

        written = ops.full((batch, beams, length + 1), PADDING, "int32")
        written = ops.slice_update(
            written, (0, 0, 0), ops.full((batch, beams, 1), self._start, "int32")
        )
        # The beginnings are the same at first, and only one of them counts.
        first = ops.where(ops.arange(beams) == 0, 0.0, _NEVER)
        state = (
            ops.convert_to_tensor(0, "int32"),
            written,
            ops.broadcast_to(ops.cast(first, "float32"), (batch, beams)),
            caches,
            ops.full((batch, length), PADDING, "int32"),
            ops.full((batch,), 2 * _NEVER, "float32"),
            ops.zeros((batch,), "int32"),
        )
        state = ops.while_loop(goes_on, body, state, maximum_iterations=length)
        return self._best(*state[1:], length=length)

    def _continued(self, features: Any, scores: Any, batch: int) -> tuple[Any, Any, Any]:
        """Returns scores, beams and tokens of the best continuations, twice as many as beams."""
        logits = ops.cast(self._logits(features)[:, 0, :], "float32")
        size = logits.shape[-1]
        each = ops.log_softmax(logits, axis=-1)
        never = ops.logical_or(ops.arange(size) == PADDING, ops.arange(size) == self._start)
        each = ops.where(never, _NEVER, each)
        total = ops.reshape(each, (batch, self._beams, size)) + scores[:, :, None]
        found, places = ops.top_k(ops.reshape(total, (batch, self._beams * size)), 2 * self._beams)
        places = ops.cast(places, "int32")
        return found, places // size, places % size

    def _kept(
        self,
        found: tuple[Any, Any, Any],
        position: Any,
        written: Any,
        caches: list[Any],
        answers: Any,
        best: Any,
        ended: Any,
    ) -> tuple[Any, ...]:
        """Returns the state with the best continuations: those that end as answers."""
        scores, beams, tokens = found
        ends = tokens == self._end
        is_open = (ended < self._beams)[:, None]
        counts = ops.logical_and(ops.arange(2 * self._beams) < self._beams, is_open)
        finished = ops.logical_and(ends, counts)
        divisor = ops.cast(position + 1, "float32") ** self._power
        final = ops.where(finished, scores / divisor, 2 * _NEVER)
        at = ops.argmax(final, axis=1)[:, None]
        value = ops.take_along_axis(final, at, axis=1)[:, 0]
        text = ops.take_along_axis(
            written, ops.take_along_axis(beams, at, axis=1)[:, :, None], axis=1
        )[:, 0, 1:]
        here = ops.arange(text.shape[1]) == position
        text = ops.where(here, self._end, text)
        is_better = value > best
        answers = ops.where(is_better[:, None], text, answers)
        best = ops.where(is_better, value, best)
        ended = ended + ops.sum(ops.cast(finished, "int32"), axis=1)

        scores, kept = ops.top_k(ops.where(ends, 2 * _NEVER, scores), self._beams)
        beams, tokens = (ops.take_along_axis(part, kept, axis=1) for part in (beams, tokens))
        written = ops.take_along_axis(written, beams[:, :, None], axis=1)
        here = ops.arange(written.shape[2]) == position + 1
        written = ops.where(here, tokens[:, :, None], written)
        rows = ops.reshape(
            beams + self._beams * ops.arange(beams.shape[0], dtype="int32")[:, None], (-1,)
        )
        caches = [ops.take(cache, rows, axis=0) for cache in caches]
        return written, scores, caches, answers, best, ended

    def _best(self, *state: Any, length: int) -> Any:
        """Returns the answers; where too few have ended, also what was cut off may be one."""
        written, scores, _, answers, best, ended = state
        at = ops.argmax(scores, axis=1)[:, None]
        value = ops.take_along_axis(scores, at, axis=1)[:, 0] / float(length) ** self._power
        text = ops.take_along_axis(written, at[:, :, None], axis=1)[:, 0, 1:]
        is_better = ops.logical_and(ended < self._beams, value > best)
        return ops.where(is_better[:, None], text, answers)


def require_beam(beam_size: int, length_normalization: float) -> None:
    """Raises unless a beam search can be made of the settings.

    Args:
        beam_size: int, at least 1.
        length_normalization: float, 0 or more.

    Raises:
        InputError: if one is out of its range.

    Example:

    >>> require_beam(4, 1.0)
    """
    if beam_size < 1:
        raise InputError(f"Expected a beam size of at least 1. Received: beam_size={beam_size}")
    if not 0 <= length_normalization < np.inf:
        raise InputError(
            "Expected a length normalization of 0 or more. Received: "
            f"length_normalization={length_normalization}"
        )
