"""The pickles of a file of PyTorch, read as plain data: nothing that they name is imported."""

import pickletools
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, Any

from kerastune.untrusted.reading import quoted

MOST_OPERATIONS = 10**6
"""The most operations of one pickle that are read; a network of a thousand tensors has 50,000."""

_STORAGE_DTYPES = {
    "torch FloatStorage": "<f4",
    "torch DoubleStorage": "<f8",
    "torch HalfStorage": "<f2",
    "torch LongStorage": "<i8",
}
_ORDERED_DICTIONARY = "collections OrderedDict"
_TENSOR = "torch._utils _rebuild_tensor_v2"
_KNOWN = {*_STORAGE_DTYPES, _ORDERED_DICTIONARY, _TENSOR}
_MARK = object()


@dataclass(frozen=True)
class Name:
    """A class or function that a pickle names, one of those that are known.

    Args:
        name: str, the module and the name, with a space between them.
    """

    name: str


@dataclass(frozen=True)
class Storage:
    """What a pickle says about numbers that follow it in the file.

    Args:
        key: str, which of the storages in the file it is.
        dtype: str, of NumPy.
        elements: int, how many numbers it holds.
    """

    key: str
    dtype: str
    elements: int


@dataclass(frozen=True)
class Tensor:
    """What a pickle says about a tensor.

    Args:
        storage: `Storage` with its numbers.
        offset: the first of them; not checked, as all that follows.
        shape: the length of each axis.
        strides: the numbers from one position on an axis to the next.
    """

    storage: Storage
    offset: Any
    shape: Any
    strides: Any


def read_torch_pickle(file: IO[bytes]) -> Any:
    """Returns what one pickle holds, which begins where the file stands, and moves behind it.

    Of the operations of pickle only those are known that PyTorch writes for a dictionary of
    tensors. A class is a name here, never imported; a call makes an ordered dictionary or a
    `Tensor`, and anything else is refused.

    Args:
        file: a file in memory, open for reading.

    Returns:
        Dictionaries, lists, tuples, text, numbers, and `Tensor`.

    Raises:
        ValueError: if it is no pickle, is cut short, or holds anything else.

    Example:

    >>> import io, pickle
    >>> read_torch_pickle(io.BytesIO(pickle.dumps({"layers": [1, 2]}, protocol=2)))
    {'layers': [1, 2]}
    >>> read_torch_pickle(io.BytesIO(pickle.dumps(print, protocol=2)))
    Traceback (most recent call last):
        ...
    ValueError: it names '__builtin__ print', which is not read
    """
    machine = _Machine()
    operations = pickletools.genops(file)
    for count in range(MOST_OPERATIONS):
        try:
            operation, argument, _ = next(operations)
        except StopIteration:
            break
        # Its errors are of several classes, for broken text and lengths.
        except Exception as error:
            raise ValueError("it holds no whole pickle") from error
        if count == 0 and operation.name != "PROTO":
            raise ValueError("it holds no pickle of PyTorch")
        if operation.name == "STOP":
            if len(machine.stack) != 1 or machine.stack[0] is _MARK:
                raise ValueError("its pickle holds not one value")
            return machine.stack[0]
        try:
            machine.do(operation.name, argument)
        except (IndexError, KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"its pickle is broken at {operation.name}") from error
    raise ValueError(f"its pickle has more than {MOST_OPERATIONS:,} operations or no end")


