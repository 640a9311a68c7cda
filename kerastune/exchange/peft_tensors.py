"""The tensors of PEFT's files, by the modules of Hugging Face that they belong to."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from kerastune.exchange.naming import Module, Naming
from kerastune.exchange.peft_settings import PeftSettings
from kerastune.untrusted.reading import quoted

START = "base_model.model."
_LONGEST = 1000
_PART = re.compile(r"\.(lora_A|lora_B|lora_magnitude_vector|ia3_l)(\.weight)?")


@dataclass(frozen=True)
class ModuleTensors:
    """The names of the tensors of adapters of one module.

    Args:
        module: the `Module`.
        full_name: str, its name in the class whose adapters were saved.
        names: dictionary from parts, such as `"lora_A"`, to names in the file.
    """

    module: Module
    full_name: str
    names: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Contents:
    """What a file of PEFT holds for a model.

    Args:
        adapted: dictionary from names of modules to their `ModuleTensors`.
        saved: dictionary from names of modules that are stored whole to dictionaries from
            `"weight"` and `"bias"` to names in the file.
    """

    adapted: dict[str, ModuleTensors]
    saved: dict[str, dict[str, str]]


def sorted_tensors(naming: Naming, names: Iterable[str], without: Iterable[str]) -> Contents:
    """Returns which module of a model each tensor of a file belongs to.

    Args:
        naming: the `Naming` of the model.
        names: iterable of str, the tensors in the file.
        without: iterable of str, names of modules that are left out.

    Raises:
        ValueError: if a name is none of PEFT's.
        InputError: if a module is not there.

    Example:

    >>> import keras_hub
    >>> from kerastune.exchange.naming import namings
    >>> backbone = keras_hub.models.BertBackbone(9, 1, 1, 2, 4)
    >>> name = "base_model.model.bert.pooler.dense.lora_A.weight"
    >>> list(sorted_tensors(namings(backbone)[0], [name], ()).adapted)
    ['pooler.dense']
    """
    adapted: dict[str, ModuleTensors] = {}
    saved: defaultdict[str, dict[str, str]] = defaultdict(dict)
    left_out = tuple(without)
    for name in names:
        if not name.startswith(START) or len(name) > _LONGEST:
            raise ValueError(
                f"the name {quoted(name)} does not begin with {START!r}, or is very long"
            )
        whole = name.removeprefix(START)
        part = _PART.search(whole)
        full_name = whole[: part.start()] if part else whole.rpartition(".")[0]
        bare = naming.bare(full_name)
        if any(one in left_out for one in _ends(full_name)):
            continue
        if part and part.end() == len(whole) and bare in naming.modules:
            module = naming.modules[bare]
            found = adapted.setdefault(bare, ModuleTensors(module, full_name))
            if part[1] in found.names:
                raise ValueError(f"it has {part[1]} of {bare!r} twice")
            found.names[part[1]] = name
        elif part is None and bare in naming.saved and whole.endswith((".weight", ".bias")):
            end = whole.rpartition(".")[2]
            if end in saved[bare]:
                raise ValueError(f"it has {end} of {bare!r} twice")
            saved[bare][end] = name
        else:
            raise naming.unknown(quoted(whole)[1:-1])
    return Contents(adapted, dict(saved))


def require_tensors(
    naming: Naming, settings: PeftSettings, contents: Contents, without: Iterable[str]
) -> None:
    """Refuses a file in which tensors are missing that the settings ask for.

    Args:
        naming: the `Naming` of the model.
        settings: the `PeftSettings`.
        contents: the `Contents` of the file.
        without: iterable of str, names of modules that are left out.

    Raises:
        ValueError: if some are, or there are none at all.
    """
    wanted = {"ia3_l"} if settings.method == "IA3" else {"lora_A", "lora_B"}
    if settings.is_dora:
        wanted.add("lora_magnitude_vector")
    if not contents.adapted:
        raise ValueError("it has no tensors of adapters")
    for name, found in contents.adapted.items():
        if different := wanted ^ found.names.keys():
            one = sorted(different)[0]
            state = "has no" if one in wanted else "has a"
            raise ValueError(f"it {state} {one} for {name!r}, against its `adapter_config.json`")
    left_out = set(without)
    for name in naming.modules:
        is_meant = settings.targets is not None and settings.targets.has(name)
        if (
            is_meant
            and name not in contents.adapted | contents.saved
            and not left_out & {*_ends(name)}
        ):
            raise ValueError(f"it has no tensors for {name!r}, which `target_modules` names")


def require_shapes(
    settings: PeftSettings, contents: Contents, shapes: Mapping[str, tuple[int, ...]]
) -> None:
    """Refuses tensors whose shapes do not fit the model, before they are read.

    Args:
        settings: the `PeftSettings`.
        contents: the `Contents` of the file.
        shapes: dictionary from names of tensors to shapes.

    Raises:
        ValueError: if one does not fit, or a layer cannot be adapted.
    """
    for found in contents.adapted.values():
        maps = found.module.maps
        rows, columns = maps[0].rows, sum(one.columns for one in maps)
        rank = settings.ranks.value(found.full_name, settings.rank)
        is_feedforward = settings.feedforward.has(found.full_name)
        expected = {
            "lora_A": (rank, rows),
            "lora_B": (columns, rank),
            "lora_magnitude_vector": (columns,),
            "ia3_l": (1, rows) if is_feedforward else (columns, 1),
        }
        for part, name in found.names.items():
            if shapes[name] != expected[part]:
                raise ValueError(
                    f"{quoted(name)} has the shape {shapes[name]}, and the model needs "
                    f"{expected[part]}"
                )


def _ends(name: str) -> list[str]:
    """A name, and all that it ends with, and those that it lies in."""
    parts = name.split(".")
    starts = [".".join(parts[:stop]) for stop in range(1, len(parts))]
    return [".".join(parts[start:]) for start in range(len(parts))] + starts
