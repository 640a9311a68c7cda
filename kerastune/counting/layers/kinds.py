"""What is known of one kind of layer: its formulas, what it reads, and the layer itself."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kerastune.counting.layers.formulas import Formula
from kerastune.counting.layers.sizes import LayerSizes
from kerastune.errors import InputError

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class LayerKind:
    """A kind of layer.

    Every layer gives as many positions as it reads: strides are 1, images are padded, and
    recurrent layers return each step.

    Args:
        name: str, the name to ask for it by.
        title: str, what it is.
        reads: str, `"vector"`, `"tokens"`, `"sequence"`, `"image"`, `"volume"` or
            `"frames"` (a sequence of images).
        parameters: `Formula` of all its parameters.
        macs: `Formula` of the multiply-accumulates for one sample, forward.
        connect: function of the sizes and a Keras tensor: the layer's output for it.
        multiples: tuple of pairs of sizes, the first of which must be a multiple of the
            second.
        keeps_width: bool, whether its output is as wide as its input, so that it is
            counted from `units` to `units`. Default: False.
        note: str, what a reader must know to compare it with others. Default: nothing.
        reference: str, where the layer comes from.

    Example:

    >>> from kerastune.counting.layers import LAYERS
    >>> lstm, sizes = LAYERS["lstm"], LayerSizes(64, 128)
    >>> lstm.parameters.in_symbols(sizes), lstm.parameters.value(sizes)
    ('4·(n·u + u² + u)', 98816)
    >>> lstm.build(sizes).count_params()
    98816
    """

    name: str
    title: str
    reads: str
    parameters: Formula
    macs: Formula
    connect: Callable[[LayerSizes, Any], Any]
    multiples: tuple[tuple[str, str], ...] = ()
    keeps_width: bool = False
    note: str = ""
    reference: str = ""

    def check(self, sizes: LayerSizes) -> None:
        """Refuse sizes that no such layer has.

        Args:
            sizes: `LayerSizes`.

        Raises:
            InputError: if a size is not a multiple of one that has to divide it.
        """
        for whole, part in self.multiples:
            if getattr(sizes, whole) % getattr(sizes, part):
                raise InputError(
                    f"Expected {whole} to be a multiple of {part} for {self.name}. Received: "
                    f"{whole}={getattr(sizes, whole)}, {part}={getattr(sizes, part)}. "
                    "Change one of the two"
                )

    def input_shape(self, sizes: LayerSizes) -> tuple[int, ...]:
        """The shape of one sample that the layer reads.

        Args:
            sizes: `LayerSizes`.

        Returns:
            Tuple of int, without the batch axis, features last.
        """
        length, side = sizes.sequence_length, sizes.image_size
        positions = {
            "vector": (),
            "tokens": (length,),
            "sequence": (length,),
            "image": (side, side),
            "volume": (side, side, side),
            "frames": (length, side, side),
        }[self.reads]
        if self.reads == "tokens":
            return positions
        return (*positions, sizes.units if self.keeps_width else sizes.inputs)

    def build(self, sizes: LayerSizes) -> "keras.Model":
        """A Keras model of this layer alone, in float32.

        Args:
            sizes: `LayerSizes`.

        Returns:
            A built `keras.Model`, without memory if called through
            `kerastune.backends.build_abstract`.

        Raises:
            InputError: as in `check`.
        """
        import keras

        self.check(sizes)
        dtype = "int32" if self.reads == "tokens" else "float32"
        inputs = keras.Input(self.input_shape(sizes), dtype=dtype)
        return keras.Model(inputs, self.connect(sizes, inputs), name=self.name)
