"""The contract of adapters: what is asked for, and the layer that it makes beside another."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, ClassVar

import keras
import numpy as np
from keras import ops

from kerastune.errors import InputError
from kerastune.tuning.adapters.linear_maps import LinearMap
from kerastune.tuning.adapters.place import Place
from kerastune.tuning.adapters.targets import linear_maps_of

Linear = Callable[[Any], Any]
"""A function that computes a layer without its activation."""

_HALVES = ("bfloat16", "float16")


@dataclass(frozen=True, kw_only=True, repr=False)
class Adapter(ABC):
    """What is asked for of adapters: which layers get one, and what each is like.

    A method of one's own is a subclass with `method` and `layer`, a frozen dataclass whose fields
    are its settings, registered with `keras.saving.register_keras_serializable`.

    Args:
        targets: str, the pattern of the weights whose layers get one, see `kerastune.tuning.match`;
            or None for the usual ones of the method. Defaults to None.
        name: str, what these adapters are called, as a model may have several. Defaults to
            `"default"`.

    Raises:
        InputError: if a setting is out of its range.

    Example:

    >>> from kerastune.tuning import LoRA
    >>> LoRA(rank=4).to_dict()
    {'method': 'lora', 'rank': 4}
    """

    targets: str | None = None
    name: str = "default"

    method: ClassVar[str]
    """str, what the method is called in plans and files."""

    usual_targets: ClassVar[tuple[str, ...]] = ("query", "value", "query_dense", "value_dense")
    """The names of the layers that are adapted where no targets are given."""

    def __post_init__(self) -> None:
        if not (isinstance(self.name, str) and self.name.isidentifier()):
            raise InputError(
                "Expected a `name` of adapters out of letters, digits and underscores. Received: "
                f"{self.name!r}"
            )
        if self.targets is not None and not (isinstance(self.targets, str) and self.targets):
            raise InputError(
                f"Expected `targets` as a pattern, or None. Received: {self.targets!r}"
            )
        if self.targets is not None:
            object.__setattr__(self, "targets", str(self.targets))

    def places(self, model: keras.Model) -> Sequence[Place]:
        """Returns the layers of a model that get an adapter: those with kernels that are named.

        A method that stands beside something else than kernels returns a `Place` for each.

        Args:
            model: a built Keras model.

        Raises:
            NoMatchError: if a part of the targets matches nothing.
            InputError: if some of them cannot be adapted.
        """
        return linear_maps_of(model, self.targets, self.usual_targets)

    @abstractmethod
    def layer(self, place: Any, path: str, linear: Linear) -> "AdapterLayer":
        """Returns the adapter of one layer, which is not built.

        Args:
            place: one of `places`: the `LinearMap` of the layer.
            path: str, the path of its kernel, such as `"bert/layer_0/query/kernel"`.
            linear: function that computes the layer without its activation.
        """

    def __repr__(self) -> str:
        settings = list(self.to_dict().items())[1:]
        return (
            f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in settings)})"
        )

    def to_dict(self) -> dict[str, Any]:
        """Returns the method and the settings that differ from the defaults, for YAML and JSON."""
        found: dict[str, Any] = {"method": self.method}
        for field in fields(self):
            value = getattr(self, field.name)
            if value != field.default:
                found[field.name] = dict(value) if isinstance(value, Mapping) else value
        return found


class AdapterLayer(keras.layers.Layer):
    """What is added to one layer: weights that train, and how they change what it gives.

    It is held by the layer, which stays what it was. Weights are made in `build`, in float32, and
    are read in the precision in which the layer computes.

    Args:
        adapter: the `Adapter`.
        place: the `Place` of the layer: its `LinearMap`.

    Example:

    >>> class Scale(AdapterLayer):
    ...     def build(self, input_shape=None):
    ...         self.scale = self.add_weight(name="scale", shape=(), initializer="ones")
    ...
    ...     def adapt(self, inputs, linear):
    ...         return linear(inputs) * self.scale
    """

    is_after_activation = False
    """bool, whether it sees what the layer gives after its activation."""

    is_weighted = False
    """bool, whether a share of it can be used: whether `change` is all that it does."""

    def __init__(self, adapter: Adapter, place: Place) -> None:
        computes_in = place.layer.compute_dtype
        dtype = f"mixed_{computes_in}" if computes_in in _HALVES else computes_in
        super().__init__(name=f"adapter_{adapter.name}", dtype=dtype)
        self.adapter = adapter
        self.place: Any = place

    @property
    def linear_map(self) -> LinearMap:
        """The place, of an adapter beside a kernel."""
        return self.place

    def adapt(self, inputs: Any, linear: Linear) -> Any:
        """Returns what the layer gives with the adapter.

        Args:
            inputs: tensor, those of the layer.
            linear: function of inputs that computes the layer without it.
        """
        raise NotImplementedError

    def merged(self, matrix: Any) -> Any:  # noqa: ARG002  (the contract gives it)
        """Returns the kernel, as a matrix, that does what kernel and adapter do together.

        Args:
            matrix: tensor of shape `(rows, columns)`, the kernel.

        Raises:
            ValueError: if there is no such kernel.
        """
        raise ValueError(f"what {self.adapter.method!r} adds is no part of a kernel")

    def merged_bias(self, bias: Any) -> Any:
        """Returns the bias that goes with the merged kernel."""
        return bias


class AdditiveLayer(AdapterLayer):
    """An adapter that adds the product by a matrix of its own to what a layer gives."""

    is_weighted = True

    def factors(self) -> tuple[Any, Any]:
        """Returns two matrices, of shapes `(rows, rank)` and `(rank, columns)`.

        Their product is what is added to the kernel.
        """
        raise NotImplementedError

    def reduced_inputs(self, inputs: Any) -> Any:
        """Returns the inputs as the adapter reads them, such as with dropout."""
        return inputs

    def change(self, inputs: Any) -> Any:
        """Returns what is added to the outputs."""
        return self.linear_map.low_rank(self.reduced_inputs(inputs), *self.factors())

    def adapt(self, inputs: Any, linear: Linear) -> Any:
        """Returns what the layer gives with the adapter."""
        return linear(inputs) + self.change(inputs)

    def merged(self, matrix: Any) -> Any:
        """Returns the kernel that does what kernel and adapter do together."""
        return matrix + ops.matmul(*self.factors())


def require_number(name: str, value: Any, lowest: float, highest: float = np.inf) -> None:
    """Refuses a setting that is no number of a range.

    Args:
        name: str, that of the setting.
        value: what was given.
        lowest: float, the least that it may be.
        highest: float, the most that it may be, where there is such.

    Raises:
        InputError: if it is something else.

    Example:

    >>> require_number("dropout", 2.0, 0, 1)
    Traceback (most recent call last):
        ...
    kerastune.errors.InputError: Expected `dropout` as a number from 0 to 1. Received: 2.0
    """
    is_real = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    if not is_real or not lowest <= value <= highest:
        span = f"from {lowest:g} to {highest:g}" if highest < np.inf else f"of at least {lowest:g}"
        raise InputError(f"Expected `{name}` as a number {span}. Received: {value!r}")


def require_rank(value: Any) -> None:
    """Refuses a rank that is no whole number from 1 to 65,536.

    Args:
        value: what was given.

    Raises:
        InputError: if it is something else.

    Example:

    >>> require_rank(0)
    Traceback (most recent call last):
        ...
    kerastune.errors.InputError: Expected a rank, a whole number from 1 to 65,536. Received: 0
    """
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    if not is_whole or not 1 <= value <= 2**16:
        raise InputError(f"Expected a rank, a whole number from 1 to 65,536. Received: {value!r}")
