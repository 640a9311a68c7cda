"""Heads of several columns, called by column or by output."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from kerastune.errors import InputError
from kerastune.heads.head import Head


@dataclass(frozen=True)
class HeadsByColumn:
    """Calls the heads of several columns, each with the targets and outputs of its own.

    Args:
        heads: dictionary from the name of each target column to its head.

    Example:

    >>> HeadsByColumn({"first name": Head(), "age": Head()}).output_names
    {'first name': 'first_name', 'age': 'age'}
    """

    heads: Mapping[str, Head]

    @property
    def output_names(self) -> dict[str, str]:
        """Dictionary from each column to the name of its output."""
        names: dict[str, str] = {}
        for column in self.heads:
            # TensorFlow takes no other signs in names of metrics, PyTorch no points in layers'.
            word = re.sub(r"[^A-Za-z0-9_-]+", "_", column).strip("_") or "target"
            numbered = (f"{word}_{number}" for number in range(2, 2 + len(self.heads)))
            names[column] = next(name for name in (word, *numbered) if name not in names.values())
        return names

    def by_output(self, of: Callable[[str, Head], Any]) -> dict[str, Any]:
        """Returns a function's values for each column and its head, by the names of outputs."""
        return {
            output: of(column, self.heads[column]) for column, output in self.output_names.items()
        }

    def by_column(
        self, method: str, targets: Mapping[str, Any], outputs: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Calls a method of each head with its targets and outputs; returns results by column."""
        values = self.checked(targets)
        return {
            column: getattr(self.heads[column], method)(values[column], outputs[output])
            for column, output in self.output_names.items()
        }

    def where_given(self, method: str, outputs: Mapping[str, Any], *arguments: Any) -> Any:
        """Calls a method that some heads have with their outputs; returns results by column.

        Raises:
            InputError: if no head has the method.
        """
        found = {
            column: getattr(head, method)(outputs[self.output_names[column]], *arguments)
            for column, head in self.heads.items()
            if hasattr(head, method)
        }
        if not found:
            raise InputError(
                f"Expected a head that gives {method}. Received: "
                f"{', '.join(type(head).__name__ for head in self.heads.values())}, which do not"
            )
        return found

    def checked(self, targets: Any) -> Mapping[str, Any]:
        """Returns the targets as they are.

        Raises:
            InputError: unless they are a dictionary with the columns of the heads.
        """
        if not isinstance(targets, Mapping) or set(targets) != set(self.heads):
            found = list(targets) if isinstance(targets, Mapping) else type(targets).__name__
            raise InputError(
                f"Expected targets in the columns {list(self.heads)}. Received: {found}. Give "
                "each target a head, and choose the targets with `Source.with_targets`"
            )
        return targets


def by_sample(answers: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Returns lists by column as dictionaries, one a sample.

    Args:
        answers: dictionary from column to a value for each sample.

    Example:

    >>> by_sample({"digit": ["1", "7"], "angle": [0.5, 2.0]})
    [{'digit': '1', 'angle': 0.5}, {'digit': '7', 'angle': 2.0}]
    """
    return [
        dict(zip(answers, values, strict=True)) for values in zip(*answers.values(), strict=True)
    ]
