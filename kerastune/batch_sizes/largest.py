"""The largest batch whose training step fits into an amount of memory."""

from collections.abc import Callable
from dataclasses import dataclass

_FAR = 256  # Samples at which what depends on the batch is larger than what does not.
_EIGHT = 8  # The hardware of matrix products takes rows by eights.


@dataclass(frozen=True)
class BatchMemory:
    """The memory that grows with a batch, as a straight line.

    Args:
        one: int, bytes of one sample.
        slope: float, bytes of each further sample.

    Example:

    >>> BatchMemory.of(lambda samples: 100 + 7 * samples).slope
    7.0
    """

    one: int
    slope: float

    @classmethod
    def of(cls, memory_of: Callable[[int], int]) -> "BatchMemory":
        """The line through one sample and many.

        All that a step keeps is in proportion to its samples or does not depend on them, and its
        largest tensor is the larger of two such: between the two ends the line is exact or too
        high.

        Args:
            memory_of: function from a batch size to bytes.
        """
        one = memory_of(1)
        return cls(one, (memory_of(_FAR) - one) / (_FAR - 1))


def largest_batch_size(memory: BatchMemory, limit: int) -> int | None:
    """Returns the largest batch size whose memory is within a limit.

    Args:
        memory: the `BatchMemory`.
        limit: int, bytes.

    Returns:
        int; 0 where one sample is too much, None where memory does not depend on the batch.

    Example:

    >>> largest_batch_size(BatchMemory(107, 7.0), limit=1000)
    128
    """
    if memory.one > limit:
        return 0
    return int((limit - memory.one) / memory.slope) + 1 if memory.slope > 0 else None


def rounded_batch_size(batch_size: int) -> int:
    """Returns the next lower batch size that suits hardware.

    Args:
        batch_size: int, not negative.

    Returns:
        int, a multiple of 8; below 8 a power of two, or 0.

    Example:

    >>> [rounded_batch_size(size) for size in (0, 3, 7, 8, 30, 131)]
    [0, 2, 4, 8, 24, 128]
    """
    if batch_size >= _EIGHT:
        return batch_size // _EIGHT * _EIGHT
    return 1 << batch_size.bit_length() - 1 if batch_size else 0
