"""`kerastune.compress`: a finished run with its weights in fewer bits, as a run of its own."""

import tempfile
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kerastune import files
from kerastune.compression.checks import (
    answers,
    checked_record,
    differences,
    require_same_test,
    require_same_when_read,
)
from kerastune.compression.compressed import Compressed, Measured
from kerastune.compression.measuring import compressed_bytes, speeds_by_turns
from kerastune.compression.quantizing import check_kind, quantize, refuse_quantized
from kerastune.compression.training_on import check_training, rounding_plan, trained_on
from kerastune.errors import InputError, reason
from kerastune.jobs import reporting
from kerastune.jobs.engine import baseline_evaluations, noted_splits, running
from kerastune.jobs.loading import load
from kerastune.jobs.model_files import MODEL, save_model
from kerastune.jobs.run_directories import new_directory, require_free
from kerastune.options.origin import built_anew, file_of, recipe_of
from kerastune.training import TrainingHistory
from kerastune.tuning import merge_and_remove_adapters, plan_table
from kerastune.tuning.adapters.attaching import adapters_of

if TYPE_CHECKING:
    from kerastune.jobs.job import Job
    from kerastune.jobs.recipe import Recipe
    from kerastune.jobs.result import Result
    from kerastune.jobs.runs import Run
    from kerastune.records import RunRecord
    from kerastune.tuning import PlanTable

COMPRESSION = "compression.json"
"""What was measured before and after."""

_TIMED = 128
"""The most samples of which the speed is measured."""


def compress(
    run: str | Path,
    to: str = "int8",
    *,
    leave_out: str | None = None,
    epochs: int | None = None,
    learning_rate: float | None = None,
    run_dir: str | Path | None = None,
    overwrite: bool = False,
    recipe: "Recipe[Any] | str | Path | None" = None,
    data: Any = None,
    test_data: Any = None,
) -> Compressed:
    """Quantizes the model of a finished run, measures it on the test samples, and writes a run.

    `kerastune.load` reads it, on any backend. Adapters are merged into the kernels first. With
    `epochs` everything trains on before, as if it were quantized, so that weights learn to be
    rounded; else nothing is trained, and `history` is empty.

    Args:
        run: str or Path, a run directory, or the name of one in `runs`.
        to: str, `"int8"`, `"int4"` or `"float8"`, see `kerastune.compression.quantize`. Defaults
            to `"int8"`.
        leave_out: str, the pattern of weights whose layers stay as they are, such as `"head"`.
            Defaults to none.
        epochs: int, epochs to train as if quantized, on the training samples of the run. For
            `"int8"` and `"int4"`, without `leave_out`. Defaults to none.
        learning_rate: float, the highest rate in these. Defaults to a tenth of that of the last
            stage of the run.
        run_dir: str or Path, where it is written. Defaults to a new directory under `runs`.
        overwrite: bool, whether a run in `run_dir` may be replaced. Defaults to False.
        recipe: a `Recipe`, or a Python file with it, where it is none of this project or of an
            installed package. Defaults to none.
        data: what the run was made of, where that was an object of Python. Defaults to what its
            configuration says.
        test_data: likewise.

    Returns:
        A `Compressed`, which prints itself as a table.

    Raises:
        InputError: if there is no such run, it is not finished or is quantized already, nothing in
            its model can be quantized, its samples are others now, or something given cannot be
            used.

    Example:

    >>> import contextlib, io, tempfile
    >>> from kerastune import recipes
    >>> with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
    ...     given = {"epochs": 1, "verbose": 0, "run_dir": f"{folder}/mlp"}
    ...     _ = recipes.mlp(data="digits", **given)
    ...     found = compress(f"{folder}/mlp", run_dir=f"{folder}/int8")
    >>> found.to, found.times_smaller > 1.5
    ('int8', True)
    """
    check_kind(to)
    check_training(to, epochs, learning_rate, leave_out)
    record = checked_record(run)
    require_free(run_dir, overwrite=overwrite)
    origin, file = recipe_of(record, recipe), file_of(recipe)
    before, after = (_merged(record, file) for _ in range(2))
    refuse_quantized(before.model)
    place = run_dir or new_directory(f"{record.recipe}-{to}")
    given = {"data": data, "test_data": test_data, "run_dir": place, "overwrite": overwrite}
    job = built_anew(record, origin, **given, verbose=0)
    require_same_test(job, record)
    # Of the model as the plan met it: what is read from a file may have other paths.
    table = job.plan_table()
    job.model, job.preprocessor = after.model, after.preprocessor
    if epochs is None:
        after = replace(after, history=TrainingHistory())
        notes = quantize(after.model, to, leave_out=leave_out).notes
    else:
        plan = rounding_plan(to, epochs, learning_rate, after.plan)
        table = plan_table(after.model, plan)
    with running(job) as begun:
        begun.begin()
        if epochs is not None:
            after = replace(after, plan=plan, history=trained_on(job, plan, after.head))
            notes = (
                *quantize(after.model, to).notes,
                f"trained for {plan.stages[0].duration} before, as if quantized",
            )
        after = replace(after, run_dir=begun.directory, metrics={})
        reporting.keep(begun, after)
        return _measured(to, job, begun, before, after, table, notes)


