"""Adapters that PEFT has saved, read into a Keras model."""

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from kerastune.errors import InputError, reason
from kerastune.exchange.naming import Naming, namings
from kerastune.exchange.peft_settings import PeftSettings, read_settings
from kerastune.exchange.peft_tensors import (
    Contents,
    ModuleTensors,
    require_shapes,
    require_tensors,
    sorted_tensors,
)
from kerastune.exchange.prefixes import METHOD, assign_prefix, prefix_places, read_prefix
from kerastune.exchange.saved_modules import from_torch, variables_for
from kerastune.tuning.adapters.adapted import adapted_layer
from kerastune.tuning.adapters.adapter import Adapter
from kerastune.tuning.adapters.dora import DoRA
from kerastune.tuning.adapters.ia3 import IA3
from kerastune.tuning.adapters.lora import LoRA
from kerastune.tuning.adapters.prefix_tuning import PrefixTuning
from kerastune.tuning.adapting import add_adapters, remove_adapters
from kerastune.tuning.patterns.matching import NoMatchError
from kerastune.untrusted.folders import require_inside
from kerastune.untrusted.reading import read_json
from kerastune.untrusted.safetensors_header import read_safetensors_header
from kerastune.untrusted.safetensors_values import read_safetensors_values

CONFIG, TENSORS = "adapter_config.json", "adapter_model.safetensors"
_PICKLE = "adapter_model.bin"


def load_peft(
    model: keras.Model,
    directory: str | os.PathLike[str],
    name: str = "default",
    without: Sequence[str] = (),
) -> list[str]:
    """Adds adapters to a model that Hugging Face's PEFT has saved, and uses them.

    LoRA, also rank-stabilized, with ranks and alphas by module, and DoRA and IA³ are read, for
    KerasHub's backbones of BERT, DistilBERT, RoBERTa, GPT-2, Llama, Mistral, Qwen, Gemma and ViT,
    of which the weights have to be those that the adapters were trained for. Modules that were
    stored whole (`modules_to_save`) are set where the model has them under KerasHub's names: the
    dense layer of BERT's pooler, final norms, the heads of KerasHub's classifiers. What a file has
    beyond that is refused, and so is every setting that would change the result and is not
    followed: a pickle, biases, `layer_replication`, tokens, tables of embeddings.

    Prefixes without a projection are read for Llama, Mistral and Qwen, whose positions are
    relative: keys are turned back by the virtual tokens, by which PEFT moves positions on.

    Args:
        model: a built Keras model that is a backbone of KerasHub, or holds one.
        directory: str or path, with `adapter_config.json` and `adapter_model.safetensors`.
        name: str, what the adapters are called from now on. Defaults to `"default"`.
        without: sequence of str, the names of modules whose tensors are left out, such as
            `"classifier"` for a model with another head. Defaults to none.

    Returns:
        List of str, the paths of the layers that have got adapters.

    Raises:
        InputError: if the directory, or the model, is not such. Then the model is as before.

    Example:

    >>> import keras_hub
    >>> backbone = keras_hub.models.BertBackbone(9, 1, 1, 2, 4)
    >>> load_peft(backbone, "nowhere")
    Traceback (most recent call last):
        ...
    kerastune.errors.InputError: Expected a directory of PEFT with adapters for 'bert_backbone...

    Reference:
        https://huggingface.co/docs/peft/developer_guides/checkpoint
    """
    folder, left_out = Path(directory), _names(without)
    choices = namings(model)
    try:
        config, header = _opened(folder)
        if config.get("peft_type") == METHOD:
            return _load_prefix(model, choices[0], config, header, folder, name)
        settings = read_settings(config)
        naming, contents = _fitting(choices, header, left_out)
        require_tensors(naming, settings, contents, left_out)
        shapes = {name: tuple(tensor["shape"]) for name, tensor in header.items()}
        require_shapes(settings, contents, shapes)
        whole = variables_for(naming, contents.saved, shapes)
        wanted = [one for found in contents.adapted.values() for one in found.names.values()]
        values = read_safetensors_values(folder / TENSORS, [*wanted, *whole])
    except (OSError, ValueError) as error:
        raise InputError(
            f"Expected a directory of PEFT with adapters for {model.name!r}. Received: "
            f"{str(directory)!r}: {reason(error)}"
        ) from error
    try:
        paths = add_adapters(model, _adapter(name, settings, naming, contents))
    except NoMatchError as error:
        # A pooler, say, in a model that has its own way to pool.
        raise InputError(f"{error}. Name the modules of such layers in `without`") from error
    try:
        _require_these(paths, contents)
        for found in contents.adapted.values():
            _assign(found, name, values)
    except BaseException:
        remove_adapters(model, name)
        raise
    for tensor, (layer, variable) in whole.items():
        variable.assign(from_torch(layer, variable, values[tensor]))
    return paths


def _load_prefix(
    model: keras.Model,
    naming: Naming,
    config: dict[str, Any],
    header: dict[str, dict[str, Any]],
    folder: Path,
    name: str,
) -> list[str]:
    """Adds a prefix to every attention layer of the backbone; a ValueError if it does not fit."""
    places = prefix_places(naming)
    shapes = {name: tuple(tensor["shape"]) for name, tensor in header.items()}
    count = read_prefix(config, shapes, places)
    values = read_safetensors_values(folder / TENSORS, list(shapes))
    paths = add_adapters(model, PrefixTuning(count, name=name))
    assign_prefix(next(iter(values.values())), places, name)
    return paths


