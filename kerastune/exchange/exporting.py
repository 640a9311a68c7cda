"""Adapters of a Keras model, written as PEFT reads them."""

import json
import os
import warnings
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
from safetensors.numpy import save

from kerastune.errors import InputError, closest, some_of
from kerastune.exchange.loading import CONFIG, TENSORS
from kerastune.exchange.naming import Module, Naming, namings
from kerastune.exchange.peft_tensors import START
from kerastune.exchange.peft_weights import adapters_called, ia3_weights, lora_weights
from kerastune.exchange.prefixes import prefix_files
from kerastune.exchange.saved_modules import to_torch, whole_variables
from kerastune.exchange.whole_folders import refuse_written, write_folder
from kerastune.tuning.adapters.adapted import adapted_layers
from kerastune.tuning.adapters.adapter import Adapter
from kerastune.tuning.adapters.attaching import adapters_of, require_adapters
from kerastune.tuning.adapters.dora import DoRA
from kerastune.tuning.adapters.ia3 import IA3
from kerastune.tuning.adapters.merging import refuse_merged
from kerastune.tuning.adapters.prefix_tuning import PrefixTuning


def export_peft(
    model: keras.Model,
    directory: str | os.PathLike[str],
    name: str = "default",
    base_model: str | None = None,
    base_model_prefix: str = "",
    modules_to_save: Sequence[str] = (),
) -> list[str]:
    """Writes adapters of a model as Hugging Face's PEFT reads them.

    `peft.PeftModel.from_pretrained(hugging_face_model, directory)` then computes what the model
    does with these adapters alone, if the kernels are the same. LoRA, with ranks and alphas of
    layers, rank-stabilized, or from `"pissa"` (which becomes matrices of twice the rank), DoRA and
    IA³ are written, for KerasHub's backbones of BERT, DistilBERT, RoBERTa, GPT-2, Llama, Mistral,
    Qwen, Gemma and ViT.

    Prefixes are written for Llama, Mistral and Qwen, see `load_peft`.

    Not in the files is whatever else trains: biases, norms, a head. A warning names it. Modules of
    Hugging Face that are layers here can be stored whole: see `modules_to_save`.

    Args:
        model: a built Keras model that is a backbone of KerasHub, or holds one.
        directory: str or path, which is made. There may be other files in it.
        name: str, the name of the adapters. Defaults to `"default"`.
        base_model: str, the name or the directory of the Hugging Face model, which is noted in the
            configuration. Defaults to none.
        base_model_prefix: str, under which the class of the Hugging Face model holds the bare one:
            `"bert"` for `BertForSequenceClassification`, `"model"` for `LlamaForCausalLM`, whose
            attribute `base_model_prefix` it is. Defaults to `""`, for the bare model.
        modules_to_save: sequence of str, names of modules that are stored whole, in the class that
            `base_model_prefix` means: `"classifier"`, `"bert.pooler.dense"`. Defaults to none.

    Returns:
        List of str, the names of the modules that have adapters in the file; none for prefixes.

    Raises:
        InputError: if there are no adapters of that name, they are merged, a layer of them is no
            module of Hugging Face, PEFT has no such method, or the directory has adapters.
            Then nothing is written.

    Example:

    >>> import keras_hub, tempfile
    >>> from kerastune.tuning import LoRA, add_adapters, freeze
    >>> backbone = keras_hub.models.BertBackbone(9, 1, 1, 2, 4)
    >>> _ = add_adapters(backbone, LoRA(rank=1))
    >>> _ = freeze(backbone, "all & ~adapters")
    >>> export_peft(backbone, Path(tempfile.mkdtemp(), "adapters"))
    ['encoder.layer.0.attention.self.query', 'encoder.layer.0.attention.self.value']

    Reference:
        https://huggingface.co/docs/peft/developer_guides/checkpoint
    """
    folder = Path(directory)
    naming = namings(model)[0]
    require_adapters(model, [name])
    refuse_merged(model)
    refuse_written(folder, [CONFIG, TENSORS])
    start = f"{base_model_prefix}." if base_model_prefix else ""
    adapter = adapters_of(model)[name]
    modules: list[Module] = []
    if isinstance(adapter, PrefixTuning):
        settings, tensors = prefix_files(naming, adapter)
    else:
        modules = _adapted_modules(model, naming, name)
        written = _ia3 if isinstance(adapter, IA3) else _lora
        settings, tensors = written(naming, modules, adapter, start)
    settings |= {
        "base_model_name_or_path": base_model,
        "inference_mode": True,
        "modules_to_save": list(modules_to_save) or None,
        "task_type": settings.get("task_type"),
    }
    held = _whole_modules(naming, modules_to_save)
    for whole, layer in held.items():
        for part, variable in whole_variables(layer).items():
            tensors[f"{whole}.{part}"] = to_torch(layer, variable)
    beginning = "" if isinstance(adapter, PrefixTuning) else START
    data = save(
        {beginning + one: np.ascontiguousarray(value) for one, value in tensors.items()},
        metadata={"format": "pt"},
    )
    text = json.dumps(dict(sorted(settings.items())), indent=2) + "\n"
    write_folder(folder, {TENSORS: data, CONFIG: text.encode()})
    _warn_of_others(model, list(held.values()))
    return [start + module.name for module in modules]


