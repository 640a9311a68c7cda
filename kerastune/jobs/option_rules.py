"""What each option of a run must be."""

from collections.abc import Callable, Mapping
from math import inf, isfinite
from os import PathLike
from typing import Any

from kerastune.display.output import VERBOSITIES

PLACES = ("auto", "memory", "disk", "off")
STREAMS = ("backend", "portable")
KEPT_PRECISIONS = ("float32", "float16", "bfloat16")
ON_NON_FINITE = ("raise", "stop", "skip")
DISTRIBUTIONS = ("data_parallel", "model_parallel")
STORES = ("auto", "adapters", "model")
OPTIMIZERS = ("adamw", "sgd", "momentum", "lion", "rmsprop", "adafactor", "muon")


def _is_number(value: Any, lowest: float = 0.0, end: float = inf) -> bool:
    """Whether a value is a number from one up to, not including, another."""
    is_real = isinstance(value, int | float) and not isinstance(value, bool)
    return is_real and isfinite(value) and lowest <= value < end


def _is_whole(value: Any, lowest: int, end: float = inf) -> bool:
    """Whether a value is a whole number from one up to, not including, another."""
    return isinstance(value, int) and _is_number(value, lowest, end)


def _are_class_weights(value: Any) -> bool:
    """Whether a value says how much classes count, perhaps by column."""
    if isinstance(value, Mapping):
        return bool(value) and all(
            _is_number(item) or _are_class_weights(item) for item in value.values()
        )
    return bool(value == "balanced")


def _or_none(holds: Callable[[Any], bool]) -> Callable[[Any], bool]:
    """The same rule for an option that may be None."""
    return lambda value: value is None or holds(value)


# In words and as a check. Epochs are checked by the plan.
RULES: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "batch_size": (
        "a batch_size of at least 1, a whole number, 'auto' or 'all'",
        lambda value: value in ("auto", "all") or _is_whole(value, 1),
    ),
    "learning_rate": (
        "a learning_rate above 0, or 'auto'",
        _or_none(lambda value: value == "auto" or (_is_number(value) and value > 0)),
    ),
    "optimizer": (
        f"an optimizer out of {', '.join(OPTIMIZERS)}, or one of Keras from Python",
        _or_none(lambda value: value in OPTIMIZERS or hasattr(value, "apply_gradients")),
    ),
    "weight_decay": ("a weight_decay of at least 0", _or_none(_is_number)),
    "clip_norm": (
        "a clip_norm of at least 0, a number; 0 is for no clipping",
        _or_none(_is_number),
    ),
    "accumulate_gradients": (
        "accumulate_gradients of at least 1, a whole number of steps",
        _or_none(lambda value: _is_whole(value, 1)),
    ),
    "ema": (
        "ema to be true, or a momentum from 0 up to, not including, 1",
        _or_none(lambda value: isinstance(value, bool) or _is_number(value, 0, 1)),
    ),
    "early_stopping": (
        "early_stopping of at least 0, a whole number of epochs; 0 is for none",
        _or_none(lambda value: _is_whole(value, 0)),
    ),
    "class_weights": (
        "class_weights that are `balanced`, or numbers of at least 0 by class, {rare: 5}",
        _or_none(_are_class_weights),
    ),
    "test_fraction": (
        "a test_fraction between 0 and 1",
        lambda value: _is_number(value, 0, 1) and value > 0,
    ),
    "validation_fraction": (
        "a validation_fraction from 0 up to, not including, 1",
        lambda value: _is_number(value, 0, 1),
    ),
    "split_by": (
        "split_by to be the name of a column, or None",
        _or_none(lambda value: isinstance(value, str) and bool(value)),
    ),
    "seed": (
        f"a seed from 0 to {2**32 - 1}, a whole number",
        lambda value: _is_whole(value, 0, 2**32),
    ),
    "random": (f"random out of {', '.join(STREAMS)}", lambda value: value in STREAMS),
    "precision": ("a precision by name", lambda value: isinstance(value, str)),
    "jit_compile": (
        "jit_compile to be true, false or auto",
        lambda value: isinstance(value, bool) or value == "auto",
    ),
    "cache_features": (
        f"cache_features out of {', '.join(PLACES)}",
        lambda value: value in PLACES,
    ),
    "cache_precision": (
        f"a cache_precision out of {', '.join(KEPT_PRECISIONS)}, or None",
        _or_none(lambda value: value in KEPT_PRECISIONS),
    ),
    "cache_copies": (
        "cache_copies of at least 1, a whole number, or None",
        _or_none(lambda value: _is_whole(value, 1)),
    ),
    "cache_directory": (
        "a cache_directory that is a path, or None",
        lambda value: value is None or isinstance(value, str | PathLike),
    ),
    "on_non_finite": (
        f"on_non_finite out of {', '.join(ON_NON_FINITE)}",
        lambda value: value in ON_NON_FINITE,
    ),
    "checkpoints": (
        "checkpoints as {every_steps: 100}, or None",
        _or_none(lambda value: isinstance(value, Mapping) or hasattr(value, "keep_last")),
    ),
    "store": (f"store out of {', '.join(STORES)}", lambda value: value in STORES),
    "resume": ("resume out of auto, anyway", lambda value: value in (None, "auto", "anyway")),
    "distribution": (
        f"distribution out of {', '.join(DISTRIBUTIONS)}, or as {{mesh: [2, 2]}}, or None",
        _or_none(
            lambda value: (
                isinstance(value, Mapping) or hasattr(value, "mesh") or value in DISTRIBUTIONS
            )
        ),
    ),
    "run_dir": (
        "a run_dir that is a path, or None",
        lambda value: value is None or isinstance(value, str | PathLike),
    ),
    "overwrite": ("overwrite to be True or False", lambda value: isinstance(value, bool)),
    "repeats": (
        "repeats of at least 1, a whole number of runs",
        lambda value: _is_whole(value, 1),
    ),
    "verbose": (
        "verbose out of 0, nothing but warnings, 1, the usual, and 2, a line for every epoch",
        lambda value: value in VERBOSITIES,
    ),
    "tracker": (
        "a tracker by name, such as tensorboard, or None",
        lambda value: value is None or isinstance(value, str),
    ),
    "callbacks": ("a list of callbacks", lambda value: isinstance(value, list | tuple)),
}