def _merged(record: "RunRecord", file: str | None) -> "Result":
    """The result of a run, with its adapters merged into the kernels."""
    result = load(record.directory, file)
    if adapters_of(result.model):
        try:
            merge_and_remove_adapters(result.model)
        except InputError as error:
            raise InputError(
                "Expected a run whose adapters can be merged into the kernels, which are "
                f"quantized. Received: '{record.directory}': {reason(error)}"
            ) from error
    return result


def _measured(
    to: str,
    job: "Job",
    run: "Run",
    before: "Result",
    after: "Result",
    table: "PlanTable",
    notes: tuple[str, ...],
) -> Compressed:
    """Measures both on the test samples, and writes the report."""
    test = job.splits.test
    inputs = {name: test.values[name] for name in before.preprocessor.columns}
    require_same_when_read(run.folder, after, inputs)
    outputs = [answers(one, one.model, inputs) for one in (before, after)]
    evaluations = [before.head.evaluate(test.target_values, one) for one in outputs]
    after = replace(after, metrics=evaluations[1].to_dict())
    difference, largest = differences(*outputs)
    sizes = [_sizes(before, before.run_dir / MODEL), _sizes(after, run.folder / MODEL)]
    speeds = _speeds(before, after, inputs, len(test))
    measured = [
        Measured(name, *size, dict(found.to_dict()), speed)
        for name, size, found, speed in zip(
            ("before", "after"), sizes, evaluations, speeds, strict=True
        )
    ]
    directions = evaluations[0].directions
    metric = next(name for name, higher in directions.items() if higher is not None)
    found = Compressed(
        to, measured[0], measured[1], metric, notes, difference, largest, len(test), after
    )
    files.write_json(run.path(COMPRESSION), {"run": str(before.run_dir), **found.to_dict()})
    splits = noted_splits(job)
    told = (*splits.training.notes, *notes, f"made of the run {before.run_dir}")
    splits = replace(splits, training=replace(splits.training, notes=told))
    findings = reporting.Findings(evaluations[1], baseline_evaluations(job), outputs[1], table)
    reporting.publish(run, after, splits, findings)
    return found


def _sizes(result: "Result", path: Path) -> tuple[int, int]:
    """The bytes of a model's file, and those that it takes compressed."""
    with tempfile.TemporaryDirectory() as folder:
        if not path.is_file():  # A run with adapters may be stored without its base.
            path = Path(folder) / MODEL
            save_model(result.model, path)
        return path.stat().st_size, compressed_bytes(path)


def _speeds(
    before: "Result", after: "Result", inputs: Mapping[str, Any], samples: int
) -> list[tuple[float, ...]]:
    """Samples a second of both, by turns."""
    few = {name: values[:_TIMED] for name, values in inputs.items()}
    calls = [partial(answers, one, one.model, few) for one in (before, after)]
    return speeds_by_turns(calls, min(_TIMED, samples))
