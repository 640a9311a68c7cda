"""Many models on this backend, in one process: python tests/comparison/many.py FOLDER GROUP [NAME…]

GROUP is `faults` or `networks`. The first backend that is run in a folder is the reference.
"""

import sys
import time
import traceback
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from kerastune import backends
from kerastune.comparison.specification import Specification
from kerastune.comparison.worker import run


def models(group):
    """What the models of a group are found by."""
    if group == "faults":
        from tests.comparison import planted

        return {name: what for name, (what, _) in planted.FAULTS.items()}
    from tests.comparison import zoo

    return zoo.NETWORKS


def main(folder, group, *names):
    """Run each model, and write what it gives to FOLDER/NAME/BACKEND."""
    import keras

    backend = backends.select()
    for name, what in models(group).items():
        if names and name not in names:
            continue
        common = Path(folder) / name / "common"
        output = Path(folder) / name / backend
        is_reference = not common.exists()
        if (output / "result.json").exists():
            continue
        for path in (common, output):
            path.mkdir(parents=True, exist_ok=True)
        keras.backend.clear_session()
        asked = Specification(
            what,
            backend,
            str(common),
            str(output),
            steps=5,
            is_reference=is_reference,
            batch_size=None if group == "faults" else 4,
        )
        started = time.perf_counter()
        try:
            run(asked)
        except Exception:
            (output / "error.txt").write_text(traceback.format_exc())
        print(name, backend, f"{time.perf_counter() - started:.1f} s", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
