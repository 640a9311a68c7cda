"""Compare one recipe or model on several backends."""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from kerastune.backends import BACKENDS
from kerastune.comparison.comparison import Comparison
from kerastune.comparison.costs import Cost, cost_of
from kerastune.comparison.judging.tolerances import Tolerances
from kerastune.comparison.request_checks import (
    check_counts,
    check_directory,
    chosen_backends,
    chosen_policies,
    plain_options,
)
from kerastune.comparison.running import WorkerFailedError, measure_by_turns, run_backends
from kerastune.comparison.sources import address_of, data_file
from kerastune.comparison.specification import Specification
from kerastune.comparison.trial import Trial, trial_of
from kerastune.comparison.tuning import tune
from kerastune.display.output import console, printing
from kerastune.errors import InputError


def compare(
    what: Any,
    data: Any = None,
    *,
    backends: Sequence[str] | str = BACKENDS,
    reference: str | None = None,
    steps: int = 20,
    precision: Sequence[str] | str | None = None,
    float64: bool = False,
    tolerances: Tolerances | None = None,
    cost_rounds: int = 2,
    tune_settings: bool = False,
    output: str | Path | None = None,
    loss: str | None = None,
    optimizer: str | None = None,
    learning_rate: float | None = None,
    batch_size: int | None = None,
    seed: int = 0,
    classes_file: str | Path | None = None,
    verbose: int = 1,
    arguments: Sequence[str] = (),
    **options: Any,
) -> Comparison:
    """Compares what one recipe or model does on several backends.

    Each backend runs in a process of its own, one after the other, from the same initial
    weights on the same batches. Each layer is run by itself on the inputs that the reference
    gave it, in inference and in training, forward and backward; then the whole model, the loss,
    the first gradients, one step of the optimizer, and some steps of training. Layers that draw
    random numbers are switched off. Then it is measured, with such layers on, what a training
    costs.

    Args:
        what: str, the name of a recipe, `my_recipe.py:recipe`, a `.keras` file, or
            `module:function` or `file.py:function` for a function that returns a model; or a
            Keras model, or a `Recipe`.
        data: of a recipe what its `data` takes as a str; of a model an `.npz` file with the
            arrays `x`, `y` and `sample_weight`, or inputs and outputs by name, or a tuple of
            such arrays. Defaults to the recipe's own, or to made-up data.
        backends: sequence of str, or one with commas. Defaults to all three; one that is not
            installed is left out, which is told.
        reference: str, the backend that the others are compared with. Defaults to the first.
        steps: int, training steps. Defaults to 20.
        precision: str or sequence of str, Keras dtype policies, each compared by itself. Defaults
            to that of the recipe or the model.
        float64: bool, whether each layer is also run in float64, to tell who is off. Defaults to
            False.
        tolerances: `Tolerances`. Defaults to its own.
        cost_rounds: int, how many more processes a backend, by turns, in which it is measured
            what a training costs; 0 for none. Defaults to 2.
        tune_settings: bool, whether settings of each backend are tried, to find the fastest for
            this machine, in `cost_rounds` processes for each. Defaults to False.
        output: str or Path, a directory for the report. Defaults to none.
        loss: str, the loss of a model that is compiled with none. Defaults to the mean squared
            error.
        optimizer: str, its optimizer. Defaults to the one it is compiled with, or `"sgd"`.
        learning_rate: float. Defaults to that of the recipe or the model, or 1e-3.
        batch_size: int, samples a step. Defaults to that of the recipe, or 16.
        seed: int, for the order of the data and for made-up ones. Defaults to 0.
        classes_file: str or Path, a Python file to import first, for classes of layers.
        verbose: int, 0 for nothing, 1 for a line a backend. Defaults to 1.
        arguments: sequence of str, options of a recipe as the command takes them.
        **options: options of a recipe.

    Returns:
        A `Comparison`.

    Raises:
        InputError: if something given cannot be used, or fewer than two backends can run it.

    Example:

    >>> compare("lenet", backends="jax")
    Traceback (most recent call last):
        ...
    kerastune.errors.InputError: Expected at least two backends... Received: jax. ...
    """
    chosen, missing = chosen_backends(backends, reference)
    policies = chosen_policies(precision)
    check_counts(steps, cost_rounds, tunes=tune_settings)
    held = tolerances or Tolerances()
    if output is not None:
        check_directory(Path(output))
    with tempfile.TemporaryDirectory(prefix="kerastune-compare-") as name, printing(verbose):
        folder = Path(name)
        specification = Specification(
            what=address_of(what, folder),
            backend="",
            folder="",
            output="",
            data=data_file(data, folder),
            options=plain_options(options),
            arguments=list(arguments),
            steps=steps,
            batch_size=batch_size,
            seed=seed,
            loss=loss,
            optimizer=optimizer,
            learning_rate=learning_rate,
            classes_file=None if classes_file is None else str(classes_file),
        )
        trials, failures = _trials(specification, chosen, policies, folder, held, judges=float64)
        ran = [name for name in chosen if name not in failures]
        costs, unmeasured = _costs(specification, ran, policies, folder / "cost", cost_rounds)
        tuned = []
        if tune_settings:
            tuned = tune(
                replace(specification, precision=policies[0]),
                [cost for cost in costs if cost.precision == costs[0].precision],
                folder / "tuning",
                rounds=cost_rounds,
                announce=_announcing(None),
            )
    comparison = Comparison(
        _name(what),
        tuple(trials),
        held,
        {name: str(error) for name, error in failures.items()},
        missing,
        tuple(costs),
        unmeasured,
        tuple(tuned),
    )
    if output is not None:
        comparison.save(output)
    return comparison


