"""`kerastune.soup`: averages of the weights of runs, judged on validation samples."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kerastune.errors import InputError, closest
from kerastune.jobs.engine import running
from kerastune.jobs.run_directories import new_directory, require_free
from kerastune.options.origin import built_anew, file_of, recipe_of, require_same_samples
from kerastune.soups.averaging import between, mean_of
from kerastune.soups.ingredients import Ingredient, find_runs, read_ingredients
from kerastune.soups.line import ALPHAS, start_of
from kerastune.soups.selecting import greedy_choice, ranked
from kerastune.soups.tasted import METHODS, Measured, Soup
from kerastune.soups.tasting import Tasting
from kerastune.soups.writing import write

if TYPE_CHECKING:
    from kerastune.jobs.job import Job
    from kerastune.jobs.recipe import Recipe
    from kerastune.jobs.result import Result


def soup(
    runs: Sequence[str | Path] | str | Path,
    *,
    method: str | None = None,
    metric: str | None = None,
    alpha: float | None = None,
    test: bool = False,
    run_dir: str | Path | None = None,
    overwrite: bool = False,
    recipe: "Recipe[Any] | str | Path | None" = None,
    data: Any = None,
    test_data: Any = None,
) -> Soup:
    """Averages the weights of runs, and writes the average as a run of its own.

    Everything is chosen on the validation samples, which have to be the same for all runs, as are
    the recipe, the model and the other samples. Rates, epochs, seeds and plans may differ.

    Adapters are merged into the kernels first. Where the statistics of batch normalization differ,
    they are measured anew on the training samples. What the head sets on the validation samples,
    such as a temperature, is set anew.

    Args:
        runs: sequence of str or Path, run directories or names of some in `runs`; of a run with
            `repeats` all of them. Or one of these.
        method: str. `"greedy"`: the runs from the best to the worst, each kept if the mean with it
            is not worse; `"uniform"`: the mean of all; `"line"`: of one run, points between the
            backbone before its training and after it, with the tuned head. Defaults to `"greedy"`
            for several runs, and to `"line"` for one.
        metric: str, by which weights are judged. Defaults to the first of the head.
        alpha: float between 0 and 1, the point of the line that is kept. Defaults to the best; of
            equal ones that nearest to the backbone of before.
        test: bool, whether what is kept is measured on the test samples, with a report. Defaults
            to False.
        run_dir: str or Path, where it is written. Defaults to a new directory under `runs`.
        overwrite: bool, whether a run in `run_dir` may be replaced. Defaults to False.
        recipe: a `Recipe`, or a Python file with it, where it is none of this project or of an
            installed package; with the classes that the runs need. Defaults to none.
        data: what the runs were made of, where that was an object of Python. Defaults to what
            their configuration says.
        test_data: likewise.

    Returns:
        A `Soup`, which prints itself as a table.

    Raises:
        InputError: if the runs do not fit together, or something given cannot be used.

    Source:
        Wortsman et al., 2022, "Model soups: averaging weights of multiple fine-tuned models
        improves accuracy without increasing inference time", https://arxiv.org/abs/2203.05482;
        Wortsman et al., 2021, "Robust fine-tuning of zero-shot models",
        https://arxiv.org/abs/2109.01903

    Example:

    >>> import contextlib, io, tempfile
    >>> from kerastune import recipes
    >>> given = {"epochs": 1, "validation_fraction": 0.2, "verbose": 0}
    >>> with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
    ...     for seed in (0, 1):
    ...         _ = recipes.linear_regression(**given, seed=seed, run_dir=f"{folder}/{seed}")
    ...     found = soup([f"{folder}/0", f"{folder}/1"], run_dir=f"{folder}/soup")
    >>> found.method, [one.name for one in found.measured][2:]
    ('greedy', ['uniform', 'greedy'])
    """
    records = find_runs([runs] if isinstance(runs, str | Path) else list(runs))
    method = _checked_method(method, len(records), alpha)
    require_free(run_dir, overwrite=overwrite)
    origin = recipe_of(records[0], recipe)
    result, ingredients = read_ingredients(records, file_of(recipe))
    build = partial(built_anew, recipe=origin, data=data, test_data=test_data, verbose=0)
    place = run_dir or new_directory(f"{records[0].recipe}-soup")
    job = build(records[0], run_dir=place, overwrite=overwrite)
    require_same_samples(job, records, build)
    # Of the model as the plan met it: what is read from a file may have other paths.
    table = job.plan_table()
    with running(job) as run:
        several = [one.weights for one in ingredients]
        if method == "line":
            several = [start_of(job, result.model), several[0]]
        job = _with(job, result)
        tasting = Tasting(job, several, metric)
        taste = _line if method == "line" else _soups
        measured, kept = taste(tasting, ingredients, method, alpha)
        _put(tasting, measured[kept], ingredients)
        return write(
            run,
            tasting,
            Soup(
                method,
                str(tasting.metric),
                tasting.higher_is_better,
                tuple(measured),
                kept,
                result,
                len(job.splits.validation or ()),
            ),
            ingredients,
            table,
            test=test,
        )


def _checked_method(method: str | None, runs: int, alpha: float | None) -> str:
    """The method that is meant, by how many runs there are."""
    method = method or ("line" if runs == 1 else "greedy")
    if method not in METHODS:
        raise InputError(
            f"Expected a method out of {', '.join(METHODS)}. Received: {method!r}."
            + closest(method, list(METHODS))
        )
    if (method == "line") != (runs == 1):
        expected = "one run for line" if method == "line" else f"two or more runs for {method}"
        raise InputError(f"Expected {expected}. Received: {runs}")
    if alpha is not None and (method != "line" or not 0 <= alpha <= 1):
        raise InputError(
            f"Expected an alpha from 0 to 1, of a line. Received: {alpha} for {method}"
        )
    return method


def _with(job: "Job", result: "Result") -> "Job":
    """The job with the model and the preprocessor of a run, which are those of all."""
    job.model, job.preprocessor = result.model, result.preprocessor
    return job


def _soups(
    tasting: Tasting, ingredients: Sequence[Ingredient], method: str, alpha: float | None
) -> tuple[list[Measured], int]:
    """The runs, their mean, and the greedy soup; and which of the two is kept."""
    del alpha
    names = [one.name for one in ingredients]
    values = [tasting.measure(one.weights) for one in ingredients]
    every = tuple(range(len(names)))
    uniform = tasting.mean(every)
    known: dict[tuple[int, ...], float] = {(place,): one for place, one in enumerate(values)}
    known[every] = uniform

    def score_of(members: tuple[int, ...]) -> float:
        members = tuple(sorted(members))
        if members not in known:
            known[members] = tasting.mean(members)
        return tasting.score(known[members])

    chosen = tuple(sorted(greedy_choice([tasting.score(one) for one in values], score_of)))
    measured = [
        *(Measured(name, value, (name,)) for name, value in zip(names, values, strict=True)),
        Measured("uniform", uniform, tuple(names)),
        Measured("greedy", known[chosen], tuple(names[place] for place in chosen)),
    ]
    return measured, len(names) + (method == "greedy")


def _line(
    tasting: Tasting, ingredients: Sequence[Ingredient], method: str, alpha: float | None
) -> tuple[list[Measured], int]:
    """The points of the line, and which of them is kept."""
    del method
    (tuned,) = ingredients
    alphas = sorted({*ALPHAS, *([] if alpha is None else [alpha])})
    start, end = tasting.several
    measured = []
    for one in alphas:
        value = tasting.measure(between(start, end, one), is_average=0 < one < 1)
        measured.append(Measured(f"α {one:g}", value, (tuned.name,), one))
    if alpha is not None:
        return measured, alphas.index(alpha)
    return measured, ranked([tasting.score(one.value) for one in measured])[0]


def _put(tasting: Tasting, kept: Measured, ingredients: Sequence[Ingredient]) -> None:
    """Puts what is kept into the model, which had others after it."""
    if kept.alpha is not None:
        start, end = tasting.several
        tasting.measure(between(start, end, kept.alpha), is_average=0 < kept.alpha < 1)
        return
    members = [one.weights for one in ingredients if one.name in kept.runs]
    tasting.measure(mean_of(members), is_average=len(members) > 1)
