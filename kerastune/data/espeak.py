"""Speech made by eSpeak NG, out of the package espeakng-loader."""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from kerastune.errors import InputError, MissingPackageError, closest
from kerastune.installing import package_folder

_PACKAGE = "espeakng-loader"
_LIBRARIES = {"win32": "espeak-ng.dll", "darwin": "libespeak-ng.dylib"}
_PROCESS = Path(__file__).with_name("espeak_process.py")
_SPEEDS, _PITCHES = (80, 450), (0, 100)


@dataclass(frozen=True)
class Utterance:
    """What is said, and by whom.

    Args:
        text: str. A number in digits is spoken as a word of the language.
        voice: str, a language such as `"en"`, alone or with a variant of `voice_variants` behind
            a plus sign: `"de+f2"`.
        speed: int from 80 to 450, words a minute. Defaults to 175.
        pitch: int from 0 to 100, relative to that of the voice at 50. Defaults to 50.

    Raises:
        InputError: if a number is out of its range.

    Example:

    >>> Utterance("7", "de+f2").speed
    175
    """

    text: str
    voice: str
    speed: int = 175
    pitch: int = 50

    def __post_init__(self) -> None:
        for name, value, (least, most) in (
            ("speed", self.speed, _SPEEDS),
            ("pitch", self.pitch, _PITCHES),
        ):
            if not least <= value <= most:
                raise InputError(f"Expected a {name} from {least} to {most}. Received: {value}")


@dataclass(frozen=True)
class Speech:
    """An utterance as it sounds.

    Args:
        samples: int16 array of shape `(samples,)`.
        rate: int, samples a second.
        phonemes: tuple of pairs, each phoneme in the International Phonetic Alphabet and the
            time in seconds at which it begins. A pause has an empty name.

    Example:

    >>> (seven,) = spoken([Utterance("7", "en")])
    >>> seven.rate, [name for name, _ in seven.phonemes if name]
    (22050, ['s', 'ˈɛ', 'v', 'ə', 'n'])
    """

    samples: np.ndarray
    rate: int
    phonemes: tuple[tuple[str, float], ...] = ()


def spoken(utterances: Sequence[Utterance], *, seed: int = 0) -> list[Speech]:
    """Returns utterances as eSpeak NG speaks them, the same each time.

    Its voices waver and hiss at random, and the library keeps a state, so how an utterance sounds
    depends a little on those before it in the list. All are spoken in one process of their own,
    in which nothing but the library runs; it is under the licence GPL-3.

    Args:
        utterances: sequence of `Utterance`.
        seed: int, for what is random in voices. Defaults to 0.

    Returns:
        List of `Speech`.

    Raises:
        InputError: if a voice is not known, or the library fails.
        MissingPackageError: if espeakng-loader is not installed.

    Example:

    >>> first, again = (spoken([Utterance("yes", "en+f1")])[0] for _ in range(2))
    >>> bool((first.samples == again.samples).all())
    True
    """
    folder = _folder()
    for voice in dict.fromkeys(utterance.voice for utterance in utterances):
        _require_voice(voice)
    request = {
        "library": str(folder / _LIBRARIES.get(sys.platform, "libespeak-ng.so")),
        "data": str(folder / "espeak-ng-data"),
        "seed": seed,
        "utterances": [[one.text, one.voice, one.speed, one.pitch] for one in utterances],
    }
    ended = subprocess.run(
        [sys.executable, "-I", str(_PROCESS)],
        input=json.dumps(request).encode(),
        capture_output=True,
        check=False,
    )
    line, _, content = ended.stdout.partition(b"\n")
    told = json.loads(line) if line else {}
    if "utterances" not in told:
        said = ended.stderr.decode(errors="replace").strip().splitlines()
        raise InputError(
            "Expected speech from eSpeak NG. Received: "
            f"{told.get('error') or (said or ['nothing'])[-1]} (exit status {ended.returncode})"
        )
    rate = int(told["rate"])
    found, start = [], 0
    for one in told["utterances"]:
        samples = np.frombuffer(content, "int16", one["bytes"] // 2, start)
        phonemes = tuple((name, place / rate) for name, place in one["phonemes"])
        found.append(Speech(samples, rate, phonemes))
        start += one["bytes"]
    return found


@cache
def voice_variants() -> tuple[str, ...]:
    """Returns the names of the variants that each language can be spoken with, 104 of them.

    Raises:
        MissingPackageError: if espeakng-loader is not installed.

    Example:

    >>> {"f1", "m3", "whisper"} <= set(voice_variants())
    True
    """
    folder = _folder() / "espeak-ng-data" / "voices" / "!v"
    return tuple(sorted(file.name for file in folder.iterdir() if file.is_file()))


@cache
def spoken_languages() -> tuple[str, ...]:
    """Returns the codes of the languages that can be spoken, such as `de` and `en-us`.

    Raises:
        MissingPackageError: if espeakng-loader is not installed.

    Example:

    >>> {"de", "en", "fr", "cmn"} <= set(spoken_languages())
    True
    """
    found: set[str] = set()
    for file in (_folder() / "espeak-ng-data" / "lang").rglob("*"):
        if file.is_file():
            lines = (line.split() for line in file.read_text("utf-8", "replace").splitlines())
            found |= {parts[1] for parts in lines if len(parts) > 1 and parts[0] == "language"}
    return tuple(sorted(found))


def _folder() -> Path:
    """Returns the folder of the package, of which no code is run."""
    folder = package_folder("espeakng_loader")
    if folder is None:
        raise MissingPackageError("Speech by eSpeak NG", _PACKAGE)
    return folder


def _require_voice(voice: str) -> None:
    """Raises unless there are such a language and variant: eSpeak takes another one silently."""
    language, plus, variant = voice.partition("+")
    for name, known, what in (
        (language, spoken_languages(), "language"),
        *([(variant, voice_variants(), "variant of voices")] if plus else ()),
    ):
        if name not in known:
            raise InputError(
                f"Expected a {what} of eSpeak NG, of which there are {len(known)}. "
                f"Received: {name!r}.{closest(name, list(known))}"
            )
