"""What a run gives back: a tuned model that answers in labels or units."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from kerastune import backends

backends.select()

import keras

from kerastune import files
from kerastune.data import Column, Source
from kerastune.data.open_as import open_as
from kerastune.display import AsTable, Table, metrics_table
from kerastune.errors import InputError
from kerastune.evaluation import Evaluation
from kerastune.heads import Head
from kerastune.jobs.classes import foreign_classes
from kerastune.jobs.mistakes import mistakes
from kerastune.jobs.model_files import require_base, save_model_and_adapters
from kerastune.jobs.predicting import all_outputs, answers
from kerastune.jobs.run_directories import RESULT, require_empty
from kerastune.preprocessing import ArrayPreprocessor, Preprocessor
from kerastune.training import TrainingHistory, predict
from kerastune.tuning import Plan

SAVED = ("preprocessor", "plan.yaml", "history.json", RESULT)
"""What `Result.save` writes beside the model."""


@dataclass(frozen=True, repr=False)
class Result(AsTable):
    """A tuned model with all that it takes to use it.

    Args:
        recipe: str, the recipe's name.
        model: the Keras model, from prepared inputs to the head's outputs.
        head: the `Head` that decodes outputs and measures them.
        plan: the `Plan` that was run.
        metrics: dictionary of what was measured on the test samples.
        history: the `TrainingHistory` of the training.
        run_dir: Path of the run directory.
        preprocessor: the `Preprocessor`. Defaults to an `ArrayPreprocessor` of one column.
        columns: dictionary from the name of each column of the samples to its `Column`.
        targets: tuple of str, the columns that were learned.
        spread: dictionary from the name of a metric to its mean, standard deviation, lowest
            and highest over `repeats`; empty for a single run and for one that was loaded.

    Example:

    >>> import contextlib, io, tempfile, numpy as np
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
    history: TrainingHistory
    run_dir: Path
    preprocessor: Preprocessor = field(default_factory=lambda: ArrayPreprocessor(("array",)))
    columns: Mapping[str, Column] = field(default_factory=dict)
    targets: tuple[str, ...] = ()
    spread: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    @property
    def batch_size(self) -> int | None:
        """int, the samples of a step of the last stage; None of a run before version 0.2."""
        stages = self.history.stages
        return stages[-1].get("batch_size") if stages else None

    def to_table(self) -> Table:
        """What was measured on the test samples, and where the run is."""
        columns = {"value": self.metrics}
        for heading, key in {"mean": "mean", "± deviation": "standard_deviation"}.items():
            if self.spread:
                columns[heading] = {name: one[key] for name, one in self.spread.items()}
        numbers = [name for name, value in self.metrics.items() if isinstance(value, int | float)]
        others = [name for name in self.metrics if name not in numbers]
        epochs = len(self.history.epochs)
        samples = f", {self.batch_size} samples a step" if self.batch_size else ""
        notes = (
            *([f"In `metrics` also: {', '.join(others)}."] if others else []),
            *(
                [f"{epochs} epoch{'s' * (epochs != 1)} of the plan {self.plan.name}{samples}."]
                if epochs
                else []
            ),
            f"Run directory: {self.run_dir}",
        )
        title = f"{self.recipe} on the test samples"
        return metrics_table(title, columns, dict.fromkeys(numbers), notes=notes)

    def outputs(self, inputs: Any) -> Any:
        """What the model computes for raw inputs, before decoding.

        Args:
            inputs: as for `predict`.

        Returns:
            Outputs as the head takes them, often an array of shape `(samples, outputs)`, with
            the first axis also for an input by itself.

        Raises:
            InputError: as for `predict`.
        """
        return all_outputs(self, inputs)

    def predict(self, inputs: Any, *, batch_size: int = 64) -> Any:
        """Answers for raw inputs: one for an input by itself, else one for each.

        Inputs are read, computed and decoded some rows at a time. They are checked as those of
        the training are; a row that cannot be predicted is an error that names it. Columns of a
        table that the training data lacks are left out, with a warning.

        Args:
            inputs: one input by itself: a text, an image (array, PIL image or path), an array
                of the shape of one sample, a dictionary of one value by column. Or a sequence
                of inputs, or a generator; a dictionary from column to values, a frame of
                Polars or pandas, records or a `Source`; the path of a file or a folder (of
                texts as a `pathlib.Path`, as a str is a text): a table, a text file with one a
                line, a folder of images.
            batch_size: int, inputs that are computed at a time. Defaults to 64.

        Returns:
            Answers as the head decodes them: a list of class names, an array of quantities
            of shape `(samples, targets)`; of an input by itself the only item of these.

        Raises:
            InputError: if there are no inputs, they are not what the run reads, or a row cannot
                be predicted.
        """
        return answers(self, inputs, self.head.decode, batch_size)

    def probabilities(self, inputs: Any, *, batch_size: int = 64) -> Any:
        """The probability of each class, for raw inputs.

        Args:
            inputs: as for `predict`.
            batch_size: int, as for `predict`.

        Returns:
            Array of shape `(samples, classes)`, or as the head gives them; of an input by
            itself of shape `(classes,)`.

        Raises:
            InputError: if the head gives no probabilities, and as for `predict`.
        """
        return answers(self, inputs, self._of_head("probabilities"), batch_size)

    def intervals(self, inputs: Any, coverage: float = 0.9, *, batch_size: int = 64) -> Any:
        """Where quantities lie with some probability, for raw inputs.

        Args:
            inputs: as for `predict`.
            coverage: float between 0 and 1, the probability. Defaults to 0.9.
            batch_size: int, as for `predict`.

        Returns:
            Array of shape `(samples, targets, 2)`: lower and upper ends; of an input by itself
            of shape `(targets, 2)`.

        Raises:
            InputError: if the head gives no intervals, and as for `predict`.
        """
        intervals = self._of_head("intervals")
        return answers(self, inputs, lambda outputs: intervals(outputs, coverage), batch_size)

    def evaluate(
        self,
        data: Any,
        *,
        batch_size: int = 64,
        names: Mapping[str, str] | None = None,
    ) -> Evaluation:
        """How good the answers are for other samples.

        Args:
            data: samples with the columns of the training data: a `Source`, a pair of
                inputs and labels, a frame, records, a name or a path; see
                `kerastune.data.open_as`.
            batch_size: int, samples that are computed at a time. Defaults to 64.
            names: dictionary from a column of the training data to its name in a table, where
                it is another. Defaults to none.

        Returns:
            An `Evaluation`; `evaluation["accuracy"]` is a number of it. Where rows were dropped
            or columns left out, its detail `notes` tells so, a line each.

        Raises:
            InputError: if a column is missing, or a label is not known.
        """
        samples, outputs = self._measured(data, batch_size, names)
        found = self.head.evaluate(samples.target_values, outputs)
        if not samples.notes:
            return found
        return replace(found, details={**found.details, "notes": list(samples.notes)})

    def mistakes(self, data: Any, count: int = 20, *, batch_size: int = 64) -> list[dict[str, Any]]:
        """The samples whose answers are most wrong, the worst first.

        Of classes these are the mistakes that the model is most sure of, of quantities the
        largest errors. They show what it has not learned, and which labels may be wrong.

        Args:
            data: as for `evaluate`.
            count: int, how many at most; of several targets, of each. Defaults to 20.
            batch_size: int, as for `evaluate`.

        Returns:
            List of dictionaries with `row`, `input`, `predicted`, `true`, `probability` where
            the head has one, and `error`; see `kerastune.jobs.mistakes`.

        Raises:
            InputError: as for `evaluate`, or if the head cannot tell how wrong answers are.
        """
        samples, outputs = self._measured(data, batch_size)
        return mistakes(self.head, samples, outputs, count)

    def save(self, directory: str | Path | None = None, *, store: str = "auto") -> Path:
        """Writes all that `kerastune.load` needs, on any machine and backend.

        Args:
            directory: where to. Defaults to the run directory.
            store: str, the run option of that name. Defaults to `"auto"`.

        Returns:
            Path of the directory.

        Raises:
            InputError: if another directory holds something, or the model cannot be stored so.
        """
        require_base(self.model, store)
        target = self.run_dir if directory is None else Path(directory)
        if target.resolve() != self.run_dir.resolve():
            require_empty(target)
        self.write(target, store)
        return target

    def write(self, folder: Path, store: str = "auto") -> None:
        """Writes the model and the files of `SAVED` into a folder, replacing those that are there.

        Args:
            folder: Path. It is made if it does not exist.
            store: str, as for `save`.
        """
        folder.mkdir(parents=True, exist_ok=True)
        save_model_and_adapters(self.model, folder, store)
        self.preprocessor.save(folder / "preprocessor")
        plan = self.plan.with_settings(callbacks=())  # Objects of this process.
        files.write_text(folder / "plan.yaml", plan.to_yaml())
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

    def _measured(
        self, data: Any, batch_size: int, names: Mapping[str, str] | None = None
    ) -> tuple[Source, Any]:
        """Samples with their targets, checked as those of the training, and the outputs."""
        samples = open_as(data, self.columns, self.targets, names)
        self.preprocessor.check(samples)
        inputs = {name: samples.values[name] for name in self.preprocessor.columns}
        outputs = predict(self.model, inputs, self.preprocessor, self.head, batch_size=batch_size)
        return samples, outputs

    def _of_head(self, method: str) -> Any:
        """A method that some heads have."""
        found = getattr(self.head, method, None)
        if found is None:
            raise InputError(
                f"Expected a result whose head gives {method}. Received: one with the head "
                f"{type(self.head).__name__}, which does not"
            )
        return found
