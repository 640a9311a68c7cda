"""What several runs of one recipe reach: mean and spread, in the terminal and on a page."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from kerastune import files
from kerastune.display import output, table_of
from kerastune.display.metrics import spread_table
from kerastune.display.page import Page, Section
from kerastune.display.rows import settings_table
from kerastune.jobs.environment import environment
from kerastune.jobs.runs import Run

Spread = dict[str, dict[str, float]]


@dataclass(frozen=True)
class Repeat:
    """What one of several runs reached.

    Args:
        name: str, the name of its directory.
        seed: int.
        metrics: dictionary from the name of a metric to its value.
        baselines: dictionary from the name of a baseline to such a one.
        higher_is_better: dictionary from the name of a metric to whether more is better, or
            None.
    """

    name: str
    seed: int
    metrics: dict[str, float]
    baselines: dict[str, dict[str, float]]
    higher_is_better: dict[str, bool | None]


def read_repeat(directory: Path, seed: int) -> Repeat:
    """What a finished run has written of its metrics.

    Args:
        directory: Path of the run.
        seed: int, its seed.

    Returns:
        A `Repeat`.
    """
    written = json.loads((directory / "metrics.json").read_text(encoding="utf-8"))
    names = written["higher_is_better"]
    return Repeat(
        directory.name,
        seed,
        {name: written["metrics"][name] for name in names},
        {
            baseline: {name: values[name] for name in names if name in values}
            for baseline, values in written["baselines"].items()
        },
        names,
    )


def spread_of(values: Sequence[float]) -> dict[str, float]:
    """Mean, sample standard deviation, lowest and highest of some numbers.

    Args:
        values: sequence of float, at least one.

    Returns:
        Dictionary from these names to numbers; the deviation of one number is 0.

    Example:

    >>> spread_of([1.0, 2.0, 3.0])
    {'mean': 2.0, 'standard_deviation': 1.0, 'lowest': 1.0, 'highest': 3.0}
    """
    return {
        "mean": fmean(values),
        "standard_deviation": stdev(values) if len(values) > 1 else 0.0,
        "lowest": min(values),
        "highest": max(values),
    }


def publish(run: Run, repeats: Sequence[Repeat]) -> Spread:
    """Prints what several runs reached, and writes `metrics.json` and `report.html`.

    Args:
        run: the `Run` that they are part of, begun.
        repeats: the runs that are finished, at least one.

    Returns:
        Dictionary from the name of each metric to what `spread_of` gives.
    """
    first = repeats[0]
    spread = {name: spread_of([one.metrics[name] for one in repeats]) for name in first.metrics}
    means = _means([one.metrics for one in repeats])
    baselines = {name: _means([one.baselines[name] for one in repeats]) for name in first.baselines}
    told = verdict(repeats)
    files.write_json(
        run.path("metrics.json"),
        {
            "metrics": means,
            "baselines": baselines,
            "higher_is_better": first.higher_is_better,
            "spread": spread,
            "verdict": list(told),
            "repeats": [
                {"run": one.name, "seed": one.seed, "metrics": one.metrics} for one in repeats
            ],
        },
    )
    files.write_text(run.path("report.html"), _page(run, repeats, spread, baselines, told))
    _print(run, repeats, spread, baselines, told)
    return spread


def _means(numbers: Sequence[dict[str, float]]) -> dict[str, float]:
    """The mean of each number."""
    return {name: fmean(one[name] for one in numbers) for name in numbers[0]}


def _page(
    run: Run,
    repeats: Sequence[Repeat],
    spread: Spread,
    baselines: dict[str, dict[str, float]],
    told: Sequence[str],
) -> str:
    """The report on all runs."""
    results = spread_table("", spread, baselines, repeats[0].higher_is_better)
    rows = [{"repeat": one.name, "seed": one.seed, **one.metrics} for one in repeats]
    return Page(
        f"{run.recipe.replace('_', ' ').capitalize()}, {len(repeats)} runs",
        [
            Section("Results on the test data", [results]),
            Section("Each repeat", [table_of("", rows, units={"repeat": "text"})]),
            Section("Configuration", [settings_table(run.configuration)]),
            Section("Environment", [settings_table(environment())]),
        ],
        f"{_sentence(repeats, spread)}. The report of each run is in its directory.",
        told,
    ).to_html()


def _sentence(repeats: Sequence[Repeat], spread: Spread) -> str:
    """The first metric with its spread, in a sentence without its full stop."""
    seeds = f"{len(repeats)} runs with the seeds {', '.join(str(one.seed) for one in repeats)}"
    if not spread:
        return f"Over {seeds}"
    name, numbers = next(iter(spread.items()))
    first = f"{name.replace('_', ' ')} {numbers['mean']:.4f} ± {numbers['standard_deviation']:.4f}"
    return f"{first[0].upper()}{first[1:]}, mean and standard deviation over {seeds}"


def verdict(repeats: Sequence[Repeat]) -> tuple[str, ...]:
    """In how many of several runs the model is better than each baseline, and by how much.

    Compared is the first metric of which it is known whether more is better.

    Args:
        repeats: the runs that are finished, at least one.

    Returns:
        Tuple of str, a sentence for each baseline that has the metric.

    Example:

    >>> for sentence in verdict(
    ...     [
    ...         Repeat("repeat-1", 0, {"mse": 1.0}, {"mean": {"mse": 3.0}}, {"mse": False}),
    ...         Repeat("repeat-2", 1, {"mse": 2.0}, {"mean": {"mse": 1.0}}, {"mse": False}),
    ...     ]
    ... ):
    ...     print(sentence)
    By its mse the model is better than mean in 1 of 2 runs, on average by 0.5000.
    """
    first = repeats[0]
    name = next((name for name, more in first.higher_is_better.items() if more is not None), None)
    if name is None:
        return ()
    sign = 1 if first.higher_is_better[name] else -1
    sentences = []
    for baseline in (one for one, numbers in first.baselines.items() if name in numbers):
        gains = [sign * (one.metrics[name] - one.baselines[baseline][name]) for one in repeats]
        gain = fmean(gains)
        sentences.append(
            f"By its {name.replace('_', ' ')} the model is better than "
            f"{baseline.replace('_', ' ')} in {sum(one > 0 for one in gains)} of {len(gains)} "
            f"runs, on average {'by' if gain >= 0 else 'worse by'} {abs(gain):.4f}."
        )
    return tuple(sentences)


def _print(
    run: Run,
    repeats: Sequence[Repeat],
    spread: Spread,
    baselines: dict[str, dict[str, float]],
    told: Sequence[str],
) -> None:
    """The same in the terminal."""
    console = output.console()
    console.rule()
    title = f"On the test samples, over {len(repeats)} runs"
    console.print(spread_table(title, spread, baselines, repeats[0].higher_is_better))
    plain: dict[str, Any] = {"soft_wrap": True, "markup": False, "highlight": False}
    for sentence in (f"{_sentence(repeats, spread)}.", *told):
        console.print(sentence, **plain)
    console.print(f"Run directory: {run.directory} (report.html shows everything)", **plain)
