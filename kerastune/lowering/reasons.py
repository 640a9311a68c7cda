"""Why a step does not lower, in a person's words."""

from collections.abc import Callable
from dataclasses import dataclass

from kerastune.backends.lowering import StepError
from kerastune.errors import reason

_Rule = Callable[[str, str], bool]


@dataclass(frozen=True)
class Obstacle:
    """What keeps a step from being lowered.

    Args:
        where: str, the layer, or an empty text where it is not known.
        what: str, what it does.
        instead: str, what to do, or an empty text.

    Example:

    >>> str(Obstacle("scale", "calls the host", "Leave it out"))
    'scale calls the host. Leave it out'
    """

    where: str
    what: str
    instead: str

    def __str__(self) -> str:
        said = f"{self.where or 'The step'} {self.what}"
        return f"{said}. {self.instead}" if self.instead else said


def obstacle(error: StepError, platform: str, *, has_callbacks: bool = False) -> Obstacle:
    """What an error says.

    Args:
        error: the `StepError`.
        platform: str, what the step was lowered for.
        has_callbacks: bool, whether the step calls back to the host. Defaults to False.

    Returns:
        An `Obstacle`.

    Example:

    >>> missing = NotImplementedError(
    ...     "MLIR translation rule for primitive 'eig' not found for platform tpu"
    ... )
    >>> obstacle(StepError(missing, None), "tpu").what
    "uses the operation 'eig', which JAX has not for tpu"
    """
    known = known_obstacle(error, platform, has_callbacks=has_callbacks)
    return known or Obstacle(error.layer or "", f"fails: {reason(error.cause).rstrip('.')}", "")


def known_obstacle(
    error: StepError, platform: str, *, has_callbacks: bool = False
) -> Obstacle | None:
    """What an error says, or None where it is none of those that are known.

    Args:
        error: as for `obstacle`.
        platform: likewise.
        has_callbacks: likewise.

    Example:

    >>> known_obstacle(StepError(ValueError("no idea"), None), "tpu") is None
    True
    """
    where = error.layer or ""
    message = str(error.cause)
    if has_callbacks and ("platform for the specified backend" in message or "callback" in message):
        return Obstacle(where, *_CALLBACK)
    kinds = {kind.__name__ for kind in type(error.cause).__mro__}
    for names, words, what, instead in _KNOWN:
        if kinds.intersection(names) or any(word in message for word in words):
            return Obstacle(where, what, instead)
    if "translation rule for primitive" in message:
        name = message.partition("primitive ")[2].split()[0].strip("'")
        return Obstacle(where, f"uses the operation {name!r}, which JAX has not for {platform}", "")
    return None


_CALLBACK = (
    "calls back to Python on the host (a callback or a print of JAX)",
    "Write it with keras.ops, or take it out of the model",
)
# By classes of exceptions, or else by words in the message.
_KNOWN: tuple[tuple[tuple[str, ...], tuple[str, ...], str, str], ...] = (
    (
        ("NonConcreteBooleanIndexError",),
        ("of jnp.nonzero", "Shapes must be 1D sequences of concrete"),
        "makes a tensor whose shape depends on the data",
        "Use keras.ops.where or a mask, or a fixed size",
    ),
    (
        (),
        ("slice indices must have static", "Slice entries must be static"),
        "cuts out a slice whose place is computed",
        "Use keras.ops.slice; crop images in the data, or with the option `crop` of a recipe",
    ),
    (
        ("TracerArrayConversionError",),
        (),
        "hands a tensor to NumPy",
        "Use keras.ops instead",
    ),
    (
        ("TracerBoolConversionError", "TracerIntegerConversionError", "ConcretizationTypeError"),
        (),
        "asks for the value of a tensor, as `if`, `int` or `range` do",
        "Use keras.ops.cond, where or fori_loop",
    ),
    (
        (),
        ("cuDNN", "flash attention", "Flash attention"),
        "asks for flash attention, for which Keras looks at the machine where it traces",
        "Leave flash_attention at its default; the accelerator then takes it where it can",
    ),
)
