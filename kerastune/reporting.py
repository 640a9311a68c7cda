"""From predictions to what a person sees: numbers, pictures and a page."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.console import Console
from rich.table import Table

from kerastune import evaluation, files, runs, tuning

if TYPE_CHECKING:
    from kerastune.data import Source
    from kerastune.result import Result
    from kerastune.runs import Run
    from kerastune.tuning import PlanTable

_EXAMPLES = 3


def announce(plan_table: "PlanTable", samples: Mapping[str, "Source"]) -> None:
    """Print what will be trained on what, before it starts.

    Args:
        plan_table: the plan, resolved.
        samples: dictionary from what the samples are for (`"training"`, `"validation"`,
            `"test"`) to the samples.

    Example:

    >>> import keras
    >>> from kerastune import data, tuning
    >>> body = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, name="body")])
    >>> model = keras.Sequential([body, keras.layers.Dense(1)])
    >>> table = tuning.plan_table(model, tuning.head_only(epochs=1, learning_rate=0.01))
    >>> announce(table, {"training": data.diabetes()})
    training: 442 samples of diabetes
    Plan: head_only...
    """
    console = Console()
    for line in _described(samples):
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    console.print(plan_table)


def publish_classification(
    run: "Run",
    result: "Result",
    samples: Mapping[str, "Source"],
    probabilities: np.ndarray,
    *,
    baselines: Mapping[str, Mapping[str, Any]],
    plan_table: "PlanTable",
) -> None:
    """Print what a classifier reached, and write it to the run directory.

    Args:
        run: the `Run`, begun.
        result: the `Result`, with its metrics.
        samples: dictionary as for `announce`, with the `"test"` samples.
        probabilities: array of shape `(samples, classes)` for the test samples.
        baselines: dictionary from a baseline's name to its metrics.
        plan_table: the plan, resolved.
    """
    test = samples["test"]
    names = test.classes
    predicted = probabilities.argmax(axis=1)
    examples = [
        {
            "input": _shown(test.features[position]),
            "predicted": names[predicted[position]],
            "true": names[test.labels[position]],
            "probability": round(float(probabilities[position].max()), 3),
        }
        for position in range(min(_EXAMPLES, len(test)))
    ]
    pictures = {
        "confusion": evaluation.confusion_picture(result.metrics["confusion"], names),
    }
    _publish(run, result, samples, baselines, plan_table, examples, pictures)


def publish_regression(
    run: "Run",
    result: "Result",
    samples: Mapping[str, "Source"],
    predictions: np.ndarray,
    *,
    baselines: Mapping[str, Mapping[str, Any]],
    plan_table: "PlanTable",
) -> None:
    """Print what a regression reached, and write it to the run directory.

    Args:
        run: the `Run`, begun.
        result: the `Result`, with its metrics.
        samples: dictionary as for `announce`, with the `"test"` samples.
        predictions: array of shape `(samples, targets)` for the test samples, in units.
        baselines: dictionary from a baseline's name to its metrics.
        plan_table: the plan, resolved.
    """
    test = samples["test"]
    examples = [
        {
            "input": _shown(test.features[position]),
            "predicted": _rounded(predictions[position]),
            "true": _rounded(test.quantities[position]),
        }
        for position in range(min(_EXAMPLES, len(test)))
    ]
    pictures = {
        "predictions": evaluation.prediction_scatter(test.quantities, predictions),
    }
    _publish(run, result, samples, baselines, plan_table, examples, pictures)


def _publish(
    run: "Run",
    result: "Result",
    samples: Mapping[str, "Source"],
    baselines: Mapping[str, Mapping[str, Any]],
    plan_table: "PlanTable",
    examples: list[dict[str, Any]],
    pictures: dict[str, Any],
) -> None:
    """What all kinds of task publish in the same way."""
    history = result.history.to_dict()
    plan_rows = plan_table.to_dicts()
    pictures = {
        "learning_curves": evaluation.learning_curves(history),
        "learning_rates": evaluation.rates_picture(
            tuning.rates_by_step(result.plan, plan_table, result.history.stages),
            [(run["stage"], run["steps"]) for run in result.history.stages],
        ),
        **pictures,
    }
    for name, picture in pictures.items():
        evaluation.save_picture(picture, run.directory / f"{name}.png")
    files.write_json(
        run.directory / "metrics.json", {"metrics": result.metrics, "baselines": baselines}
    )
    files.write_json(run.directory / "plan_table.json", plan_rows)
    page = evaluation.html_report(
        title=run.recipe.replace("_", " ").capitalize(),
        summary=_summary(result, samples["test"]),
        metrics=result.metrics,
        baselines=baselines,
        examples=examples,
        plan_rows=plan_rows,
        history=history,
        pictures={
            name.replace("_", " ").capitalize(): (run.directory / f"{name}.png").read_bytes()
            for name in pictures
        },
        configuration=run.configuration,
        environment=runs.environment(),
        notes=_described(samples),
    )
    files.write_text(run.directory / "report.html", page)
    result.save()
    run.finish()
    _print(run, result, baselines, examples)


def _described(samples: Mapping[str, "Source"]) -> list[str]:
    """What the samples are, and what cleaning did to them, a line each."""
    lines = [
        f"{use}: {len(source):,} samples of {source.name}"
        + (f" in {len(source.class_names)} classes" if source.class_names else "")
        for use, source in samples.items()
    ]
    # The parts of a split share their notes.
    notes = dict.fromkeys(
        (source.name, note) for source in samples.values() for note in source.notes
    )
    return lines + [f"{name}: {note}" for name, note in notes]


def _summary(result: "Result", test: "Source") -> str:
    """The result in one sentence."""
    name, value = next(iter(result.metrics.items()))
    return (
        f"{name.replace('_', ' ').capitalize()} {value:.4f} on {len(test):,} test samples of "
        f"{test.name}, after {len(result.history.epochs)} epochs of the plan {result.plan.name}."
    )


def _print(
    run: "Run",
    result: "Result",
    baselines: Mapping[str, Mapping[str, Any]],
    examples: Sequence[Mapping[str, Any]],
) -> None:
    """The numbers beside the baselines, some predictions, and where the run is."""
    console = Console()
    numbers = Table(title="On the test samples", title_justify="left")
    numbers.add_column("metric")
    for column in ("this model", *baselines):
        numbers.add_column(column, justify="right")
    for name, value in result.metrics.items():
        if isinstance(value, float):
            others = (_number(metrics.get(name)) for metrics in baselines.values())
            numbers.add_row(name.replace("_", " "), _number(value), *others)
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


def _rounded(quantities: np.ndarray) -> float | list[float]:
    """The quantities of one sample: a number, or a list of several."""
    values = [float(f"{value:.4g}") for value in quantities]
    return values[0] if len(values) == 1 else values


def _shown(value: Any) -> str:
    """A sample as a line of text."""
    if isinstance(value, str):
        return value
    array = np.asarray(value)
    if array.size > 12:
        return f"array of shape {array.shape}"
    return ", ".join(f"{number:.4g}" for number in array.ravel())
