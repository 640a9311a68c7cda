"""How a training is spread over devices, as it is asked for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from math import prod
from typing import Any

from kerastune.errors import InputError, closest

DISTRIBUTIONS = ("data_parallel", "model_parallel")
"""How a training can be spread over devices, by name."""

AXES = ("data", "model")
"""The axes of the devices of `ModelParallel`: along the first one batches are divided."""


@dataclass(frozen=True)
class ModelParallel:
    """Weights, and what the optimizer remembers of them, divided over the devices of JAX.

    Args:
        mesh: tuple of two ints, the devices along the axes `"data"` and `"model"`. Batches are
            divided along the first, and weights along both as the layout says. Defaults to 1 and
            all devices.
        layout: dictionary from a pattern, as for `kerastune.freeze`, to a tuple of what each axis
            of these weights is divided along: `"data"`, `"model"` or None. What no pattern names
            is whole on each device. Defaults to what KerasHub has for the backbone, such as
            Llama, Gemma or Qwen.

    Raises:
        InputError: if it is something else.

    Example:

    >>> ModelParallel(mesh=(2, 2), layout={"hidden/kernel": (None, "model")}).mesh
    (2, 2)
    >>> ModelParallel(mesh=(4,))
    Traceback (most recent call last):
        ...
    kerastune.errors.InputError: Expected `mesh` as the devices along data and model, ...
    """

    mesh: tuple[int, int] | None = None
    layout: Mapping[str, Sequence[str | None]] | None = None

    def __post_init__(self) -> None:
        if self.mesh is not None:
            object.__setattr__(self, "mesh", _mesh(self.mesh))
        if self.layout is not None:
            object.__setattr__(self, "layout", _layout(self.layout))

    def shape(self, devices: int) -> tuple[int, int]:
        """Returns the devices along each axis.

        Args:
            devices: int, how many there are.

        Raises:
            InputError: if the mesh has another number.
        """
        if self.mesh is None:
            return 1, devices
        if prod(self.mesh) != devices:
            raise InputError(
                f"Expected a mesh of {devices} devices, which are there. Received: "
                f"{list(self.mesh)}, of {prod(self.mesh)}"
            )
        return self.mesh

    def to_dict(self) -> dict[str, Any]:
        """Returns it as plain data, as a file of options holds it."""
        layout = self.layout and {pattern: list(axes) for pattern, axes in self.layout.items()}
        plain = {"mesh": self.mesh and list(self.mesh), "layout": layout}
        return {name: value for name, value in plain.items() if value is not None}


def distribution_settings(given: Any) -> str | ModelParallel | None:
    """Returns how a training is to be spread.

    Args:
        given: str out of `DISTRIBUTIONS`, a `ModelParallel`, a dictionary of its arguments, or
            None.

    Returns:
        `"data_parallel"`, a `ModelParallel`, or None for one device.

    Raises:
        InputError: if it is something else.

    Example:

    >>> distribution_settings({"mesh": [1, 4]})
    ModelParallel(mesh=(1, 4), layout=None)
    """
    if given is None or isinstance(given, ModelParallel):
        return given
    if isinstance(given, Mapping):
        known = [field.name for field in fields(ModelParallel)]
        for name in given:
            if name not in known:
                raise InputError(
                    "Expected settings of model_parallel out of mesh and layout, such as "
                    f"{{mesh: [2, 2]}}. Received: {name!r}." + closest(str(name), known)
                )
        return ModelParallel(**given)
    if given not in DISTRIBUTIONS:
        raise InputError(
            f"Expected distribution out of {', '.join(DISTRIBUTIONS)}, or None. Received: {given!r}"
        )
    return ModelParallel() if given == "model_parallel" else str(given)


def _mesh(given: Any) -> tuple[int, ...]:
    """The devices along the two axes."""
    parts = tuple(given) if isinstance(given, list | tuple) else ()
    are_counts = all(
        isinstance(one, int) and not isinstance(one, bool) and one > 0 for one in parts
    )
    if len(parts) != len(AXES) or not are_counts:
        raise InputError(
            "Expected `mesh` as the devices along data and model, two numbers such as [2, 4]. "
            f"Received: {given!r}"
        )
    return parts


def _layout(given: Any) -> dict[str, tuple[str | None, ...]]:
    """Patterns, and what each axis of their weights is divided along."""
    if not isinstance(given, Mapping) or not given:
        raise InputError(
            "Expected `layout` as a dictionary from patterns to axes, such as "
            f"{{hidden/kernel: [null, model]}}. Received: {given!r}"
        )
    found = {}
    for pattern, axes in given.items():
        parts = tuple(axes) if isinstance(axes, list | tuple) else ()
        used = [one for one in parts if one is not None]
        if not used or len(set(used)) < len(used) or not all(one in AXES for one in used):
            raise InputError(
                f"Expected axes of {pattern!r} out of {' and '.join(AXES)}, each once at most, "
                f"and null, such as [null, model]. Received: {axes!r}"
            )
        found[str(pattern)] = parts
    return found
