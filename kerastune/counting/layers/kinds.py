"""What is known of one kind of layer: its formula, what it reads, and the layer itself."""

import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from kerastune.errors import InputError

if TYPE_CHECKING:
    import keras

SYMBOLS = {
    "inputs": "n",
    "units": "u",
    "kernel_size": "k",
    "groups": "g",
    "heads": "h",
    "key_value_heads": "c",
    "feed_forward": "f",
}
"""The letter that stands for each size in a formula."""
_LARGEST = 10**9  # Not all backends can have an axis longer than twice this.


@dataclass(frozen=True)
class LayerSizes:
    """The size of a layer and of what it reads. A layer uses those that it knows.

    All are whole numbers from 1 to 10⁹, as for `kerastune.counting.compare_layers`.
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
            if name != "use_bias" and (type(size) is not int or not 1 <= size <= _LARGEST):
                raise InputError(
                    f"Expected {name} to be a whole number from 1 to {_LARGEST:,}. "
                    f"Received: {size!r}"
                )

    @property
    def feed_forward(self) -> int:
        """int, the width between the two dense layers of a transformer block: 4 × units."""
        return 4 * self.units


@dataclass(frozen=True)
class LayerKind:
    """A kind of layer, which gives as many positions as it reads.

    Args:
        name: str, the name to ask for it by.
        reads: str, `"vector"`, `"tokens"`, `"sequence"`, `"image"`, `"volume"` or
            `"frames"` (a sequence of images).
        formula: str, of its parameters in the letters of `SYMBOLS`. What is in brackets are
            biases, which it has with `use_bias`.
        layer: function of the sizes that returns the Keras layer, or what calls several.
        multiples: tuple of pairs of sizes, the first of which must be a multiple of the
            second.
        keeps_width: bool, whether its output is as wide as its input, so that it is
            counted from `units` to `units`. Default: False.
        note: str, what a reader must know to compare it with others. Default: nothing.
    """

    name: str
    reads: str
    formula: str
    layer: Callable[[LayerSizes], Callable[[Any], Any]]
    multiples: tuple[tuple[str, str], ...] = ()
    keeps_width: bool = False
    note: str = ""

    def in_symbols(self, sizes: LayerSizes) -> str:
        """The formula in letters; of the sizes, only `use_bias` matters."""
        if sizes.use_bias:
            return re.sub(r"[\[\]]", "", self.formula)
        return re.sub(r"\(([^+()]+)\)", r"\1", re.sub(r"\[.*?\]", "", self.formula))

    def with_numbers(self, sizes: LayerSizes) -> str:
        """The formula with a number in the place of each letter."""
        numbers = {letter: str(getattr(sizes, name)) for name, letter in SYMBOLS.items()}
        return re.sub("[a-z]", lambda found: numbers[found[0]], self.in_symbols(sizes))

    def check(self, sizes: LayerSizes) -> None:
        """Raises an `InputError` if a size is no multiple of one that has to divide it."""
        for whole, part in self.multiples:
            if getattr(sizes, whole) % getattr(sizes, part):
                raise InputError(
                    f"Expected {whole} to be a multiple of {part} for {self.name}. Received: "
                    f"{whole}={getattr(sizes, whole)}, {part}={getattr(sizes, part)}. "
                    "Change one of the two"
                )

    def input_shape(self, sizes: LayerSizes) -> tuple[int, ...]:
        """The shape of one sample, without the batch axis, features last."""
        length, side = sizes.sequence_length, sizes.image_size
        features = sizes.units if self.keeps_width else sizes.inputs
        return {
            "vector": (features,),
            "tokens": (length,),
            "sequence": (length, features),
            "image": (side, side, features),
            "volume": (side, side, side, features),
            "frames": (length, side, side, features),
        }[self.reads]

    def build(self, sizes: LayerSizes) -> "keras.Model":
        """A Keras model of this layer alone, in float32."""
        import keras

        self.check(sizes)
        dtype = "int32" if self.reads == "tokens" else "float32"
        inputs = keras.Input(self.input_shape(sizes), dtype=dtype)
        return keras.Model(inputs, self.layer(sizes)(inputs), name=self.name)
