"""Many models on this backend, in one process, and what came of them.

KERAS_BACKEND=torch python tests/comparison/many.py FOLDER GROUP [NAME…]
python tests/comparison/many.py FOLDER told torch,jax,tensorflow

GROUP is `faults` or `networks`. The first backend that is run in a folder is the reference, and
the first that is told.
"""

import sys
import time
import traceback
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from kerastune import backends
from kerastune.comparison import Tolerances
from kerastune.comparison.records import Record
from kerastune.comparison.specification import Specification
from kerastune.comparison.trial import Trial, trial_of
from kerastune.comparison.worker import run

STEPS = 5
SAMPLES_OF_NETWORKS = 4


def models(group):
    """What the models of a group are found by."""
    if group == "faults":
        from tests.comparison import planted

        return {name: what for name, (what, _) in planted.FAULTS.items()}
    from tests.comparison import zoo

    return zoo.NETWORKS


def run_models(folder: Path, group: str, names):
    """Run each model that has not been run, and write what it gives to FOLDER/NAME/BACKEND."""
    import keras

    backend = backends.select()
    for name, what in models(group).items():
        common, output = folder / name / "common", folder / name / backend
        if (names and name not in names) or (output / "result.json").exists():
            continue
        is_reference = not common.exists()
        for path in (common, output):
            path.mkdir(parents=True, exist_ok=True)
        keras.backend.clear_session()
        asked = Specification(
            what,
            backend,
            str(common),
            str(output),
            steps=STEPS,
            is_reference=is_reference,
            batch_size=None if group == "faults" else SAMPLES_OF_NETWORKS,
        )
        started = time.perf_counter()
        try:
            run(asked)
        except Exception:
            (output / "error.txt").write_text(traceback.format_exc())
        print(name, backend, f"{time.perf_counter() - started:.1f} s", flush=True)


def trials(folder: Path, names_of_backends) -> dict[str, Trial]:
    """The trial of each model in a folder, by name."""
    found = {}
    for path in sorted(folder.iterdir()):
        records = [Record(path / backend) for backend in names_of_backends]
        found[path.name] = trial_of(None, records, [], Tolerances())
    return found


def main(folder, group, *names):
    """Run models, or tell what came of them."""
    if group != "told":
        run_models(Path(folder), group, names)
        return
    for name, trial in trials(Path(folder), names[0].split(",")).items():
        print(f"{name}: {' '.join(trial.sentences())}")


if __name__ == "__main__":
    main(*sys.argv[1:])
