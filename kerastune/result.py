"""What a recipe gives back: a tuned model that answers in labels or units."""

import json
import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from kerastune import backends

backends.select()

import keras
import numpy as np

from kerastune import files
from kerastune.errors import InputError, reason
from kerastune.heads import Classification, Regression
from kerastune.models import ImagePreprocessor, TextPreprocessor
from kerastune.models.keras_files import read_keras_file
from kerastune.runs import MARKER
from kerastune.training import History, predict
from kerastune.tuning import Plan

_HEADS = {head.__name__: head for head in (Classification, Regression)}


@dataclass(frozen=True)
class Result:
    """A tuned model with all that it takes to use it.

    Args:
        recipe: str, the recipe's name.
        model: the Keras model, from preprocessed inputs to the head's outputs.
        head: the `Classification` or `Regression` that decodes outputs.
        plan: the `Plan` that was run.
        metrics: dictionary of numbers measured on the test samples.
        history: the `History` of the training.
        run_dir: Path of the run directory.
        preprocess: function from raw features to what the model takes, such as a
            `TextPreprocessor` or an `ImagePreprocessor`, or None when it takes them as they are.

    Example:

    >>> import contextlib, io, tempfile
    >>> from kerastune import recipes
    >>> with tempfile.TemporaryDirectory() as directory, contextlib.redirect_stdout(io.StringIO()):
    ...     result = recipes.linear_regression(epochs=1, run_dir=directory)
    >>> result.predict(np.zeros((2, 10))).shape
    (2, 1)
    """

    recipe: str
    model: keras.Model
    head: Classification | Regression
    plan: Plan
    metrics: dict[str, Any]
    history: History
    run_dir: Path
    preprocess: Any = None

    def outputs(self, inputs: Sequence[Any] | np.ndarray) -> np.ndarray:
        """What the model computes for raw inputs, before decoding.

        Args:
            inputs: sequence of raw inputs: sentences, images or rows; at least one.

        Returns:
            Array of shape `(samples, outputs)`.

        Raises:
            InputError: if there are no inputs, or one string is given for a list.
        """
        if isinstance(inputs, str) or len(inputs) == 0:
            raise InputError(f"Expected a sequence of at least one input. Received: {inputs!r}")
        return predict(self.model, inputs, preprocess=self.preprocess)

    def predict(self, inputs: Sequence[Any] | np.ndarray) -> Any:
        """Answers for raw inputs.

        Args:
            inputs: sequence of raw inputs: sentences, images or rows; at least one.

        Returns:
            List of class names, or array of quantities of shape `(samples, targets)`.

        Raises:
            InputError: if there are no inputs, or one string is given for a list.
        """
        return self.head.decode(self.outputs(inputs))

    def save(self, directory: str | Path | None = None) -> Path:
        """Write all that `kerastune.load` needs, on any machine and backend.

        Args:
            directory: where to. Defaults to the run directory.

        Returns:
            Path of the directory.

        Raises:
            InputError: if another directory already holds a result.
        """
        target = Path(directory) if directory is not None else self.run_dir
        if target != self.run_dir and target.exists() and any(target.iterdir()):
            raise InputError(f"Expected a new or empty directory. Received: '{target}'")
        target.mkdir(parents=True, exist_ok=True)
        _save_model(self.model, target / "model.keras")
        if self.preprocess is not None:
            self.preprocess.save(target / "preprocessor")
        # Callbacks are objects of this process.
        stages = tuple(replace(stage, callbacks=()) for stage in self.plan.stages)
        files.write_text(target / "plan.yaml", replace(self.plan, stages=stages).to_yaml())
        files.write_json(target / "history.json", self.history.to_dict())
        files.write_json(
            target / "result.json",
            {
                "recipe": self.recipe,
                "head": {"kind": type(self.head).__name__, **self.head.to_dict()},
                "metrics": self.metrics,
            },
        )
        return target


def load(run_dir: str | Path) -> Result:
    """Read back a result, in any process and on any backend.

    Args:
        run_dir: str or Path, a directory that `Result.save` or a recipe wrote.

    Returns:
        A `Result` that predicts what the saved one did. Its model is not compiled.

    Raises:
        InputError: if the directory holds no complete result.
        MissingExtraError: if the model needs a library that is not installed.

    Example:

    >>> load("no/such/directory")
    Traceback (most recent call last):
        ...
    kerastune.errors.InputError: Expected the directory of a finished run. Received: ...
    """
    directory = Path(run_dir)
    state = _read(directory / "result.json", json.loads)
    plan = _read(directory / "plan.yaml", Plan.from_yaml)
    history = _read(directory / "history.json", lambda text: History(**json.loads(text)))
    preprocess = None
    if (folder := directory / "preprocessor").is_dir():
        kind = ImagePreprocessor if ImagePreprocessor.is_saved_in(folder) else TextPreprocessor
        preprocess = kind.load(folder)
    model = read_keras_file(directory / "model.keras")
    try:
        recipe, metrics, head = state["recipe"], state["metrics"], _head(state["head"])
    except (KeyError, TypeError) as error:
        raise InputError(
            "Expected a result.json with `recipe`, `metrics` and a `head` out of "
            f"{list(_HEADS)}. Received: '{directory}', where it is otherwise"
        ) from error
    return Result(recipe, model, head, plan, metrics, history, directory, preprocess)


def _save_model(model: keras.Model, path: Path) -> None:
    """Write a model without its optimizer, whose state is twice the weights."""
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".", suffix=".tmp") as folder:
        partial = Path(folder) / path.name
        # A second model around the same layers has no optimizer, and leaves this one's alone.
        keras.Model(model.input, model.output, name=model.name).save(partial)
        with partial.open("rb") as file:
            os.fsync(file.fileno())
        partial.replace(path)


def _head(settings: dict[str, Any]) -> Classification | Regression:
    """The head that `Result.save` described."""
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in settings.items()
    }
    return _HEADS[values.pop("kind")](**values)


def _read(path: Path, parse: Callable[[str], Any]) -> Any:
    """What a file of a result holds."""
    try:
        return parse(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, TypeError) as error:
        if (path.parent / MARKER).is_file() and not (path.parent / "result.json").is_file():
            received = f"'{path.parent}', which holds an unfinished run"
        else:
            received = f"'{path.parent}', whose {path.name} cannot be read: {reason(error)}"
        raise InputError(
            f"Expected the directory of a finished run. Received: {received}"
        ) from error
