"""What one process of a comparison is to do, as a file."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from kerastune import files

STORED_STEPS = 20
"""The steps after each of which weights are kept, at the most."""

LAYER_SAMPLES = 8
"""The samples of the first batch on which layers are compared, at the most."""


MOVES = 3
"""How often the reference runs its first step, and trains, with everything moved by rounding."""

AS_IT_IS = "as it is"
"""What the precision of the recipe or the model itself is called, where none was asked for."""

TASKS = ("compare", "judge", "measure")
"""What a process may be asked for."""


@dataclass(frozen=True)
class Specification:
    """What one process of a comparison is to do.

    Args:
        what: str, a recipe, `file.py:name`, a `.keras` file or `module:function`.
        backend: str, one of `kerastune.backends.BACKENDS`.
        folder: str, where the reference has written what all read.
        output: str, where this process writes.
        data: str or None: of a recipe what its `data` takes, else an `.npz` file.
        options: dictionary of options of the recipe, from Python.
        arguments: list of str, options of the recipe as a command was given them.
        steps: int, training steps.
        precision: str, the name of a Keras dtype policy, or None for the model's own.
        jit_compile: bool, whether steps are compiled, or None for what is usual.
        threads: int, on how many threads the backend computes, or None for what is usual.
        is_reference: bool, whether this process makes what the others read.
        task: str, one of `TASKS`: `"compare"`, `"judge"`, to run the layers alone in float64, or
            `"measure"`, what a training costs.
        batch_size: int or None, samples a step, of a model that is no recipe's.
        seed: int, for made-up data, and for the order of a model's data.
        loss: str or None, for a model that is not compiled.
        optimizer: str or None, likewise.
        learning_rate: float or None, likewise.
        classes_file: str or None, a Python file to import first, for classes of layers.

    Example:

    >>> Specification("lenet", "jax", "out", "out/jax").steps
    20
    """

    what: str
    backend: str
    folder: str
    output: str
    data: str | None = None
    options: dict[str, Any] = field(default_factory=dict)
    arguments: list[str] = field(default_factory=list)
    steps: int = 20
    precision: str | None = None
    jit_compile: bool | None = None
    threads: int | None = None
    is_reference: bool = False
    task: str = "compare"
    batch_size: int | None = None
    seed: int = 0
    loss: str | None = None
    optimizer: str | None = None
    learning_rate: float | None = None
    classes_file: str | None = None

    def write(self, path: Path) -> None:
        """Write it as JSON."""
        files.write_json(path, asdict(self))

    @classmethod
    def read(cls, path: Path) -> "Specification":
        """The specification in a file.

        Args:
            path: Path of a file that `write` wrote.
        """
        return cls(**json.loads(path.read_text(encoding="utf-8")))
