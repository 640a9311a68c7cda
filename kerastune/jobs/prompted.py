"""How a model answers the prompts of its job, before the training and after it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from kerastune.heads.values import report_value
from kerastune.training import answer

if TYPE_CHECKING:
    from kerastune.jobs.job import Job

HEADING = "Answers before the training and after it"


def prompt_answers(job: "Job") -> list[Any]:
    """The answers of a model to the prompts of its job; empty where it has none.

    Args:
        job: the `Job`.

    Returns:
        List of what a report shows, one for each prompt.

    Example:

    >>> from kerastune import recipes
    >>> prompt_answers(recipes.linear_regression.build())
    []
    """
    if job.prompts is None:
        return []
    inputs = {name: job.prompts.values[name] for name in job.prepare.columns}
    outputs = answer(job.model, inputs, job.prepare, job.head)
    return [report_value(one) for one in job.head.decode(outputs)]


def prompt_rows(
    job: "Job", before: Sequence[Any], after: Sequence[Any]
) -> dict[str, list[dict[str, Any]]]:
    """Prompts beside the answers to them, as the table of a report.

    Args:
        job: the `Job`.
        before: list, see `prompt_answers`.
        after: list, likewise.

    Returns:
        Dictionary from the heading to a list of dictionaries, or an empty one.

    Example:

    >>> from kerastune import recipes
    >>> prompt_rows(recipes.linear_regression.build(), [], [])
    {}
    """
    if job.prompts is None:
        return {}
    shown = (str(job.prompts[at][job.prepare.columns[0]]) for at in range(len(job.prompts)))
    rows = zip(shown, before, after, strict=True)
    return {HEADING: [{"prompt": one, "before": was, "after": now} for one, was, now in rows]}


def prompt_lines(rows: Mapping[str, Iterable[Mapping[str, Any]]]) -> Iterator[str]:
    """The same as lines of text, for a terminal.

    Args:
        rows: see `prompt_rows`.

    Yields:
        Lines, str, of any length.

    Example:

    >>> for line in prompt_lines({"Answers": [{"prompt": "One", "before": "two", "after": "way"}]}):
    ...     print(line)
    Answers
      prompt One
      before two
      after  way
    """
    for heading, answers in rows.items():
        yield heading
        for one in answers:
            for name, text in one.items():
                # Line breaks would hide what a line is about.
                yield f"  {name:<6} {' '.join(str(text).split())}"
