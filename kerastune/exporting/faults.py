"""Faults of converters and runtimes that are known, told in words instead of a traceback."""

import re
from dataclasses import dataclass

from kerastune.backends.exported.formats import PROGRAM


@dataclass(frozen=True)
class KnownFault:
    """A fault that is known.

    Args:
        formats: tuple of str, the formats that have it; empty for any.
        pattern: str, a regular expression that is found in what the converter or runtime says;
            its groups are filled into `told`.
        told: str, what it means, whose fault it is, and what to do.

    Example:

    >>> KnownFault(("onnx",), "no (\\\\w+)", "it has no {0}").in_words("onnx", "no Erfc")
    'it has no Erfc'
    """

    formats: tuple[str, ...]
    pattern: str
    told: str

    def in_words(self, name: str, said: str) -> str | None:
        """Returns what a message means, or None if it is another fault.

        Args:
            name: str, the format.
            said: str, what the converter or runtime has said.
        """
        found = re.search(self.pattern, said, re.DOTALL)
        if found is None or (self.formats and name not in self.formats):
            return None
        return self.told.format(*found.groups())


KNOWN_FAULTS = (
    KnownFault(
        ("litert",),
        r"Select TensorFlow op\(s\).*?Node number \d+ \((Flex\w+)\)",
        "the model needs an operation of TensorFlow that LiteRT lacks ({0}), and its runtime here "
        "has no Flex delegate",
    ),
    KnownFault(
        ("litert",),
        r"must be tensor of 32-bit float or QI8",
        "LiteRT's converter has no products of whole numbers as Keras quantizes layers",
    ),
    KnownFault(
        ("huggingface",),
        r"Expected a model with one backbone of KerasHub",
        "it holds no backbone of KerasHub that Transformers has",
    ),
    KnownFault(
        ("onnx",),
        r"(?:Could not find an implementation for|No Op registered for|is not a registered "
        r"function/op).*?(\w+)",
        "onnxruntime has no kernel for an operation of the graph ({0}), which tf2onnx wrote",
    ),
    KnownFault(
        (PROGRAM,),
        r"Constraints violated|specialized|inferred to be a constant|Guard failed",
        "PyTorch fixes the number of samples while it traces the model, and an export of one "
        "number of samples is not made",
    ),
    KnownFault(
        (PROGRAM,),
        r"data-dependent|GuardOnDataDependentSymNode",
        "the model's control flow depends on values, which torch.export cannot trace",
    ),
)
"""All that are known, the first that fits is told."""


def known_fault(name: str, what: str, said: str) -> str:
    """Returns a fault in words: what is known of it, or else what was said.

    Args:
        name: str, the format.
        what: str, what could not be done: `"written"`, `"run"` or `"compared"`.
        said: str, what the converter or runtime has said.

    Example:

    >>> known_fault("onnx", "run", "RuntimeError: no")
    'it cannot be run: RuntimeError: no'
    """
    for fault in KNOWN_FAULTS:
        if told := fault.in_words(name, said):
            return f"it cannot be {what}: {told}"
    return f"it cannot be {what}: {' '.join(said.split())[:500]}"
