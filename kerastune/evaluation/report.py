"""The page that shows a run: one HTML file that needs nothing beside it."""

import base64
from collections.abc import Mapping, Sequence
from html import escape
from importlib import resources
from typing import Any

from kerastune.evaluation.evaluation import Evaluation
from kerastune.evaluation.pictures import PICTURE_DPI
from kerastune.evaluation.tables import metrics_table, pairs, table

_LEAST_SIZE = 0.7  # Of the size that a picture was drawn for.

# The policy also holds a browser to what the page promises: no script, nothing fetched.
_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>{title}</title>
<style>
{style}</style>
</head>
<body>
<h1>{title}</h1>
<p class="summary">{summary}</p>
{verdict}{sections}
</body>
</html>
"""


def html_report(
    *,
    title: str,
    summary: str,
    evaluation: Evaluation,
    baselines: Mapping[str, Evaluation],
    examples: Mapping[str, Sequence[Mapping[str, Any]]],
    plan_rows: Sequence[Mapping[str, Any]],
    history: Mapping[str, Any],
    pictures: Mapping[str, bytes],
    configuration: Mapping[str, Any],
    environment: Mapping[str, Any],
    notes: Sequence[str],
    verdict: Sequence[str] = (),
    plan_notes: Sequence[str] = (),
    samples: Mapping[str, Mapping[str, Any]] | None = None,
) -> str:
    """A run as one HTML page, without scripts and without links to other files.

    A section whose content is empty is left out.

    Args:
        title: str, the heading.
        summary: str, one sentence under it.
        evaluation: the model's `Evaluation`: its metrics and tables are shown.
        baselines: dict from a baseline's name to its `Evaluation`.
        examples: dict from a heading to a list of dicts, one a prediction. A `predicted`
            text that is not the `true` one is marked; bytes are a PNG file, which is shown.
        plan_rows: list of dicts, the rows of the plan table.
        history: dict as `learning_curves` takes it; its epochs are shown, and its `stages`, a
            list of dicts, if it has them.
        pictures: dict from a caption to a PNG file's bytes.
        configuration: dict of the run's arguments.
        environment: dict of versions and devices.
        notes: list of str, what cleaning did to the data.
        verdict: list of str, what the numbers say, shown at the top. Default: nothing.
        plan_notes: list of str, what to say under the plan table. Default: nothing.
        samples: dict from the name of a part of the data to a dict of what is known of it,
            such as its fingerprint. Default: nothing.

    Returns:
        The page, str. Whatever text the arguments hold is escaped.

    Example:

    >>> from kerastune.evaluation import Metric
    >>> page = html_report(
    ...     title="Topics", summary="It works.", evaluation=Evaluation([Metric("accuracy", 0.9)]),
    ...     baselines={},
    ...     examples={"Mistakes": [{"input": "<script>"}]}, plan_rows=[], history={}, pictures={},
    ...     configuration={"epochs": 3}, environment={}, notes=[],
    ... )
    >>> "0.9000" in page, "<td>&lt;script&gt;</td>" in page, "<h2>Plan</h2>" in page
    (True, True, False)
    """
    parts = samples or {}
    sections = {
        "Results on the test data": metrics_table(evaluation, baselines),
        "Predictions": "".join(
            f"<h3>{escape(heading)}</h3>\n{table(rows)}" for heading, rows in examples.items()
        ),
        "Pictures": _side_by_side(
            [inline_picture(caption, png) for caption, png in pictures.items()]
        ),
        **{
            _heading(name): table(_rows(name, rows), decimals=True)
            for name, rows in evaluation.tables.items()
        },
        "Plan": table(plan_rows) + _hints(plan_notes),
        "Stages": table(history.get("stages", ())),
        "Epochs": table(history.get("epochs", ()), decimals=True),
        "Data": _list(notes) + table([{"part": part, **it} for part, it in parts.items()]),
        "Configuration": pairs(configuration),
        "Environment": pairs(environment),
    }
    return _PAGE.format(
        title=escape(title),
        summary=escape(summary),
        verdict="".join(f'<p class="verdict">{escape(line)}</p>\n' for line in verdict),
        style=resources.files("kerastune.evaluation")
        .joinpath("report.css")
        .read_text(encoding="utf-8"),
        sections="\n".join(
            f"<section><h2>{escape(heading)}</h2>\n{content}</section>"
            for heading, content in sections.items()
            if content
        ),
    )


def inline_picture(caption: str, png: bytes) -> str:
    """A picture inside a page, at the size it was drawn for.

    Args:
        caption: str, escaped here.
        png: bytes, the content of a PNG file.

    Returns:
        A `<figure>` element, str.
    """
    # A PNG file holds its width here; a browser counts 96 pixels an inch.
    width = int.from_bytes(png[16:20], "big") * 96 // PICTURE_DPI
    data = base64.b64encode(png).decode("ascii")
    # Letters stay legible on a small screen, where the rest is found by scrolling.
    least = int(_LEAST_SIZE * width)
    return (
        f"<figure><figcaption>{escape(caption)}</figcaption>"
        f'<div class="scroll" tabindex="0"><img class="drawn" alt="{escape(caption)}" '
        f'width="{width}" style="min-width: {least}px" src="data:image/png;base64,{data}"></div>'
        "</figure>\n"
    )


def _side_by_side(figures: Sequence[str]) -> str:
    """Figures beside each other where there is room."""
    return f'<div class="pictures">\n{"".join(figures)}</div>\n' if figures else ""


def _heading(name: str) -> str:
    """The heading of a table: `per_class` is `Each class`, `digit_per_class` is of digits."""
    before, per, after = name.rpartition("per_")
    if not per:
        return name.replace("_", " ").capitalize()
    of = f" ({before.strip('_').replace('_', ' ')})" if before.strip("_") else ""
    return f"Each {after.replace('_', ' ')}{of}"


def _rows(name: str, rows: Any) -> list[dict[str, Any]]:
    """The rows of a table, with what each is of in the first column."""
    kind = name.rpartition("per_")[2].replace("_", " ") or "row"
    if isinstance(rows, Mapping):
        return [{kind: row, **numbers} for row, numbers in rows.items()]
    return [{kind: f"{kind} {number}", **row} for number, row in enumerate(rows, start=1)]


def _hints(notes: Sequence[str]) -> str:
    """Explanations under a table."""
    return "".join(f'<p class="hint">{escape(note)}</p>\n' for note in notes)


def _list(notes: Sequence[str]) -> str:
    """Notes as a list."""
    items = "".join(f"<li>{escape(note)}</li>\n" for note in notes)
    return f"<ul>\n{items}</ul>\n" if items else ""
