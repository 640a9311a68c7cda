"""Speech, sample by sample, by a WaveNet that was trained to tell the next one."""

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from kerastune.data.mu_law import MU_LAW_CODES, SILENCE
from kerastune.errors import InputError
from kerastune.models.cached_wavenet import CachedWaveNet, block_conditions


@dataclass(frozen=True)
class SpeechSampling:
    """How the next sample of speech is drawn from its probabilities.

    Args:
        temperature: float of at least 0, by which logits are divided; 0 takes the most probable
            code, which ends in silence or in a steady tone. Defaults to 1.

    Raises:
        InputError: if it is out of its range.

    Reference:
        van den Oord et al., 2016, "WaveNet: A Generative Model for Raw Audio", section 2,
        https://arxiv.org/abs/1609.03499

    Example:

    >>> from kerastune import heads
    >>> from kerastune.models.speech_generator import speech_generator
    >>> generator = speech_generator(5, channels=4, skip_channels=6, layers=2)
    >>> head = heads.SpeechSynthesis(("a", "b", "c", "d", "e"))
    >>> model = heads.attach(generator, head, pooling="sequence")
    >>> frames = {"phonemes": np.ones((2, 3, 3), "int32"), "places": np.zeros((2, 3, 2), "float32")}
    >>> SpeechSampling()(model, frames, samples_per_frame=4).shape
    (2, 12)
    """

    temperature: float = 1.0

    def __post_init__(self) -> None:
        if not 0 <= self.temperature < float("inf"):
            raise InputError(
                f"Expected a temperature of at least 0. Received: temperature={self.temperature}"
            )

    def __call__(
        self,
        model: keras.Model,
        frames: dict[str, np.ndarray],
        *,
        samples_per_frame: int,
        seed: int = 0,
    ) -> np.ndarray:
        """Returns the codes of speech for the phonemes of frames.

        What is drawn for a row depends on the seed and its place, not on the other rows, and is
        the same on every backend but where rounding decides between two codes.

        Args:
            model: a model with a `speech_generator` in it and a layer for the logits behind it.
            frames: dictionary of `phonemes`, int of shape `(rows, frames, 3)`, and `places`, of
                shape `(rows, frames, 2)`; see `kerastune.preprocessing.phoneme_frames`.
            samples_per_frame: int.
            seed: int, for the draws. Defaults to 0.

        Returns:
            int32 array of shape `(rows, frames * samples_per_frame)`, codes of the μ-law.

        Raises:
            InputError: if the model has no such parts.
        """
        generator, logits = generator_and_logits(model)
        network = generator.get_layer("wavenet")
        conditions = block_conditions(network, _condition(generator, frames))
        rows, count = frames["phonemes"].shape[:2]
        cached = CachedWaveNet(network, rows)
        kernel, bias = (
            keras.ops.convert_to_numpy(value).astype("float32")
            for value in (logits.kernel, logits.bias)
        )
        length = count * samples_per_frame
        streams = [np.random.default_rng([seed, row]) for row in range(rows)]
        chances = np.stack([stream.random(length) for stream in streams])
        codes = np.full((rows, length), SILENCE, "int32")
        values = np.zeros(rows, "float32")
        for at in range(length):
            given = [one[:, at // samples_per_frame] for one in conditions]
            found = cached.step(values, given) @ kernel + bias
            codes[:, at] = self._drawn(found, chances[:, at])
            values = (codes[:, at] / ((MU_LAW_CODES - 1) / 2) - 1).astype("float32")
        return codes

    def _drawn(self, logits: np.ndarray, chances: np.ndarray) -> np.ndarray:
        """Returns a code for each row, by a number from 0 to 1 for each."""
        if self.temperature == 0:
            return logits.argmax(axis=1)
        scaled = logits.astype("float64") / self.temperature
        powers = np.exp(scaled - scaled.max(axis=1, keepdims=True))
        sums = np.cumsum(powers, axis=1)
        return (sums < chances[:, None] * sums[:, -1:]).sum(axis=1)


def _condition(generator: keras.Model, frames: dict[str, np.ndarray]) -> np.ndarray:
    """Returns the vector of each frame that the WaveNet is given."""
    inputs = {name: generator.input[name] for name in ("phonemes", "places")}
    told = keras.Model(inputs, generator.get_layer("condition_conv").output)
    return np.asarray(told.predict(frames, verbose=0), "float32")


def generator_and_logits(model: keras.Model) -> tuple[keras.Model, Any]:
    """Returns the `speech_generator` in a model, and the dense layer behind it.

    Args:
        model: a model that holds both.

    Raises:
        InputError: if it does not.

    Example:

    >>> generator_and_logits(keras.Sequential([keras.Input((4,))], name="small"))
    Traceback (most recent call last):
        ...
    kerastune.errors.InputError: Expected a model with a speech_generator and a dense layer...
    """
    names = [layer.name for layer in model.layers]
    if "speech_generator" in names:
        place = names.index("speech_generator")
        behind = [layer for layer in model.layers[place:] if isinstance(layer, keras.layers.Dense)]
        if behind:
            return model.layers[place], behind[0]
    raise InputError(
        "Expected a model with a speech_generator and a dense layer behind it, such as one of "
        f"speech_synthesis. Received: {model.name}, of "
        f"{', '.join(names) or 'no layers'}"
    )
