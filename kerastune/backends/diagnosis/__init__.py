"""What is installed, what of it works, and what is known not to; no framework is loaded."""

from kerastune.backends.diagnosis.diagnosis import Diagnosis, diagnose
from kerastune.backends.diagnosis.probing import BackendReport, probe_backend
from kerastune.backends.diagnosis.requirements import extras_of, installed_version, unmet

__all__ = [
    "BackendReport",
    "Diagnosis",
    "diagnose",
    "extras_of",
    "installed_version",
    "probe_backend",
    "unmet",
]
