"""The low-rank adapters (LoRA) that Keras would add to a model, counted without adding them."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any

from kerastune.counting.dtypes import stored_bytes
from kerastune.counting.structure import Place, places
from kerastune.counting.weights import Weight
from kerastune.errors import InputError
from kerastune.tuning import match
from kerastune.tuning.groups.backbone import find_backbone

if TYPE_CHECKING:
    import keras

# Keras makes adapters in this precision whatever that of the model is.
_DTYPE = "float32"
# What the query's and the value's layers are called in Keras and in KerasHub.
_QUERY_AND_VALUE = ("query", "value", "query_dense", "value_dense")


@dataclass(frozen=True)
class Adapters:
    """The adapters of one rank in a model.

    Args:
        weights: tuple of `Weight`, the two matrices of each adapted layer.
        adapted: tuple of `Place`, the kernels and tables that they stand beside.
        without: tuple of str, the layers that were asked for and cannot have adapters.

    Example:

    >>> import keras
    >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, name="query")])
    >>> find_adapters(model, 2).parameters
    14
    """

    weights: tuple[Weight, ...]
    adapted: tuple[Place, ...]
    without: tuple[str, ...]

    @property
    def parameters(self) -> int:
        """int, the numbers in all adapters."""
        return sum(weight.parameters for weight in self.weights)

    @property
    def parameters_of_matrices(self) -> int:
        """int, the same if each kernel were taken as one matrix, as in the paper and in PEFT."""
        rank = self.weights[0].shape[-1]
        return sum(rank * sum(_ends(place.layer)) for place in self.adapted)


def find_adapters(model: "keras.Model", rank: int, layers: str | None = None) -> Adapters:
    """The adapters that `enable_lora` of Keras' layers would add.

    A dense layer from n to m features gets matrices of n × r and r × m. The kernel of an
    attention has an axis for the heads, which Keras leaves in the first matrix: features ×
    heads × r, and r × the size of a head. With many heads that is several times as much as
    in the paper and in PEFT, which take the kernel as one matrix of features × features.

    Args:
        model: a built Keras model, with values or without. It is not changed.
        rank: int from 1, the width between the two matrices.
        layers: str, the pattern of the layers to adapt, see `kerastune.tuning.match`: those
            whose kernel or table of embeddings it names. Defaults to the query and the value
            of every attention, as KerasHub has it.

    Returns:
        `Adapters`.

    Raises:
        NoMatchError: if the pattern matches nothing.
        InputError: if the rank is no positive int, no layer can be adapted, or one is
            already.

    Reference:
        Hu et al., 2021, "LoRA: Low-Rank Adaptation of Large Language Models",
        https://arxiv.org/abs/2106.09685

    Example:

    >>> import keras
    >>> tokens = keras.Input((5, 8))
    >>> attention = keras.layers.MultiHeadAttention(2, 4, name="attention")
    >>> model = keras.Model(tokens, attention(tokens, tokens))
    >>> for weight in find_adapters(model, 1, "attention_output").weights:
    ...     print(weight.path, weight.shape)
    attention/attention_output/lora_kernel_a (2, 4, 1)
    attention/attention_output/lora_kernel_b (1, 8)
    """
    if isinstance(rank, bool) or not isinstance(rank, int) or rank < 1:
        raise InputError(f"Expected a rank of LoRA, a whole number from 1. Received: {rank!r}")
    asked = _asked_for(model, layers)
    able = [place for place in asked if _can_be_adapted(place.layer)]
    without = tuple(
        dict.fromkeys(_described(place) for place in asked if not _can_be_adapted(place.layer))
    )
    if not able:
        raise InputError(_nothing_to_adapt(model, layers, without))
    weights = tuple(weight for place in able for weight in _matrices(place, rank))
    return Adapters(weights, tuple(able), without)


def _asked_for(model: "keras.Model", layers: str | None) -> list[Place]:
    """The kernels and tables that are to have adapters, each once."""
    found = {id(place.variable): place for place in reversed(places(model))}
    chosen = [place for place in reversed(found.values()) if _has_matrix(place)]
    if layers is not None:
        named = {id(weight) for weight in match(model, layers)}
        return [place for place in chosen if id(place.variable) in named]
    backbone: Any = find_backbone(model) or model
    names = getattr(backbone, "default_lora_layer_names", lambda: _QUERY_AND_VALUE)()
    return [place for place in chosen if place.layer.name in names]


def _has_matrix(place: Place) -> bool:
    """Whether a variable is what an adapter would stand beside."""
    if _kind(place.layer):
        return place.variable.name in ("kernel", "embeddings")
    # Elsewhere, what is no vector: recurrent layers and depthwise convolutions have several.
    return len(place.variable.shape) > 1


def _kind(layer: "keras.Layer") -> str | None:
    """The kind of layer that Keras has adapters for, or None."""
    import keras

    kinds = {
        "dense": keras.layers.Dense,
        "einsum": keras.layers.EinsumDense,
        "embedding": keras.layers.Embedding,
        "convolution": (keras.layers.Conv1D, keras.layers.Conv2D, keras.layers.Conv3D),
    }
    return next((kind for kind, classes in kinds.items() if isinstance(layer, classes)), None)


def _can_be_adapted(layer: Any) -> bool:
    """Whether `enable_lora` would not refuse the layer."""
    constraint = "embeddings_constraint" if _kind(layer) == "embedding" else "kernel_constraint"
    return (
        _kind(layer) is not None
        and getattr(layer, constraint) is None
        and layer.quantization_mode not in ("gptq", "awq")
    )


def _described(place: Place) -> str:
    """The layer of a variable, for a person."""
    return f"{place.path.rpartition('/')[0]} ({type(place.layer).__name__})"


def _nothing_to_adapt(model: "keras.Model", layers: str | None, without: tuple[str, ...]) -> str:
    """What to say when there is no layer to adapt."""
    asked = "the query and the value of an attention" if layers is None else repr(layers)
    if without:
        some = ", ".join(without[:3]) + (", …" if len(without) > 3 else "")
        return (
            "Expected layers that Keras can adapt by LoRA: dense, einsum, embedding and "
            "convolution without constraint. Received: "
            f"{asked} of {model.name!r}, which names {some}"
        )
    return (
        f"Expected layers to adapt by LoRA. Received: {asked} of {model.name!r}, which names no "
        'kernel and no embeddings. Name layers that have them, as in `lora(8, "kernels")`'
    )


def _matrices(place: Place, rank: int) -> Iterator[Weight]:
    """The two matrices that `enable_lora` would put beside a kernel or a table."""
    if getattr(place.layer, "lora_enabled", False):
        raise InputError(
            "Expected a model without adapters. Received: one that has them in "
            f"{_described(place)}. Count what is there, or build the model anew"
        )
    *inner, features = _shape(place.layer)
    parent = place.path.rpartition("/")[0]
    for name, shape in (("a", (*inner, rank)), ("b", (rank, features))):
        yield Weight(
            path=f"{parent}/lora_{place.variable.name}_{name}".lstrip("/"),
            shape=shape,
            dtype=_DTYPE,
            kind="adapter",
            parameters=prod(shape),
            stored_bytes=stored_bytes(shape, _DTYPE),
        )


def _shape(layer: Any) -> tuple[int, ...]:
    """The shape of a kernel or a table as it was before it may have been packed."""
    kind = _kind(layer)
    if kind == "embedding":
        return layer.input_dim, layer.output_dim
    if kind == "dense":
        return layer.input_spec.axes[-1], layer.units
    if kind == "einsum" and layer.quantization_mode == "int4":
        return tuple(layer.original_kernel_shape)
    return tuple(layer.kernel.shape)


def _ends(layer: Any) -> tuple[int, int]:
    """How many numbers go into the kernel of a layer, and how many come out."""
    shape = _shape(layer)
    if _kind(layer) != "einsum":
        return prod(shape[:-1]), shape[-1]
    terms, result = layer.equation.replace(" ", "").split("->")
    sizes = dict(zip(terms.split(",")[1], shape, strict=True))
    summed = prod(size for letter, size in sizes.items() if letter not in result)
    return summed, prod(shape) // summed