def _adapted_modules(model: keras.Model, naming: Naming, name: str) -> list[Module]:
    """The modules of Hugging Face with adapters, in their order."""
    adapted = {
        id(one.layer): one
        for one in adapted_layers(model)
        if adapters_called(one, name) is not None
    }
    modules = [
        module
        for module in naming.modules.values()
        if any(id(layer) in adapted for layer in module.layers)
    ]
    known = {id(layer) for module in modules for layer in module.layers}
    unknown = [one.layer.path for key, one in adapted.items() if key not in known]
    if unknown:
        raise InputError(
            f"Expected adapters of layers that are modules of Hugging Face's "
            f"{naming.family.backbone.removesuffix('Backbone')}. Received: some of "
            f"{some_of(unknown)}. Leave them out of `targets`"
        )
    return modules


def _lora(
    naming: Naming, modules: list[Module], adapter: Any, start: str
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """The configuration and the tensors of LoRA or DoRA."""
    found = {module.name: lora_weights(module, adapter.name) for module in modules}
    ranks = {name: weights.rank for name, weights in found.items()}
    alphas = {
        name: _whole_number(
            weights.scale * (weights.rank**0.5 if adapter.rank_stabilized else weights.rank)
        )
        for name, weights in found.items()
    }
    rank, alpha = _most(ranks.values()), _most(alphas.values())
    tensors = {
        f"{start}{name}.{part}": value
        for name, weights in found.items()
        for part, value in weights.tensors.items()
    }
    return {
        "peft_type": "LORA",
        "r": rank,
        "lora_alpha": alpha,
        "lora_dropout": adapter.dropout,
        "rank_pattern": {name: one for name, one in ranks.items() if one != rank},
        "alpha_pattern": {name: one for name, one in alphas.items() if one != alpha},
        "use_rslora": adapter.rank_stabilized,
        "use_dora": isinstance(adapter, DoRA),
        "init_lora_weights": True,
        "bias": "none",
        "target_modules": _shortest(naming, modules),
        "fan_in_fan_out": naming.family.prefix == "transformer",
    }, tensors


def _ia3(
    naming: Naming, modules: list[Module], adapter: Adapter, start: str
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """The configuration and the tensors of IA³."""
    found = {module.name: ia3_weights(module, adapter.name) for module in modules}
    feedforward = {name for name, (_, is_feedforward) in found.items() if is_feedforward}
    # PEFT wants the names of one list to be in the other, so each is written alike.
    groups = [
        _shortest(naming, [one for one in modules if (one.name in feedforward) is is_one])
        for is_one in (False, True)
    ]
    return {
        "peft_type": "IA3",
        "target_modules": sorted({*groups[0], *groups[1]}),
        "feedforward_modules": groups[1],
        "fan_in_fan_out": naming.family.prefix == "transformer",
    }, {f"{start}{name}.ia3_l": vector for name, (vector, _) in found.items()}


def _shortest(naming: Naming, modules: list[Module]) -> list[str]:
    """The ends of names that mean some modules and no others: one for all blocks if possible."""
    wanted = {module.name for module in modules}
    found: dict[str, None] = {}
    for module in modules:
        end = f".{module.in_block}"
        meant = {name for name in naming.modules if f".{name}".endswith(end)}
        found[module.in_block if meant <= wanted else module.name] = None
    return sorted(found)


def _whole_modules(naming: Naming, names: Sequence[str]) -> dict[str, keras.Layer]:
    """The layers that are stored whole, by the names of their modules."""
    found: dict[str, keras.Layer] = {}
    for name in names:
        bare = naming.bare(name)
        start = name.removesuffix(bare)
        inside = [one for one in naming.saved if one == bare or one.startswith(f"{bare}.")]
        if not inside:
            raise InputError(
                f"Expected `modules_to_save` out of {', '.join(naming.saved)}. Received: {name!r}."
                + closest(bare, list(naming.saved))
            )
        found |= {start + one: naming.saved[one] for one in inside}
    return found


def _warn_of_others(model: keras.Model, stored: list[keras.Layer]) -> None:
    """Tells which weights train, and are not in the files."""
    there = {id(weight) for layer in stored for weight in layer.weights}
    for adapted in adapted_layers(model):
        there |= {id(one) for layer in adapted.adapters.values() for one in layer.weights}
    others = [one.path for one in model.trainable_variables if id(one) not in there]
    if others:
        warnings.warn(
            f"{len(others)} other weights of {model.name!r} train, and are not in the files of "
            f"PEFT: {some_of(others)}",
            stacklevel=3,
        )


def _most(values: Any) -> Any:
    """The most frequent value."""
    [(value, _)] = Counter(values).most_common(1)
    return value


def _whole_number(value: float) -> float:
    """A number without what rounding has added to it, an int where it is one."""
    near = round(value, 9)
    return int(near) if near == int(near) else near
