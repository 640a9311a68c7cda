"""The backbone of linear models: columns brought to a common scale."""

import keras
import numpy as np

from kerastune.errors import InputError


def standardised_columns(features: np.ndarray) -> keras.Model:
    """Returns a backbone that standardises the columns of a table, and learns nothing.

    Args:
        features: array of shape `(samples, columns)`, those of the training samples,
            from which the mean and variance of each column are taken. A column that
            never varies is only centred.

    Returns:
        A functional model from raw columns to standardised ones.

    Raises:
        InputError: if a sample is not one row of numbers.

    Example:

    >>> backbone = standardised_columns(np.array([[1.0, 10.0], [3.0, 30.0]]))
    >>> backbone.predict(np.array([[3.0, 10.0]]), verbose=0).round(3).tolist()
    [[1.0, -1.0]]
    """
    values = np.asarray(features, "float64")
    if values.ndim != 2:
        raise InputError(
            "Expected one row of numbers for each sample. Received: an array of shape "
            f"{values.shape}. Put what belongs to a sample into one row, or give grey images a "
            "channel: images[..., None]"
        )
    variance = values.var(axis=0)
    columns = keras.Input((values.shape[1],), name="columns")
    outputs = keras.layers.Normalization(
        mean=values.mean(axis=0).tolist(),
        variance=np.where(variance > 0, variance, 1.0).tolist(),
        name="standardise",
    )(columns)
    return keras.Model(columns, outputs, name="standardised_columns")
