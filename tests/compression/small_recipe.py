"""A recipe whose runs take little time: a small network on some of the digits, no baselines."""

import keras
import numpy as np
from sklearn.datasets import load_digits

import kerastune as kt


@kt.recipe(plan="pruned", epochs=3, learning_rate=0.01)
def small(data=None, *, width: int = 512, **options):
    """A network of two dense layers."""
    digits = load_digits()
    rows, labels = digits.data[:500].astype("float32") / 16, digits.target[:500]
    given = kt.Source.of(rows, labels, class_names=tuple(map(str, np.arange(10))))
    splits = kt.data.open_splits(given if data is None else data, options)
    head = kt.heads.Classification.for_samples(splits.training)
    layers = [keras.Input((64,)), keras.layers.Dense(width, "relu", name="hidden")]
    body = keras.Sequential(layers, name="body")
    return kt.Job(kt.heads.attach(body, head), head, splits)
