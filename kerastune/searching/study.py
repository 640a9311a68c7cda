"""The study of a search: its Optuna storage, what it is of, and which trials count."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kerastune.errors import InputError, reason
from kerastune.searching.optuna_library import import_optuna

if TYPE_CHECKING:
    from optuna.study import Study
    from optuna.trial import FrozenTrial

STORAGE = "study.db"
PROCESSES = "processes"
_IDENTITY = "kerastune"
FAILURE = "failure"
"""Why the settings of a trial failed. A trial that failed without was ended from outside."""


def require_study_directory(directory: Path) -> None:
    """Raises unless a study is in a directory, or may be written there.

    Args:
        directory: Path.

    Raises:
        InputError: if it is a file, or holds something else.

    Example:

    >>> require_study_directory(Path("no/such/study"))
    """
    if not directory.exists():
        return
    is_empty = directory.is_dir() and not any(directory.iterdir())
    if not directory.is_dir() or not (is_empty or (directory / STORAGE).is_file()):
        raise InputError(
            f"Expected a new study_dir, or that of a study. Received: '{directory}', which is "
            "something else. Choose another study_dir"
        )


@contextmanager
def opened_study(
    directory: Path, name: str, identity: Mapping[str, Any], direction: str
) -> "Iterator[Study]":
    """The study in a directory: the one that is there, or else a new one.

    Args:
        directory: Path, where `study.db` is.
        name: str, what a new study is called.
        identity: dictionary of what tells the study from others, as JSON holds it.
        direction: str, `"maximize"` or `"minimize"`.

    Yields:
        A `Study` of Optuna.

    Raises:
        InputError: if what is there is another study; it says what differs.
    """
    optuna = import_optuna()
    path = (directory / STORAGE).resolve()
    try:
        storage = optuna.storages.RDBStorage(
            f"sqlite:///{path}", engine_kwargs={"connect_args": {"timeout": 120}}
        )
    except Exception as error:  # Whatever SQLAlchemy makes of a file that is no database.
        raise InputError(
            f"Expected the storage of a study. Received: '{path}', which Optuna cannot read: "
            f"{reason(error)}"
        ) from error
    try:
        names = optuna.study.get_all_study_names(storage)
        study = optuna.create_study(
            storage=storage,
            study_name=next(iter(names), name),
            direction=direction,
            load_if_exists=True,
        )
        if not names:
            study.set_user_attr(_IDENTITY, dict(identity))
        _require_same(study, identity, directory)
        yield study
    finally:
        storage.remove_session()
        storage.engine.dispose()


def _require_same(study: "Study", identity: Mapping[str, Any], directory: Path) -> None:
    """Raise unless a study is the one that is meant."""
    found = study.user_attrs.get(_IDENTITY)
    if found is None:
        raise InputError(
            f"Expected a study of kerastune. Received: '{directory}', whose study "
            f"{study.study_name!r} is somebody else's. Choose another study_dir"
        )
    differing = [key for key in identity if found.get(key) != identity[key]]
    if differing:
        told = "; ".join(
            f"{key}: {_difference(found.get(key), identity[key])}" for key in differing
        )
        raise InputError(
            f"Expected the study in '{directory}' to be of the same search. Received: another. "
            f"{told}. Choose another study_dir"
        )


def _difference(there: Any, here: Any) -> str:
    """Two values, of dictionaries only what differs."""
    if isinstance(there, Mapping) and isinstance(here, Mapping):
        keys = [key for key in {**there, **here} if there.get(key) != here.get(key)]
        return ", ".join(f"{key} {there.get(key)} there, {here.get(key)} here" for key in keys)
    return f"{there} there, {here} here"


def trials_of(study: "Study", *states: str) -> "list[FrozenTrial]":
    """Returns the trials of a study.

    Args:
        study: the `Study`.
        *states: str, those that are wanted, such as `"RUNNING"`; none for all.

    Returns:
        List of trials, by number.
    """
    wanted = tuple(import_optuna().trial.TrialState[state] for state in states) or None
    return study.get_trials(deepcopy=False, states=wanted)


def counted_trials(study: "Study") -> "list[FrozenTrial]":
    """Returns the trials that count: those that ended by themselves, and those at work.

    A trial of a process that was killed, or interrupted, does not.

    Args:
        study: the `Study`.

    Returns:
        List of trials, by number.
    """
    return [
        trial
        for trial in trials_of(study, "COMPLETE", "PRUNED", "RUNNING", "FAIL")
        if trial.state.name != "FAIL" or FAILURE in trial.user_attrs
    ]


def best_trial(study: "Study") -> "FrozenTrial | None":
    """Returns the trial with the best value, the first of several, or None without any.

    Args:
        study: the `Study`.
    """
    values = {trial.number: trial.value or 0.0 for trial in trials_of(study, "COMPLETE")}
    sign = -1 if study.direction.name == "MAXIMIZE" else 1
    best = min(values, key=lambda number: (sign * values[number], number), default=None)
    return None if best is None else study.get_trials(deepcopy=False)[best]
