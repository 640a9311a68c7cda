"""Letters that two towers never saw: by their names, by a probe, by a new head, and by FLYP.

python tools/benchmarks/contrastive_fine_tuning.py --seeds 0 1 2

For each seed an image tower and a text tower are trained on `glyphs:seen`. Of `glyphs:unseen`,
other letters, a few images of each are to train on and all others to test on. Zero-shot trains
nothing; the linear probe is scikit-learn's logistic regression on standardised features of the
image tower; a plain head is trained with the tower, from random weights or from the
probe; and contrastive fine-tuning trains both towers on captions made of the names. The last three
have as many epochs, and each of the rates that are given.
"""

import argparse
import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

import kerastune as kt
from kerastune import recipes

UNSEEN = "glyphs:unseen"


def main() -> None:
    """Print what each way reaches with each seed, a line each."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--samples_per_class", type=int, default=2)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--rates", nargs="+", type=float, default=[3e-4, 1e-3, 3e-3])
    parser.add_argument("--towers", help="folder in which the towers of each seed are kept")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        towers = Path(given.towers or folder)
        for seed in given.seeds:
            for line in of_seed(seed, towers / f"towers{seed}", given):
                print(f"seed {seed}: {line}", flush=True)


def of_seed(seed: int, run_dir: Path, given: argparse.Namespace) -> Iterator[str]:
    """Yields what each way reaches."""
    if not run_dir.exists():
        with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
            recipes.image_text_matching("glyphs:seen", run_dir=run_dir, seed=seed, verbose=0)
    options = {
        "samples_per_class": given.samples_per_class,
        "validation_fraction": 0.0,
        "seed": seed,
        "batch_size": 64,
    }

    def accuracy(job: kt.Job, metric: str = "accuracy") -> str:
        return f"{kt.trained_baseline('tuned', job)(job.splits)['tuned'][metric]:.4f}"

    def with_head(plan: str, **more: object) -> kt.Job:
        backbone = str(run_dir / "model.keras")
        return recipes.image_classification.build(
            UNSEEN, backbone=backbone, plan=plan, label_smoothing=0.0, **options, **more
        )

    splits = with_head("full").splits
    found = kt.evaluate_zero_shot(kt.load(run_dir), splits.test)
    yield f"zero-shot {found['accuracy']:.4f}, chance {found['chance']:.4f}"
    kernel, offset, reached = linear_probe(run_dir / "model.keras", splits)
    yield f"linear probe {reached:.4f}"
    for rate in given.rates:
        trained = {"epochs": given.epochs, "learning_rate": rate}
        yield f"rate {rate:g}: plain head {accuracy(with_head('full', **trained))}"
        begun = with_head("full", **trained)
        for weight, value in zip(begun.model.weights[-2:], (kernel, offset), strict=True):
            weight.assign(value)
        yield f"rate {rate:g}: plain head from the probe {accuracy(begun)}"
        flyp = recipes.image_text_matching.build(
            UNSEEN, caption_template="{}", pretrained=str(run_dir), **options, **trained
        )
        yield f"rate {rate:g}: contrastive {accuracy(flyp, 'image_to_text_recall_at_1')}"


def linear_probe(file: Path, splits: kt.Splits) -> tuple[np.ndarray, np.ndarray, float]:
    """Returns logistic regression on the features of an image tower: weights, and accuracy."""
    image_shape = splits.training.columns["image"].shape
    tower = kt.models.load_image_backbone(file, image_shape=image_shape).model
    train, test = (
        tower.predict(part.values["image"], verbose=0).mean(axis=(1, 2))
        for part in (splits.training, splits.test)
    )
    scaling = StandardScaler().fit(train)
    fitted = LogisticRegression(max_iter=1000)
    fitted.fit(scaling.transform(train), splits.training.target_values)
    kernel = (fitted.coef_ / scaling.scale_).T
    reached = fitted.score(scaling.transform(test), splits.test.target_values)
    return kernel, fitted.intercept_ - scaling.mean_ @ kernel, reached


if __name__ == "__main__":
    main()
