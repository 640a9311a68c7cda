"""A model in another precision, for as long as it is counted."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import keras

from kerastune.backends import nested_layers
from kerastune.backends.environment import check_precision
from kerastune.counting.dtypes import stored_bytes
from kerastune.counting.structure import variable_uses

_FLOATS = ("bfloat16", "float16", "float32", "float64")


@dataclass(frozen=True)
class StoredWeight:
    """A variable, its dtype and that of the copy in which it is used.

    There is no copy where its layer computes with the variable as it is.
    """

    variable: keras.Variable
    dtype: str
    copy_dtype: str | None

    @property
    def stored_bytes(self) -> int:
        """int, the memory of the variable."""
        return stored_bytes(self.variable.shape, self.dtype)

    @property
    def copy_bytes(self) -> int:
        """int, the memory of the copy, 0 without one."""
        return stored_bytes(self.variable.shape, self.copy_dtype) if self.copy_dtype else 0


@contextmanager
def computing_in(model: keras.Model, precision: str | None) -> Iterator[None]:
    """Let a model compute in another precision, inside a `with` block.

    Its variables keep their dtype. Quantized layers and those with a map of policies stay as
    they are. None changes nothing.
    """
    if precision is None:
        yield
        return
    check_precision(precision)
    # Keras casts variables under mixed policies alone, and these ones keep their dtype.
    policy = keras.DTypePolicy(precision if precision == "float32" else _mixed(precision))
    layers = [layer for layer in (model, *nested_layers(model)) if _is_plain(layer)]
    former = [layer.dtype_policy for layer in layers]
    try:
        for layer in layers:
            layer.dtype_policy = policy
        yield
    finally:
        for layer, policy in zip(layers, former, strict=True):
            layer.dtype_policy = policy


def stored_weights(model: keras.Model, precision: str | None = None) -> list[StoredWeight]:
    """The variables of a model, each once, and the dtypes that they are stored and used in.

    In a precision, floating-point variables count as if they had been made in it. The state of
    random layers is included.
    """
    if precision is not None:
        check_precision(precision)
    policy = None if precision is None else keras.DTypePolicy(precision)
    weights: dict[int, StoredWeight] = {}
    for place in variable_uses(model):
        if id(place.variable) not in weights:
            weights[id(place.variable)] = _stored(place.variable, place.layer, policy)
    return list(weights.values())


def _mixed(precision: str) -> str:
    """The precision that computes in the same dtype and keeps variables in float32."""
    return precision if precision.startswith("mixed_") else f"mixed_{precision}"


def _is_plain(layer: keras.Layer) -> bool:
    """Whether the policy of a layer can be changed and set back."""
    is_map = isinstance(layer.dtype_policy, keras.dtype_policies.DTypePolicyMap)
    return not is_map and layer.quantization_mode is None


def _stored(
    variable: keras.Variable, layer: keras.Layer, policy: keras.DTypePolicy | None
) -> StoredWeight:
    """The dtypes of one variable."""
    if variable.dtype not in _FLOATS:  # Seeds, counters and quantized weights stay as they are.
        return StoredWeight(variable, variable.dtype, None)
    dtype, used = variable.dtype, layer.compute_dtype
    if policy is not None and _is_plain(layer):
        dtype, used = policy.variable_dtype, policy.compute_dtype
    # Normalization and embedding layers take their variables as they are.
    casts = layer.autocast and not isinstance(layer, keras.layers.BatchNormalization)
    return StoredWeight(variable, dtype, used if casts and used != dtype else None)
