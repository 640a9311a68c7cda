"""Files of unknown origin are opened in one room; what opens others elsewhere is named here."""

import re
from pathlib import Path

import pytest

import kerastune

pytestmark = pytest.mark.any_backend

PACKAGE = Path(kerastune.__file__).parent
OPENS = re.compile(
    r"\b(?:np|numpy)\.load\(|\bh5py\.File\(|\bZipFile\(|\btarfile\.|\byaml\.(?:safe_|unsafe_|full_)?load\("
    r"|\bload_model\(|\bload_weights\(|\btorch\.load\(|\bpickle\.|\bshelve\.|\bjoblib\.|\bmarshal\."
)
ELSEWHERE = {
    "comparison/known_causes.py": "a table of this package",
    "comparison/tensors.py": "what the processes of a comparison write for each other",
    "counting/files/weights_file.py": "read by `untrusted.hdf5`",
    "data/table_text.py": "one member, decompressed in memory within bounds",
    "exporting/batches.py": "what the processes of an export write for each other",
    "models/keras_files.py": "after `untrusted.keras_model`",
    "params/sources/keras_hub.py": "a table of this package",
}


def test_who_opens_files_that_could_hold_code():
    found = set()
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE).as_posix()
        # Examples in docstrings are for people.
        code = "\n".join(
            line
            for line in path.read_text(encoding="utf-8").splitlines()
            if not line.lstrip().startswith((">>>", "...", "#"))
        )
        if not name.startswith("untrusted/") and OPENS.search(code):
            found.add(name)
    assert found == set(ELSEWHERE)
