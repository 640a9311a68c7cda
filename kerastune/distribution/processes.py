"""The processes that train together: begun once in a process, asked from anywhere."""

import atexit
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from kerastune.backends.choice import select
from kerastune.distribution.launchers import Launch, find_launch
from kerastune.distribution.settings import ModelParallel, distribution_settings
from kerastune.errors import InputError, reason

_NOTHING = Launch("", 0, 1, "", 0)
_BEGUN: dict[str, Launch] = {}
_CURRENT: list[str | ModelParallel] = []


@contextmanager
def distributed(
    distribution: str | Mapping[str, Any] | ModelParallel | None,
) -> Iterator[list[str]]:
    """While this lasts, training uses all devices, of all processes that a launcher has started.

    The processes meet at the first time, and stay together until they end.

    Args:
        distribution: str, `"data_parallel"` or `"model_parallel"`; a `ModelParallel` or a
            dictionary of its arguments; or None, which changes nothing.

    Yields:
        List of lines about it, for people.

    Raises:
        InputError: if it is something else, or the variables of a launcher cannot be used.

    Example:

    >>> with distributed(None) as told:
    ...     told
    []
    """
    settings = distribution_settings(distribution)
    if settings is None:
        yield []
        return
    if isinstance(settings, ModelParallel):
        _check_model_parallel()
    told = [] if _CURRENT else _begin(settings)
    _CURRENT.append(settings)
    try:
        with _scope():
            yield told
    finally:
        _CURRENT.pop()


def is_distributed() -> bool:
    """Returns whether training uses all devices now.

    Example:

    >>> is_distributed()
    False
    """
    return bool(_CURRENT)


def asked_settings() -> str | ModelParallel | None:
    """Returns how training is spread now, as `distribution_settings` does.

    Example:

    >>> asked_settings() is None
    True
    """
    return _CURRENT[-1] if _CURRENT else None


def place() -> Launch:
    """Returns the place of this process among those that train together.

    Example:

    >>> place().rank, place().processes
    (0, 1)
    """
    return _BEGUN.get("launch", _NOTHING) if _CURRENT else _NOTHING


def is_first() -> bool:
    """Returns whether this process is the one that writes and prints.

    Example:

    >>> is_first()
    True
    """
    return place().rank == 0


def reads_alone() -> bool:
    """Returns whether this process can read weights without the others.

    It cannot where weights are divided over several processes: all have to read them at once.

    Example:

    >>> reads_alone()
    True
    """
    return place().processes == 1 or not isinstance(asked_settings(), ModelParallel)


def seen_here(verbose: int) -> int:
    """Returns how much this process prints: what was asked for, or in others than the first, 0.

    Args:
        verbose: int, as for `kerastune.display.output.printing`.

    Example:

    >>> seen_here(2)
    2
    """
    return verbose if is_first() else 0


def from_first(compute: Callable[[], bytes]) -> bytes:
    """Returns what the first process computes, in each process.

    Args:
        compute: function without arguments that returns bytes. Only the first process calls it.

    Raises:
        InputError: if it raises one, in each process.

    Example:

    >>> from_first(lambda: b"here")
    b'here'
    """
    if place().processes == 1:
        return compute()
    failure: InputError | None = None
    message = b""
    if is_first():
        try:
            message = b"1" + compute()
        except InputError as error:
            failure, message = error, b"0" + str(error).encode()
    message = _broadcast(message)
    if failure is not None:
        raise failure
    if message[:1] == b"0":
        raise InputError(message[1:].decode())
    return message[1:]


def any_process(is_so: bool) -> bool:
    """Returns whether something is so in any of the processes; all of them have to ask.

    Processes of JAX do not ask each other, because they would wait for their steps; each of them
    gets its own answer.

    Args:
        is_so: bool, whether it is in this one.

    Example:

    >>> any_process(True), any_process(False)
    (True, False)
    """
    if place().processes == 1 or select() != "torch":
        return is_so
    from kerastune.distribution.torch_group import any_of

    return any_of(is_so)


def _begin(settings: str | ModelParallel) -> list[str]:
    """Let the processes meet, if they have not."""
    launch = find_launch(os.environ) or _NOTHING
    if "launch" in _BEGUN:
        return []
    if launch.processes > 1 and select() == "tensorflow":
        raise InputError(
            "Expected one process on TensorFlow, which here uses the devices of one machine. "
            f"Received: {launch.told()} Use JAX or PyTorch for several processes"
        )
    lines = [launch.told()] if launch.processes > 1 else []
    if select() == "torch":
        from kerastune.distribution import torch_group

        lines += torch_group.begin(launch)
        atexit.register(torch_group.end)
    elif select() == "jax":
        from kerastune.distribution import jax_processes

        lines += jax_processes.begin(launch, settings)
    else:
        from kerastune.distribution.tensorflow_strategy import told

        lines += told()
    _BEGUN["launch"] = launch
    return lines


def _check_model_parallel() -> None:
    """Raise where weights cannot be divided."""
    if select() != "jax":
        raise InputError(
            "Expected the backend jax for model_parallel, which Keras has there alone. Received: "
            f"{select()!r}. Use JAX, or data_parallel"
        )


def _broadcast(message: bytes) -> bytes:
    """The bytes of the first process."""
    if select() == "torch":
        from kerastune.distribution.torch_group import broadcast
    else:
        from kerastune.distribution.jax_processes import broadcast
    return broadcast(message)


@contextmanager
def _scope() -> Iterator[None]:
    """Where variables are made, which only TensorFlow has to know."""
    if select() != "tensorflow":
        yield
        return
    from kerastune.distribution.tensorflow_strategy import scope

    with scope():
        yield


def value_from_first(compute: Callable[[], Any]) -> Any:
    """Returns a plain value that the first process computes, in each process.

    Args:
        compute: function without arguments whose value JSON can hold.

    Raises:
        InputError: if it raises one, in each process.

    Example:

    >>> value_from_first(lambda: {"steps": 3})
    {'steps': 3}
    """
    return json.loads(from_first(lambda: json.dumps(compute()).encode()))


def lost_process(error: BaseException) -> InputError:
    """Returns what to say where another process has ended, or does not answer.

    Args:
        error: what the backend has raised.

    Example:

    >>> print(lost_process(RuntimeError("Connection closed by peer")))
    Expected 1 processes that train to the end. Received: process 0 has lost another: ...
    """
    # What follows in messages of gloo is for its developers.
    told = reason(error).partition(". This is typically")[0]
    return InputError(
        f"Expected {place().processes} processes that train to the end. Received: process "
        f"{place().rank} has lost another: {told}. See what that one has printed; start "
        "all again with resume='auto' to go on from the last checkpoint"
    )
