"""Formulas written once: shown with symbols, shown with numbers, and worked out."""

from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from kerastune.counting.layers.sizes import LayerSizes

SYMBOLS = {
    "inputs": "n",
    "units": "u",
    "kernel_size": "k",
    "groups": "g",
    "heads": "h",
    "key_value_heads": "c",
    "feed_forward": "f",
    "sequence_length": "t",
    "image_size": "s",
}
"""The letter that stands for each size in a formula."""

# How tightly the parts of a formula hold together: a looser one inside gets parentheses.
_SUM, _PRODUCT, _POWER, _SINGLE = range(4)
_SUPERSCRIPTS = {2: "²", 3: "³"}


@dataclass(frozen=True)
class Formula:
    """An arithmetic expression of a layer's sizes.

    It is a Python function, called with numbers for the value and with terms that know
    how to write themselves for the text, so that the two cannot differ. Divisions must
    be exact.

    Args:
        expression: function of an object with the sizes named in `SYMBOLS` as attributes,
            and `bias`, 1 or 0. It may add, multiply, divide (`//`) and raise to the second
            or third power.

    Example:

    >>> kernel = Formula(lambda s: s.inputs * s.units + s.bias * s.units)
    >>> sizes = LayerSizes(64, 128)
    >>> kernel.in_symbols(sizes), kernel.with_numbers(sizes), kernel.value(sizes)
    ('n·u + u', '64·128 + 128', 8320)
    """

    expression: Callable[[Any], Any]

    def in_symbols(self, sizes: LayerSizes) -> str:
        """The formula in letters; of the sizes, only `use_bias` matters."""
        return str(self.expression(_operands(sizes, lambda symbol, _: Term(symbol))))

    def with_numbers(self, sizes: LayerSizes) -> str:
        """The formula with a number in the place of each letter."""
        return str(self.expression(_operands(sizes, lambda _, number: Term(str(number)))))

    def value(self, sizes: LayerSizes) -> int:
        """What the formula comes to."""
        return self.expression(_operands(sizes, lambda _, number: number))


class Term:
    """A part of a formula that writes down the arithmetic done with it.

    Args:
        text: str, the part as it is written.
        binding: int, how tightly the text holds together. Default: as one symbol.

    Example:

    >>> n, u = Term("n"), Term("u")
    >>> str(4 * (n * u + u**2 + u))
    '4·(n·u + u² + u)'
    """

    def __init__(self, text: str, binding: int = _SINGLE) -> None:
        self._text = text
        self._binding = binding

    def __str__(self) -> str:
        return self._text

    def __add__(self, other: "Term | int") -> "Term":
        return self if other == 0 else Term(f"{self} + {other}", _SUM)

    def __radd__(self, other: int) -> "Term":
        return self if other == 0 else Term(f"{other} + {self}", _SUM)

    def __mul__(self, other: "Term") -> "Term":
        return Term(f"{self.within(_PRODUCT)}·{other.within(_PRODUCT)}", _PRODUCT)

    def __rmul__(self, other: int) -> "Term | int":
        if other == 0:
            return 0
        return self if other == 1 else Term(f"{other}·{self.within(_PRODUCT)}", _PRODUCT)

    def __floordiv__(self, other: "Term") -> "Term":
        return Term(f"{self.within(_PRODUCT)}/{other.within(_POWER)}", _PRODUCT)

    def __pow__(self, exponent: int) -> "Term":
        return Term(f"{self.within(_SINGLE)}{_SUPERSCRIPTS[exponent]}", _POWER)

    def within(self, binding: int) -> str:
        """The text, in parentheses where it is a part of something tighter."""
        return f"({self})" if self._binding < binding else str(self)


def _operands(sizes: LayerSizes, operand: Callable[[str, int], Any]) -> SimpleNamespace:
    """What an expression is called with: one operand for each size."""
    operands = {name: operand(letter, getattr(sizes, name)) for name, letter in SYMBOLS.items()}
    # A plain number in every case: 1 leaves a term as it is, and 0 takes it away.
    return SimpleNamespace(bias=int(sizes.use_bias), **operands)
