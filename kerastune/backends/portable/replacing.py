"""Where Keras' layers and initializers draw from: the backend, or the portable stream."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from importlib import import_module
from typing import Any

from kerastune.backends.choice import select
from kerastune.errors import InputError

STREAMS = ("backend", "portable")
"""Where random numbers can come from."""

DRAWS = (
    *("beta", "binomial", "categorical", "dropout", "gamma", "normal"),
    *("randint", "shuffle", "truncated_normal", "uniform"),
)
"""The functions that Keras writes once for each backend, all of which are replaced."""

# Keras has one module for all threads, and so has this.
_now = ["backend"]


def random_stream() -> str:
    """Returns where Keras draws from now: `"backend"` or `"portable"`.

    Example:

    >>> with random_from("portable"):
    ...     inside = random_stream()
    >>> inside, random_stream()
    ('portable', 'backend')
    """
    return _now[-1]


def require_stream(stream: str) -> None:
    """Raises unless there is such a stream.

    Args:
        stream: str.

    Raises:
        InputError: if it is not one of `STREAMS`.

    Example:

    >>> require_stream("portable")
    """
    if stream not in STREAMS:
        raise InputError(
            f"Expected `random` to be {' or '.join(map(repr, STREAMS))}. Received: {stream!r}"
        )


@contextmanager
def random_from(stream: str) -> Iterator[None]:
    """Lets all that Keras draws come from a stream, inside a `with` block.

    The portable one gives the same bits on the three backends: layers, initializers and
    `keras.random` take them from Threefry with their seed and the number of the draw as the key.
    It holds for all threads. What was compiled outside the block still draws as it did.

    Args:
        stream: `"backend"`, which changes nothing, or `"portable"`.

    Yields:
        None.

    Raises:
        InputError: if it is something else.

    Example:

    >>> import keras
    >>> with random_from("portable"):
    ...     number = float(keras.random.uniform((), seed=1))
    >>> round(number, 6)
    0.703944
    """
    require_stream(stream)
    if stream == random_stream() or stream == "backend":
        yield
        return
    changes = list(_changes())
    former = [(owner, name, getattr(owner, name)) for owner, name, _ in changes]
    try:
        for owner, name, value in changes:
            setattr(owner, name, value)
        _now.append(stream)
        yield
    finally:
        for owner, name, value in former:
            setattr(owner, name, value)
        _now[1:] = []


def _changes() -> Iterator[tuple[Any, str, Callable[..., Any]]]:
    """Every function of the backend that draws, with what takes its place."""
    from kerastune.backends.portable import draws

    backend = f"keras.src.backend.{select()}"
    module = import_module(f"{backend}.random")
    for name in DRAWS:
        yield module, name, _drawing(getattr(draws, name), getattr(module, name))
    # The one function besides these that draws, by the backend's own generator.
    yield import_module(f"{backend}.image"), "elastic_transform", _refusal


def _drawing(ours: Callable[..., Any], theirs: Callable[..., Any]) -> Callable[..., Any]:
    """A function that draws from the portable stream, where there are values at all."""

    @wraps(theirs)
    def draw(*arguments: Any, **options: Any) -> Any:
        return (theirs if _is_shape_only() else ours)(*arguments, **options)

    return draw


def _is_shape_only() -> bool:
    """Whether Keras asks PyTorch for shapes alone, where a generator counts nothing."""
    if select() != "torch":
        return False
    from keras.src.backend.torch.core import get_device

    return bool(get_device() == "meta")


def _refusal(*_arguments: Any, **_options: Any) -> Any:
    """What `RandomElasticTransform` gets."""
    raise InputError(
        "Expected no elastic transform with random='portable', which each backend draws in its own "
        "way. Received: one. Leave it out, or use random='backend'"
    )
