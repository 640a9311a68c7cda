"""The tables of what a training costs."""

from collections.abc import Sequence

from kerastune.comparison.costs import ONCE, REPEATED, Cost, Spread
from kerastune.comparison.showing.tables import titled
from kerastune.comparison.tuning import Tried, Tuned
from kerastune.display import Column, Table
from kerastune.display.formats import format_value


def cost_tables(costs: Sequence[Cost]) -> list[Table]:
    """What a training costs on each backend, one table a precision.

    Args:
        costs: sequence of `Cost`.

    Returns:
        List of `Table`: a row each for starting, compiling, steps and memory; a column each for
        the backends, with quartiles in brackets.

    Example:

    >>> spread = Spread(0.0123, 0.0119, 0.0131)
    >>> cost = Cost("jax", "as it is", 32, 2, dict.fromkeys((*ONCE, *REPEATED), spread))
    >>> print(cost_tables([cost])[0])
    What a training costs
                                  jax
    ─────────────────────────────────
    import            12 ms (12 – 13)...
    """
    precisions = dict.fromkeys(cost.precision for cost in costs)
    return [_table([one for one in costs if one.precision == name]) for name in precisions]


def settings_table(tuned: Sequence[Tuned]) -> Table:
    """The settings that were tried, and which are kept.

    Args:
        tuned: sequence of `Tuned`.

    Returns:
        A `Table`, one row a setting.

    Example:

    >>> slow, fast = (Cost("jax", "a", 8, 1, {"step": Spread(t, t, t)}) for t in (0.2, 0.1))
    >>> tried = Tried("threads=1", fast, slow, is_kept=True)
    >>> print(settings_table([Tuned("jax", {"threads": 1}, (tried,))]))
    Settings tried
    backend  setting         training step             without  times  verdict
    ───────────────────────────────────────────────────────────────────────────────
    jax      threads=1  100 ms (100 – 100)  200 ms (200 – 200)   0.50  faster, kept
    Each is tried by turns with the settings that were kept before it, and kept...
    """
    columns = (
        Column("backend", "text"),
        Column("setting", "text"),
        *(Column(name, "text", align="right") for name in ("training step", "without", "times")),
        Column("verdict", "text"),
    )
    rows = tuple(
        (
            one.backend,
            tried.setting,
            *("–" if cost is None else _time(cost.step) for cost in (tried.cost, tried.former)),
            "–" if tried.ratio is None else f"{tried.ratio:.2f}",
            _verdict(tried),
        )
        for one in tuned
        for tried in one.tried
    )
    notes = (
        "Each is tried by turns with the settings that were kept before it, and kept where its "
        "quartiles lie below theirs.",
    )
    return Table("Settings tried", columns, rows, notes)


def _verdict(tried: Tried) -> str:
    """What came of a setting, in few words."""
    if tried.cost is None:
        return f"failed: {tried.why}".partition("\n")[0]
    if tried.former is None:
        return "not kept: what it is measured beside failed"
    if tried.is_kept:
        return "faster, kept"
    return "not faster"


def _table(costs: Sequence[Cost]) -> Table:
    """The table of one precision."""
    columns = (
        Column("", "text"),
        *(Column(cost.backend, "text", align="right") for cost in costs),
    )
    told = {"step": "training step"}
    rows = [
        (told.get(name, name), *(_time(cost.seconds[name]) for cost in costs))
        for name in (*ONCE, *REPEATED)
    ]
    rows.append(("samples a second", *(_digits(cost.samples_per_second) for cost in costs)))
    for place, name in (("process", "most memory"), ("device", "most memory, device")):
        sizes = [(cost.memory or {}).get(place) for cost in costs]
        if any(sizes):
            rows.append((name, *(format_value(size, "bytes") for size in sizes)))
    fastest = min(range(len(costs)), key=lambda place: costs[place].step.median)
    step = len(ONCE)
    batch, rounds = costs[0].batch_size, max(cost.rounds for cost in costs)
    processes = "1 process" if rounds == 1 else f"{rounds} processes"
    notes = (
        f"Medians, quartiles in brackets, of {processes} a backend, by turns. A training step, an "
        f"evaluation and a prediction are of one batch of {batch} in memory.",
    )
    return Table(
        titled("What a training costs", costs[0].precision),
        columns,
        tuple(rows),
        notes,
        marks={(step, fastest + 1): "best"} if len(costs) > 1 else {},
    )


def _time(spread: Spread) -> str:
    """A time with its quartiles, in seconds or milliseconds."""
    unit, scale = ("s", 1.0) if spread.median >= 1 else ("ms", 1000.0)
    median, lower, upper = (
        _digits(scale * value) for value in (spread.median, spread.lower, spread.upper)
    )
    return f"{median} {unit} ({lower} – {upper})"


def _digits(value: float) -> str:
    """A number with two digits at least, and none behind the point from 10 on."""
    if value >= 9.95:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 0.995 else f"{value:.2g}"
