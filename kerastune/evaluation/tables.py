"""The tables of the report, as HTML in which every text is escaped."""

import base64
import math
from collections.abc import Mapping, Sequence
from html import escape
from numbers import Integral, Real
from typing import Any, TypeGuard

from kerastune.evaluation.evaluation import Evaluation

_LONGEST_TEXT = 400
_LONG_TEXT = 32
_ENLARGED_TO = 96  # Pixels of the page.
_NAMES = {
    "crps": "CRPS",
    "f1": "F1",
    "macro_f1": "macro F1",
    "micro_f1": "micro F1",
    "r2": "R²",
}


_ARROWS = {True: "↑", False: "↓", None: ""}


def metrics_table(evaluation: Evaluation, baselines: Mapping[str, Evaluation]) -> str:
    """One row a metric: the model's value, then each baseline's; the best is marked."""
    columns = {"this model": evaluation, **baselines}
    measured = [one.to_dict() for one in columns.values()]
    rows = []
    for metric in evaluation.metrics:
        name, higher_is_better = metric.name, metric.higher_is_better
        values = [numbers.get(name) for numbers in measured]
        comparable = [value for value in values if _is_number(value) and math.isfinite(value)]
        best = None
        if higher_is_better is not None:
            best = (max if higher_is_better else min)(comparable, default=None)
        label = f"{escape(_name(name))} {_ARROWS[higher_is_better]}".rstrip()
        is_marked = best is not None and len(comparable) > 1
        cells = "".join(
            f'<td class="number{" best" if is_marked and value == best else ""}">'
            f"{_shown(value, decimals=True)}</td>"
            for value in values
        )
        rows.append(f'<tr><th scope="row">{label}</th>{cells}</tr>')
    if not rows:
        return ""
    hint = "↑ higher is better, ↓ lower is better" + (
        "; the best is in bold." if baselines else "."
    )
    table = _framed({"metric": False, **dict.fromkeys(columns, True)}, rows)
    return f'{table}<p class="hint">{hint}</p>\n'


def table(rows: Sequence[Mapping[str, Any]], *, decimals: bool = False) -> str:
    """Dicts as the rows of a table whose columns are all their keys."""
    names = dict.fromkeys(name for row in rows for name in row)
    # A column is set as numbers when nothing else is in it.
    columns = {
        name: all(row.get(name) is None or _is_number(row[name]) for row in rows) for name in names
    }
    lines = []
    for row in rows:
        marked = {"predicted"} if _is_wrong(row) else set()
        cells = (
            _cell(name, row.get(name), numeric, name in marked, decimals)
            for name, numeric in columns.items()
        )
        lines.append(f"<tr>{''.join(cells)}</tr>")
    return _framed(columns, lines) if lines else ""


def _cell(name: str, value: Any, numeric: bool, wrong: bool, decimals: bool) -> str:
    """One cell; an F1 score also gets a bar, so that weak classes catch the eye."""
    if isinstance(value, bytes):
        return f"<td>{_small_picture(name, value)}</td>"
    text = _shown(value, decimals=decimals)
    kinds = [
        kind
        for kind, holds in {
            "number": numeric,
            "wrong": wrong,
            "long": len(text) > _LONG_TEXT,
            "share": name == "f1",
        }.items()
        if holds
    ]
    attributes = f' class="{" ".join(kinds)}"' if kinds else ""
    if name == "f1":
        attributes += f' style="--part: {100 * value:.0f}%"'
    return f"<td{attributes}>{'✗ ' if wrong else ''}{escape(text)}</td>"


def _small_picture(name: str, png: bytes) -> str:
    """A PNG file in a cell, tiny ones enlarged by a whole number so that they stay sharp."""
    width, height = (int.from_bytes(png[place : place + 4], "big") for place in (16, 20))
    times = max(1, _ENLARGED_TO // max(width, height, 1))
    data = base64.b64encode(png).decode("ascii")
    return (
        f'<img class="thumbnail" alt="{escape(name)}" width="{width * times}" '
        f'height="{height * times}" src="data:image/png;base64,{data}">'
    )


def _framed(columns: Mapping[str, bool], lines: Sequence[str]) -> str:
    """A table of finished lines, wide ones in a box that scrolls."""
    heads = "".join(
        f'<th scope="col"{" class=number" if numeric else ""}>{escape(_name(name))}</th>'
        for name, numeric in columns.items()
    )
    body = "\n".join(lines)
    return (
        f'<div class="scroll" tabindex="0"><table>\n<thead><tr>{heads}</tr></thead>\n'
        f"<tbody>\n{body}\n</tbody></table></div>\n"
    )


def pairs(values: Mapping[str, Any]) -> str:
    """A dict as a table of two columns."""
    lines = "\n".join(
        f'<tr><th scope="row">{escape(_name(name))}</th><td>{escape(_shown(value))}</td></tr>'
        for name, value in values.items()
    )
    return f'<table class="pairs"><tbody>\n{lines}\n</tbody></table>\n' if lines else ""


def _name(name: str) -> str:
    """The name of a metric, column or argument as people write it."""
    return _NAMES.get(name, name.replace("_", " "))


def _shown(value: Any, *, decimals: bool = False) -> str:
    """A value as text: four decimals, or else four significant digits; "–" for none."""
    if value is None or value == "" or (_is_number(value) and not math.isfinite(value)):
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Integral):
        return f"{value:,}"
    if isinstance(value, Real):
        # Four decimals line up in a column, but leave nothing of a small learning rate.
        number = float(value)
        return f"{number:.4f}" if decimals and not 0 < abs(number) < 1e-3 else f"{number:.4g}"
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_shown(item)}" for name, item in value.items()) or "–"
    if isinstance(value, list | tuple):
        return ", ".join(_shown(item) for item in value) or "–"
    text = str(value)
    return text if len(text) <= _LONGEST_TEXT else text[:_LONGEST_TEXT].rstrip() + " …"


def _is_number(value: Any) -> TypeGuard[float]:
    """Whether the value is a real number, which a truth value is not here."""
    return isinstance(value, Real) and not isinstance(value, bool)


def _is_wrong(row: Mapping[str, Any]) -> bool:
    """Whether a prediction is another class than the true one; quantities never agree."""
    predicted, true = row.get("predicted"), row.get("true")
    return isinstance(predicted, str) and isinstance(true, str) and predicted != true
