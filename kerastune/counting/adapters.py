"""The low-rank adapters (LoRA) that Keras adds to a model, made without values beside it."""

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any

from kerastune.backends import build_abstract
from kerastune.counting.structure import VariableUse, variable_uses
from kerastune.errors import InputError, reason
from kerastune.tuning import match
from kerastune.tuning.groups.backbone import find_backbone

if TYPE_CHECKING:
    import keras

# What the query's and the value's layers are called in Keras and in KerasHub.
_QUERY_AND_VALUE = ("query", "value", "query_dense", "value_dense")


@dataclass(frozen=True)
class Adapters:
    """The two matrices beside each adapted kernel or table, and the layers that have none."""

    pairs: "list[tuple[VariableUse, list[keras.Variable]]]"
    without: tuple[str, ...]

    @property
    def matrices(self) -> "list[keras.Variable]":
        """All of them, as Keras variables without memory."""
        return [matrix for _, pair in self.pairs for matrix in pair]

    @property
    def parameters(self) -> int:
        """int, the numbers in all matrices."""
        return sum(prod(matrix.shape) for matrix in self.matrices)

    @property
    def parameters_of_matrices(self) -> int:
        """int, the same if each kernel were taken as one matrix, as in the paper and in PEFT."""
        return sum(_plain_parameters(place.layer, *pair) for place, pair in self.pairs)


def find_adapters(model: "keras.Model", rank: int, layers: str | None = None) -> Adapters:
    """The adapters that `enable_lora` of Keras' layers adds, called on copies without values.

    For the kernel of an attention Keras keeps the heads apart in the first matrix: with many
    heads that is several times as much as in the paper (Hu et al., 2021,
    https://arxiv.org/abs/2106.09685) and in PEFT. `layers` is the pattern of what to adapt, or
    None for the query and the value of every attention, as KerasHub has it.
    """
    if isinstance(rank, bool) or not isinstance(rank, int) or rank < 1:
        raise InputError(f"Expected a rank of LoRA, a whole number from 1. Received: {rank!r}")
    asked = _asked_for(model, layers)
    made = build_abstract(lambda: [(place, _enabled(place, rank)) for place in asked])
    without = tuple(dict.fromkeys(_described(place) for place, pair in made if not pair))
    if len(without) == len(dict.fromkeys(map(_described, asked))):
        named = "the query and the value of an attention" if layers is None else repr(layers)
        some = ", ".join(without[:3]) + ", …" * (len(without) > 3)
        raise InputError(
            "Expected layers that Keras can adapt by LoRA: dense, einsum, embedding and "
            f"convolution without constraint. Received: {named} of {model.name!r}, which names "
            f'{some or "no kernel and no embeddings"}. Try `lora({rank}, "kernels")`'
        )
    return Adapters([(place, pair) for place, pair in made if pair], without)


def _asked_for(model: "keras.Model", layers: str | None) -> list[VariableUse]:
    """The kernels and tables that are to have adapters, each once."""
    found = {id(place.variable): place for place in reversed(variable_uses(model))}
    chosen = [place for place in reversed(found.values()) if _has_matrix(place)]
    if layers is not None:
        named = {id(weight) for weight in match(model, layers)}
        return [place for place in chosen if id(place.variable) in named]
    backbone: Any = find_backbone(model) or model
    names = getattr(backbone, "default_lora_layer_names", lambda: _QUERY_AND_VALUE)()
    return [place for place in chosen if place.layer.name in names]


def _has_matrix(place: VariableUse) -> bool:
    if hasattr(place.layer, "lora_rank"):
        return place.variable.name in ("kernel", "embeddings")
    return len(place.variable.shape) > 1


def _enabled(place: VariableUse, rank: int) -> "list[keras.Variable]":
    """The two matrices of a layer, or none where Keras refuses."""
    layer: Any = place.layer
    if getattr(layer, "lora_enabled", False):
        raise InputError(
            "Expected a model without adapters. Received: one that has them in "
            f"{_described(place)}. Count what is there, or build the model anew"
        )
    if not hasattr(layer, "lora_rank") or layer.quantization_mode in ("gptq", "awq"):
        return []
    try:
        copy = type(layer).from_config(layer.get_config())
        copy.build_from_config(layer.get_build_config())
    except Exception as error:
        raise InputError(
            "Expected layers that can be made again from their configuration. Received: "
            f"{_described(place)}, where that fails: {reason(error)}"
        ) from error
    try:
        copy.enable_lora(rank)
    except ValueError:  # A kernel under a constraint.
        return []
    return [variable for variable in copy.variables if variable.name.startswith("lora_")]


def _described(place: VariableUse) -> str:
    return f"{place.path.rpartition('/')[0]} ({type(place.layer).__name__})"


def _plain_parameters(layer: Any, first: Any, second: Any) -> int:
    """The numbers in matrices from all that goes into a kernel, and to all that comes out."""
    *inner, rank = first.shape
    sizes = (*inner, second.shape[-1])
    summed = prod(inner)
    if hasattr(layer, "equation"):
        terms, result = layer.equation.replace(" ", "").split("->")
        letters = zip(terms.split(",")[1], sizes, strict=True)
        summed = prod(size for letter, size in letters if letter not in result)
    return rank * (summed + prod(sizes) // summed)