def _opened(folder: Path) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """The settings, and the names and shapes of the tensors, in a directory."""
    if not folder.is_dir():
        raise NotADirectoryError("there is no such directory")
    require_inside(folder, [CONFIG, TENSORS])
    if (folder / _PICKLE).exists() and not (folder / TENSORS).exists():
        raise ValueError(
            f"it has a pickle, {_PICKLE}, which can run code: save it with safe_serialization=True"
        )
    for name in (CONFIG, TENSORS):
        if not (folder / name).is_file():
            raise FileNotFoundError(f"it has no file {name}")
    return read_json(folder / CONFIG), read_safetensors_header(folder / TENSORS)


def _fitting(
    choices: list[Naming], names: Mapping[str, Any], without: Sequence[str]
) -> tuple[Naming, Contents]:
    """The names in which a file is written, and what it holds."""
    failures = []
    for naming in choices:
        try:
            return naming, sorted_tensors(naming, names, without)
        except ValueError as error:
            failures.append(error)
    raise failures[0]


def _adapter(name: str, settings: PeftSettings, naming: Naming, contents: Contents) -> Adapter:
    """The adapters that compute as those of a file."""
    kernels = {one.path: found for found in contents.adapted.values() for one in found.module.maps}
    common: dict[str, Any] = {"name": name, "targets": _targets(naming, contents)}
    if settings.method == "IA3":
        scaled = [
            kernel for kernel, found in kernels.items() if settings.feedforward.has(found.full_name)
        ]
        return IA3(feedforward="|".join(map(_exactly, scaled)), **common)
    ranks = {
        kernel: settings.ranks.value(found.full_name, settings.rank)
        for kernel, found in kernels.items()
    }
    alphas = {
        kernel: settings.alphas.value(found.full_name, settings.alpha)
        for kernel, found in kernels.items()
    }
    method = DoRA if settings.is_dora else LoRA
    return method(
        rank=settings.rank,
        alpha=settings.alpha,
        dropout=settings.dropout,
        rank_stabilized=settings.is_rank_stabilized,
        ranks={_exactly(k): one for k, one in ranks.items() if one != settings.rank} or None,
        alphas={_exactly(k): one for k, one in alphas.items() if one != settings.alpha} or None,
        **common,
    )


def _targets(naming: Naming, contents: Contents) -> str:
    """The pattern of the kernels that get adapters: one for all blocks where it can be."""
    adapted = contents.adapted
    parts: list[str] = []
    by_kind: dict[str, list[str]] = {}
    for name, module in naming.modules.items():
        by_kind.setdefault(module.in_block, []).append(name)
    for names in by_kind.values():
        here = [name for name in names if name in adapted]
        paths = [one.path for name in here for one in adapted[name].module.maps]
        number = naming.family.layer.format("*")
        block = re.escape(naming.family.layer).replace(r"\{\}", r"\d+")
        if len(here) == len(names) > 1:
            paths = [re.sub(f"(?<![^/]){block}(?=/)", number, path) for path in paths]
        parts += dict.fromkeys(paths)
    return " | ".join(parts)


def _require_these(paths: list[str], contents: Contents) -> None:
    """Refuses a model in which other layers, outside of the backbone, have got adapters too."""
    wanted = {layer.path for found in contents.adapted.values() for layer in found.module.layers}
    if others := [path for path in paths if path not in wanted]:
        raise InputError(
            f"Expected a model where layers outside of the backbone have other paths than those in "
            f"it. Received: {others[0]!r}"
        )


def _assign(found: ModuleTensors, name: str, values: Mapping[str, np.ndarray]) -> None:
    """Sets the weights of the adapters of one module."""
    maps = found.module.maps
    ends = np.cumsum([one.columns for one in maps])
    tensors = {part: values[tensor] for part, tensor in found.names.items()}
    for one, end in zip(maps, ends, strict=True):
        adapted = adapted_layer(one.layer)
        assert adapted is not None, one.layer.path
        layer: Any = adapted.adapters[name]
        part = slice(end - one.columns, end)
        if "ia3_l" in tensors:
            scale = tensors["ia3_l"]
            layer.scale.assign(scale[0] if layer.is_feedforward else scale[part, 0])
            continue
        layer.lora_a.assign(np.ascontiguousarray(tensors["lora_A"].T))
        layer.lora_b.assign(np.ascontiguousarray(tensors["lora_B"][part].T))
        if "lora_magnitude_vector" in tensors:
            layer.magnitude.assign(tensors["lora_magnitude_vector"][part])


def _exactly(path: str) -> str:
    """A regular expression that is found in one path."""
    return f"^{re.escape(path)}$"


def _names(without: Sequence[str]) -> list[str]:
    if isinstance(without, str) or not all(isinstance(one, str) for one in without):
        raise InputError(f"Expected `without` as a list of names. Received: {without!r}")
    return list(without)
