"""A recognizer of recorded words, which judges words that a model speaks."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import keras
import numpy as np

from kerastune.data import Source, Splits
from kerastune.data.open_audio import open_audio
from kerastune.data.spoken_words import spoken_words, voice_of
from kerastune.display import output
from kerastune.evaluation import Evaluation, Metric
from kerastune.evaluation.speech import spectrogram_sheet
from kerastune.heads import Classification, attach
from kerastune.heads.speech_synthesis import SpeechSynthesis
from kerastune.models import audio_augmentation, speech_encoder
from kerastune.preprocessing import AudioPreprocessor
from kerastune.preprocessing.speech_synthesis import SynthesisPreprocessor
from kerastune.training.run_plan import run_plan
from kerastune.training.speaking import speech_of
from kerastune.tuning import full

_LEARNING_RATE = 1e-2  # That of the recipe speech_classification, as is what follows.
_BATCH = 32
_HIDDEN: dict[str, Any] = {"hidden_bands": 0.15, "hidden_time": 0.1}
_CHANGES: dict[str, Any] = {"speed": 0.1, "shift": 0.05}
_DROPOUT = 0.1
_SHOWN = 4


@dataclass
class SpeechJudge:
    """The network of `speech_classification`, trained on recorded words, that hears made ones.

    The words are some of the test. It is trained, when it is first asked, on these words as all
    voices of eSpeak NG say them but those of the data, so it has heard neither the voice nor
    anything that a model made.

    Args:
        splits: `Splits`, whose test samples tell what they say and by whom in the columns `word`
            and `voice`, as those of `kerastune.data.spoken_phonemes` do.
        sample_rate: int, samples a second.
        count: int, how many words, at most those of the test; 0 for none. Defaults to 10.
        epochs: int, for which it is trained. Defaults to 10.
        seed: int, which decides what it begins with and the order of its samples. Defaults to 0.

    Example:

    >>> from kerastune.data import spoken_phonemes
    >>> samples = spoken_phonemes("en", words=["yes", "no"], voices=["m3"], takes=1)
    >>> SpeechJudge(Splits(samples, samples), 22050).words
    ('no', 'yes')
    """

    splits: Splits
    sample_rate: int
    count: int = 10
    epochs: int = 10
    seed: int = 0

    @cached_property
    def rows(self) -> np.ndarray:
        """int array, the place among the test samples of each word: the first that says it.

        There are none where the samples do not tell their words and voices.
        """
        told = self.splits.test.values
        if not {"word", "voice"} <= told.keys() or not self.count:
            return np.array([], int)
        names, first = np.unique(np.asarray(told["word"]), return_index=True)
        chosen = np.linspace(0, len(names) - 1, min(self.count, len(names))).round().astype(int)
        return first[chosen]

    @property
    def words(self) -> tuple[str, ...]:
        """tuple of str, what is said, in alphabetical order."""
        return tuple(self.splits.test.values["word"][row] for row in self.rows)

    @property
    def samples(self) -> Source:
        """`Source` of a test sample of each word."""
        return self.splits.test.select(self.rows)

    def __call__(self, sounds: Sequence[np.ndarray]) -> Evaluation:
        """Returns how many of the words it recognizes.

        Args:
            sounds: sequence of float arrays of samples, the words one after the other, as often
                as there are sounds.

        Returns:
            An `Evaluation` of `word_accuracy`.
        """
        inputs = self._preprocessor({"audio": list(sounds)})
        logits = self._classifier.predict(inputs, batch_size=_BATCH, verbose=0)
        found = Classification(self.words).probabilities(logits).argmax(axis=1)
        asked = np.arange(len(sounds)) % len(self.words)
        return Evaluation([Metric("word_accuracy", float(np.mean(found == asked)))])

    def of_speaker(self, speak: Callable[[Source], Sequence[np.ndarray]]) -> Evaluation:
        """Returns how many words it recognizes of one that speaks, or nothing without words.

        Args:
            speak: function from samples with phonemes and `times` to a sound for each.

        Returns:
            An `Evaluation`, as of a call.
        """
        return self(speak(self.samples)) if self.words else Evaluation([])

    @property
    def _preprocessor(self) -> AudioPreprocessor:
        return AudioPreprocessor(self.sample_rate, self.sample_rate)

    @cached_property
    def _classifier(self) -> keras.Model:
        samples = self._recordings()
        head = Classification(self.words, dropout=_DROPOUT)
        encoder = speech_encoder(self.sample_rate, dropout=_DROPOUT, seed=self.seed, **_HIDDEN)
        changes = audio_augmentation(self.sample_rate, seed=self.seed + 1, **_CHANGES)
        model = attach(encoder, head, before=(changes,))
        with output.printing(0):
            run_plan(
                model,
                full(self.epochs, _LEARNING_RATE),
                head,
                Splits(samples, samples),
                self._preprocessor,
                batch_size=_BATCH,
                seed=self.seed,
            )
        return model

    def _recordings(self) -> Source:
        """Returns the words as other voices say them."""
        voices = self.splits.test.values["voice"]
        language = voices[0].partition("+")[0]
        own = {voice_of(voice.partition("+")[2]) for voice in voices}
        found = spoken_words(language, words=self.words, seed=self.seed)
        others = [row for row, voice in enumerate(found.values["voice"]) if voice not in own]
        return open_audio(found.select(others), sample_rate=self.sample_rate)


def recognized_speech(
    head: SpeechSynthesis, preprocessor: SynthesisPreprocessor, judge: SpeechJudge, takes: int = 5
) -> Callable[[keras.Model], Evaluation]:
    """Returns a measure of a job: how many words are recognized that its model speaks.

    Args:
        head: the `SpeechSynthesis` of the model.
        preprocessor: the `SynthesisPreprocessor`, fitted.
        judge: the `SpeechJudge`.
        takes: int, how often each word is spoken. Defaults to 5.

    Returns:
        A function from a model to an `Evaluation` of `word_accuracy`, and of
        `word_accuracy_of_recordings`, that of the test recordings of the same words; of nothing
        where the judge has no words.

    Example:

    >>> silent = SpeechJudge(Splits(Source.of(["a"], [0]), Source.of(["a"], [0])), 8000)
    >>> recognized_speech(SpeechSynthesis(("s",)), SynthesisPreprocessor(8000), silent)(None)
    Evaluation...
    """

    def measure(model: keras.Model) -> Evaluation:
        if not judge.words:
            return Evaluation([])
        samples = judge.samples
        given = {name: samples.values[name] for name in preprocessor.columns}
        recorded = list(given[preprocessor.column])
        said = {
            "phonemes": list(given[preprocessor.phonemes]) * takes,
            "times": list(given[preprocessor.times]) * takes,
        }
        sounds = speech_of(model, preprocessor, said, head.sampling)
        made = judge(sounds)
        real = judge(recorded)["word_accuracy"]
        words = judge.words[:_SHOWN]
        shown = {"recorded": recorded[: len(words)], "made": sounds[: len(words)]}
        sheet = spectrogram_sheet(shown, words, preprocessor.sample_rate)
        return Evaluation(
            [*made.metrics, Metric("word_accuracy_of_recordings", real, None)],
            pictures={"spoken_words": sheet},
        )

    return measure
