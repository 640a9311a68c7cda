"""The samples on which artefacts are compared with Keras: those of the run, or made-up ones."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kerastune import backends

backends.select()

import keras
import numpy as np

from kerastune.backends import symbolic_inputs
from kerastune.data import Source, stand_ins
from kerastune.errors import InputError, reason
from kerastune.options.origin import built_anew, recipe_of
from kerastune.training.samples import training_transform

if TYPE_CHECKING:
    from kerastune.jobs.recipe import Recipe
    from kerastune.jobs.result import Result
    from kerastune.records import RunRecord

COUNT = 8
"""The samples that are compared."""


@dataclass(frozen=True)
class Samples:
    """Some samples of a run.

    Args:
        source: the `Source`, or None where there are none.
        described: str, what they are, such as `"8 test samples of digits"`.
        is_real: bool, whether they are of the data of the run.

    Example:

    >>> Samples(None, "numbers", is_real=False).described
    'numbers'
    """

    source: Source | None
    described: str
    is_real: bool


def samples_of(
    record: "RunRecord",
    result: "Result",
    recipe: "Recipe[Any] | str | Path | None" = None,
    data: Any = None,
) -> Samples:
    """Returns test samples of a run, or made-up ones where its data are gone.

    Args:
        record: the `RunRecord`.
        result: its `Result`.
        recipe: the `Recipe` of the run, or its Python file, where it is none of this project.
        data: the data of the run, where these were an object of Python, or are elsewhere now.

    Returns:
        `Samples`.

    Raises:
        InputError: if data are given, and cannot be used.

    Example:

    See `kerastune.export`.
    """
    try:
        job = built_anew(record, recipe_of(record, recipe), data=data, verbose=0)
        test = job.splits.test
        # The first may be all of one class.
        places = np.unique(np.linspace(0, len(test) - 1, min(COUNT, len(test))).astype(int))
        chosen = test.select(places)
        return Samples(chosen, f"{len(chosen)} test samples of {test.name}", is_real=True)
    except (InputError, OSError) as error:
        if data is not None:
            raise
        why = f"as the data of the run cannot be had: {reason(error)}"
        try:
            made = stand_ins(result.columns, result.targets, "made-up samples")
        # A column may be of a kind of somebody else.
        except Exception:
            return Samples(None, f"made-up inputs of the shapes of the model, {why}", is_real=False)
        chosen = made.select(np.arange(min(COUNT, len(made))))
        return Samples(chosen, f"{len(chosen)} made-up samples, {why}", is_real=False)


def prepared_inputs(samples: Samples, result: "Result") -> Any:
    """Returns inputs of the model of a run.

    Args:
        samples: `Samples`.
        result: the `Result`.

    Returns:
        What the model takes.

    Example:

    See `kerastune.export`.
    """
    if samples.source is not None:
        transform = training_transform(samples.source, result.preprocessor, result.head)
        names = [*result.preprocessor.columns, *samples.source.targets]
        batch = {name: samples.source.values[name] for name in dict.fromkeys(names)}
        return transform(batch)[0]
    return made_inputs(result.model)


def made_inputs(model: keras.Model, count: int = COUNT) -> Any:
    """Returns made-up inputs of a model, by the shapes and types that it takes.

    Args:
        model: a functional Keras model.
        count: int, how many samples. Defaults to 8.

    Example:

    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> made_inputs(model).shape
    (8, 2)
    """
    generator = np.random.default_rng(0)

    def made(tensor: Any) -> np.ndarray:
        shape = (count, *(16 if size is None else size for size in tensor.shape[1:]))
        if tensor.dtype.startswith("float"):
            return generator.random(shape).astype(tensor.dtype)
        return np.ones(shape, tensor.dtype)

    return keras.tree.map_structure(made, symbolic_inputs(model))
