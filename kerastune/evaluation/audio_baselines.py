"""Baselines for sound."""

from typing import TYPE_CHECKING

import numpy as np
import sklearn

from kerastune.data.mel_scale import log_mel, most_bands
from kerastune.errors import InputError
from kerastune.evaluation.baselines import classifier_on_test
from kerastune.evaluation.evaluation import Evaluation
from kerastune.evaluation.few_samples import on_few_samples

if TYPE_CHECKING:
    from kerastune.data import Source, Splits


@on_few_samples
def mean_log_mel(splits: "Splits") -> dict[str, Evaluation]:
    """Evaluates logistic regression on the power of each recording in mel bands.

    The features are the mean over time of the logarithm of the power in 40 bands (fewer where
    the rate is low), and its deviation, standardised.

    Args:
        splits: `Splits` with one input of kind `audio`, whose column has a rate, and one target
            of kind `class`.

    Returns:
        Dictionary with `"logistic regression on mean log-mel"`.

    Raises:
        InputError: if the column tells no rate.

    Example:

    >>> from kerastune.data import Splits, open_audio
    >>> low, high = (np.sin(np.arange(800) * step) for step in (0.1, 1.0))
    >>> samples = open_audio(([low, high] * 2, ["low", "high"] * 2), sample_rate=8000)
    >>> found = mean_log_mel(Splits(samples, samples))
    >>> found["logistic regression on mean log-mel"]["accuracy"]
    1.0
    """
    column, target = splits.training.input("audio"), splits.training.target("class")
    rate = splits.columns[column].sample_rate
    if rate is None:
        raise InputError(
            f"Expected a column of recordings with its sample_rate. Received: {column!r} without. "
            "Open the data with `open_audio`"
        )

    def features(part: "Source") -> np.ndarray:
        return np.stack([_features(part.values[column][at], rate) for at in range(len(part))])

    model = sklearn.pipeline.make_pipeline(
        sklearn.preprocessing.StandardScaler(),
        sklearn.linear_model.LogisticRegression(max_iter=1000),
    )
    fitted_to = splits.without_test
    model.fit(features(fitted_to), np.asarray(fitted_to.values[target]))
    found = classifier_on_test(model, features, splits, target)
    return {"logistic regression on mean log-mel": found}


def _features(samples: np.ndarray, rate: int) -> np.ndarray:
    bands = log_mel(samples, rate, bands=most_bands(rate))
    return np.concatenate([bands.mean(axis=0), bands.std(axis=0)])
