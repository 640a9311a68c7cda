"""Comparisons within one process, which plays one backend after the other."""

from dataclasses import replace
from pathlib import Path

from kerastune.backends import select
from kerastune.comparison import Tolerances
from kerastune.comparison.records import Record
from kerastune.comparison.specification import Specification
from kerastune.comparison.trial import trial_of
from kerastune.comparison.worker import run


def ran(what, folder: Path, name="a", *, is_reference=True, **settings):
    """What one backend does with a model, in this process."""
    output = folder / name
    output.mkdir(parents=True, exist_ok=True)
    (folder / "common").mkdir(exist_ok=True)
    asked = Specification(
        what, select(), str(folder / "common"), str(output), is_reference=is_reference, **settings
    )
    run(replace(asked, steps=settings.get("steps", 2)))
    record = Record(output)
    record.result["backend"] = name
    return record


def compared(what, folder: Path, before=lambda name: None, **settings):
    """A trial of two runs in this process, called `jax` and `torch`."""
    records = []
    for name in ("jax", "torch"):
        before(name)
        records.append(ran(what, folder, name, is_reference=name == "jax", **settings))
    return trial_of(None, records, [], Tolerances())
