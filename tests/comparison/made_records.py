"""What processes of a comparison write, made by hand for tests of the judging."""

import json

import numpy as np

from kerastune.comparison.records import Record
from kerastune.comparison.specification import MOVES
from kerastune.comparison.tensors import Arrays, pack, write_arrays, write_packed

ONE = np.linspace(-1, 1, 12).reshape(3, 4).astype("float32")


def made_record(folder, backend, **changes):
    """A record of a model with one dense layer, of which a test changes a part.

    Args:
        folder: Path that the records of a test share.
        backend: str.
        **changes: `outputs`, `trained`, `gradient`, `moves`, `error`, `is_missing`, `weights`,
            `batches`, `losses`, `moved_losses`, `gradients`, `moved_gradients`, `step`, `parts`,
            `switched_off`, `loss`.
    """
    own = folder / backend
    own.mkdir(parents=True)
    outputs = changes.get("outputs", ONE)
    gradient = changes.get("gradient", ONE)
    weights = changes.get("weights", [ONE, np.zeros(4, "float32")])
    moves = changes.get("moves", 0.0)
    call = {"part": 0}
    if "is_missing" in changes:
        call["is_missing"] = True
    elif "error" in changes:
        call["error"] = changes["error"]
    else:
        call["moves"] = {
            "inference": [moves],
            "training": [moves],
            "inputs": [moves],
            "variables": [moves],
        }
        forms = ("inference", "training", "inputs", "variables")
        values = (outputs, changes.get("trained", outputs), gradient, gradient)
        write_arrays(
            own / "layers.npz",
            {f"0/{form}/0": value for form, value in zip(forms, values, strict=True)},
        )
    write_arrays(own / "weights.npz", {str(place): one for place, one in enumerate(weights)})
    gradients = changes.get("gradients", [ONE, np.full(4, 1e-9, "float32")])
    step = {"output/0": outputs, "trained/0": outputs}
    step |= {f"gradient/{place}": one for place, one in enumerate(gradients)}
    write_arrays(own / "first_step.npz", step)
    moved_gradients = changes.get("moved_gradients", gradients)
    moved_step = step | {f"gradient/{place}": one for place, one in enumerate(moved_gradients)}
    write_arrays(
        own / "moved_first_step.npz",
        {f"{number}/{name}": one for number in range(MOVES) for name, one in moved_step.items()},
    )
    moved = changes.get("step", [one + 0.5 for one in weights])
    for name in ("steps", "moved_steps"):
        write_arrays(own / f"{name}.npz", {f"0/{k}": one.ravel() for k, one in enumerate(moved)})
    write_arrays(own / "optimizer.npz", {str(place): one for place, one in enumerate(moved)})
    arrays = Arrays()
    batches = changes.get("batches", [[ONE, ONE[:, 0], None]])
    write_packed(own, "batches", [pack(one, arrays, np.asarray) for one in batches], arrays)
    parts = [{"name": "dense", "path": "dense", "class": "Dense", "config": None, "weights": []}]
    losses = changes.get("losses", [1.0, 0.5])
    result = {
        "backend": backend,
        "precision": "float32",
        "parts": changes.get("parts", parts),
        "layers": [call],
        "variables": ["dense/kernel", "dense/bias"],
        "trainable": ["dense/kernel", "dense/bias"],
        "trainable_places": [0, 1],
        "switched_off": changes.get("switched_off", []),
        "loss_on_reference": changes.get("loss", 1.0),
        "losses": losses,
        "moved_losses": [losses, changes.get("moved_losses", losses)],
        "metrics": {"loss": losses[-1]},
        "notes": [],
        "versions": {backend: "1.0"},
        "seconds": {"all": 1.0},
    }
    (own / "result.json").write_text(json.dumps(result))
    common = folder / "common"
    common.mkdir(exist_ok=True)
    if not (common / "weights.npz").exists():
        write_arrays(common / "weights.npz", {str(place): one for place, one in enumerate(weights)})
    write_packed(common, "calls", {"calls": [], "left_out": {}}, Arrays())
    return Record(own)
