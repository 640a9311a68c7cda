"""The widths and options that the kinds of layers are compared at."""

from dataclasses import asdict, dataclass

from kerastune.errors import InputError

_FEED_FORWARD_WIDENING = 4
_LARGEST = 10**9  # Not all backends can have an axis longer than twice this.


@dataclass(frozen=True)
class LayerSizes:
    """The size of a layer and of what it reads. A layer uses those that it knows.

    Args:
        inputs: int, features at each position of the input; of an embedding, the
            different tokens.
        units: int, features at each position of the output.
        kernel_size: int, the side of a convolution's kernel. Default: 3.
        groups: int, parts that a grouped convolution treats apart. Default: 4.
        heads: int, attention heads. Default: 8.
        key_value_heads: int, heads that keys and values have in grouped-query attention.
            Default: 2.
        use_bias: bool, whether layers that can have biases do; normalizations keep
            theirs. Default: True.
        sequence_length: int, time steps, tokens or frames of one sample. Default: 64.
        image_size: int, the side of a square image or of a cube, in pixels. Default: 8,
            so that an image has as many positions as a sequence.

    Raises:
        InputError: if a size is not a whole number from 1 to 10⁹.

    Example:

    >>> LayerSizes(64, 128, kernel_size=5).feed_forward
    512
    """

    inputs: int
    units: int
    kernel_size: int = 3
    groups: int = 4
    heads: int = 8
    key_value_heads: int = 2
    use_bias: bool = True
    sequence_length: int = 64
    image_size: int = 8

    def __post_init__(self) -> None:
        if not isinstance(self.use_bias, bool):
            raise InputError(f"Expected use_bias to be True or False. Received: {self.use_bias!r}")
        for name, size in asdict(self).items():
            if name == "use_bias":
                continue
            if type(size) is not int or not 1 <= size <= _LARGEST:
                raise InputError(
                    f"Expected {name} to be a whole number from 1 to {_LARGEST:,}. "
                    f"Received: {size!r}"
                )

    @property
    def feed_forward(self) -> int:
        """int, the width between the two dense layers of a transformer block: 4 × units."""
        return _FEED_FORWARD_WIDENING * self.units
