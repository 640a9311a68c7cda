"""Counting the parameters of a model exactly: each variable once, by its kind."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import groupby
from math import prod
from typing import TYPE_CHECKING, Any

from kerastune.backends import nested_layers
from kerastune.backends.attached_layers import is_attached
from kerastune.counting.dtypes import stored_bytes
from kerastune.counting.structure import VariableUse, variable_uses
from kerastune.errors import InputError
from kerastune.tuning.freezing.trainability import never_trained

if TYPE_CHECKING:
    import keras

KINDS = ("trainable", "frozen", "adapter", "state", "unknown")
"""What a parameter is for.

- trainable: training moves it.
- frozen: training would move it, but its layer or it itself is frozen.
- adapter: a weight of an adapter beside a frozen weight, which training moves.
- state: never trained by gradients: statistics of normalization, scales of quantization.
- unknown: in a file of weights, which does not say.
"""
SEED = "seed"
_MOST_NAMED = 4  # layers in a note
# What a quantized layer keeps beside its weights (scales, zero points) is not a weight.
_QUANTIZED = ("kernel", "embeddings", "reverse_embeddings")


@dataclass(frozen=True)
class Weight:
    """One variable, counted.

    Args:
        path: str, the names of the layers that hold it, and its own.
        shape: tuple of int, as it is stored.
        dtype: str, as it is stored.
        kind: str, one of `KINDS`, or `"seed"`: the state of a random generator, which is no
            parameter.
        parameters: int, the numbers that it stands for; packed weights hold several in a byte.
        stored_bytes: int, the memory that it takes.
        shared_with: tuple of str, the other paths of the same variable.

    Example:

    >>> Weight("dense/kernel", (2, 3), "float32", "trainable", 6, 24).parameters
    6
    """

    path: str
    shape: tuple[int, ...]
    dtype: str
    kind: str
    parameters: int
    stored_bytes: int
    shared_with: tuple[str, ...] = ()


@dataclass(frozen=True)
class ModelCount:
    """What a model is made of.

    Seeds of random layers and slots of an optimizer are in no total, as in Keras'
    `count_params`.

    Args:
        name: str, what to call the model in a table.
        weights: tuple of `Weight`, from input to output.
        notes: tuple of str, what a reader should know about how it was counted.
        model: the Keras model, where there is one; it may have no values (see
            `kerastune.backends.build_abstract`).
        input_shapes: the shapes of its inputs, as for `kerastune.counting.count_operations`,
            where they came with the model. Defaults to None.

    Example:

    >>> kernel = Weight("dense/kernel", (2, 3), "float32", "trainable", 6, 24)
    >>> count = ModelCount("small", (kernel,))
    >>> count.parameters, count.by_kind()["trainable"], count.stored_bytes
    (6, 6, 24)
    """

    name: str
    weights: tuple[Weight, ...]
    notes: tuple[str, ...] = ()
    model: "keras.Model | None" = field(default=None, compare=False, repr=False)
    input_shapes: Any = field(default=None, compare=False, repr=False)

    def __post_init__(self) -> None:
        """See that nothing is counted twice and that the kinds add up to the whole."""
        paths = [path for weight in self.weights for path in (weight.path, *weight.shared_with)]
        twice = [path for path, same in groupby(sorted(paths)) if len(list(same)) > 1]
        unknown = {weight.kind for weight in self.weights} - {*KINDS, SEED}
        if twice or unknown:
            raise RuntimeError(f"{self.name!r}: counted twice: {twice}; unknown kinds: {unknown}")

    @property
    def parameters(self) -> int:
        """The parameters of all kinds."""
        return sum(self.by_kind().values())

    @property
    def trainable(self) -> int:
        """The parameters that training moves, those of adapters included."""
        kinds = self.by_kind()
        return kinds["trainable"] + kinds["adapter"]

    @property
    def stored_bytes(self) -> int:
        """The memory that the parameters take as they are stored, in bytes."""
        return sum(weight.stored_bytes for weight in self.weights if weight.kind != SEED)

    @contextmanager
    def opened(self) -> "Iterator[keras.Model]":
        """The model, whose errors inside name the count; an error where there are weights alone."""
        if self.model is None:
            raise InputError(
                f"Expected a model whose layers are known. Received: {self.name!r}, of which there "
                "are only weights. Give the model, its `.keras` file or its configuration"
            )
        try:
            yield self.model
        except InputError as error:
            if repr(self.name) in str(error):
                raise
            raise InputError(f"{self.name}: {error}") from error

    def by_kind(self) -> dict[str, int]:
        """The parameters of each of `KINDS`."""
        return {
            kind: sum(weight.parameters for weight in self.weights if weight.kind == kind)
            for kind in KINDS
        }


def count_model(model: "keras.Model", name: str | None = None) -> ModelCount:
    """Count the parameters of a model in memory.

    Each variable counts once, whatever holds it. The kinds add up to Keras' own
    `model.count_params()`, except that packed weights (int4) count as the weights that they
    stand for.

    Args:
        model: a built Keras model, with values or without.
        name: str. Defaults to the model's name.

    Returns:
        A `ModelCount`.

    Raises:
        InputError: if the model is not built.

    Example:

    >>> import keras
    >>> model = keras.Sequential([keras.Input((4,)), keras.layers.BatchNormalization()])
    >>> count_model(model).by_kind()["state"]
    8
    """
    uses: dict[int, list[VariableUse]] = {}
    for use in variable_uses(model):
        uses.setdefault(id(use.variable), []).append(use)
    notes = unbuilt_note(model)
    quantized = _quantized_weights(model)
    kinds = _kinds(model, uses, quantized)
    weights = tuple(_weight(found, kinds, quantized) for found in uses.values())
    count = ModelCount(name or model.name, weights, notes, model)
    expected = sum(quantized.get(id(weight), prod(weight.shape)) for weight in model.weights)
    if count.parameters != expected:
        raise RuntimeError(f"{count.parameters:,} parameters counted, but Keras has {expected:,}")
    return count


def unbuilt_note(model: "keras.Layer") -> tuple[str, ...]:
    """A note that names the layers of a model that have no weights yet, if there are any.

    Raises:
        InputError: if the model itself is not built, or none of its layers is.
    """
    waiting = [layer.name for layer in nested_layers(model) if not layer.built]
    if not model.built or (waiting and not model.weights):
        raise InputError(
            f"Expected a built model. Received: {model.name!r}, whose weights are not made yet. "
            "Call it on a batch first, or give the shapes of its inputs"
        )
    if not waiting:
        return ()
    named = waiting[:_MOST_NAMED]
    if more := len(waiting) - len(named):
        named.append(f"and {more} more")
    return (f"not built, and so without weights: {', '.join(named)}",)


def _weight(
    uses: list[VariableUse], kinds: Mapping[int, str], quantized: Mapping[int, int]
) -> Weight:
    variable = uses[0].variable
    shape = tuple(variable.shape)
    return Weight(
        path=uses[0].path,
        shape=shape,
        dtype=variable.dtype,
        kind=kinds[id(variable)],
        parameters=quantized.get(id(variable), prod(shape)),
        stored_bytes=stored_bytes(shape, variable.dtype),
        shared_with=tuple(dict.fromkeys(use.path for use in uses[1:])),
    )


def _kinds(
    model: "keras.Model", uses: Mapping[int, list[VariableUse]], quantized: Mapping[int, int]
) -> dict[int, str]:
    """The kind of each variable, by its id."""
    kinds = {id(variable): SEED for variable in model.variables}
    kinds |= {id(weight): "frozen" for weight in model.weights}
    kinds |= dict.fromkeys(never_trained(model) - quantized.keys(), "state")
    for weight in model.trainable_variables:
        kinds[id(weight)] = "adapter" if _is_adapter(uses[id(weight)][0]) else "trainable"
    # What float8 layers keep of ranges takes the place of its gradient: none moves it.
    ranges = [weight for weight in model.weights if weight.overwrite_with_gradient]
    return kinds | {id(weight): "state" for weight in ranges}


def _is_adapter(use: VariableUse) -> bool:
    """Whether a variable is of an adapter, or one of the matrices that `enable_lora` makes."""
    if is_attached(use.layer):
        return True
    return getattr(use.layer, "lora_enabled", False) and use.variable.name.startswith("lora_")


def _quantized_weights(model: "keras.Layer") -> dict[int, int]:
    """The parameters that each quantized weight stands for, by the id of its variable.

    Keras packs int4 weights two to a byte, and those of GPTQ and AWQ as their number of
    bits allows; int8 weights are stored one by one.
    """
    return {
        id(variable): _logical(layer, variable)
        for layer in [model, *nested_layers(model)]
        if getattr(layer, "quantization_mode", None)
        for variable in layer.weights
        if variable.name in _QUANTIZED and not variable.trainable
    }


def _logical(layer: Any, variable: "keras.Variable") -> int:
    stored = prod(variable.shape)
    if layer.quantization_mode in ("int8", "float8"):
        return stored
    if hasattr(layer, "original_kernel_shape"):
        return prod(layer.original_kernel_shape)
    if hasattr(layer, "units"):
        return layer.units * layer.input_spec.axes[-1]
    return layer.input_dim * layer.output_dim
