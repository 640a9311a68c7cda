"""Which commit of the user's own code a run was started from."""

import os
import subprocess
from pathlib import Path

_SECONDS = 5.0  # A repository on a slow disk must not hold up a run.


def git_commit(directory: str | Path | None = None) -> str | None:
    """The commit that is checked out in a directory.

    Args:
        directory: str or Path, in a git repository. Defaults to the working directory.

    Returns:
        The 40 hexadecimal digits, str, with `" with changes"` behind them where tracked files
        differ from it; None where there is no git, no repository or no commit.

    Example:

    >>> import tempfile
    >>> git_commit(tempfile.mkdtemp()) is None
    True
    """
    commit = _git(directory, "rev-parse", "--verify", "HEAD")
    if not commit:
        return None
    changes = _git(directory, "status", "--porcelain", "--untracked-files=no")
    return f"{commit} with changes" if changes else commit


def _git(directory: str | Path | None, *arguments: str) -> str:
    """What git prints; nothing if it fails, whatever the reason."""
    try:
        return subprocess.run(
            ["git", *arguments],
            cwd=directory,
            # Reading must not write an index, nor ask for anything.
            env={**os.environ, "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=_SECONDS,
            check=True,
        ).stdout.strip()
    except (OSError, ValueError, subprocess.SubprocessError):
        return ""
