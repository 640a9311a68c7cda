"""The checkpoint that the first process reads, for all that train together."""

import tempfile
from collections.abc import Callable
from pathlib import Path

from kerastune.checkpoints import State
from kerastune.checkpoints.state import FILES
from kerastune.distribution import from_first, place


def shared_state(read: Callable[[], State | None]) -> State | None:
    """Returns what the first process reads, in each process.

    The others need not see its files: they may be on other machines.

    Args:
        read: function that returns a `State` or None. Only the first process calls it.

    Returns:
        A `State`, or None.

    Raises:
        InputError: if it raises one, in each process.

    Example:

    >>> shared_state(lambda: State(values={"step": 3})).values
    {'step': 3}
    """
    if place().processes == 1:
        return read()
    found: list[State | None] = []

    def sent() -> bytes:
        found.append(read())
        return b"" if found[0] is None else _as_bytes(found[0])

    message = from_first(sent)
    if found:
        return found[0]
    return _of_bytes(message) if message else None


def _as_bytes(state: State) -> bytes:
    """The files of a state one behind the other, each after its size."""
    with tempfile.TemporaryDirectory() as folder:
        state.write(Path(folder))
        parts = [(Path(folder) / name).read_bytes() for name in FILES]
    return b"".join(len(part).to_bytes(8, "big") + part for part in parts)


def _of_bytes(message: bytes) -> State:
    with tempfile.TemporaryDirectory() as folder:
        start = 0
        for name in FILES:
            size = int.from_bytes(message[start : start + 8], "big")
            start += 8 + size
            (Path(folder) / name).write_bytes(message[start - size : start])
        return State.read(Path(folder))
