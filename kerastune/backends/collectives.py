"""What devices send each other in a step, read from the program that XLA has compiled."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import prod

KINDS = (
    "all-reduce",
    "all-gather",
    "reduce-scatter",
    "all-to-all",
    "ragged-all-to-all",
    "collective-permute",
    "collective-broadcast",
)
"""The collectives of XLA, by its own names."""

_HEAD = re.compile(r"(?P<entry>ENTRY )?%?(?P<name>[\w.\-]+) \(.*\) -> .*\{$")
_INSTRUCTION = re.compile(r"\s*(?:ROOT )?%?(?P<name>[\w.\-]+) = (?P<rest>\S.*)$")
_ARRAY = re.compile(r"\b(?P<dtype>[a-z][a-z0-9]*)\[(?P<shape>[\d,<=]*)\]")
_CALLED = re.compile(r"\b(?P<how>calls|to_apply|body|condition|\w+_computation)=%?([\w.\-]+)")
_BRANCHES = re.compile(r"\b(?:branch_computations|called_computations)=\{([^}]*)\}")
_TRIPS = re.compile(r'"known_trip_count":\{"n":"(\d+)"\}')
# These name the computation that `async-start` has begun.
_NAMED_AGAIN = ("async-update", "async-done")
_WORD = re.compile(r"%?([\w.\-]+)")


@dataclass(frozen=True)
class Collective:
    """The collectives of one kind in a step.

    Args:
        kind: str out of `KINDS`.
        count: int, how many there are; one of several arrays is one.
        bytes: int, what one device has of their arrays before or after, whichever is more.
        is_least: bool, whether some are in a loop that nobody knows the end of, and count once.

    Example:

    >>> Collective("all-reduce", 2, 4096).bytes
    4096
    """

    kind: str
    count: int
    bytes: int
    is_least: bool = False


@dataclass(frozen=True)
class _Instruction:
    name: str
    size: int
    """The bytes of its result."""
    operation: str
    operands: tuple[str, ...]
    called: tuple[tuple[str, int, bool], ...]
    """The computations that it calls, how often, and whether that is known."""


def collectives(text: str) -> tuple[Collective, ...]:
    """Returns the collectives of a compiled program, those of a loop as often as it runs.

    Args:
        text: str, the program as XLA writes it after compilation.

    Returns:
        Tuple of `Collective`, each kind once, in the order of `KINDS`.

    Example:

    >>> collectives('''
    ... ENTRY %main (x: f32[8,4]) -> f32[8,4] {
    ...   %x = f32[8,4]{1,0} parameter(0)
    ...   ROOT %sum = f32[8,4]{1,0:T(8,128)} all-reduce(%x), replica_groups={}, to_apply=%add
    ... }
    ... ''')
    (Collective(kind='all-reduce', count=1, bytes=128, is_least=False),)
    """
    computations = dict(_computations(text))
    times = _times(computations)
    counts: dict[str, int] = {}
    sizes: dict[str, int] = {}
    least: set[str] = set()
    for name, (_, instructions) in computations.items():
        often, is_known = times.get(name, (0, True))
        by_name = {one.name: one.size for one in instructions}
        for one in instructions:
            # Of those in two halves the second has the result.
            kind = one.operation.removesuffix("-done")
            if kind not in KINDS or not often:
                continue
            given = 0 if kind != one.operation else sum(by_name.get(x, 0) for x in one.operands)
            counts[kind] = counts.get(kind, 0) + often
            sizes[kind] = sizes.get(kind, 0) + often * max(one.size, given)
            if not is_known:
                least.add(kind)
    return tuple(
        Collective(kind, counts[kind], sizes[kind], kind in least)
        for kind in KINDS
        if kind in counts
    )


def _computations(text: str) -> Iterator[tuple[str, tuple[bool, list[_Instruction]]]]:
    """The computations of a program by name, and whether one is where it begins."""
    name, is_entry, instructions = None, False, list[_Instruction]()
    for line in text.splitlines():
        if name is None:
            if found := _HEAD.match(line):
                name, is_entry, instructions = found["name"], bool(found["entry"]), []
        elif line.startswith("}"):
            yield name, (is_entry, instructions)
            name = None
        elif found := _INSTRUCTION.match(line):
            instructions.append(_instruction(found["name"], found["rest"]))


def _instruction(name: str, rest: str) -> _Instruction:
    """An instruction: the shape of its result, its operation and operands, its attributes."""
    end = _end(rest) if rest.startswith("(") else rest.find(" ")
    shape, call = rest[:end], rest[end:].lstrip()
    start = call.find("(")
    inside = _end(call[start:]) + start if start >= 0 else len(call)
    operands = _operands(call[start + 1 : inside - 1])
    attributes = call[inside:]
    trips = _TRIPS.search(attributes)
    operation = call[:start].strip()
    called = [
        (found[2], int(trips[1]) if trips and found["how"] == "body" else 1,
         found["how"] != "body" or trips is not None)
        for found in _CALLED.finditer(attributes)
    ]  # fmt: skip
    for branches in _BRANCHES.finditer(attributes):
        called += [(branch, 1, True) for branch in _WORD.findall(branches[1])]
    if operation in _NAMED_AGAIN:
        called = []
    return _Instruction(name, _size(shape), operation, operands, tuple(called))


def _end(text: str) -> int:
    """The place behind the parenthesis that closes the first character."""
    depth = 0
    for place, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if not depth:
            return place + 1
    return len(text)


def _operands(text: str) -> tuple[str, ...]:
    """The names of operands, before which older versions of XLA write their shapes."""
    marked = re.findall(r"%([\w.\-]+)", text)
    return tuple(marked or [part.split()[-1] for part in text.split(",") if part.split()])


def _size(shape: str) -> int:
    """The bytes of an array, or of all arrays of a tuple."""
    return sum(
        -(-prod(int(one.strip("<=")) for one in found["shape"].split(",") if one)
          * _bits(found["dtype"]) // 8)
        for found in _ARRAY.finditer(shape)
    )  # fmt: skip


def _bits(dtype: str) -> int:
    """The bits of a number: `bf16` has 16, `f8e4m3fn` 8, `token` none."""
    if dtype == "pred":
        return 8
    found = re.match(r"[a-z]+(\d+)", dtype)
    return int(found[1]) if found else 0


def _times(
    computations: Mapping[str, tuple[bool, Sequence[_Instruction]]],
) -> dict[str, tuple[int, bool]]:
    """How often each computation runs, and whether that is known; callers come after the called."""
    times = {name: (1, True) for name, (is_entry, _) in computations.items() if is_entry}
    for name, (_, instructions) in reversed(list(computations.items())):
        often, is_known = times.get(name, (0, True))
        for one in instructions:
            for called, trips, is_counted in one.called:
                before, was_known = times.get(called, (0, True))
                known = was_known and is_known and is_counted
                times[called] = (before + often * trips, known)
    return times
