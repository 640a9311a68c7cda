"""Einsum layers, of which attention is made, as matrices."""

from dataclasses import dataclass
from functools import cached_property
from math import prod
from string import ascii_lowercase
from typing import Any

import keras

from kerastune.backends.native_products import summed_axes
from kerastune.tuning.adapters.linear_maps.linear_map import LinearMap


@dataclass(frozen=True)
class Equation:
    """An equation of `keras.layers.EinsumDense`, and which letters of the kernel are what.

    Args:
        text: str, such as `"abc,cde->abde"`.

    Example:

    >>> equation = Equation("abc,cde->abde")
    >>> equation.summed, equation.made
    ('c', 'de')
    """

    text: str

    @cached_property
    def parts(self) -> tuple[str, str, str]:
        """The letters of inputs, kernel and outputs."""
        terms, outputs = self.text.replace(" ", "").split("->")
        inputs, kernel = terms.split(",")
        return inputs, kernel, outputs

    @property
    def summed(self) -> str:
        """The letters of the kernel over which a sum is taken."""
        _, kernel, outputs = self.parts
        return "".join(letter for letter in kernel if letter not in outputs)

    @property
    def made(self) -> str:
        """The letters of the kernel that are new in the outputs."""
        inputs, kernel, _ = self.parts
        return "".join(letter for letter in kernel if letter not in inputs)

    @property
    def is_matrix(self) -> bool:
        """Whether the kernel is one matrix, the same for everything else in the inputs."""
        inputs, kernel, outputs = self.parts
        kept = [letter for letter in inputs.replace(".", "") if letter not in self.summed]
        return (
            bool(self.summed and self.made)
            and set(self.summed) <= set(inputs)
            and set(self.made) <= set(outputs)
            and len(self.summed) + len(self.made) == len(kernel) == len(set(kernel))
            and all(letter in outputs for letter in kept)
        )

    @property
    def low_rank(self) -> tuple[str, str]:
        """The equations of the two products by matrices in place of the kernel."""
        inputs, _, outputs = self.parts
        rank = next(letter for letter in ascii_lowercase if letter not in self.text)
        rest = "".join(letter for letter in outputs if letter not in self.made)
        first = f"{inputs},{self.summed}{rank}->{rest}{rank}"
        return first, f"{rest}{rank},{rank}{self.made}->{outputs}"

    def order(self, *, is_inverse: bool = False) -> list[int]:
        """The axes of the kernel in the order of `summed` and `made`, or the way back."""
        kernel, flat = self.parts[1], self.summed + self.made
        return (
            [kernel.index(one) for one in flat]
            if not is_inverse
            else [flat.index(one) for one in kernel]
        )


