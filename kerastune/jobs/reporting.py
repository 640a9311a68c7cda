"""From a result to what a person sees: numbers, pictures and a page."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any

from kerastune import evaluation, files, tuning
from kerastune.display.output import console
from kerastune.jobs.chosen_examples import chosen_examples
from kerastune.jobs.described import described, identified, summary
from kerastune.jobs.model_files import files_of_model, kept_base
from kerastune.jobs.printing import print_results
from kerastune.jobs.prompted import prompt_lines
from kerastune.jobs.result import SAVED
from kerastune.jobs.shown_examples import page_rows, terminal_lines
from kerastune.jobs.teacher import TEACHER
from kerastune.jobs.verdict import Verdict, judge

if TYPE_CHECKING:
    from kerastune.data import Source, Splits
    from kerastune.evaluation import Evaluation
    from kerastune.jobs.result import Result
    from kerastune.jobs.runs import Run
    from kerastune.tuning import PlanTable


@dataclass(frozen=True)
class Findings:
    """What was found on the test samples, besides what the result holds.

    Args:
        evaluation: the `Evaluation` of the model.
        baselines: dictionary from a baseline's name to its `Evaluation`.
        outputs: the model's outputs for the test samples.
        plan_table: the plan, resolved.
        prompted: dictionary from a heading to rows, see `prompt_rows`. Defaults to none.
    """

    evaluation: "Evaluation"
    baselines: "Mapping[str, Evaluation]"
    outputs: Any
    plan_table: "PlanTable"
    prompted: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)


def keep(run: "Run", result: "Result") -> None:
    """Writes what was trained to the run directory, before it is measured.

    Measuring and drawing may fail, such as in a head of a user's own; the model then stays. It is
    written as the option `store` says; that it is whole beside its adapters is printed.

    Args:
        run: the `Run`, begun.
        result: the `Result`, whose head and metrics may change until `publish`.
    """
    store = run.configuration.get("store", "auto")
    for name in (*files_of_model(result.model, store), *SAVED):
        run.path(name)
    result.write(run.folder, store)
    if why := kept_base(result.model, store)[1]:
        told = f"The whole model is stored beside its adapters: {why}."
        console().print(told, soft_wrap=True, markup=False, highlight=False)


def publish(run: "Run", result: "Result", splits: "Splits", found: Findings) -> None:
    """Prints what a model reached, and writes it to the run directory.

    Args:
        run: the `Run`, in which `keep` has written the model. It is finished here.
        result: the `Result`.
        splits: the `Splits`.
        found: the `Findings` on the test samples.
    """
    result.write_state(run.folder)
    # A teacher is what a student can hope for, not what it has to beat.
    simple = {name: one for name, one in found.baselines.items() if name != TEACHER}
    verdict = judge(found.evaluation, simple, result.history, len(splits.test), splits.test.targets)
    pictures = _pictures(result, splits.test, found)
    for name, picture in pictures.items():
        evaluation.save_picture(picture, run.path(f"{name}.png"))
    samples = identified(splits)
    files.write_json(run.path("samples.json"), samples)
    files.write_json(run.path("metrics.json"), _numbers(result, splits, found, verdict))
    files.write_json(run.path("plan_table.json"), found.plan_table.to_dicts())
    zeros = _zeros(run, result)
    examples = chosen_examples(result.head, splits.test, found.outputs)
    columns = result.preprocessor.columns
    page = evaluation.html_report(
        title=run.recipe.replace("_", " ").capitalize(),
        summary=summary(result, found.evaluation, splits.test),
        verdict=verdict.lines,
        evaluation=found.evaluation,
        baselines=found.baselines,
        examples={**found.prompted, **page_rows(examples, splits.test, columns)},
        plan=found.plan_table.to_table(),
        history=result.history.to_dict(),
        pictures={
            name.replace("_", " ").capitalize(): run.path(f"{name}.png").read_bytes()
            for name in pictures
        },
        configuration=run.configuration,
        environment=json.loads((run.folder / "environment.json").read_text(encoding="utf-8")),
        notes=[*described(splits), *zeros],
        samples=samples,
    )
    files.write_text(run.path("report.html"), page)
    run.finish()
    lines = chain(prompt_lines(found.prompted), terminal_lines(examples, splits.test, columns))
    print_results(run.directory, found.evaluation, found.baselines, lines, verdict)


def _zeros(run: "Run", result: "Result") -> list[str]:
    """What is zero in the kernels, where the plan has pruned some: a table, a file and a note."""
    if all(stage.pruning is None for stage in result.plan.stages):
        return []
    found = tuning.sparsity(result.model)
    files.write_json(run.path("sparsity.json"), found.to_dicts())
    console().print(found)
    return [f"pruned: {found.share:.1%} of the weights of all kernels are zero, see sparsity.json"]


def _numbers(
    result: "Result", splits: "Splits", found: Findings, verdict: Verdict
) -> dict[str, Any]:
    """What `metrics.json` holds."""
    return {
        "metrics": result.metrics,
        "baselines": {name: one.to_dict() for name, one in found.baselines.items()},
        "higher_is_better": found.evaluation.directions,
        "verdict": list(verdict.lines),
        "notes": described(splits),
    }


def _pictures(result: "Result", test: "Source", found: Findings) -> dict[str, Any]:
    """The pictures of a run, by the names of their files."""
    stages = result.history.stages
    of_answers = result.head.pictures(test.target_values, found.outputs)
    if not stages:  # Weights that were averaged, and not trained.
        return {**of_answers, **found.evaluation.pictures}
    return {
        "learning_curves": evaluation.learning_curves(result.history.to_dict()),
        "learning_rates": evaluation.rates_picture(
            tuning.rates_by_step(result.plan, found.plan_table, stages),
            [(stage["stage"], stage["steps"]) for stage in stages],
        ),
        **of_answers,
        **found.evaluation.pictures,
    }
