"""Depth of each layer: before, in or after which block."""

from itertools import accumulate

from kerastune.tuning.groups.blocks import Block, CallInBlock


def ranks(calls: list[CallInBlock], blocks: list[Block]) -> list[int]:
    """Returns the block that each call of a model counts to.

    Args:
        calls: list of `CallInBlock`, in topological order.
        blocks: list of `Block`, from input to output, at least one.

    Returns:
        List of int: a position in `blocks`, or -1 for what comes before all blocks, or
        `len(blocks)` for what feeds none.
    """
    numbers = {block: number for number, block in enumerate(blocks)}
    before = _latest_block_before(calls, numbers)
    after = _earliest_block_after(calls, numbers)
    start = _start_of_branches(calls, blocks[0])
    found = []
    for position, (_, block) in enumerate(calls):
        if block:
            found.append(numbers[block])
        elif after[position] == len(blocks):
            found.append(len(blocks))
        elif before[position] < 0:
            found.append(-1 if position <= start else 0)
        elif after[position] - before[position] > 1:
            # It lies beside the blocks between the two.
            found.append(before[position] + 1)
        else:
            found.append(after[position])
    return found


def _latest_block_before(calls: list[CallInBlock], numbers: dict[Block, int]) -> list[int]:
    """Returns the number of the last block that each call depends on, or -1."""
    reached: list[int] = []
    latest: list[int] = []
    for call, block in calls:
        latest.append(max((reached[source] for source in call.inputs), default=-1))
        reached.append(numbers[block] if block else latest[-1])
    return latest


def _earliest_block_after(calls: list[CallInBlock], numbers: dict[Block, int]) -> list[int]:
    """Returns the number of the first block that depends on each call, or the number of blocks."""
    earliest = [len(numbers)] * len(calls)
    for position in reversed(range(len(calls))):
        call, block = calls[position]
        reached = numbers[block] if block else earliest[position]
        for source in call.inputs:
            earliest[source] = min(earliest[source], reached)
    return earliest


def _start_of_branches(calls: list[CallInBlock], first: Block) -> int:
    """Returns the last call that is not part of the first block for the graph's sake.

    Where only the layer that joins branches is named, as in Inception, the branches are
    part of the block: all that follows the last call through which everything passes.
    """
    members = [position for position, (_, block) in enumerate(calls) if block == first]
    if any(calls[position].call.weights for position in members):
        return len(calls)
    last_uses = list(range(len(calls)))
    for position, (call, _) in enumerate(calls):
        for source in call.inputs:
            last_uses[source] = position
    furthest = list(accumulate(last_uses, max))
    return max(
        (end for end in range(1, members[0]) if furthest[end - 1] <= end),
        default=0,
    )
