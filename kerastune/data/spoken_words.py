"""Spoken words: ten numbers in any of 141 languages, by many voices of eSpeak NG."""

from collections.abc import Sequence

import numpy as np

from kerastune.data.columns import Column
from kerastune.data.described import NamedData
from kerastune.data.espeak import Utterance, spoken, voice_variants
from kerastune.data.openers import opener
from kerastune.data.source import Source
from kerastune.errors import InputError, closest

_RATE = 22_050  # samples a second, of eSpeak NG
SPEEDS, PITCHES = (130, 220), (30, 70)
"""The least and the most words a minute, and pitch, that words are said with."""
# Pairs of the same digits: the same sounds in another order, in most languages.
_NUMBERS = ("24", "42", "26", "62", "35", "53", "47", "74", "68", "86")
_OPTIONS = ("language", "takes", "words")
_MOST_TAKES = 100


def spoken_words(
    language: str = "en", *, words: Sequence[str] = _NUMBERS, takes: int = 1, seed: int = 0
) -> Source:
    """Returns words spoken by all voices of eSpeak NG: `spoken_words:language=de,takes=3`.

    Each of the 104 variants of voices says each word some times, each time at a speed of 130 to
    220 words a minute and a pitch of 30 to 70 (50 is that of the voice), drawn evenly. The same
    samples come each time. Variants that differ by a number at the end of the name, such as
    `klatt2` and `klatt3`, sound alike and are one voice; of `f1` to `f5` and `m1` to `m8` each is
    one. The voice is a group, so that a split tests on voices that are not trained on.

    Args:
        language: str, a language of eSpeak NG. Defaults to `"en"`.
        words: sequence of at least two str, which are the classes. Numbers in digits are spoken
            as words of the language. Defaults to ten numbers in pairs of the same digits, such as
            24 and 42: the same sounds come in another order, so that their mean tells little.
        takes: int, how often each voice says each word. Defaults to 1.
        seed: int, for speeds, pitches, and what is random in voices. Defaults to 0.

    Returns:
        A `Source` with the input `audio`, float32 arrays at 22,050 Hz, the input `voice` of kind
        `group`, and the target `label`.

    Raises:
        InputError: if there is no such language, or a value is out of its range.
        MissingPackageError: if espeakng-loader is not installed.

    Example:

    >>> source = spoken_words("de", words=["ja", "nein"])
    >>> len(source), source.columns["audio"].sample_rate, len(set(source.values["voice"]))
    (208, 22050, 83)
    """
    names = tuple(dict.fromkeys(words))
    if len(names) < 2 or not all(name.strip() for name in names):
        raise InputError(f"Expected at least two different words. Received: {list(words)}")
    if not 1 <= takes <= _MOST_TAKES:
        raise InputError(f"Expected takes from 1 to {_MOST_TAKES}. Received: {takes}")
    generator = np.random.default_rng(seed)
    variants = voice_variants()
    said = [
        (variant, code)
        for variant in variants
        for code in np.tile(np.arange(len(names)), takes).tolist()
    ]
    speeds = generator.integers(*SPEEDS, len(said), endpoint=True).tolist()
    pitches = generator.integers(*PITCHES, len(said), endpoint=True).tolist()
    speech = spoken(
        [
            Utterance(names[code], f"{language}+{variant}", speed, pitch)
            for (variant, code), speed, pitch in zip(said, speeds, pitches, strict=True)
        ],
        seed=seed,
    )
    return Source(
        {
            "audio": [one.samples / np.float32(2**15) for one in speech],
            "voice": [voice_of(variant) for variant, _ in said],
            "label": np.array([code for _, code in said]),
        },
        _columns(names),
        ("label",),
        f"spoken_words:language={language}",
    )


def voice_of(variant: str) -> str:
    """Returns the voice that a variant is one of.

    Args:
        variant: str, out of `voice_variants`.

    Example:

    >>> voice_of("klatt2"), voice_of("f2")
    ('klatt', 'f2')
    """
    stem = variant.rstrip("0123456789")
    return stem if len(stem) > 1 else variant


def _columns(names: tuple[str, ...]) -> dict[str, Column]:
    return {
        "audio": Column("audio", shape=(None,), sample_rate=_RATE),
        "voice": Column("group"),
        "label": Column("class", class_names=names),
    }


@opener("spoken_words")
def _open_spoken_words(text: str) -> Source:
    """Returns words by options such as `language=de,words=ja nein,takes=3`."""
    options = dict(part.partition("=")[::2] for part in text.split(","))
    for name in options:
        if name not in _OPTIONS:
            raise InputError(
                f"Expected spoken_words:OPTION=VALUE with {', '.join(_OPTIONS)}. Received: "
                f"{name!r}.{closest(name, list(_OPTIONS))}"
            )
    takes = options.get("takes", "1")
    if not takes.isdecimal():
        raise InputError(f"Expected a number of takes. Received: {takes!r}")
    words = tuple(options["words"].split()) if "words" in options else _NUMBERS
    language = options.get("language", "en")
    named = NamedData(
        lambda: spoken_words(language, words=words, takes=int(takes)), _columns(words)
    )
    return named.open(f"spoken_words:{text}")


NAMED_SPEECH = {"spoken_words": NamedData(spoken_words, _columns(_NUMBERS))}
"""Spoken words, as they are without options."""
