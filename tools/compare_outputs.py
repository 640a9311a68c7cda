"""Records what commands show, and compares it after a change.

python tools/compare_outputs.py record FOLDER [--backend torch] [--only NAME]
python tools/compare_outputs.py compare FOLDER [--backend torch] [--only NAME]

The calls are in tools/outputs/calls.py, and what each shows goes to FOLDER/BACKEND/NAME.txt: the
command lines, exit statuses, both streams and the files that are written. They run in one process,
on files that are made for them. `compare` prints what differs, and exits with 1 if anything does.
NAME may be a pattern such as 'bad_*'. A whole record takes two to three minutes.
"""

import argparse
import difflib
import os
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import chdir, contextmanager
from fnmatch import fnmatch
from pathlib import Path
from unittest.mock import patch

# The package lies beside this folder, installed or not.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from outputs.calls import CALLS
from run_tests import SETTINGS

from kerastune.backends import BACKENDS, select


def main(arguments: Sequence[str] | None = None) -> int:
    """Records or compares; returns the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("action", choices=("record", "compare"))
    parser.add_argument("folder", type=Path, help="where the outputs are, by backend")
    backend = os.environ.get("KERAS_BACKEND", "torch")
    parser.add_argument("--backend", choices=BACKENDS, default=backend)
    parser.add_argument(
        "--only", action="append", metavar="NAME", help="a call, or a pattern of names; repeatable"
    )
    options = parser.parse_args(arguments)
    asked = options.only or ["*"]
    names = [name for name in CALLS if any(fnmatch(name, pattern) for pattern in asked)]
    for pattern in asked:
        if not any(fnmatch(name, pattern) for name in names):
            parser.error(f"Expected --only with one of {', '.join(CALLS)}. Received: {pattern}")
    stored = options.folder.resolve() / options.backend
    act = _record if options.action == "record" else _compare
    with _workplace(options.backend):
        return act(stored, names)


def _record(stored: Path, names: list[str]) -> int:
    """Writes what each call shows."""
    stored.mkdir(parents=True, exist_ok=True)
    for name, text in _outputs(names):
        (stored / f"{name}.txt").write_text(text, encoding="utf-8")
    print(f"{len(names)} outputs recorded in {stored}")
    return 0


def _compare(stored: Path, names: list[str]) -> int:
    """Prints how what each call shows differs from what is stored."""
    different = 0
    for name, text in _outputs(names):
        path = stored / f"{name}.txt"
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        if before != text:
            different += 1
            lines = difflib.unified_diff(
                before.splitlines(), text.splitlines(), str(path), f"{name}, now", lineterm=""
            )
            print("\n".join(lines), end="\n\n")
    print(f"{len(names) - different} outputs equal, {different} different")
    return 1 if different else 0


def _outputs(names: list[str]) -> Iterator[tuple[str, str]]:
    """Each name and what its call shows."""
    from outputs.running import shown

    for name in names:
        started = time.perf_counter()
        text = shown(CALLS[name])
        print(f"{name}: {time.perf_counter() - started:.1f} s", file=sys.stderr, flush=True)
        yield name, text


@contextmanager
def _workplace(backend: str) -> Iterator[None]:
    """A folder with the inputs as the current one, and an environment without the machine's."""
    with tempfile.TemporaryDirectory(prefix="outputs-") as name, chdir(name):
        folder = Path.cwd()
        settings = {
            "KERAS_BACKEND": backend,
            "HF_HUB_CACHE": str(folder / "hugging_face"),
            "HF_ENDPOINT": "http://localhost:9",  # Nothing answers there.
            "KAGGLEHUB_CACHE": str(folder / "kaggle"),
        }
        with patch.dict(os.environ, SETTINGS | settings):
            select(backend)
            from outputs.inputs import make_inputs

            with warnings.catch_warnings():
                # Keras has a word on its old formats, which are wanted here.
                warnings.simplefilter("ignore")
                make_inputs(folder)
            yield


if __name__ == "__main__":
    sys.exit(main())
