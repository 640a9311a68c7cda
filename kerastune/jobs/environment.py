"""What a result depends on besides its arguments: versions, devices, the folder, the commit."""

import os
import platform
from typing import Any

from kerastune import backends
from kerastune.jobs.git_commit import git_commit


def environment() -> dict[str, Any]:
    """What a result depends on besides its arguments.

    Returns:
        Dictionary with the backend, its devices, the precision, versions, platform, the
        folder that relative paths start from, and the git commit that is checked out there, None
        if there is none.

    Example:

    >>> environment()["backend"] in backends.BACKENDS
    True
    """
    return {
        "backend": backends.select(),
        "devices": backends.devices(),
        "precision": backends.precision(),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "working_directory": os.getcwd(),
        "git_commit": git_commit(),
        "versions": backends.versions(),
    }
