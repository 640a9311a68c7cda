"""Settings of an optimizer for each variable of a model."""

import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from typing import Any

import keras

from kerastune.errors import InputError, closest


@dataclass(frozen=True)
class VariableSettings:
    """Settings of an optimizer for one variable.

    Args:
        multiplier: float of at least 0, by which the learning rate is multiplied.
        decays: bool, whether weight decay applies. Defaults to True.
        age: int, the updates that the variable has had when the optimizer has counted
            none; negative for a variable that joins later. Bias corrections count from it.
        sparsity: float from 0 to 1, the share of the variable that is pruned in the end; 0 to
            keep the zeros that it holds; None, the default, where it is not pruned.

    Example:

    >>> VariableSettings(multiplier=0.5).decays
    True
    """

    multiplier: float = 1.0
    decays: bool = True
    age: int = 0
    sparsity: float | None = None


class SettingsByVariable:
    """The `VariableSettings` of the variables of a model.

    Variables are known by identity, because two may have the same path. Read from a file,
    they are found by their paths. Reading may rename variables: Keras leaves out the name
    of a Sequential model, so a path may have lost or won leading parts.

    Args:
        rows: iterable of path, shape and `VariableSettings`, in the order of the model.
        variables: iterable of the variables in that order, or None if they are not known.

    Example:

    >>> kernel = keras.Variable([1.0], name="kernel")
    >>> SettingsByVariable.of([(kernel, VariableSettings(0.5))]).find(kernel)
    VariableSettings(multiplier=0.5, decays=True, age=0, sparsity=None)
    """

    def __init__(
        self,
        rows: Iterable[tuple[str, tuple[int, ...], VariableSettings]],
        variables: Iterable[keras.Variable] | None = None,
    ) -> None:
        self.rows = tuple(rows)
        # Holding the variables keeps their ids theirs.
        self._variables = None if variables is None else tuple(variables)
        known = () if self._variables is None else self._variables
        self._positions = {id(variable): position for position, variable in enumerate(known)}

    @classmethod
    def of(cls, pairs: Iterable[tuple[keras.Variable, VariableSettings]]) -> "SettingsByVariable":
        """Makes a `SettingsByVariable` of pairs of a variable and its settings."""
        pairs = list(pairs)
        rows = [(variable.path, tuple(variable.shape), item) for variable, item in pairs]
        return cls(rows, [variable for variable, _ in pairs])

    def values(self) -> list[VariableSettings]:
        """Returns the settings, in the order of the model."""
        return [settings for _, _, settings in self.rows]

    def position(self, variable: keras.Variable) -> int | None:
        """Returns the position of a variable in the rows, or None if it cannot be told."""
        if id(variable) in self._positions:
            return self._positions[id(variable)]
        path, shape = variable.path, tuple(variable.shape)
        exact = [position for position, row in enumerate(self.rows) if row[:2] == (path, shape)]
        alike = exact or [
            position
            for position, (known, size, _) in enumerate(self.rows)
            if size == shape and (known.endswith(f"/{path}") or path.endswith(f"/{known}"))
        ]
        return alike[0] if len({self.rows[position][2] for position in alike}) == 1 else None

    def find(self, variable: keras.Variable) -> VariableSettings | None:
        """Returns the settings of a variable, or None if they cannot be told."""
        position = self.position(variable)
        return None if position is None else self.rows[position][2]

    def positions_of(
        self, variables: Sequence[keras.Variable], built_on: Sequence[int]
    ) -> list[int]:
        """Returns the position of each variable in the rows.

        Args:
            variables: sequence of variables that train.
            built_on: sequence of int, the positions that a saved optimizer was built on;
                empty for a new one.

        Raises:
            InputError: if a variable is not of the model.
        """
        former = [self.rows[position][1] for position in built_on]
        if former and len(former) != len(variables):
            warnings.warn(
                f"The optimizer was saved when {len(former)} variables trained, and now "
                f"{len(variables)} do: Keras saves which layers train, not which variables. "
                "Call `kerastune.freeze` again before training on",
                stacklevel=2,
            )
        positions = [self.position(variable) for variable in variables]
        found = [position for position in positions if position is not None]
        if len(found) == len(variables):
            return found
        # Keras numbers layers without names anew when it reads them.
        if [tuple(variable.shape) for variable in variables] == former:
            return list(built_on)
        unknown = variables[positions.index(None)].path
        raise InputError(
            "Expected the variables of the model that the optimizer was made for. "
            f"Received: {unknown!r}." + closest(unknown, [path for path, *_ in self.rows])
        )

    def with_ages(self, ages: Mapping[int, int]) -> "SettingsByVariable":
        """Returns the same settings, with ages replaced by those given by `id` of the variable."""
        by_position = {
            self._positions[key]: age for key, age in ages.items() if key in self._positions
        }
        rows = [
            (path, shape, replace(item, age=by_position.get(position, item.age)))
            for position, (path, shape, item) in enumerate(self.rows)
        ]
        return SettingsByVariable(rows, self._variables)

    def to_config(self) -> list[list[Any]]:
        """Returns the rows as lists, for JSON."""
        return [[path, list(shape), *astuple(item)] for path, shape, item in self.rows]

    @classmethod
    def from_config(cls, config: list[list[Any]]) -> "SettingsByVariable":
        """Makes a `SettingsByVariable` of the lists of `to_config`."""
        return cls((path, tuple(shape), VariableSettings(*item)) for path, shape, *item in config)
