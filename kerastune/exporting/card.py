"""The model card of an export: what the model is, how good, on what, and what is left to say."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import yaml

from kerastune.display import Table, metrics_table
from kerastune.display.markdown import markdown_table
from kerastune.display.table import Column
from kerastune.exporting.outcome import Artefact, artefact_table

if TYPE_CHECKING:
    from kerastune.exporting.attempts import Attempt
    from kerastune.records import RunRecord

_TO_FILL = "TO BE FILLED IN"


def model_card(made: "Attempt", notes: Sequence[str]) -> str:
    """Returns a model card as Hugging Face's hub reads it: YAML in front, then Markdown.

    What the run knows is in it; what only a person can know is left open, and said to be.

    Args:
        made: the `Attempt`.
        notes: sequence of str, what is said of the inputs.

    Example:

    See `kerastune.export`.

    Reference:
        https://huggingface.co/docs/hub/model-cards
    """
    record = made.record
    parts = [
        f"---\n{yaml.safe_dump(front_matter(record, made.artefacts), sort_keys=False)}---",
        f"# {record.name}",
        _summary(record),
        "## Licence, and what else only you can say",
        _left_open(),
        "## Data",
        _data(record),
        "## How good it is",
        _metrics(record),
        "## How it was trained",
        _plan(record),
        "## Files",
        markdown_table(artefact_table("", [one for one in made.artefacts if one.holds])),
        "\n".join(f"- {note}" for note in (*made.notes, *notes)),
        "## Limits",
        _limits(record, made),
    ]
    return "\n\n".join(part.strip() for part in parts if part.strip()) + "\n"


def front_matter(record: "RunRecord", artefacts: Sequence[Artefact]) -> dict[str, Any]:
    """Returns what the hub reads of a card.

    Args:
        record: the `RunRecord`.
        artefacts: sequence of `Artefact`.

    Example:

    >>> from datetime import datetime
    >>> from pathlib import Path
    >>> from kerastune.records import RunRecord
    >>> record = RunRecord(Path("runs/a"), "lenet", "finished", datetime(2026, 1, 1), 3.5)
    >>> front_matter(record, [])["library_name"]
    'keras'
    """
    data = record.configuration().get("data")
    names = [str(data)] if isinstance(data, str) and not data.startswith(("<", "/")) else []
    numbers = [name for name, value in record.metrics.items() if value is not None]
    return {
        "license": "unknown",
        "library_name": "keras",
        "tags": ["kerastune", record.recipe, *(one.format for one in artefacts if one.holds)],
        "datasets": names,
        "metrics": numbers,
    }


def _summary(record: "RunRecord") -> str:
    versions = record.environment().get("versions") or {}
    used = ", ".join(f"{name} {version}" for name, version in versions.items())
    return (
        f"A model of the recipe `{record.recipe}` of kerastune, trained on "
        f"{record.started:%Y-%m-%d} with the {record.backend} backend"
        + (f" ({used})." if used else ".")
    )


def _left_open() -> str:
    asked = (
        ("Licence of the weights", "`license` above is `unknown` until you set it; pretrained "
         "weights and data may bind you"),
        ("Licence of the data", "whether they may be used for this, and by whom"),
        ("Intended use", "for whom, for what, and for what not"),
        ("Contact", "who answers for the model"),
    )  # fmt: skip
    return "\n".join(f"- **{name}**: {_TO_FILL} ({about})." for name, about in asked)


def _data(record: "RunRecord") -> str:
    parts = [
        f"- {use}: {one.get('samples')} samples of {one.get('name')}, fingerprint "
        f"`{one.get('fingerprint')}`"
        for use, one in record.samples().items()
    ]
    return "\n".join([*parts, *(f"- {note}" for note in record.notes)]) or "Not known."


def _metrics(record: "RunRecord") -> str:
    if not record.metrics:
        return "Not measured."
    table = metrics_table(
        "",
        {"this model": record.metrics, **record.baselines},
        {name: record.higher_is_better.get(name) for name in record.metrics},
    )
    test = record.samples().get("test", {})
    count = f"the {test['samples']} test samples" if "samples" in test else "the test samples"
    told = [f"On {count}, which no training saw:", markdown_table(table), *record.verdict]
    return "\n\n".join(told)


def _plan(record: "RunRecord") -> str:
    rows = record.plan_rows()
    if not rows:
        return "Not known."
    known = ("stage", "group", "parameters", "trainable", "learning_rate")
    names = [name for name in known if name in rows[0]]
    table = Table(
        "",
        tuple(Column(name.replace("_", " "), "text") for name in names),
        tuple(tuple(_cell(row.get(name)) for name in names) for row in rows),
    )
    return f"The plan `{record.plan}`:\n\n{markdown_table(table)}"


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.3g}"
    return "" if value is None else f"{value:,}" if isinstance(value, int) else str(value)


def _limits(record: "RunRecord", made: "Attempt") -> str:
    lines = [
        "- The numbers above are of samples that are like the training data; of others nothing is "
        "known.",
        f"- The files were compared with Keras on {made.samples.described}, in float32, on a "
        "processor. Other hardware rounds otherwise.",
    ]
    if not record.baselines:
        lines.append("- There is no baseline beside the metrics.")
    if len(record.spread) == 0:
        lines.append("- One training with one seed: how much the metrics vary is not known.")
    return "\n".join(lines)