def _name(what: Any) -> str:
    """What is compared, in few letters: without the folders of a path."""
    if isinstance(what, str | Path):
        return Path(what).name
    return str(getattr(what, "name", getattr(what, "__name__", "model")))


def _trials(
    specification: Specification,
    backends: Sequence[str],
    policies: Sequence[str | None],
    folder: Path,
    tolerances: Tolerances,
    *,
    judges: bool,
) -> tuple[list[Trial], Mapping[str, WorkerFailedError]]:
    """The trials of all precisions, and the backends that failed in any."""
    trials: list[Trial] = []
    failed: dict[str, WorkerFailedError] = {}
    for number, policy in enumerate(policies):
        records, exact, failures = run_backends(
            replace(specification, precision=policy),
            backends,
            folder / str(number),
            judges=judges,
            announce=_announcing(policy),
        )
        failed |= failures
        with ExitStack() as opened:
            for record in (*records, *exact):
                opened.callback(record.close)
            if len(records) < 2:
                raise _too_few([record.backend for record in records], failures)
            trials.append(trial_of(policy, records, exact, tolerances))
    return trials, failed


def _costs(
    specification: Specification,
    backends: Sequence[str],
    policies: Sequence[str | None],
    folder: Path,
    rounds: int,
) -> tuple[list[Cost], dict[str, str]]:
    """What a training costs in all precisions, and why that of some backends is not known."""
    costs: list[Cost] = []
    failed: dict[str, str] = {}
    for number, policy in enumerate(policies if rounds else ()):
        records, failures = measure_by_turns(
            {name: replace(specification, backend=name, precision=policy) for name in backends},
            folder / str(number),
            rounds=rounds,
            announce=_announcing(policy),
        )
        costs += [cost_of(policy, found) for found in records.values()]
        failed |= {name: str(error) for name, error in failures.items()}
    return costs, failed


def _announcing(policy: str | None) -> Callable[[str], None]:
    """A function that prints how far it is, in one precision."""
    told = f"in {policy}, " if policy else ""
    return lambda line: console().print(
        f"{told}{line}", soft_wrap=True, markup=False, highlight=False
    )


def _too_few(ran: Sequence[str], failures: Mapping[str, WorkerFailedError]) -> InputError:
    """The error where fewer than two backends could run what was given."""
    reasons = {name: str(error) for name, error in failures.items()}
    if len(set(reasons.values())) == 1 and all(error.is_input for error in failures.values()):
        told = next(iter(reasons.values()))
        if not ran:
            return InputError(told)
    told = "; ".join(f"{name}: {why}" for name, why in reasons.items())
    return InputError(
        f"Expected something that at least two backends can run. Received: {ran or 'none'} can. "
        f"{told}"
    )
