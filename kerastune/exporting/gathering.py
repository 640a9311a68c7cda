"""The folder of an export: artefacts that hold, what describes them, and the model card."""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kerastune import __version__, files
from kerastune.exporting.card import model_card
from kerastune.exporting.decoding import decoding, preparation
from kerastune.exporting.names import plain_names
from kerastune.exporting.places import SIGNATURE
from kerastune.exporting.raw_inputs import why_not_included

if TYPE_CHECKING:
    from kerastune.exporting.attempts import Attempt

CARD = "README.md"
"""The file of the model card."""


def gathered(made: "Attempt") -> Path:
    """Returns a folder with the artefacts that hold, and what describes them.

    Args:
        made: the `Attempt`.

    Returns:
        Path of a folder in its `work`.

    Example:

    See `kerastune.export`.
    """
    folder = made.work / "export"
    folder.mkdir()
    for one in made.artefacts:
        if one.holds:
            (made.work / one.path).rename(folder / one.path)
    shutil.copytree(made.work / "preprocessor", folder / "preprocessor")
    files.write_json(folder / SIGNATURE, signature(made))
    files.write_text(folder / CARD, model_card(made, notes_on_inputs(made)))
    return folder


def signature(made: "Attempt") -> dict[str, Any]:
    """Returns what a program has to know to use the artefacts, as plain data.

    Args:
        made: the `Attempt`.

    Example:

    See `kerastune.export`.
    """
    has_raw = any(one.has_raw for one in made.artefacts)
    return {
        "made_by": f"kerastune {__version__}",
        "recipe": made.record.recipe,
        "inputs": _described(made.forward.input),
        "outputs": _described(made.forward.output),
        "raw_inputs": plain_names(made.result.preprocessor.columns) if has_raw else {},
        "preparation": preparation(made.result.preprocessor),
        "decoding": decoding(made.result.head),
        "compared_on": made.samples.described,
        "artefacts": {
            one.format: {
                "path": one.path,
                "run_by": one.run_by,
                "largest_difference": one.difference,
                "largest_output": one.largest,
                "takes_raw_samples": one.has_raw,
            }
            for one in made.artefacts
            if one.holds
        },
    }


def notes_on_inputs(made: "Attempt") -> list[str]:
    """Returns what is said of preprocessing and of answers, a line each.

    Args:
        made: the `Attempt`.

    Example:

    See `kerastune.export`.
    """
    notes = []
    raw = [one.format for one in made.artefacts if one.has_raw]
    if raw:
        notes.append(
            f"{', '.join(raw)}: the signature `raw`, which is also `serving_default`, takes "
            "samples as they are; `prepared` takes what the other formats do."
        )
    elif "savedmodel" in {one.format for one in made.artefacts} and (
        why := why_not_included(made.result.preprocessor)
    ):
        notes.append(f"Preprocessing is not inside: {why}.")
    notes.append(
        f"Inputs: {preparation(made.result.preprocessor)}. {SIGNATURE} says what outputs mean."
    )
    return notes


def _described(tensors: dict[str, Any]) -> dict[str, Any]:
    return {
        name: {"dtype": str(tensor.dtype), "shape": [None, *tensor.shape[1:]]}
        for name, tensor in tensors.items()
    }