class _Machine:
    """The stack and the memo of a pickle that is read."""

    def __init__(self) -> None:
        self.stack: list[Any] = []
        # A dictionary: a hostile index takes no more memory than any other.
        self.memo: dict[int, Any] = {}

    def do(self, operation: str, argument: Any) -> None:
        """Does one operation; its argument is what follows it in the pickle."""
        if operation in _WITH_ARGUMENT:
            _WITH_ARGUMENT[operation](self, argument)
        elif operation in _WITHOUT_ARGUMENT:
            _WITHOUT_ARGUMENT[operation](self)
        elif operation in _NEW_VALUES:
            self.push(_NEW_VALUES[operation]())
        elif operation != "PROTO":
            raise ValueError(f"its pickle has the operation {operation}, which is not read")

    def push(self, value: Any) -> None:
        self.stack.append(value)

    def take(self, count: int) -> list[Any]:
        """Removes and returns the last values, among which is no mark."""
        taken = self.stack[len(self.stack) - count :] if count else []
        if len(taken) != count or any(value is _MARK for value in taken):
            raise IndexError
        del self.stack[len(self.stack) - count :]
        return taken

    def take_to_mark(self) -> list[Any]:
        position = len(self.stack) - 1
        while self.stack[position] is not _MARK:
            position -= 1
            if position < 0:
                raise IndexError
        taken = self.stack[position + 1 :]
        del self.stack[position:]
        return taken

    def put(self, index: int) -> None:
        if self.stack[-1] is _MARK:
            raise IndexError
        self.memo[index] = self.stack[-1]

    def get(self, index: int) -> None:
        self.push(self.memo[index])

    def name(self, name: str) -> None:
        if name not in _KNOWN:
            raise ValueError(f"it names {quoted(name)}, which is not read")
        self.push(Name(name))

    def set_items(self, pairs: list[Any]) -> None:
        target = self.stack[-1]
        if type(target) is not dict or len(pairs) % 2:
            raise TypeError
        for key, value in zip(pairs[::2], pairs[1::2], strict=True):
            if type(key) not in (str, int) or key in target:
                raise TypeError
            target[key] = value

    def append(self, values: list[Any]) -> None:
        if type(self.stack[-1]) is not list:
            raise TypeError
        self.stack[-1].extend(values)

    def call(self) -> None:
        function, arguments = self.take(2)
        if function == Name(_ORDERED_DICTIONARY) and arguments in ((), ([],)):
            self.push({})
        elif function == Name(_TENSOR) and type(arguments) is tuple and len(arguments) == 6:
            storage, offset, shape, strides, _, hooks = arguments
            if type(storage) is not Storage or hooks != {}:
                raise TypeError
            self.push(Tensor(storage, offset, shape, strides))
        else:
            raise ValueError(f"its pickle calls {quoted(function)} in a way that is not read")

    def load_storage(self) -> None:
        (description,) = self.take(1)
        if type(description) is not tuple or len(description) != 6:
            raise TypeError
        kind, name, key, _, elements, view = description
        if kind != "storage" or type(name) is not Name or view is not None:
            raise TypeError
        if type(key) is not str or type(elements) is not int:
            raise TypeError
        self.push(Storage(key, _STORAGE_DTYPES[name.name], elements))

    def leave_state(self) -> None:
        """Leaves out the state of a dictionary: the versions of the layers that made it."""
        target, _ = self.take(2)
        if type(target) is not dict:
            raise TypeError
        self.push(target)


_WITH_ARGUMENT: dict[str, Callable[[_Machine, Any], None]] = {
    **dict.fromkeys(("BININT", "BININT1", "BININT2", "LONG1", "BINUNICODE"), _Machine.push),
    **dict.fromkeys(("BINPUT", "LONG_BINPUT"), _Machine.put),
    **dict.fromkeys(("BINGET", "LONG_BINGET"), _Machine.get),
    "GLOBAL": _Machine.name,
}
_WITHOUT_ARGUMENT: dict[str, Callable[[_Machine], None]] = {
    "TUPLE1": lambda machine: machine.push(tuple(machine.take(1))),
    "TUPLE2": lambda machine: machine.push(tuple(machine.take(2))),
    "TUPLE3": lambda machine: machine.push(tuple(machine.take(3))),
    "TUPLE": lambda machine: machine.push(tuple(machine.take_to_mark())),
    "SETITEM": lambda machine: machine.set_items(machine.take(2)),
    "SETITEMS": lambda machine: machine.set_items(machine.take_to_mark()),
    "APPEND": lambda machine: machine.append(machine.take(1)),
    "APPENDS": lambda machine: machine.append(machine.take_to_mark()),
    "REDUCE": _Machine.call,
    "BINPERSID": _Machine.load_storage,
    "BUILD": _Machine.leave_state,
}
_NEW_VALUES: dict[str, Callable[[], Any]] = {
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
    "MARK": lambda: _MARK,
    "EMPTY_DICT": dict,
    "EMPTY_LIST": list,
    "EMPTY_TUPLE": tuple,
}
