"""How an optimizer treats each variable of a model."""

from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass, replace
from typing import Any

import keras


@dataclass(frozen=True)
class Treatment:
    """How an optimizer treats one variable.

    Args:
        multiplier: float of at least 0, by which the learning rate is multiplied.
        decays: bool, whether weight decay applies. Defaults to True.
        age: int, the updates that the variable has had when the optimizer has counted
            none; negative for a variable that joins later. Bias corrections count from it.

    Example:

    >>> Treatment(multiplier=0.5).decays
    True
    """

    multiplier: float = 1.0
    decays: bool = True
    age: int = 0


class Treatments:
    """The treatments of the variables of a model.

    Variables are known by identity, because two may have the same path. Read from a file,
    they are found by their paths. Reading may rename variables: Keras leaves out the name
    of a Sequential model, so a path may have lost or won leading parts.

    Args:
        rows: iterable of path, shape and `Treatment`, in the order of the model.
        variables: iterable of the variables in that order, or None if they are not known.

    Example:

    >>> kernel = keras.Variable([1.0], name="kernel")
    >>> Treatments.of([(kernel, Treatment(0.5))]).find(kernel)
    Treatment(multiplier=0.5, decays=True, age=0)
    """

    def __init__(
        self,
        rows: Iterable[tuple[str, tuple[int, ...], Treatment]],
        variables: Iterable[keras.Variable] | None = None,
    ) -> None:
        self.rows = tuple(rows)
        # Holding the variables keeps their ids theirs.
        self._variables = None if variables is None else tuple(variables)
        known = () if self._variables is None else self._variables
        self._places = {id(variable): place for place, variable in enumerate(known)}

    @classmethod
    def of(cls, pairs: Iterable[tuple[keras.Variable, Treatment]]) -> "Treatments":
        """The treatments of variables that are at hand."""
        pairs = list(pairs)
        rows = [(variable.path, tuple(variable.shape), item) for variable, item in pairs]
        return cls(rows, [variable for variable, _ in pairs])

    def values(self) -> list[Treatment]:
        """The treatments, in the order of the model."""
        return [treatment for _, _, treatment in self.rows]

    def place(self, variable: keras.Variable) -> int | None:
        """Where a variable stands, or None if it cannot be told."""
        if id(variable) in self._places:
            return self._places[id(variable)]
        path, shape = variable.path, tuple(variable.shape)
        exact = [place for place, row in enumerate(self.rows) if row[:2] == (path, shape)]
        alike = exact or [
            place
            for place, (known, size, _) in enumerate(self.rows)
            if size == shape and (known.endswith(f"/{path}") or path.endswith(f"/{known}"))
        ]
        return alike[0] if len({self.rows[place][2] for place in alike}) == 1 else None

    def find(self, variable: keras.Variable) -> Treatment | None:
        """The treatment of a variable, or None if it cannot be told."""
        place = self.place(variable)
        return None if place is None else self.rows[place][2]

    def with_ages(self, ages: Mapping[int, int]) -> "Treatments":
        """The same treatments, with some ages changed, given by the ids of variables."""
        by_place = {self._places[key]: age for key, age in ages.items() if key in self._places}
        rows = [
            (path, shape, replace(item, age=by_place.get(place, item.age)))
            for place, (path, shape, item) in enumerate(self.rows)
        ]
        return Treatments(rows, self._variables)

    def to_config(self) -> list[list[Any]]:
        """The rows as lists, for JSON."""
        return [[path, list(shape), *astuple(item)] for path, shape, item in self.rows]

    @classmethod
    def from_config(cls, config: list[list[Any]]) -> "Treatments":
        """The treatments that `to_config` described."""
        return cls((path, tuple(shape), Treatment(*item)) for path, shape, *item in config)
