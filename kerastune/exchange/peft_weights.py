"""What the adapters of a model are as tensors of PEFT."""

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from kerastune.errors import InputError
from kerastune.exchange.naming import Module
from kerastune.tuning.adapters.adapted import AdaptedLayer, adapted_layer
from kerastune.tuning.adapters.dora import DoRALayer
from kerastune.tuning.adapters.ia3 import IA3Layer
from kerastune.tuning.adapters.lora import LoRALayer


@dataclass(frozen=True)
class LoRAWeights:
    """LoRA or DoRA of one module of Hugging Face.

    Args:
        tensors: dictionary from the ends of names to arrays.
        rank: int.
        scale: float, by which the product is multiplied.
    """

    tensors: dict[str, np.ndarray]
    rank: int
    scale: float


def lora_weights(module: Module, name: str) -> LoRAWeights:
    """Returns LoRA or DoRA of one module.

    Where the module is several layers, each with matrices of its own, the first matrices come
    beside each other and the second ones in blocks: what is added is the same.

    Args:
        module: the `Module`.
        name: str, the name of the adapters.
    """
    parts = [_LoRAPart.of(layer, name) for layer in module.layers]
    there = [part for part in parts if part is not None]
    if len({part.scale for part in there}) > 1:
        most = max(part.scale for part in there)
        parts = [None if part is None else part.scaled(most) for part in parts]
        there = [part for part in parts if part is not None]
    scale, first = there[0].scale, there[0].first
    if len(there) == len(parts) and all(np.array_equal(first, part.first) for part in there):
        second = np.concatenate([part.second for part in there], axis=1)
    else:
        first = np.concatenate([part.first for part in there], axis=1)
        second = np.zeros((first.shape[1], sum(one.columns for one in module.maps)), "float32")
        row = column = 0
        for part, linear in zip(parts, module.maps, strict=True):
            if part is not None:
                rank = len(part.second)
                second[row : row + rank, column : column + linear.columns] = part.second
                row += rank
            column += linear.columns
    tensors = {"lora_A.weight": first.T, "lora_B.weight": second.T}
    if any(part.magnitude is not None for part in there):
        lengths = [
            _lengths(linear) if part is None or part.magnitude is None else part.magnitude
            for part, linear in zip(parts, module.maps, strict=True)
        ]
        tensors["lora_magnitude_vector"] = np.concatenate(lengths)
    return LoRAWeights(tensors, first.shape[1], scale)


def ia3_weights(module: Module, name: str) -> tuple[np.ndarray, bool]:
    """Returns the vector of IA³ of one module, and whether it scales what the module reads.

    Args:
        module: the `Module`.
        name: str, the name of the adapters.

    Raises:
        InputError: if layers that are one module read the same inputs, scaled differently.
    """
    found = [_adapter(layer, name) for layer in module.layers]
    layers = [layer for layer in found if layer is not None]
    if not any(layer.is_feedforward for layer in layers):
        scales = [
            np.ones(linear.columns, "float32") if layer is None else _numbers(layer.scale)
            for layer, linear in zip(found, module.maps, strict=True)
        ]
        return np.concatenate(scales)[:, None], False
    vectors = [_numbers(layer.scale) for layer in layers]
    is_one = len(layers) == len(found) and all(layer.is_feedforward for layer in layers)
    if not is_one or any(not np.array_equal(vectors[0], one) for one in vectors):
        raise InputError(
            f"Expected adapters that Hugging Face's {module.name!r} can have, which is "
            f"{len(found)} layers here. Received: 'ia3' whose vectors scale what they read, and "
            "are not the same"
        )
    return vectors[0][None, :], True


@dataclass(frozen=True)
class _LoRAPart:
    """LoRA of one layer, with what it started from beside it."""

    first: np.ndarray
    second: np.ndarray
    scale: float
    magnitude: np.ndarray | None

    @classmethod
    def of(cls, layer: keras.Layer, name: str) -> "_LoRAPart | None":
        adapter = _adapter(layer, name)
        if adapter is None:
            return None
        first, second = map(_numbers, adapter.matrices())
        magnitude = _numbers(adapter.magnitude) if isinstance(adapter, DoRALayer) else None
        return cls(first, second, float(adapter.scale), magnitude)

    def scaled(self, scale: float) -> "_LoRAPart":
        factor = np.float32(self.scale / scale)
        return _LoRAPart(self.first, self.second * factor, scale, self.magnitude)


def adapters_called(adapted: AdaptedLayer, name: str) -> Any:
    """Returns the adapter of a layer that has a name; None if there is none.

    Args:
        adapted: the `AdaptedLayer`.
        name: str.

    Raises:
        InputError: if PEFT has no such method, as it is read and written here.
    """
    adapter = adapted.adapters.get(name)
    if adapter is not None and not isinstance(adapter, LoRALayer | IA3Layer):
        raise InputError(
            f"Expected adapters of a method that PEFT has in the same form: LoRA, DoRA or IA3. "
            f"Received: {adapter.adapter.method!r}. Call `save_adapters`, or merge them where that "
            "is possible, and save the model"
        )
    return adapter


def _adapter(layer: keras.Layer, name: str) -> Any:
    adapted = adapted_layer(layer)
    return None if adapted is None else adapted.adapters.get(name)


def _lengths(linear: Any) -> np.ndarray:
    """The lengths of the columns of a kernel that has no adapter, as a product of zero has them."""
    matrix = linear.values(linear.layer)
    return np.sqrt(np.square(matrix, dtype="float64").sum(axis=0)).astype("float32")


def _numbers(variable: Any) -> np.ndarray:
    return keras.ops.convert_to_numpy(keras.ops.convert_to_tensor(variable)).astype("float32")
