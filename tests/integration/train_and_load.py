"""One process of the cross-backend test: train on this backend, load what another saved.

python tests/integration/train_and_load.py DATA RUN_DIR [OTHER_RUN_DIR ...]
"""

import sys
from pathlib import Path

import numpy as np

import kerastune
from kerastune import recipes

SENTENCES = ["Fit a spline to noisy data.", "The eigenvalues of a symmetric matrix."]


def main(data: str, run_dir: str, *others: str) -> None:
    """Train where there is no run yet, then answer with this and with the other runs."""
    if not Path(run_dir).exists():
        result = recipes.text_classification(
            data,
            epochs=1,
            batch_size=16,
            sequence_length=32,
            learning_rate=1e-4,
            dropout=0.0,
            run_dir=run_dir,
        )
        np.savez(
            Path(run_dir) / "expected.npz",
            outputs=result.outputs(SENTENCES),
            steps=result.history.step_loss,
        )
    for other in others:
        expected = np.load(Path(other) / "expected.npz")["outputs"]
        outputs = kerastune.load(other).outputs(SENTENCES)
        difference = np.abs(outputs - expected).max()
        print(f"{other}: {difference}")
        if not difference < 1e-4:
            sys.exit(f"{other} predicts otherwise here, by {difference}")


if __name__ == "__main__":
    main(*sys.argv[1:])
