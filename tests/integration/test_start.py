"""What a run imports."""

import subprocess
import sys

import pytest

from kerastune import backends

pytestmark = pytest.mark.any_backend

RUN = """
import sys
import kerastune
from kerastune import data, recipes

options = {"epochs": 1, "verbose": 0, "run_dir": "run"}
"""
USE = """
kerastune.load("run").evaluate(samples)
assert "tensorflow" not in sys.modules
"""
NUMBERS = 'samples = "diabetes"\nrecipes.linear_regression(samples, **options)\n'
IMAGES = """
samples = data.digits(size=12).select(range(200))
recipes.image_classification(samples, backbone="small_resnet", plan="full", **options)
"""
TABLE = 'samples = "wine"\nrecipes.tabular_classification(samples, **options)\n'

# TensorFlow that is imported after a seed is set draws as if it had been there before.
SEEDED_LATER = """
import keras
from kerastune import backends

backends.seed_everything(5)
import tensorflow as tf
late = tf.random.uniform((3,)).numpy().tolist()
keras.utils.set_random_seed(5)
assert late == tf.random.uniform((3,)).numpy().tolist()
"""


@pytest.mark.parametrize(
    ("backend", "code"),
    [
        ("torch", NUMBERS + USE + SEEDED_LATER),
        pytest.param("jax", NUMBERS + USE + SEEDED_LATER, marks=pytest.mark.slow),
        pytest.param("jax", IMAGES + USE, marks=pytest.mark.slow),
        pytest.param("torch", IMAGES + USE, marks=pytest.mark.slow),
        pytest.param("jax", TABLE + USE, marks=pytest.mark.slow),
        pytest.param("torch", TABLE + USE, marks=pytest.mark.slow),
    ],
    ids=["torch", "jax", "jax images", "torch images", "jax table", "torch table"],
)
def test_a_whole_run_imports_no_tensorflow(tmp_path, backend, code):
    finished = subprocess.run(
        [sys.executable, "-c", RUN + code],
        cwd=tmp_path,
        env=backends.environment_of(backend),
        capture_output=True,
        text=True,
    )
    assert finished.returncode == 0, finished.stderr
