"""How long a start takes: `import kerastune`, its help, and a recipe to its first step.

Each is a new process, and takes turns with the rival's, so that whatever else the machine does
hits both alike. A recipe is `kerastune run lenet --data digits` from the start of the process to
the end of its first training step; the rival is a script of Keras alone that reads the digits,
builds the same network, compiles it and makes a step, `bare_lenet.py`. The backend is that of
`KERAS_BACKEND`.

    KERAS_BACKEND=jax python tools/benchmarks/start.py
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median, quantiles

from pages import Measured, publish, spread

_ONE_STEP = """
name: one step
stages:
- {name: first step, epochs: 1, steps: 1, learning_rate: 3e-3}
"""
_BARE = Path(__file__).parent / "bare_lenet.py"


def seconds_until(words: str | None, *arguments: str) -> float:
    """Seconds from the start of a Python process to the line that begins with words, or its end."""
    start = time.perf_counter()
    process = subprocess.Popen([sys.executable, *arguments], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for line in process.stdout:
        if words is not None and line.startswith(words):
            found = time.perf_counter() - start
            process.kill()
            process.wait()
            return found
    if process.wait() or words is not None:
        raise SystemExit(f"{' '.join(arguments)} ended with {process.returncode} before its time")
    return time.perf_counter() - start


def by_turns(
    own: tuple[str | None, *tuple[str, ...]],
    rival: tuple[str | None, *tuple[str, ...]],
    rounds: int,
) -> tuple[list[float], list[float]]:
    """Seconds of two processes that take turns; those of a first round, which fills caches, go."""
    seconds: tuple[list[float], list[float]] = ([], [])
    for number in range(rounds + 1):
        for place in (0, 1) if number % 2 else (1, 0):
            words, *arguments = (own, rival)[place]
            taken = seconds_until(words, *arguments)
            if number:
                seconds[place].append(taken)
    return seconds


def told(values: list[float]) -> str:
    """The median of some seconds, with their quartiles."""
    scale, unit = (1000, "ms") if abs(median(values)) < 1 else (1, "s")
    low, _, high = quantiles(values, n=4)
    return f"{scale * median(values):.3g} ({scale * low:.3g} – {scale * high:.3g}) {unit}"


def main() -> None:
    """Measure, print, and write the rows of this backend to the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7, help="of starts of a recipe (7)")
    parser.add_argument("--imports", type=int, default=21, help="rounds of shorter starts (21)")
    parser.add_argument("--write", action="store_true", help="to docs/benchmarks.md")
    options = parser.parse_args()
    backend = os.environ.get("KERAS_BACKEND", "tensorflow")
    nothing = (None, "-c", "pass")
    with tempfile.TemporaryDirectory() as folder:
        plan = Path(folder) / "one_step.yaml"
        plan.write_text(_ONE_STEP, encoding="utf-8")
        run = ("-m", "kerastune", "run", "lenet", "--data", "digits", "--plan", str(plan))
        runs = ("--run_dir", str(Path(folder) / "run"), "--overwrite")
        pairs = {
            ("import kerastune", "any", "python -c pass"): by_turns(
                (None, "-c", "import kerastune"), nothing, options.imports
            ),
            ("kerastune --help", "any", "python -c pass"): by_turns(
                (None, "-m", "kerastune", "--help"), nothing, options.imports
            ),
            ("kerastune run lenet", backend, "a script of Keras alone"): by_turns(
                ("first step", *run, *runs), ("first step", str(_BARE)), options.rounds
            ),
        }
    rows = [
        (
            *names,
            told(own),
            told(rival),
            spread([a / b for a, b in zip(own, rival, strict=True)]),
            told([a - b for a, b in zip(own, rival, strict=True)]),
        )
        for names, (own, rival) in pairs.items()
    ]
    found = Measured(
        "Start",
        "From the start of a process to its end, or for `kerastune run lenet --data digits` to the "
        "end of its first training step: median and quartiles over the rounds.",
        ("start", "backend", "rival", "time", "rival's time", "ratio", "difference"),
        rows,
    )
    publish(found, keys=2, writes=options.write)


if __name__ == "__main__":
    main()
