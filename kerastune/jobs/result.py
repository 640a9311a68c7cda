"""What a run gives back: a tuned model that answers in labels or units."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from kerastune import backends

backends.select()

import keras

from kerastune import files
from kerastune.data import Column
from kerastune.data.open_as import open_as
from kerastune.errors import InputError
from kerastune.evaluation import Evaluation
from kerastune.heads import Head
from kerastune.jobs.classes import foreign_classes
from kerastune.jobs.model_files import save_model
from kerastune.jobs.run_directories import RESULT
from kerastune.preprocessing import ArrayPreprocessor, Preprocessor
from kerastune.training import History, predict
from kerastune.tuning import Plan

SAVED = ("model.keras", "preprocessor", "plan.yaml", "history.json", RESULT)
"""What `Result.save` writes."""


@dataclass(frozen=True)
class Result:
    """A tuned model with all that it takes to use it.

    Args:
        recipe: str, the recipe's name.
        model: the Keras model, from prepared inputs to the head's outputs.
        head: the `Head` that decodes outputs and measures them.
        plan: the `Plan` that was run.
        metrics: dictionary of what was measured on the test samples.
        history: the `History` of the training.
        run_dir: Path of the run directory.
        preprocessor: the `Preprocessor`. Defaults to an `ArrayPreprocessor` of one column.
        columns: dictionary from the name of each column of the samples to its `Column`.
        targets: tuple of str, the columns that were learned.
        spread: dictionary from the name of a metric to its mean, standard deviation, lowest
            and highest over `repeats`; empty for a single run and for one that was loaded.

    Example:

    >>> import contextlib, io, tempfile
    >>> import numpy as np
    >>> from kerastune import recipes
    >>> with tempfile.TemporaryDirectory() as directory, contextlib.redirect_stdout(io.StringIO()):
    ...     result = recipes.linear_regression(epochs=1, run_dir=directory)
    >>> result.predict(np.zeros((2, 10))).shape
    (2, 1)
    """

    recipe: str
    model: keras.Model
    head: Head
    plan: Plan
    metrics: dict[str, Any]
    history: History
    run_dir: Path
    preprocessor: Preprocessor = field(default_factory=lambda: ArrayPreprocessor(("array",)))
    columns: Mapping[str, Column] = field(default_factory=dict)
    targets: tuple[str, ...] = ()
    spread: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    def outputs(self, inputs: Any) -> Any:
        """What the model computes for raw inputs, before decoding.

        Args:
            inputs: as for `predict`.

        Returns:
            Outputs as the head takes them, often an array of shape `(samples, outputs)`.

        Raises:
            InputError: as for `predict`.
        """
        if hasattr(inputs, "__len__") and not len(inputs):
            raise InputError(
                "Expected a sequence of at least one input. Received: none, an empty "
                f"{type(inputs).__name__}"
            )
        by_column = self.preprocessor.by_column(inputs)
        return predict(self.model, by_column, self.preprocessor, self.head)

    def predict(self, inputs: Any) -> Any:
        """Answers for raw inputs.

        Args:
            inputs: sequence of raw inputs: sentences, images or rows; at least one. Of
                several columns: a list of dictionaries, one a sample, a dictionary from
                column to values, or a `Source`; of a table also a file or a frame.

        Returns:
            Answers as the head decodes them: a list of class names, an array of quantities
            of shape `(samples, targets)`.

        Raises:
            InputError: if there are no inputs, one string is given for a list, or a column
                is missing.
        """
        return self.head.decode(self.outputs(inputs))

    def probabilities(self, inputs: Any) -> Any:
        """The probability of each class, for raw inputs.

        Args:
            inputs: as for `predict`.

        Returns:
            Array of shape `(samples, classes)`, or as the head gives them.

        Raises:
            InputError: if the head gives no probabilities, and as for `predict`.
        """
        return self._of_head("probabilities")(self.outputs(inputs))

    def intervals(self, inputs: Any, coverage: float = 0.9) -> Any:
        """Where quantities lie with some probability, for raw inputs.

        Args:
            inputs: as for `predict`.
            coverage: float between 0 and 1, the probability. Defaults to 0.9.

        Returns:
            Array of shape `(samples, targets, 2)`: lower and upper ends.

        Raises:
            InputError: if the head gives no intervals, and as for `predict`.
        """
        return self._of_head("intervals")(self.outputs(inputs), coverage)

    def evaluate(self, data: Any) -> Evaluation:
        """How good the answers are for other samples.

        Args:
            data: samples with the columns of the training data: a `Source`, a pair of
                inputs and labels, records, a name or a path; see
                `kerastune.data.open_as`.

        Returns:
            An `Evaluation`; `evaluation["accuracy"]` is a number of it. Where rows were dropped
            or columns left out, its detail `notes` tells so, a line each.

        Raises:
            InputError: if a column is missing, or a label is not known.
        """
        samples = open_as(data, self.columns, self.targets)
        found = self.head.evaluate(samples.target_values, self.outputs(samples))
        if not samples.notes:
            return found
        return replace(found, details={**found.details, "notes": list(samples.notes)})

    def save(self, directory: str | Path | None = None) -> Path:
        """Writes all that `kerastune.load` needs, on any machine and backend.

        Args:
            directory: where to. Defaults to the run directory.

        Returns:
            Path of the directory.

        Raises:
            InputError: if it is a file, or another directory that holds something.
        """
        target = Path(directory) if directory is not None else self.run_dir
        is_own = target.resolve() == self.run_dir.resolve()
        if not is_own and target.exists() and (not target.is_dir() or any(target.iterdir())):
            raise InputError(f"Expected a new or empty directory. Received: '{target}'")
        self.write(target)
        return target

    def write(self, folder: Path) -> None:
        """Writes the files of `SAVED` into a folder, replacing those that are there.

        Args:
            folder: Path. It is made if it does not exist.
        """
        folder.mkdir(parents=True, exist_ok=True)
        save_model(self.model, folder / "model.keras")
        self.preprocessor.save(folder / "preprocessor")
        files.write_text(folder / "plan.yaml", _without_callbacks(self.plan).to_yaml())
        files.write_json(folder / "history.json", self.history.to_dict())
        self.write_state(folder)

    def write_state(self, folder: Path) -> None:
        """Writes `result.json`, the head and the metrics, anew, and nothing else.

        Args:
            folder: Path, where `write` has written the rest.
        """
        head = keras.saving.serialize_keras_object(self.head)
        files.write_json(
            folder / RESULT,
            {
                "recipe": self.recipe,
                "head": head,
                "metrics": self.metrics,
                "columns": {name: column.to_dict() for name, column in self.columns.items()},
                "targets": list(self.targets),
                "classes": foreign_classes(self.head, self.preprocessor, self.model),
            },
        )

    def _of_head(self, method: str) -> Any:
        """A method that some heads have."""
        found = getattr(self.head, method, None)
        if found is None:
            raise InputError(
                f"Expected a result whose head gives {method}. Received: one with the head "
                f"{type(self.head).__name__}, which does not"
            )
        return found


def _without_callbacks(plan: Plan) -> Plan:
    """A plan as a file can hold it: callbacks are objects of this process."""
    stages: Sequence[Any] = [replace(stage, callbacks=()) for stage in plan.stages]
    return replace(plan, stages=tuple(stages))
