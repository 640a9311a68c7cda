"""The WaveNet of a run of its own, for another one to begin with."""

from dataclasses import dataclass
from pathlib import Path

from kerastune import backends

backends.select()

import keras

from kerastune.errors import InputError
from kerastune.jobs.loading import load
from kerastune.jobs.pretrained_weights import copy_weights, network_in
from kerastune.models import WaveNetBlock
from kerastune.preprocessing import AudioPreprocessor

_NETWORK = "wavenet"


@dataclass(frozen=True)
class PretrainedSpeech:
    """The WaveNet that a run has trained on speech; made by `of_run`.

    Args:
        network: a `kerastune.models.wavenet`.
        sample_rate: int, samples a second of what it was trained on.
        source: str, the run, for messages.

    Example:

    >>> from kerastune.models import speech_encoder
    >>> encoders = [speech_encoder(8000, channels=4, skip_channels=6) for _ in range(2)]
    >>> trained = PretrainedSpeech(encoders[0].get_layer("wavenet"), 8000)
    >>> trained.copy_to(encoders[1], 8000)
    >>> first, second = (encoder.get_weights()[0] for encoder in encoders)
    >>> bool((first == second).all())
    True
    """

    network: keras.Model
    sample_rate: int
    source: str = "a run"

    @classmethod
    def of_run(cls, run_dir: str | Path) -> "PretrainedSpeech":
        """Returns the WaveNet of a run, such as one of `speech_classification`.

        Args:
            run_dir: str or Path, the directory of a finished run.

        Raises:
            InputError: if it is none, or has no such network.

        Example:

        >>> PretrainedSpeech.of_run("no/such/run")
        Traceback (most recent call last):
            ...
        kerastune.errors.InputError: Expected the directory of a finished run. Received: ...
        """
        result = load(run_dir)
        network = network_in(result.model, _NETWORK)
        if network is None or not isinstance(result.preprocessor, AudioPreprocessor):
            raise InputError(
                "Expected a run whose model has a WaveNet that hears sound, such as one of "
                f"speech_classification. Received: '{run_dir}', a run of {result.recipe}"
            )
        return cls(network, result.preprocessor.sample_rate, str(run_dir))

    def copy_to(self, encoder: keras.Model, sample_rate: int) -> None:
        """Sets each weight of the WaveNet in an encoder to the one of the same name.

        Args:
            encoder: a `kerastune.models.speech_encoder` of the same sizes.
            sample_rate: int, samples a second of what it will hear.

        Raises:
            InputError: if the rate is another; or a weight has another shape, or one of them
                lacks a weight.
        """
        if sample_rate != self.sample_rate:
            raise InputError(
                f"Expected the sample_rate of '{self.source}', {self.sample_rate}. Received: "
                f"{sample_rate}"
            )
        network = encoder.get_layer(_NETWORK)
        theirs, ours = _dilations(self.network), _dilations(network)
        if theirs != ours:  # Of as many blocks all weights would fit.
            raise InputError(
                f"Expected the dilations of '{self.source}', {theirs}. Received: {ours}. Give "
                "the run's `stacks` and `layers`"
            )
        copy_weights(
            self.network,
            network,
            self.source,
            layers="`stacks` and `layers`",
            sizes="`front_end`, `bands`, `channels` and `skip_channels`",
        )


def _dilations(network: keras.Model) -> list[int]:
    return [layer.dilation for layer in network.layers if isinstance(layer, WaveNetBlock)]
