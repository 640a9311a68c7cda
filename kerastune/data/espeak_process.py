"""Speech by the library of eSpeak NG, in a process of its own that `kerastune.data.espeak` starts.

The library keeps a state from one text to the next, which nothing resets: only in a new process
the same texts sound the same. So this file needs nothing but Python, to start fast. It reads
from the standard input what to say, as JSON, and writes a line of JSON and then all samples.
"""

import ctypes
import json
import sys
from typing import Any

# Of espeak-ng/speak_lib.h.
_SYNCHRONOUS = 2
_PHONEME_EVENTS, _IPA_NAMES, _DO_NOT_EXIT = 0x0001, 0x0002, 0x8000
_UTF_8 = 1
_RATE, _PITCH = 1, 3  # parameters
_END, _PHONEME = 0, 7  # types of events


class _Identifier(ctypes.Union):
    _fields_ = (("number", ctypes.c_int), ("name", ctypes.c_char_p), ("text", ctypes.c_char * 8))


class _Event(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _Identifier),
    )


_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.POINTER(_Event))


def _spoken(request: dict[str, Any]) -> tuple[dict[str, Any], list[bytes]]:
    """Returns what describes the speech, and the samples of each text as bytes."""
    library = ctypes.CDLL(request["library"])
    options = _PHONEME_EVENTS | _IPA_NAMES | _DO_NOT_EXIT
    rate = library.espeak_Initialize(_SYNCHRONOUS, 0, request["data"].encode(), options)
    if rate <= 0:
        return {"error": f"eSpeak NG cannot be initialized with {request['data']}"}, []
    # It would draw from the clock.
    library.espeak_ng_SetRandSeed(ctypes.c_long(request["seed"]))
    pieces: list[bytes] = []
    phonemes: list[tuple[str, int]] = []

    def collect(samples: int | None, count: int, events: Any) -> int:
        if samples and count > 0:
            pieces.append(ctypes.string_at(samples, 2 * count))
        position = 0
        while events[position].type != _END:
            event = events[position]
            if event.type == _PHONEME:
                phonemes.append((event.id.text.decode("utf-8", "replace"), event.sample))
            position += 1
        return 0

    callback = _Callback(collect)
    library.espeak_SetSynthCallback(callback)
    found, sounds = [], []
    for text, voice, speed, pitch in request["utterances"]:
        pieces.clear()
        phonemes.clear()
        # The parameters are those of a voice until they are set for it.
        failed = library.espeak_SetVoiceByName(voice.encode())
        library.espeak_SetParameter(_RATE, speed, 0)
        library.espeak_SetParameter(_PITCH, pitch, 0)
        content = text.encode()
        failed = failed or library.espeak_Synth(
            content, len(content) + 1, 0, 1, 0, _UTF_8, None, None
        )
        if failed:
            return {"error": f"eSpeak NG cannot say {text!r} with the voice {voice!r}"}, []
        sounds.append(b"".join(pieces))
        found.append({"bytes": len(sounds[-1]), "phonemes": list(phonemes)})
    return {"rate": rate, "utterances": found}, sounds


if __name__ == "__main__":
    told, sounds = _spoken(json.load(sys.stdin))
    sys.stdout.buffer.write(json.dumps(told).encode() + b"\n" + b"".join(sounds))
