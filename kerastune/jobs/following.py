"""A run of a job that trackers follow."""

from collections.abc import Iterator
from contextlib import contextmanager

from kerastune.distribution import is_first
from kerastune.jobs.job import Job
from kerastune.jobs.runs import Run
from kerastune.tracking import Tracking, tracked


@contextmanager
def followed(job: Job, run: Run) -> Iterator[Tracking]:
    """While this lasts, the trackers that a job asks for follow its run.

    Args:
        job: the `Job`.
        run: the `Run`, begun.

    Yields:
        A `Tracking`.

    Raises:
        InputError: if a tracker cannot begin.

    Example:

    >>> from kerastune import recipes
    >>> from kerastune.jobs.engine import running
    >>> job = recipes.linear_regression.build(run_dir="runs/new")
    >>> with running(job) as run, followed(job, run) as tracking:
    ...     tracking.trackers
    {}
    """
    # Of several processes one tells.
    tracker = job.options["tracker"] if is_first() else None
    name = run.directory.name
    with tracked(tracker, run.folder, name, run.configuration) as tracking:
        for written in tracking.written:
            run.path(written)
        yield tracking
