"""The statistics of batch normalization, which are measured anew for averaged weights.

The mean of the statistics of several runs is not that of what the averaged weights compute. As
`torch.optim.swa_utils.update_bn` does, the training samples are passed once, and each batch counts
the same.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kerastune import backends

backends.select()

import keras
import numpy as np

from kerastune.backends.layers import nested_layers
from kerastune.training.samples import training_samples

if TYPE_CHECKING:
    from kerastune.jobs.job import Job
    from kerastune.soups.averaging import Weights


def differing_statistics(
    model: keras.Model, several: "Sequence[Weights]"
) -> list[keras.layers.BatchNormalization]:
    """Returns the layers of batch normalization whose statistics differ between sets of weights.

    Those that are the same in all, as in a frozen backbone, are a part of what the weights were
    trained with, and stay.

    Args:
        model: a built Keras model.
        several: sequence of weights, each as `model.get_weights` gives them.

    Example:

    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.BatchNormalization()])
    >>> weights = model.get_weights()
    >>> len(differing_statistics(model, [weights, [value + 1 for value in weights]]))
    1
    >>> differing_statistics(model, [weights, weights])
    []
    """
    first, *others = several
    differing = {
        id(variable)
        for place, variable in enumerate(model.weights)
        if any(not np.array_equal(first[place], other[place]) for other in others)
    }
    return [
        layer
        for layer in nested_layers(model)
        if isinstance(layer, keras.layers.BatchNormalization)
        and {id(layer.moving_mean), id(layer.moving_variance)} & differing
    ]


def measure_statistics(job: "Job", layers: Sequence[keras.layers.BatchNormalization]) -> None:
    """Measures the statistics of some layers of a job's model on its training samples.

    Everything else of the model is as before afterwards.

    Args:
        job: the `Job`.
        layers: sequence of layers of batch normalization.

    Example:

    >>> from kerastune import recipes
    >>> measure_statistics(recipes.linear_regression.build(), [])
    """
    if not layers:
        return
    measured = {id(one) for layer in layers for one in (layer.moving_mean, layer.moving_variance)}
    # With the states of what draws, so that the same weights get the same statistics.
    kept = [one for one in job.model.variables if id(one) not in measured]
    former = [np.array(keras.ops.convert_to_numpy(one)) for one in kept]
    settings = [(layer.momentum, layer.trainable) for layer in layers]
    try:
        with backends.kept_random_state():
            backends.seed_everything(job.options["seed"])
            _pass_training_samples(job, layers)
    finally:
        for layer, (momentum, trainable) in zip(layers, settings, strict=True):
            layer.momentum, layer.trainable = momentum, trainable
        for variable, value in zip(kept, former, strict=True):
            variable.assign(value)


def _pass_training_samples(job: "Job", layers: Sequence[keras.layers.BatchNormalization]) -> None:
    """Sets the statistics of layers to the means of those of all batches."""
    samples = training_samples(job.splits.training, job.prepare, job.head, job.batch_size)
    for layer in layers:
        # It takes the statistics of a batch only where it trains.
        layer.trainable = True
    for number, (inputs, *_) in enumerate(samples.in_order()):
        for layer in layers:
            # Of the first batch all, of the second a half, and so on.
            layer.momentum = number / (number + 1)
        job.model(keras.tree.map_structure(keras.ops.convert_to_tensor, inputs), training=True)
