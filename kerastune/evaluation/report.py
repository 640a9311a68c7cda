"""The page that shows a run: one HTML file that needs nothing beside it."""

from collections.abc import Mapping, Sequence
from typing import Any

from kerastune.display import Table, metrics_table, table_of
from kerastune.display.page import Page, Section
from kerastune.display.rows import settings_table
from kerastune.display.table import TableData
from kerastune.display.texts import format_name
from kerastune.evaluation.evaluation import Evaluation


def html_report(
    *,
    title: str,
    summary: str,
    evaluation: Evaluation,
    baselines: Mapping[str, Evaluation],
    configuration: Mapping[str, Any],
    environment: Mapping[str, Any],
    examples: Mapping[str, Sequence[Mapping[str, Any]]] | None = None,
    plan: TableData | None = None,
    history: Mapping[str, Any] | None = None,
    pictures: Mapping[str, bytes] | None = None,
    notes: Sequence[str] = (),
    verdict: Sequence[str] = (),
    samples: Mapping[str, Mapping[str, Any]] | None = None,
) -> str:
    """Returns a run as one HTML page, without links to other files.

    A section whose content is empty is left out.

    Args:
        title: str, the heading.
        summary: str, one sentence under it.
        evaluation: the model's `Evaluation`: its metrics and tables are shown.
        baselines: dict from a baseline's name to its `Evaluation`.
        configuration: dict of the run's arguments.
        environment: dict of versions and devices.
        examples: dict from a heading to a list of dicts, one a prediction. A `predicted`
            text that is not the `true` one is marked; bytes are a PNG file, which is shown.
            Default: none.
        plan: the plan as a table, or None. Default: None.
        history: dict as `learning_curves` takes it; its epochs are shown, and its `stages`, a
            list of dicts, if it has them. Default: nothing.
        pictures: dict from a caption to a PNG file's bytes. Default: none.
        notes: list of str, what cleaning did to the data. Default: none.
        verdict: list of str, what the numbers say, shown at the top. Default: nothing.
        samples: dict from the name of a part of the data to a dict of what is known of it,
            such as its fingerprint. Default: nothing.

    Returns:
        The page, str, see `kerastune.display.page.Page`.

    Example:

    >>> from kerastune.evaluation import Metric
    >>> page = html_report(
    ...     title="Topics", summary="It works.", evaluation=Evaluation([Metric("accuracy", 0.9)]),
    ...     baselines={}, configuration={"epochs": 3}, environment={},
    ...     examples={"Mistakes": [{"input": "<script>"}]},
    ... )
    >>> "0.9000" in page, "<td>&lt;script&gt;</td>" in page, "<h2>Plan</h2>" in page
    (True, True, False)
    """
    told = history or {}
    stages = [_stage(stage) for stage in told.get("stages", ())]
    parts = [{"part": part, **known} for part, known in (samples or {}).items()]
    sections = [
        Section("Results on the test data", [results_table("", evaluation, baselines)]),
        Section("Predictions", [_examples(*named) for named in (examples or {}).items()]),
        Section("Pictures", pictures=pictures or {}),
        *(Section(one.title, [one]) for one in evaluation_tables(evaluation)),
        *([] if plan is None else [Section(plan.title, [plan])]),
        Section("Stages", [table_of("", stages, fractions="number")]),
        Section("Epochs", [table_of("", told.get("epochs", ()))]),
        Section("Data", [table_of("", parts)], notes=notes),
        Section("Configuration", [settings_table(configuration)]),
        Section("Environment", [settings_table(environment)]),
    ]
    return Page(title, sections, summary, verdict).to_html()


def results_table(title: str, evaluation: Evaluation, baselines: Mapping[str, Evaluation]) -> Table:
    """Returns the table of a model's metrics beside its baselines, a row a metric.

    Args:
        title: str.
        evaluation: the `Evaluation` of the model.
        baselines: dictionary from a baseline's name to its `Evaluation`.
    """
    columns = {name: one.to_dict() for name, one in {"this model": evaluation, **baselines}.items()}
    return metrics_table(title, columns, evaluation.directions)


def evaluation_tables(evaluation: Evaluation) -> list[Table]:
    """Returns the tables of an evaluation, each with what its rows are of in the first column.

    Args:
        evaluation: the `Evaluation`.

    Returns:
        List of `Table`: `per_class` is called `Each class`, `digit_per_class` `Each class
        (digit)`.
    """
    tables = []
    for name, rows in evaluation.tables.items():
        before, per, after = name.rpartition("per_")
        kind = format_name(after)
        title = f"Each {kind}" if per else kind[:1].upper() + kind[1:]
        title += f" ({format_name(before.strip('_'))})" if per and before.strip("_") else ""
        if isinstance(rows, Mapping):
            named: list[dict[str, Any]] = [{after: str(row), **rows[row]} for row in rows]
        else:
            named = [{after: f"{kind} {at}", **row} for at, row in enumerate(rows, start=1)]
        scores = [row.get("f1") for row in named]
        bar = {"f1": "score"} if all(_is_score(score) for score in scores) else {}
        tables.append(table_of(title, named, units={after: "text", **bar}))
    return tables


def _is_score(value: Any) -> bool:
    """Returns whether a value is missing, or a number of 0 to 1, of which a bar can be drawn."""
    return value is None or (isinstance(value, int | float) and 0 <= value <= 1)


def _examples(heading: str, rows: Sequence[Mapping[str, Any]]) -> Table:
    pairs = [(row.get("predicted"), row.get("true")) for row in rows]
    wrong = {
        (index, "predicted"): "wrong"
        for index, (predicted, true) in enumerate(pairs)
        if isinstance(predicted, str) and isinstance(true, str) and predicted != true
    }
    return table_of(heading, rows, fractions="number", marks=wrong)


def _stage(stage: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the duration and the pace of a stage as text."""
    started = str(stage.get("started") or "")[:19].replace("T", " ")
    return {**stage, "started": started} if started else dict(stage)
