"""A job run on all devices: each process does the same, and the first one writes and prints."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kerastune.display.output import console, printing
from kerastune.distribution import (
    distributed,
    distribution_settings,
    is_first,
    place,
    seen_here,
    value_from_first,
)
from kerastune.errors import InputError

if TYPE_CHECKING:
    from kerastune.jobs.job import Job
    from kerastune.jobs.result import Result


@contextmanager
def spread(options: Mapping[str, Any]) -> Iterator[None]:
    """While this lasts, everything is distributed as options say, which is printed.

    Args:
        options: dictionary of `RunOptions`.

    Yields:
        None.

    Raises:
        InputError: if options exclude each other, or a launcher's variables cannot be used.

    Example:

    >>> with spread({"distribution": None}):
    ...     place().processes
    1
    """
    distribution = distribution_settings(options["distribution"])
    if distribution is not None:
        _check(options)
    with distributed(distribution) as told:
        if told:
            with printing(seen_here(options["verbose"])):
                for line in told:
                    console().print(line, soft_wrap=True, highlight=False)
        yield


def run_spread(job: "Job") -> "Result":
    """Runs a job, see `run_job`, on all devices if its options ask for it.

    Each process trains and measures. Those but the first write what a run writes to a directory
    that is removed at the end.

    Args:
        job: the `Job`.

    Returns:
        A `Result`, in each process.

    Raises:
        InputError: if something of the job cannot be used.

    Example:

    >>> import contextlib, io, tempfile
    >>> from kerastune import recipes
    >>> with tempfile.TemporaryDirectory() as directory, contextlib.redirect_stdout(io.StringIO()):
    ...     job = recipes.linear_regression.build(epochs=1, run_dir=directory)
    ...     result = run_spread(job)
    >>> result.recipe
    'linear_regression'
    """
    from kerastune.jobs.engine import run_job

    with spread(job.options):
        if place().processes == 1:
            return run_job(job)
        with _own_directory(job) as own:
            result = run_job(own)
            kept = value_from_first(lambda: str(result.run_dir))
        return replace(result, run_dir=Path(kept))


@contextmanager
def _own_directory(job: "Job") -> Iterator["Job"]:
    """The job as this process runs it: where it may not write, in a directory that goes again."""
    if is_first():
        yield job
        return
    with tempfile.TemporaryDirectory(prefix="kerastune-") as directory:
        own: Any = {"run_dir": directory, "verbose": 0, "cache_directory": None}
        yield replace(job, options={**job.options, **own})


def _check(options: Mapping[str, Any]) -> None:
    """Raise for options that each process would decide, or write, for itself."""
    found = [name for name in ("batch_size", "learning_rate") if options[name] == "auto"]
    if options["repeats"] > 1:
        found.append("repeats")
    if found:
        expected = "repeats=1" if found[0] == "repeats" else f"{found[0]} as a number"
        raise InputError(
            f"Expected {expected} in a distributed training. Received: "
            f"{found[0]}={options[found[0]]!r}. Try it on one device first"
        )
