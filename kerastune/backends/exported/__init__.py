"""The formats of exported models: which backend writes each, and how its own runtime runs it."""

from kerastune.backends.exported.formats import FORMATS, ExportFormat, require_installed
from kerastune.backends.exported.running import RUNS, run_artefact, run_raw
from kerastune.backends.exported.writing import WRITES, write_artefact

__all__ = [
    "FORMATS",
    "RUNS",
    "WRITES",
    "ExportFormat",
    "require_installed",
    "run_artefact",
    "run_raw",
    "write_artefact",
]
