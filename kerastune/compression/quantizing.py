"""The weights of a model in 8 or 4 bits, by Keras' own `quantize`."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from kerastune import backends

backends.select()

import keras

from kerastune.backends import nested_layers
from kerastune.backends.attached_layers import forget_compiled_calls
from kerastune.backends.quantized_layers import QUANTIZED_KINDS, is_quantizable
from kerastune.errors import InputError, closest
from kerastune.tuning import match
from kerastune.tuning.adapters.attaching import adapters_of
from kerastune.tuning.groups.graph import own_weights


@dataclass(frozen=True)
class Quantized:
    """What was quantized in a model.

    Args:
        to: str, out of `QUANTIZED_KINDS`.
        layers: tuple of str, the paths of the layers that were.
        left: tuple of str, what has weights of two dimensions or more and was not, and why.
        share: float, the share of the parameters of the model that was.

    Example:

    >>> Quantized("int8", ("model/dense",), (), 0.9).notes
    ('int8: 1 layer with 90.0 % of the parameters',)
    """

    to: str
    layers: tuple[str, ...]
    left: tuple[str, ...]
    share: float

    @property
    def notes(self) -> tuple[str, ...]:
        """tuple of str, what to say of it, a line each."""
        layers = f"{len(self.layers)} layer" + "s" * (len(self.layers) != 1)
        told = [f"{self.to}: {layers} with {100 * self.share:.1f} % of the parameters"]
        if self.left:
            told.append(f"not quantized: {', '.join(self.left)}")
        return tuple(told)


def quantize(model: keras.Model, to: str, *, leave_out: str | None = None) -> Quantized:
    """Quantizes the weights of dense layers and tables of a model in place, by Keras.

    `"int8"` also quantizes the inputs of dense layers, each sample by its largest magnitude, as it
    computes. `"int4"` has groups of 128 weights with a scale each. `"float8"` keeps float32
    weights beside and rounds in each call: for tests of what such a device would compute.

    Args:
        model: a built Keras model.
        to: str, `"int8"`, `"int4"` or `"float8"`.
        leave_out: str, the pattern of weights whose layers are left as they are, such as
            `"head"`, see `kerastune.tuning.match`. Defaults to none.

    Returns:
        A `Quantized`.

    Raises:
        NoMatchError: if the pattern matches nothing.
        InputError: if there is no such kind, the model is quantized already, has adapters, or
            nothing in it can be quantized. Then the model is as before.

    Example:

    >>> model = keras.Sequential([keras.Input((8,)), keras.layers.Dense(4, name="dense")])
    >>> found = quantize(model, "int8")
    >>> len(found.layers), str(model.layers[0].kernel.dtype)
    (1, 'int8')
    """
    check_kind(to)
    refuse_quantized(model)
    if adapters := adapters_of(model):
        raise InputError(
            "Expected a model without adapters, whose kernels are quantized. Received: "
            f"{model.name!r} with {', '.join(adapters)}. Merge them: "
            "kerastune.tuning.merge_and_remove_adapters(model)"
        )
    kept = {id(weight) for weight in match(model, leave_out)} if leave_out else set()
    chosen, left = _division(model, to, kept)
    if not chosen:
        raise InputError(
            f"Expected a model with {_names(QUANTIZED_KINDS[to])}, which Keras quantizes to {to}. "
            f"Received: {model.name!r}, of whose weights it has none: "
            f"{', '.join(left) or 'it has none'}"
        )
    parameters = model.count_params()
    quantized = sum(prod(weight.shape) for weight in _large(chosen))
    ids = {id(layer) for layer in chosen}
    model.quantize(to, filters=lambda layer: id(layer) in ids)
    forget_compiled_calls(model)
    return Quantized(to, tuple(layer.path for layer in chosen), left, quantized / parameters)


def check_kind(to: str) -> None:
    """Raises unless there is such a kind of quantization.

    Args:
        to: str.

    Raises:
        InputError: with those that there are.

    Example:

    >>> check_kind("int8")
    """
    if to not in QUANTIZED_KINDS:
        raise InputError(
            f"Expected quantization to one of {', '.join(QUANTIZED_KINDS)}. Received: {to!r}."
            + closest(str(to), list(QUANTIZED_KINDS))
        )


def refuse_quantized(model: keras.Model) -> None:
    """Raises if layers of a model are quantized already.

    Args:
        model: a built Keras model.

    Raises:
        InputError: with the kind.

    Example:

    >>> refuse_quantized(keras.Sequential([keras.Input((8,)), keras.layers.Dense(4)]))
    """
    modes = {getattr(layer, "quantization_mode", None) for layer in nested_layers(model)}
    if found := sorted(str(mode) for mode in modes - {None}):
        raise InputError(
            f"Expected a model that is not quantized. Received: {model.name!r}, which is "
            f"({', '.join(found)}). Take the one that it was made of"
        )


def _division(
    model: keras.Model, to: str, kept: set[int]
) -> tuple[list[keras.Layer], tuple[str, ...]]:
    """The layers to quantize, and those with large weights that stay, by class."""
    chosen: list[keras.Layer] = []
    left: Counter[str] = Counter()
    for layer in nested_layers(model):
        if not layer.built or not _large([layer]):
            continue
        if any(id(weight) in kept for weight in own_weights(layer)):
            left[f"{layer.name} (left out)"] += 1
        elif is_quantizable(layer, to):
            chosen.append(layer)
        else:
            left[type(layer).__name__] += 1
    told = (f"{count} {name}" if count > 1 else name for name, count in left.items())
    return chosen, tuple(told)


def _large(layers: Sequence[keras.Layer]) -> "list[keras.Variable]":
    """The weights of layers with two dimensions or more, each once."""
    found = {id(one): one for layer in layers for one in own_weights(layer) if len(one.shape) > 1}
    return list(found.values())


def _names(kinds: Sequence[type]) -> str:
    return ", ".join(kind.__name__ for kind in kinds)
