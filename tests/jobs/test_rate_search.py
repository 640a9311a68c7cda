"""The rate finder on a job: its samples, its head, and what its plan trains."""

import keras
import numpy as np
import pytest

from kerastune import Job, data, heads, recipes
from kerastune.jobs.rate_search import search_rate, searched_stage
from kerastune.training.optimizers import stage_optimizer
from kerastune.tuning import find_learning_rate

pytestmark = pytest.mark.first_backend


def small_job(**options):
    """A job of a body of two layers and a head."""
    splits = data.open_splits("diabetes", {"seed": 0, **options})
    body = keras.Sequential(
        [keras.Input((10,)), keras.layers.Rescaling(0.01), keras.layers.Dense(4, name="hidden")],
        name="body",
    )
    head = heads.Regression.for_samples(splits.training)
    return Job(heads.attach(body, head), head, splits, options={"epochs": 1, **options})


@pytest.mark.each_backend
def test_it_is_the_search_on_prepared_arrays():
    job = small_job(seed=3, batch_size=64)
    found = search_rate(job, start=1e-4, end=1.0, steps=12)
    samples = job.splits.training
    inputs = job.prepare.prepare({"array": samples.values["array"]})
    targets = job.head.encode(samples.target_values)
    stage = searched_stage(job)
    job.model.compile(optimizer=stage_optimizer(job.model, stage, 12), loss=job.head.loss())
    by_hand = find_learning_rate(
        job.model, (inputs, targets), start=1e-4, end=1.0, steps=12, batch_size=64, seed=3
    )
    np.testing.assert_allclose(found.losses, by_hand.losses, rtol=1e-5)
    assert found.suggestions == by_hand.suggestions


def test_it_trains_what_the_last_stage_trains_and_leaves_the_model_as_it_was():
    job = small_job(plan="linear_probe_then_fine_tune")
    hidden = job.model.get_layer("body").get_layer("hidden")
    hidden.trainable = False
    before = [np.array(weight) for weight in job.model.get_weights()]
    full = search_rate(job, start=1e-4, end=1.0, steps=10)
    job.options["plan"] = "head_only"
    head_only = search_rate(job, start=1e-4, end=1.0, steps=10)
    # The first loss is of the same weights; then other weights train.
    assert np.isclose(full.losses[0], head_only.losses[0], rtol=1e-6)
    assert not np.isclose(full.losses[-1], head_only.losses[-1], rtol=1e-6)
    assert hidden.trainable is False
    for weight, former in zip(job.model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, former)


def test_a_recipe_is_searched():
    search = search_rate(recipes.linear_regression.build(), start=1e-3, steps=20)
    assert 1e-3 < search.suggestion < 10
