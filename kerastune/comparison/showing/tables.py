"""The tables of a comparison."""

from collections.abc import Iterable, Sequence

from kerastune.comparison.judging.differences import Difference
from kerastune.comparison.specification import AS_IT_IS
from kerastune.comparison.trial import Trial
from kerastune.display import Column, Table

_MARK = {"off": "differs", "close": "more than rounding", "same": "same", "listed": "listed"}
_SUMMED = ("layer", "forward", "gradient", "update", "training")
_HEADINGS = ("layers", "outputs", "gradients", "first step", "losses")


def summary(what: str, trials: Sequence[Trial], failed: Sequence[str] = ()) -> Table:
    """How far each backend is from the reference: the largest relative differences.

    Args:
        what: str, what was compared.
        trials: sequence of `Trial`.
        failed: sequence of str, the backends that could not run it. Defaults to none.

    Returns:
        A `Table`, one row a backend and precision, and one for each backend that failed.

    Example:

    >>> layer = Difference("layer", "conv", "jax", 1e-7, 1e-7, 1e-4, "same")
    >>> print(summary("lenet", [Trial("float32", ("torch", "jax"), (layer,))]))
    lenet: largest differences from torch
    backend  precision  layers   ...
    """
    columns = (
        Column("backend", "text"),
        Column("precision", "text"),
        *(Column(name, "text", align="right") for name in _HEADINGS),
        Column("verdict", "text"),
    )
    rows = []
    for trial in trials:
        for backend in trial.backends[1:]:
            differences = [one for one in trial.differences if one.backend == backend]
            worst = [
                _largest(one for one in differences if one.stage == stage) for stage in _SUMMED
            ]
            is_off = any(one.is_off for one in differences)
            verdict = _MARK["off" if is_off else "same"]
            rows.append((backend, trial.precision, *map(_size, worst), verdict))
    rows += [(name, "", *[""] * len(_SUMMED), "could not run it") for name in failed]
    reference = trials[0].backends[0] if trials else "none"
    notes = (
        "Relative differences: of layers, each on the inputs that the reference gave it; of "
        "gradients, as shares of the whole one.",
    )
    return Table(f"{what}: largest differences from {reference}", columns, tuple(rows), notes)


def titled(title: str, precision: str) -> str:
    """A title, with the precision where one was asked for.

    Args:
        title: str.
        precision: str, as of a `Trial`.

    Example:

    >>> titled("Layers", "mixed_bfloat16"), titled("Layers", "as it is")
    ('Layers, mixed_bfloat16', 'Layers')
    """
    return title if precision == AS_IT_IS else f"{title}, {precision}"


def all_of(trial: Trial) -> list[Table]:
    """The tables of one precision.

    Args:
        trial: `Trial`.

    Returns:
        List of `Table`: what is off before any layer, layers, variables, losses and metrics.
    """
    return [_whole(trial), layers(trial), _variables(trial), _losses(trial), _metrics(trial)]


def layers(trial: Trial, most: int | None = None) -> Table:
    """How far each layer is from the reference on its own inputs, in the order of execution.

    Args:
        trial: `Trial`.
        most: int, of how many layers at most, those furthest beyond rounding. Defaults to all.

    Returns:
        A `Table`.
    """
    found = trial.of("layer")
    title = titled("Layers", trial.precision)
    if most is not None and len(found) > most:
        found = sorted(found, key=lambda one: (-_rank(one), -one.excess))[:most]
        title = titled(f"The {most} layers that differ most", trial.precision)
    found = sorted(found, key=lambda one: (one.place, one.backend))
    columns = (
        Column("layer", "text"),
        Column("backend", "text"),
        Column("form", "text"),
        Column("largest difference", "text", align="right"),
        Column("relative", "text", align="right"),
        Column("allowed", "text", align="right"),
        Column("verdict", "text"),
    )
    rows = tuple(
        (
            one.name,
            one.backend,
            _form(one),
            _number(one.absolute),
            _number(one.relative),
            _number(one.limit),
            one.note
            if one.status in ("listed",) or one.relative == float("inf")
            else _MARK[one.status],
        )
        for one in found
    )
    marks = {(place, 6): "wrong" for place, one in enumerate(found) if one.is_off}
    return Table(title, columns, rows, marks=marks)