class EinsumMap(LinearMap):
    """A `keras.layers.EinsumDense`, from the letters that are summed to those that are made.

    Example:

    >>> heads = keras.layers.EinsumDense("abc,cde->abde", (None, 2, 4))
    >>> heads.build((None, 5, 3))
    >>> found = EinsumMap(heads)
    >>> found.rows, found.columns
    (3, 8)
    """

    def __init__(self, layer: keras.Layer) -> None:
        super().__init__(layer)
        self.equation = Equation(self.layer.equation)
        shape = getattr(self.layer, "original_kernel_shape", None) or self.kernel.shape
        self.shape = tuple(int(size) for size in shape)
        self._is_product = summed_axes(self.equation.text) is not None

    @property
    def rows(self) -> int:
        """int, the numbers that one number of the outputs is summed from."""
        return prod(self._sizes(self.equation.summed))

    @property
    def columns(self) -> int:
        """int, the numbers of the outputs at one place."""
        return prod(self._sizes(self.equation.made))

    def low_rank(self, inputs: Any, first: Any, second: Any) -> Any:
        """Returns what the product of two matrices gives in place of the kernel."""
        summed, made = map(self._sizes, (self.equation.summed, self.equation.made))
        if self._is_product:  # Without the permutations of einsum.
            kept = keras.ops.shape(inputs)[: -len(summed)]
            flat = keras.ops.reshape(inputs, (*kept, self.rows)) if len(summed) > 1 else inputs
            added = keras.ops.matmul(keras.ops.matmul(flat, first), second)
            return keras.ops.reshape(added, (*kept, *made)) if len(made) > 1 else added
        into, out = self.equation.low_rank
        reduced = keras.ops.einsum(into, inputs, keras.ops.reshape(first, (*summed, -1)))
        return keras.ops.einsum(out, reduced, keras.ops.reshape(second, (-1, *made)))

    def along_outputs(self, vector: Any) -> Any:
        """Returns a vector of `columns` numbers in a shape that multiplies the outputs."""
        return self._along(vector, self.equation.made, self.equation.parts[2])

    def along_inputs(self, vector: Any) -> Any:
        """Returns a vector of `features` numbers in a shape that multiplies the inputs."""
        return self._along(vector, self.equation.summed, self.equation.parts[0])

    def flat_outputs(self, outputs: Any) -> Any:
        """Returns outputs with the `columns` numbers of each place along the last axis."""
        moved = keras.ops.moveaxis(outputs, *self._made_last())
        sizes = keras.ops.shape(moved)[: -len(self.equation.made)]
        return keras.ops.reshape(moved, (*sizes, self.columns))

    def shaped_outputs(self, flat: Any, outputs: Any) -> Any:
        """Returns what has the `columns` numbers of each place last in the shape of outputs."""
        made = self._sizes(self.equation.made)
        parts = keras.ops.reshape(flat, (*keras.ops.shape(flat)[:-1], *made))
        where, last = self._made_last()
        return keras.ops.reshape(keras.ops.moveaxis(parts, last, where), keras.ops.shape(outputs))

    def as_matrix(self, kernel: Any) -> Any:
        """Returns a kernel as a matrix of shape `(rows, columns)`."""
        return super().as_matrix(keras.ops.transpose(kernel, self.equation.order()))

    def as_kernel(self, matrix: Any) -> Any:
        """Returns a matrix in the shape of the kernel."""
        sizes = self._sizes(self.equation.summed + self.equation.made)
        kernel = keras.ops.reshape(matrix, sizes)
        return keras.ops.transpose(kernel, self.equation.order(is_inverse=True))

    def inputs_of(self, matrix: Any) -> Any:
        """Returns the rows of a matrix as inputs of the layer."""
        letters = self.equation.parts[0].replace("...", "")
        others = len(letters) - len(self.equation.summed)
        # As many samples as rows, and one of all else; the letters that are summed come last.
        shape = (-1, *(1,) * (others - 1), *self._sizes(self.equation.summed))
        ordered = [one for one in letters if one not in self.equation.summed]
        order = [[*ordered, *self.equation.summed].index(one) for one in letters]
        return keras.ops.transpose(keras.ops.reshape(matrix, shape), order)

    def _made_last(self) -> tuple[list[int], list[int]]:
        """Where the axes that are made are in the outputs, and at their end."""
        outputs, made = self.equation.parts[2], self.equation.made
        letters = outputs.replace("...", "")
        where = [letters.index(letter) - len(letters) for letter in made]
        return where, list(range(-len(made), 0))

    def _sizes(self, letters: str) -> list[int]:
        kernel = self.equation.parts[1]
        return [self.shape[kernel.index(letter)] for letter in letters]

    def _along(self, vector: Any, letters: str, place: str) -> Any:
        """A vector of some letters in the order of a term, whose other axes have one number."""
        tensor = keras.ops.reshape(vector, self._sizes(letters))
        there = [letter for letter in place if letter in letters]
        tensor = keras.ops.transpose(tensor, [letters.index(letter) for letter in there])
        sizes = dict(zip(there, tensor.shape, strict=True))
        return keras.ops.reshape(tensor, [sizes.get(one, 1) for one in place.replace(".", "")])
