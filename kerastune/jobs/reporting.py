"""From a result to what a person sees: numbers, pictures and a page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from kerastune import evaluation, files, tuning
from kerastune.jobs import runs
from kerastune.jobs.result import SAVED

if TYPE_CHECKING:
    from kerastune.data import Source, Splits
    from kerastune.evaluation import Evaluation
    from kerastune.jobs.result import Result
    from kerastune.jobs.runs import Run
    from kerastune.tuning import PlanTable

_EXAMPLES = 3


@dataclass(frozen=True)
class Findings:
    """What was found on the test samples, besides what the result holds.

    Args:
        evaluation: the `Evaluation` of the model.
        baselines: dictionary from a baseline's name to its `Evaluation`.
        outputs: the model's outputs for the test samples.
        plan_table: the plan, resolved.
    """

    evaluation: "Evaluation"
    baselines: "Mapping[str, Evaluation]"
    outputs: Any
    plan_table: "PlanTable"


def announce(plan_table: "PlanTable", splits: "Splits", title: str | None = None) -> None:
    """Prints what will be trained on what, before it starts.

    Args:
        plan_table: the plan, resolved.
        splits: the `Splits`.
        title: str, printed above, or None. Defaults to None.

    Example:

    >>> import keras
    >>> from kerastune import data, tuning
    >>> body = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, name="body")])
    >>> model = keras.Sequential([body, keras.layers.Dense(1)])
    >>> table = tuning.plan_table(model, tuning.head_only(epochs=1, learning_rate=0.01))
    >>> announce(table, data.open_splits("diabetes"))
    training: 332 samples of diabetes
    test: 110 samples of diabetes
    Plan: head_only...
    """
    console = Console()
    for line in [title] if title else []:
        console.print(line, style="bold")
    for line in _described(splits):
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    console.print(plan_table)


def keep(run: "Run", result: "Result") -> None:
    """Writes what was trained to the run directory, before it is measured.

    Measuring and drawing may fail, such as in a head of a user's own; the model then stays.

    Args:
        run: the `Run`, begun.
        result: the `Result`, whose head and metrics may change until `publish`.
    """
    for name in SAVED:
        run.path(name)
    result.write(run.folder)


def publish(run: "Run", result: "Result", splits: "Splits", found: Findings) -> None:
    """Prints what a model reached, and writes it to the run directory.

    Args:
        run: the `Run`, in which `keep` has written the model. It is finished here.
        result: the `Result`.
        splits: the `Splits`.
        found: the `Findings` on the test samples.
    """
    result.write_state(run.folder)
    examples = _examples(result, splits.test, found.outputs)
    pictures = _pictures(result, splits.test, found)
    for name, picture in pictures.items():
        evaluation.save_picture(picture, run.path(f"{name}.png"))
    baselines = {name: one.to_dict() for name, one in found.baselines.items()}
    files.write_json(
        run.path("metrics.json"),
        {
            "metrics": result.metrics,
            "baselines": baselines,
            "higher_is_better": found.evaluation.directions,
            "notes": _described(splits),
        },
    )
    plan_rows = found.plan_table.to_dicts()
    files.write_json(run.path("plan_table.json"), plan_rows)
    page = evaluation.html_report(
        title=run.recipe.replace("_", " ").capitalize(),
        summary=_summary(result, found.evaluation, splits.test),
        evaluation=found.evaluation,
        baselines=found.baselines,
        examples=examples,
        plan_rows=[_with_rates(row) for row in plan_rows],
        history=result.history.to_dict(),
        pictures={
            name.replace("_", " ").capitalize(): run.path(f"{name}.png").read_bytes()
            for name in pictures
        },
        configuration=run.configuration,
        environment=runs.environment(),
        notes=_described(splits),
    )
    files.write_text(run.path("report.html"), page)
    run.finish()
    _print(run, found, examples)


def _with_rates(row: dict[str, Any]) -> dict[str, Any]:
    """A row of the plan without what its rates were computed from."""
    left_out = ("multiplier", "lowest_multiplier")
    return {name: value for name, value in row.items() if name not in left_out}


def _pictures(result: "Result", test: "Source", found: Findings) -> dict[str, Any]:
    """The pictures of a run, by the names of their files."""
    stages = result.history.stages
    return {
        "learning_curves": evaluation.learning_curves(result.history.to_dict()),
        "learning_rates": evaluation.rates_picture(
            tuning.rates_by_step(result.plan, found.plan_table, stages),
            [(stage["stage"], stage["steps"]) for stage in stages],
        ),
        **result.head.pictures(test.target_values, found.outputs),
    }


def _examples(result: "Result", test: "Source", outputs: Any) -> list[dict[str, Any]]:
    """The first few test samples with their answers."""
    few = range(min(_EXAMPLES, len(test)))
    chosen = test.select(few)
    rows = result.head.examples(chosen.target_values, _first(outputs, len(few)))
    return [
        {"input": _input_shown(chosen[position], result.preprocessor.columns), **row}
        for position, row in zip(few, rows, strict=True)
    ]


def _first(outputs: Any, count: int) -> Any:
    """The outputs for the first samples."""
    if isinstance(outputs, Mapping):
        return {name: _first(values, count) for name, values in outputs.items()}
    return outputs[:count]


def _input_shown(sample: Mapping[str, Any], columns: Sequence[str]) -> str:
    """The inputs of a sample as a line of text."""
    if len(columns) == 1:
        return _shown(sample[columns[0]])
    return "; ".join(f"{name} {_shown(sample[name])}" for name in columns)


def _described(splits: "Splits") -> list[str]:
    """What the samples are, and what cleaning did to them, a line each."""
    lines = []
    for use, part in splits.parts.items():
        classes = [part.columns[name].class_names or () for name in part.targets]
        counted = [f"{len(names)} classes" for names in classes if names]
        lines.append(
            f"{use}: {len(part):,} samples of {part.name}"
            + (f" in {' and '.join(counted)}" if counted else "")
        )
    # The parts of a split share their notes.
    notes = dict.fromkeys(
        (part.name, note) for part in splits.parts.values() for note in part.notes
    )
    return lines + [f"{name}: {note}" for name, note in notes]


def _summary(result: "Result", measured: "Evaluation", test: "Source") -> str:
    """The result in one sentence."""
    first = [f"{one.name.replace('_', ' ')} {one.value:.4f} on" for one in measured.metrics[:1]]
    sentence = " ".join(
        [
            *(first or ["measured on"]),
            f"{len(test):,} test samples of {test.name}, after {len(result.history.epochs)} epochs "
            f"of the plan {result.plan.name}.",
        ]
    )
    return sentence[0].upper() + sentence[1:]


def _print(run: "Run", found: Findings, examples: Sequence[Mapping[str, Any]]) -> None:
    """The numbers beside the baselines, some predictions, and where the run is."""
    console = Console()
    numbers = Table(title="On the test samples", title_justify="left")
    numbers.add_column("metric")
    for column in ("this model", *found.baselines):
        numbers.add_column(column, justify="right")
    baselines = [one.to_dict() for one in found.baselines.values()]
    for metric in found.evaluation.metrics:
        others = (_number(numbers_of.get(metric.name)) for numbers_of in baselines)
        # A name may be that of a column, and what is in brackets there is no style.
        numbers.add_row(escape(metric.name.replace("_", " ")), _number(metric.value), *others)
    console.print(numbers)
    console.print("Some predictions")
    for example in examples:
        answer = ", ".join(f"{name} {example[name]}" for name in example if name != "input")
        # The whole inputs are in the report.
        for line in (answer, f"    {example['input']}"):
            console.print(
                f"  {line}", highlight=False, markup=False, no_wrap=True, overflow="ellipsis"
            )
    console.print(
        f"Run directory: {run.directory} (report.html shows everything)",
        soft_wrap=True,
        markup=False,
        highlight=False,
    )


def _number(value: Any) -> str:
    """A metric as text."""
    return f"{value:.4f}" if isinstance(value, float) else ""


def _shown(value: Any) -> str:
    """A sample as a line of text."""
    if isinstance(value, str):
        return value
    if isinstance(value, list | tuple) and all(isinstance(item, str) for item in value):
        return " ".join(value)
    if not isinstance(value, np.ndarray | list | tuple | int | float | np.generic):
        return str(value)
    try:
        array = np.asarray(value)
    except ValueError:  # Of several lengths.
        return str(value)
    if array.dtype.kind not in "iufb":
        return str(value)
    if array.size > 12:
        return f"array of shape {array.shape}"
    return ", ".join(f"{number:.4g}" for number in array.ravel())
