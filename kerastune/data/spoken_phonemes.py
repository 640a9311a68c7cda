"""Words and the phonemes in them, by many voices of eSpeak NG in any of its languages."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from kerastune.data.columns import Column
from kerastune.data.described import NamedData
from kerastune.data.espeak import Speech, Utterance, spoken, voice_variants
from kerastune.data.names_of_languages import names_in
from kerastune.data.openers import opener
from kerastune.data.phonemes import inventory
from kerastune.data.source import Source
from kerastune.data.spoken_words import PITCHES, SPEEDS, voice_of
from kerastune.errors import InputError, closest

_RATE = 22_050  # samples a second, of eSpeak NG
_SESSIONS = 8
_MOST_TAKES = 1000
_OPTIONS = ("pitch", "takes", "voices", "words")
_STRESS = "ˈˌ"
# Those of English, for models that are built without a word being spoken.
_ENGLISH = (
    "a", "aɪ", "aɪə", "aʊ", "b", "d", "dʒ", "eə", "eɪ", "f", "h", "i", "iə", "iː", "j", "k", "l",
    "m", "n", "p", "r", "s", "t", "tʃ", "uː", "v", "w", "z", "ŋ", "ɐ", "ɑː", "ɒ", "ɔ", "ɔɪ", "ɔː",
    "ə", "əl", "əʊ", "ɛ", "ɜː", "ɡ", "ɪ", "ɹ", "ʃ", "ʊ", "ʊə", "ʌ", "ʒ", "θ",
)  # fmt: skip


def spoken_phonemes(
    language: str = "en",
    *,
    words: Sequence[str] | None = None,
    takes: int = 25,
    stress: bool = False,
    voices: Sequence[str] | None = None,
    pitch: int | None = None,
    seed: int = 0,
) -> Source:
    """Returns words with their phonemes, spoken by all voices: `spoken_phonemes:de,takes=3`.

    Words and voices are dealt out to eight sessions, so that no two sessions share a word or a
    voice: each of the 104 variants of voices says some of the words of its session, drawn without
    repetition, at a speed of 130 to 220 words a minute and a pitch of 30 to 70 (50 is that of the
    voice), drawn evenly. The session is a group, so a split tests on words and voices that are not
    trained on. Of less than eight voices each is in all sessions, so that a split tests on words
    alone. The same samples come each time.

    Phonemes are those that eSpeak NG tells while it speaks, in the International Phonetic
    Alphabet. Its pauses are left out, and words in which it changes to another language.

    Args:
        language: str, a language of eSpeak NG. Defaults to `"en"`.
        words: sequence of at least two str. Defaults to `names_in(language)`.
        takes: int, how many words each variant says, at most as many as its session has. Defaults
            to 25.
        stress: bool, whether vowels keep their marks of stress, `ˈ` and `ˌ`, and are then other
            phonemes. Defaults to False.
        voices: sequence of str, variants of voices, such as `m3`. Defaults to all 104.
        pitch: int from 0 to 100, at which all is said. Defaults to drawn ones.
        seed: int, for what is drawn, and what is random in voices. Defaults to 0.

    Returns:
        A `Source` with the input `audio`, float32 arrays at 22,050 Hz; the target `phonemes`,
        lists of str; and besides `times`, float64 arrays of shape `(phonemes, 2)` of the seconds at
        which each begins and ends, `word`, `voice`, a language with a variant, and `session`, of
        kind `group`.

    Raises:
        InputError: if there is no such language, or a value is out of its range.
        MissingExtraError: if Babel is needed and not installed.
        MissingPackageError: if espeakng-loader is not installed.

    Example:

    >>> source = spoken_phonemes("en", words=["seven", "eight"], takes=1)
    >>> first = source[source.values["word"].index("seven")]
    >>> first["phonemes"], first["times"].shape
    (['s', 'ɛ', 'v', 'ə', 'n'], (5, 2))
    """
    names = names_in(language) if words is None else tuple(dict.fromkeys(words))
    if len(names) < 2 or not all(name.strip() for name in names):
        raise InputError(f"Expected at least two different words. Received: {list(names)}")
    if not 1 <= takes <= _MOST_TAKES:
        raise InputError(f"Expected takes from 1 to {_MOST_TAKES}. Received: {takes}")
    generator = np.random.default_rng(seed)
    variants = voice_variants() if voices is None else tuple(dict.fromkeys(voices))
    if not variants:
        raise InputError("Expected at least one voice. Received: none")
    plan = _sessions(names, variants, takes, generator)
    speeds = generator.integers(*SPEEDS, len(plan), endpoint=True).tolist()
    pitches = generator.integers(*PITCHES, len(plan), endpoint=True).tolist()
    pitches = pitches if pitch is None else [pitch] * len(plan)
    said = [
        Utterance(word, f"{language}+{variant}", speed, pitch)
        for (_, variant, word), speed, pitch in zip(plan, speeds, pitches, strict=True)
    ]
    found = list(zip(plan, said, spoken(said, seed=seed), strict=True))
    kept = [one for one in found if _is_in_one_language(one[2])]
    if not kept:
        raise InputError(
            f"Expected words that eSpeak NG says with phonemes of {language!r}. Received: "
            f"{', '.join(names[:5])}"
        )
    told = [_phonemes(speech, stress) for _, _, speech in kept]
    phonemes, times = _apart(told)
    left_out = len(found) - len(kept)
    note = f"{left_out} of {len(found)} words left out: eSpeak NG changes to another language"
    return Source(
        {
            "audio": [speech.samples / np.float32(2**15) for _, _, speech in kept],
            "times": times,
            "word": [word for (_, _, word), _, _ in kept],
            "voice": [utterance.voice for _, utterance, _ in kept],
            "session": [session for (session, _, _), _, _ in kept],
            "phonemes": phonemes,
        },
        _columns(inventory(phonemes)),
        ("phonemes",),
        f"spoken_phonemes:{language}",
        (note,) if left_out else (),
    )


def phonemes_of_words(
    words: Sequence[str],
    voice: str = "en",
    *,
    stress: bool = False,
    speed: int = 175,
    pitch: int = 50,
) -> tuple[list[list[str]], list[np.ndarray]]:
    """Returns the phonemes of words and their times, as eSpeak NG says them.

    Args:
        words: sequence of str.
        voice: str, a language, alone or with a variant of voices: `"en+m3"`. Defaults to `"en"`.
        stress: bool, as for `spoken_phonemes`. Defaults to False.
        speed: int from 80 to 450, words a minute. Defaults to 175.
        pitch: int from 0 to 100, relative to that of the voice at 50. Defaults to 50.

    Returns:
        Tuple of a list of str for each word, and a float64 array of shape `(phonemes, 2)` for each,
        the seconds at which each phoneme begins and ends.

    Raises:
        InputError: if there is no such voice, or a value is out of its range.
        MissingPackageError: if espeakng-loader is not installed.

    Example:

    >>> phonemes, times = phonemes_of_words(["seven"])
    >>> phonemes, times[0].shape
    ([['s', 'ɛ', 'v', 'ə', 'n']], (5, 2))
    """
    told = [
        _phonemes(speech, stress)
        for speech in spoken([Utterance(word, voice, speed, pitch) for word in words])
    ]
    return _apart(told)


def _sessions(
    names: Sequence[str],
    variants: Sequence[str],
    takes: int,
    generator: np.random.Generator,
) -> list[tuple[str, str, str]]:
    """Returns what is said: a session, a variant of voices, and a word."""
    of_voice: dict[str, list[str]] = {}
    for variant in variants:
        of_voice.setdefault(voice_of(variant), []).append(variant)
    count = min(_SESSIONS, len(names))
    # Voices first: so each is in the session of the same number, whatever the words.
    voices = generator.permutation(sorted(of_voice)).tolist()
    order = generator.permutation(len(names)).tolist()
    plan = []
    for number in range(count):
        words = [names[at] for at in order[number::count]]
        for voice in voices[number::count] if len(voices) >= count else voices:
            for variant in of_voice[voice]:
                chosen = generator.permutation(len(words))[:takes].tolist()
                plan += [(f"session {number + 1}", variant, words[at]) for at in chosen]
    return plan


def _is_in_one_language(speech: Speech) -> bool:
    """Returns whether phonemes were told, and no change of the language among them, as `(en)`."""
    names = [name for name, _ in speech.phonemes if name]
    return bool(names) and not any(name.startswith("(") for name in names)


def _phonemes(speech: Speech, stress: bool) -> list[tuple[str, tuple[float, float]]]:
    """Returns the phonemes that are no pauses, each with its beginning and end in seconds."""
    if not speech.phonemes:
        return []
    names, begins = zip(*speech.phonemes, strict=True)
    ends = (*begins[1:], len(speech.samples) / speech.rate)
    return [
        (name if stress else name.lstrip(_STRESS), (begin, end))
        for name, begin, end in zip(names, begins, ends, strict=True)
        if name
    ]


def _apart(
    told: Sequence[Sequence[tuple[str, tuple[float, float]]]],
) -> tuple[list[list[str]], list[np.ndarray]]:
    """Returns the phonemes, and their times as arrays."""
    phonemes = [[name for name, _ in one] for one in told]
    return phonemes, [np.array([times for _, times in one]).reshape(-1, 2) for one in told]


def _columns(phonemes: tuple[str, ...]) -> dict[str, Column]:
    return {
        "audio": Column("audio", shape=(None,), sample_rate=_RATE),
        "times": Column("array", shape=(None, 2)),
        "word": Column("text"),
        "voice": Column("category"),
        "session": Column("group"),
        "phonemes": Column("phonemes", class_names=phonemes),
    }


@opener("spoken_phonemes")
def _open_spoken_phonemes(text: str) -> Source:
    """Returns words by a language and options, such as `de,words=ja nein,takes=3`."""
    language, *parts = text.split(",")
    options = dict(part.partition("=")[::2] for part in parts)
    for name in options:
        if name not in _OPTIONS:
            raise InputError(
                f"Expected spoken_phonemes:LANGUAGE,OPTION=VALUE with {', '.join(_OPTIONS)}. "
                f"Received: {name!r}.{closest(name, list(_OPTIONS))}"
            )
    takes = options.get("takes", "25")
    if not takes.isdecimal():
        raise InputError(f"Expected a number of takes. Received: {takes!r}")
    pitch = options.get("pitch")
    if pitch is not None and not pitch.isdecimal():
        raise InputError(f"Expected a pitch from 0 to 100. Received: {pitch!r}")
    lists: dict[str, Any] = {
        name: options[name].split() if name in options else None for name in ("words", "voices")
    }
    named = NamedData(
        lambda: spoken_phonemes(
            language, takes=int(takes), pitch=None if pitch is None else int(pitch), **lists
        ),
        _columns(_ENGLISH),
        ("phonemes",),
    )
    return named.open(f"spoken_phonemes:{text}")
