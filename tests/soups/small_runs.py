"""Runs that take no time, to make soups of."""

import keras
import numpy as np

import kerastune as kt
from kerastune.jobs.validating import validate_job


def points(count=60):
    """Points of two classes that a line parts, and a few that it does not."""
    generator = np.random.default_rng(0)
    rows = generator.normal(size=(count, 3)).astype("float32")
    return rows, (rows.sum(axis=1) + 0.3 * generator.normal(size=count) > 0).astype(int)


@kt.recipe(plan="full", epochs=1, learning_rate=0.05, validation_fraction=0.25)
def tiny(data=None, *, width: int = 4, **options):
    """A network with batch normalization and dropout, and a backbone of its own."""
    rows, labels = points()
    given = kt.Source.of(rows, labels, class_names=("no", "yes"))
    splits = kt.data.open_splits(given if data is None else data, options)
    head = kt.heads.Classification.for_samples(splits.training)
    inputs = keras.Input((3,))
    hidden = keras.layers.BatchNormalization()(keras.layers.Dense(width)(inputs))
    hidden = keras.layers.ReLU()(keras.layers.Dropout(0.5)(hidden))
    body = keras.Model(inputs, hidden, name="body")
    return kt.Job(kt.heads.attach(body, head), head, splits)


def trained(folder, name, **options):
    """The directory of a run of `tiny`, left untested as a trial of a search is."""
    validate_job(tiny.build(run_dir=folder / name, verbose=0, **options))
    return folder / name