def _whole(trial: Trial) -> Table:
    """What is compared of the whole model, and what of the beginning is off."""
    stages = ("structure", "data", "start", "forward", "loss")
    columns = (
        Column("what", "text"),
        Column("backend", "text"),
        Column("relative", "text", align="right"),
        Column("allowed", "text", align="right"),
        Column("verdict", "text"),
    )
    found = [one for stage in stages for one in trial.of(stage)]
    rows = tuple(
        (
            " ".join(filter(None, (_WHOLE[one.stage], one.name, _form(one)))),
            one.backend,
            _number(one.relative),
            _number(one.limit),
            one.note if one.is_off and one.note else _MARK[one.status],
        )
        for one in found
    )
    marks = {(place, 4): "wrong" for place, one in enumerate(found) if one.is_off}
    return Table(titled("The whole model", trial.precision), columns, rows, marks=marks)


_WHOLE = {
    "structure": "structure:",
    "data": "data:",
    "start": "initial weight",
    "forward": "",
    "loss": "",
}


def _variables(trial: Trial) -> Table:
    """Gradients and updates by variable."""
    columns = (
        Column("variable", "text"),
        Column("backend", "text"),
        Column("gradient", "text", align="right"),
        Column("optimizer", "text", align="right"),
        Column("first step", "text", align="right"),
        Column("verdict", "text"),
    )
    by_stage = {
        stage: {(one.name, one.backend): one for one in trial.of(stage)}
        for stage in ("gradient", "optimizer", "update")
    }
    keys = dict.fromkeys(key for found in by_stage.values() for key in found)
    rows: list[tuple[str, ...]] = []
    marks = {}
    for key in keys:
        found = [by_stage[stage].get(key) for stage in by_stage]
        known = [one for one in found if one is not None]
        worst = max(known, key=_rank)
        if worst.is_off:
            marks[(len(rows), 5)] = "wrong"
        listed = next((one.note for one in known if one.status == "listed"), "")
        verdict = _MARK["off"] if worst.is_off else listed or _MARK["same"]
        rows.append((*key, *(_number(one.relative) if one else "" for one in found), verdict))
    return Table(titled("Variables", trial.precision), columns, tuple(rows), marks=marks)


def _losses(trial: Trial) -> Table:
    """The loss of each step on each backend, and how far the furthest is off."""
    columns = (
        Column("step", "text", align="right"),
        *(Column(one, "metric") for one in trial.backends),
        Column("largest difference", "text", align="right"),
    )
    furthest: dict[int, float] = {}
    for one in trial.of("training"):
        furthest[one.place] = max(furthest.get(one.place, 0.0), one.absolute)
    steps = zip(*(trial.losses.get(one, ()) for one in trial.backends), strict=True)
    rows = tuple(
        (str(step), *losses, _number(furthest.get(step, 0.0)))
        for step, losses in enumerate(steps, start=1)
    )
    notes = dict.fromkeys(one.note for one in trial.of("training") if one.note)
    told = tuple(f"Some steps are {note} itself." for note in notes)
    return Table(titled("Losses", trial.precision), columns, rows, told)


def _metrics(trial: Trial) -> Table:
    """What was measured at the end."""
    columns = (Column("metric", "text"), *(Column(one, "metric") for one in trial.backends))
    names = dict.fromkeys(name for found in trial.metrics.values() for name in found)
    rows = tuple(
        (name, *(trial.metrics[one].get(name) for one in trial.backends)) for name in names
    )
    return Table(titled("Final metrics", trial.precision), columns, rows)


def _largest(found: Iterable[Difference]) -> Difference | None:
    """The difference that is furthest beyond its limit."""
    return max(found, key=lambda one: (_rank(one), one.excess), default=None)


def _rank(one: Difference) -> int:
    """What is told first."""
    return {"off": 3, "close": 2, "same": 1, "listed": 0}[one.status]


def _size(one: Difference | None) -> str:
    """The relative difference, or nothing where nothing was compared."""
    return "–" if one is None else _number(one.relative)


def _form(one: Difference) -> str:
    """What of a layer differs, in words."""
    forms = {"inputs": "gradient (inputs)", "variables": "gradient (weights)"}
    return forms.get(one.form, one.form)


def _number(value: float) -> str:
    """A difference with two digits."""
    return "0" if value == 0 else "∞" if value == float("inf") else f"{value:.1e}"
