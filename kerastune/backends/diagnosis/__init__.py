"""Diagnosis of an installation: packages, backends, known conflicts. Loads no framework."""

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
