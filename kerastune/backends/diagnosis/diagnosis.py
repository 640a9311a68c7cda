"""The state of an installation, with what is wrong."""

import platform
import shutil
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import kerastune
from kerastune.backends.choice import BACKENDS, configuration_file, requested_backend
from kerastune.backends.diagnosis import conflicts
from kerastune.backends.diagnosis.probing import BackendReport, probe_backend
from kerastune.backends.diagnosis.requirements import extras_of, installed_version, unmet
from kerastune.errors import InputError
from kerastune.installing import install_command

_OLDEST_PYTHON = (3, 11)
# Extras that bring others, or serve the work on kerastune itself.
_NO_EXTRAS = ("all", "test", *BACKENDS)


@dataclass(frozen=True)
class Diagnosis:
    """The state of an installation.

    Args:
        python: str, its version.
        kerastune: str, its version.
        location: str, the folder of kerastune.
        keras: str, its version, or None if it is not installed.
        backend: str, the one that Keras would run on, or None.
        chosen_by: str, what asks for it.
        backends: tuple of `BackendReport`.
        extras: dictionary from the name of an extra to a list of what it lacks.
        problems: tuple of str, what keeps kerastune from working.
        remarks: tuple of str, what else to know.

    Example:

    >>> Diagnosis("3.12.0", "0.1.0", "/src", "3.15.1", "jax", "KERAS_BACKEND").works
    True
    """

    python: str
    kerastune: str
    location: str
    keras: str | None
    backend: str | None
    chosen_by: str
    backends: tuple[BackendReport, ...] = ()
    extras: dict[str, list[str]] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def works(self) -> bool:
        """bool, whether everything needed works."""
        return not self.problems

    def to_dict(self) -> dict[str, Any]:
        """Returns the diagnosis as plain data, for JSON.

        Returns:
            Dictionary with the names of the attributes, and `works`.
        """
        return {"works": self.works, **asdict(self)}


def diagnose(probe: Callable[[str], BackendReport] = probe_backend) -> Diagnosis:
    """Looks at what is installed, and tries each backend.

    Args:
        probe: function from the name of a backend to its `BackendReport`. Defaults to
            `probe_backend`, which takes seconds.

    Returns:
        A `Diagnosis`.

    Example:

    >>> found = diagnose(lambda name: BackendReport(name, "1.0", ("cpu:0",)))
    >>> [report.name for report in found.backends]
    ['tensorflow', 'jax', 'torch']
    """
    with ThreadPoolExecutor(len(BACKENDS)) as pool:
        reports = tuple(pool.map(probe, BACKENDS))
    backend, chosen_by, broken_choice = _choice(reports)
    others = [report for report in reports if report.error and report.name != backend]
    has_gpu = bool(shutil.which("nvidia-smi")) or Path("/proc/driver/nvidia/version").exists()
    return Diagnosis(
        python=platform.python_version(),
        kerastune=kerastune.__version__,
        location=str(Path(kerastune.__file__).resolve().parent),
        keras=installed_version("keras"),
        backend=backend,
        chosen_by=chosen_by,
        backends=reports,
        extras={
            name: unmet("kerastune", name)
            for name in extras_of("kerastune")
            if name not in _NO_EXTRAS
        },
        problems=(*_broken_python(), *_lacking(), *broken_choice, *_conflicting()),
        remarks=(
            *(f"{report.name} does not work: {report.error}" for report in others),
            *conflicts.unseen_gpus(reports, has_gpu),
            *conflicts.configuration_remarks(configuration_file()),
        ),
    )


def _choice(reports: tuple[BackendReport, ...]) -> tuple[str | None, str, list[str]]:
    """Returns the backend that is chosen, by what, and what is wrong with it."""
    try:
        backend, chosen_by = requested_backend()
    except InputError as error:
        return None, "nothing", [str(error)]
    report = next((report for report in reports if report.name == backend), None)
    if report is None:
        told = f"{backend!r}, which {chosen_by} asks for, is none of {', '.join(BACKENDS)}"
    elif report.version is None:
        told = (
            f"{backend}, which {chosen_by} asks for, is not installed: {install_command(backend)}"
        )
    elif report.error:
        told = f"{backend}, which {chosen_by} asks for, does not work: {report.error}"
    else:
        return backend, chosen_by, []
    return backend, chosen_by, [told]


def _broken_python() -> list[str]:
    if sys.version_info >= _OLDEST_PYTHON:
        return []
    return [f"Python {platform.python_version()} is too old: 3.11 or newer is needed"]


def _lacking() -> list[str]:
    lacking = unmet("kerastune")
    return [f"kerastune needs {', '.join(lacking)}"] if lacking else []


def _conflicting() -> list[str]:
    return [
        *conflicts.version_conflicts(installed_version),
        *conflicts.unmet_requirements(installed_version),
    ]
