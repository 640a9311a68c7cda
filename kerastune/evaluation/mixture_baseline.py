"""A baseline for made images: draws from Gaussian mixtures of pixels."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np
import sklearn  # Which imports its parts when they are first used.

from kerastune.evaluation.evaluation import Evaluation

if TYPE_CHECKING:
    from kerastune.data import Splits

_MOST_FOR_FULL = 1024


def gaussian_mixture(
    evaluate: "Callable[[np.ndarray, np.ndarray], Evaluation]",
    images_of: "Callable[[Splits], tuple[np.ndarray, np.ndarray]]",
    count: int,
    components: int = 4,
    seed: int = 0,
) -> "Callable[[Splits], Mapping[str, Evaluation]]":
    """Returns a baseline: images drawn from a Gaussian mixture of the pixels of each class.

    Up to 1,024 values an image the covariances are whole, above that they are diagonal.

    Args:
        evaluate: function from images of shape `(images, height, width, channels)`, values from 0
            to 255, and the classes that were asked for to an `Evaluation`.
        images_of: function from `Splits` to the images to fit to, likewise, and their classes.
        count: int, images to draw, as evenly as possible of each class; 0 for no baseline.
        components: int, components of each mixture. Defaults to 4.
        seed: int. Defaults to 0.

    Returns:
        A function from `Splits` to a dictionary with `"Gaussian mixture of pixels"`.

    Example:

    >>> from kerastune.data import Source, Splits
    >>> from kerastune.evaluation import Metric
    >>> samples = Source.of(np.ones((4, 2, 2, 1)), [0, 0, 1, 1], class_names=("cat", "dog"))
    >>> baseline = gaussian_mixture(
    ...     lambda images, classes: Evaluation([Metric("images", len(images))]),
    ...     lambda splits: (samples.values["image"], samples.values["label"]),
    ...     count=6,
    ...     components=1,
    ... )
    >>> baseline(Splits(samples, samples))["Gaussian mixture of pixels"]["images"]
    6.0
    """

    def baseline(splits: "Splits") -> Mapping[str, Evaluation]:
        if not count:
            return {}
        images, labels = images_of(splits)
        rows = images.reshape(len(images), -1) / 255
        found, classes = [], np.unique(labels)
        for place, label in enumerate(classes):
            wanted = len(range(place, count, len(classes)))
            own = rows[labels == label]
            mixture = sklearn.mixture.GaussianMixture(
                min(components, len(own)),
                covariance_type="full" if rows.shape[1] <= _MOST_FOR_FULL else "diag",
                reg_covar=1e-3,
                random_state=seed,
            ).fit(own)
            if wanted:
                found.append((mixture.sample(wanted)[0], np.full(wanted, label)))
        drawn, asked = (np.concatenate(parts) for parts in zip(*found, strict=True))
        made = np.clip(drawn * 255, 0, 255).astype("float32").reshape(-1, *images.shape[1:])
        return {"Gaussian mixture of pixels": evaluate(made, asked)}

    return baseline
