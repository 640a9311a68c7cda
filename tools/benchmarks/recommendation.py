"""Ratings of MovieLens-100k by DeepFM, by a plain factorization machine and by its baselines.

python tools/benchmarks/recommendation.py --split random --seeds 0 1
python tools/benchmarks/recommendation.py --genre Horror --seeds 0 1 2

With a split at random each seed has samples of its own. With a genre, DeepFM is first trained on
the ratings of all films of other genres, and then tuned to those of that genre, beside the same
network from nothing; both see the samples of that genre in the same batches. Nothing is ranked.
"""

import argparse
import contextlib
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import kerastune as kt
from kerastune import recipes


def main() -> None:
    """Print what each seed reaches, a line each."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--split", default="time_by_user")
    parser.add_argument("--task", default="rating")
    parser.add_argument("--field_dropout", type=float, default=0.1)
    parser.add_argument("--genre")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    given = vars(parser.parse_args())
    seeds, genre = given.pop("seeds"), given.pop("genre")
    lines = of_genre(genre, seeds, given) if genre else of_all(seeds, given)
    for line in lines:
        print(line, flush=True)


def of_all(seeds: list[int], given: Mapping[str, object]) -> Iterator[str]:
    """Yields what DeepFM and its baselines reach."""
    for seed in seeds:
        job = recipes.recommendation.build(seed=seed, split_seed=seed, ranked_users=0, **given)
        for baseline in (kt.trained_baseline("DeepFM", job), *job.baselines):
            for name, found in baseline(job.splits).items():
                yield f"seed {seed}: {name}: {told(found)}"


def of_genre(genre: str, seeds: list[int], given: Mapping[str, object]) -> Iterator[str]:
    """Yields what DeepFM reaches on the films of a genre, tuned and from nothing."""
    with tempfile.TemporaryDirectory() as folder:
        run_dir = Path(folder) / "others"
        others = recipes.recommendation.build(
            f"movielens_100k:-{genre}", run_dir=run_dir, ranked_users=0, verbose=0, **given
        )
        others.baselines = ()
        with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
            others.run()
        for seed in seeds:
            for rate in (1e-3, 3e-3, 1e-2):
                for pretrained in (None, str(run_dir)):
                    job = recipes.recommendation.build(
                        f"movielens_100k:{genre}",
                        pretrained=pretrained,
                        seed=seed,
                        ranked_users=0,
                        batch_size=256,
                        learning_rate=rate,
                        **given,
                    )
                    found = kt.trained_baseline("DeepFM", job)(job.splits)["DeepFM"]
                    start = "tuned" if pretrained else "from nothing"
                    yield f"seed {seed}: rate {rate:g}: {start}: {told(found)}"
        for baseline in job.baselines:
            for name, found in baseline(job.splits).items():
                yield f"{name}: {told(found)}"


def told(found: kt.Evaluation) -> str:
    """Returns the metrics of an evaluation in one line."""
    return ", ".join(f"{metric.name} {metric.value:.4f}" for metric in found.metrics)


if __name__ == "__main__":
    main()
