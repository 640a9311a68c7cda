"""What a run says in the terminal: before it starts, and at its end."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from kerastune.display import output
from kerastune.evaluation.report import results_table
from kerastune.jobs.described import described
from kerastune.jobs.verdict import Verdict, next_steps

if TYPE_CHECKING:
    from kerastune.data import Splits
    from kerastune.evaluation import Evaluation
    from kerastune.tuning import PlanTable


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
    console = output.console()
    for line in [title] if title else []:
        console.print(line, style="bold")
    for line in described(splits):
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    console.print(plan_table)


def print_results(
    directory: Path,
    evaluation: "Evaluation",
    baselines: "Mapping[str, Evaluation]",
    examples: Iterable[str],
    verdict: Verdict,
) -> None:
    """Prints the numbers beside the baselines, examples, the verdict, and how to go on.

    Args:
        directory: Path of the run directory.
        evaluation: the `Evaluation` of the model.
        baselines: dictionary from a baseline's name to its `Evaluation`.
        examples: iterable of str, lines that are cut to the width of the terminal.
        verdict: the `Verdict`.

    Example:

    >>> from kerastune.evaluation import Evaluation, Metric
    >>> verdict = Verdict(None, ("It works.",))
    >>> print_results(Path("runs/a"), Evaluation([Metric("accuracy", 0.9)]), {}, [], verdict)
    On the test samples
    ...
    It works.
    Run directory: runs/a (report.html shows everything)
    kerastune predict runs/a FILE
    kerastune report runs/a --open
    """
    console = output.console()
    console.print(results_table("On the test samples", evaluation, baselines))
    for line in examples:
        console.print(line, highlight=False, markup=False, no_wrap=True, overflow="ellipsis")
    for line in (
        *verdict.lines,
        f"Run directory: {directory} (report.html shows everything)",
        *next_steps(directory),
    ):
        console.print(line, soft_wrap=True, markup=False, highlight=False)
