"""The first layer that differs, as files that show the difference without kerastune."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from kerastune import files
from kerastune.comparison.judging.differences import Difference
from kerastune.comparison.records import Record
from kerastune.comparison.tensors import read_packed, write_arrays

SCRIPT = "reproduce.py"


@dataclass(frozen=True)
class Reproduction:
    """What shows the difference of one layer by itself.

    Args:
        layer: dictionary: `name`, `backends`, `form`, `arguments`, `configs` by backend,
            `module` and `class`.
        arrays: dictionary of the inputs (`input/…`) and the weights (`weight/…`) of the layer.

    Example:

    >>> Reproduction({"name": "conv"}, {}).layer["name"]
    'conv'
    """

    layer: dict[str, Any]
    arrays: dict[str, np.ndarray]

    def write(self, folder: Path) -> Path:
        """Write the layer, its arrays and a script that runs it on each backend.

        Args:
            folder: Path, made where it is not there.

        Returns:
            The Path of the script.
        """
        folder.mkdir(parents=True, exist_ok=True)
        write_arrays(folder / "layer.npz", self.arrays)
        files.write_json(folder / "layer.json", self.layer)
        script = resources.files("kerastune.comparison.showing").joinpath("reproduce.txt")
        files.write_text(folder / SCRIPT, script.read_text(encoding="utf-8"))
        return folder / SCRIPT


def reproduction_of(found: Difference, records: Sequence[Record]) -> Reproduction | None:
    """What shows a layer that differs by itself.

    Args:
        found: the `Difference` of the layer.
        records: sequence of `Record`, the reference first.

    Returns:
        A `Reproduction`, or None where the layer has no configuration it could be made from.
    """
    reference = records[0]
    packed, stored = read_packed(reference.folder.parent / "common", "calls")
    call = packed["calls"][found.place]
    parts = {record.backend: record.result["parts"][call["part"]] for record in records}
    part = parts[reference.backend]
    parts = {backend: one for backend, one in parts.items() if one is not None}
    if any(one["config"] is None for one in parts.values()):
        return None
    weights = reference.begin
    arrays = {
        f"weight/{number}": weights[str(place)] for number, place in enumerate(part["weights"])
    }
    numbers = _numbers(call["arguments"])
    arrays |= {f"input/{number}": stored[str(number)] for number in numbers}
    layer = {
        "name": part["path"],
        "backends": [reference.backend, found.backend],
        "form": found.form or "inference",
        "arguments": call["arguments"],
        "configs": {backend: one["config"] for backend, one in parts.items()},
        "module": part["module"],
        "class": part["class"],
        "file": part["file"],
    }
    return Reproduction(layer, arrays)


def _numbers(packed: Any) -> list[int]:
    """The numbers of the arrays in packed arguments."""
    if isinstance(packed, dict):
        if "array" in packed and "dtype" in packed:
            return [packed["array"]]
        return [number for value in packed.values() for number in _numbers(value)]
    if isinstance(packed, list):
        return [number for value in packed for number in _numbers(value)]
    return []
