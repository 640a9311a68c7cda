"""The run directory of a soup."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from kerastune import files
from kerastune.display.pictures import save_picture
from kerastune.jobs import reporting
from kerastune.jobs.engine import baseline_evaluations, noted_splits
from kerastune.jobs.fitting import outputs_of
from kerastune.jobs.validating import VALIDATION
from kerastune.soups.picture import line_picture
from kerastune.training import TrainingHistory

if TYPE_CHECKING:
    from kerastune.data import Splits
    from kerastune.jobs.runs import Run
    from kerastune.soups.ingredients import Ingredient
    from kerastune.soups.tasted import Soup
    from kerastune.soups.tasting import Tasting
    from kerastune.tuning import PlanTable

SOUP = "soup.json"
"""What a soup is made of, and what was measured to choose it."""


def write(
    run: "Run",
    tasting: "Tasting",
    soup: "Soup",
    ingredients: "Sequence[Ingredient]",
    table: "PlanTable",
    *,
    test: bool,
) -> "Soup":
    """Writes a soup as a run.

    Without a test it is left as a run that `kerastune tune` has not tested; with one it has a
    report as any other run. It has no history: nothing was trained. Its plan and its options are
    those of the first of its runs.

    Args:
        run: the `Run`, not begun.
        tasting: the `Tasting`, whose model has the weights that are kept.
        soup: the `Soup`, whose result is that of the first run.
        ingredients: sequence of `Ingredient`.
        table: the `PlanTable` of the first run.
        test: bool, whether it is measured on the test samples.

    Returns:
        The `Soup` with the result that is written.
    """
    job, head, evaluation = tasting.job, tasting.head, tasting.evaluation
    assert head is not None
    assert evaluation is not None
    run.begin()
    result = replace(
        soup.result, head=head, metrics={}, history=TrainingHistory(), run_dir=run.directory
    )
    reporting.keep(run, result)
    told = {"metrics": evaluation.to_dict(), "higher_is_better": evaluation.directions}
    files.write_json(run.path(VALIDATION), told)
    notes = _notes(tasting, soup, ingredients)
    files.write_json(run.path(SOUP), {**soup.to_dict(), "notes": notes})
    if soup.method == "line":
        points = [(one.alpha or 0.0, one.value) for one in soup.measured]
        alphas, values = zip(*points, strict=True)
        save_picture(line_picture(alphas, values, soup.metric, soup.kept), run.path("line.png"))
    if not test:
        files.write_json(run.path("plan_table.json"), table.to_dicts())
        run.leave_untested()
        return replace(soup, result=result)
    samples = job.splits.test
    outputs = outputs_of(job, samples.values)
    measured = head.evaluate(samples.target_values, outputs)
    result = replace(result, metrics=measured.to_dict())
    found = reporting.Findings(measured, baseline_evaluations(job), outputs, table)
    reporting.publish(run, result, _noted(noted_splits(job), notes), found)
    return replace(soup, result=result)


def _notes(tasting: "Tasting", soup: "Soup", ingredients: "Sequence[Ingredient]") -> list[str]:
    """What the soup is, for people."""
    kept = soup.measured[soup.kept]
    if kept.alpha is None:
        told = [f"{kept.name} soup: the mean of the weights of {', '.join(kept.runs)}"]
    else:
        told = [
            f"a point of a line, α {kept.alpha:g} of the way from the backbone before the training "
            f"of {kept.runs[0]} to that after it"
        ]
    told.append(f"plan and options are those of {ingredients[0].name}")
    if any(one.has_adapters for one in ingredients):
        told.append("adapters were merged into the kernels before")
    if tasting.measures_statistics:
        told.append("the statistics of batch normalization were measured on the training samples")
    return told


def _noted(splits: "Splits", notes: list[str]) -> "Splits":
    training = splits.training
    return replace(splits, training=replace(training, notes=(*training.notes, *notes)))
