"""Trains a recipe on a TPU of Google Kubernetes Engine, with Keras' Kinetic.

    pip install keras-kinetic       # The package `kinetic` is another one.
    kinetic up                      # Once: the cluster.
    python docs/launch/kinetic_tpu.py

What the function returns comes back. On a slice of several hosts each of them returns something,
and the last one's is what comes: the metrics, which are the same in each.
"""

import kinetic


@kinetic.run(accelerator="tpu-v5e-4")
def train() -> dict[str, float]:
    """Trains with JAX on all chips of the slice, and returns what the test samples say."""
    import os

    os.environ["KERAS_BACKEND"] = "jax"

    from kerastune import recipes

    result = recipes.image_classification(
        distribution="data_parallel", run_dir=f"{os.environ.get('KINETIC_OUTPUT_DIR', '.')}/run"
    )
    return dict(result.metrics)


if __name__ == "__main__":
    print(train())
