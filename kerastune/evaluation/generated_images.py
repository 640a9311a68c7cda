"""How good images are that a model has made: their classes, their statistics, and a sheet."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib import style
from matplotlib.figure import Figure

from kerastune.display.pictures import PICTURE_STYLE, shortened
from kerastune.evaluation.evaluation import Evaluation, Metric

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

_CELL = 0.55  # Inches.


def frechet_distance(first: "ArrayLike", second: "ArrayLike") -> float:
    """Returns the Fréchet distance of two sets of features, each taken for normal.

    On the features of a classifier this is the form of FID. On those of another classifier than
    Inception, and of another number of images, its values are to be compared with each other
    alone.

    Args:
        first: array of shape `(samples, features)`, of at least two samples.
        second: array of shape `(other samples, features)`, likewise.

    Returns:
        float of at least 0: the squared distance of the means, plus what the covariances differ.

    Reference:
        Heusel et al., 2017, "GANs Trained by a Two Time-Scale Update Rule Converge to a Local Nash
        Equilibrium", https://arxiv.org/abs/1706.08500

    Example:

    >>> round(frechet_distance([[0.0], [2.0]], [[3.0], [5.0]]), 6)
    9.0
    """
    first, second = np.asarray(first, "float64"), np.asarray(second, "float64")
    covariances = [np.atleast_2d(np.cov(one, rowvar=False)) for one in (first, second)]
    # The trace of the root of their product is that of the root of a symmetric matrix.
    values, vectors = np.linalg.eigh(covariances[0])
    root = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    product = np.linalg.eigvalsh(root @ covariances[1] @ root)
    common = np.sqrt(np.maximum(product, 0)).sum()
    apart = np.square(first.mean(axis=0) - second.mean(axis=0)).sum()
    spread = np.trace(covariances[0]) + np.trace(covariances[1]) - 2 * common
    return float(max(apart + spread, 0.0))


def evaluate_generated(
    asked: "ArrayLike", recognized: "ArrayLike", features: "ArrayLike", real_features: "ArrayLike"
) -> Evaluation:
    """Evaluates made images by a classifier that was trained on real ones.

    Args:
        asked: int array of shape `(images,)`, the class that was asked for.
        recognized: int array of that shape, the class that the classifier takes each for.
        features: float array of shape `(images, features)`, those of the classifier.
        real_features: float array of shape `(real images, features)`.

    Returns:
        An `Evaluation` of `frechet_distance`, see the function of that name, and
        `class_accuracy`, the share of images that are taken for the class that was asked for,
        which is high of images that are all alike too.

    Example:

    >>> features = [[0.0], [1.0], [2.0]]
    >>> found = evaluate_generated([0, 1, 1], [0, 1, 0], features, features)
    >>> round(found["class_accuracy"], 3), found["frechet_distance"] < 1e-9
    (0.667, True)
    """
    share = float(np.mean(np.asarray(asked) == np.asarray(recognized)))
    distance = frechet_distance(features, real_features)
    return Evaluation(
        [
            Metric("frechet_distance", distance, higher_is_better=False),
            Metric("class_accuracy", share),
        ]
    )


@style.context(PICTURE_STYLE)
def sample_sheet(
    rows: Sequence[np.ndarray], row_names: Sequence[str], column_names: Sequence[str]
) -> Figure:
    """Draws a sheet of images, such as a row for each of some epochs.

    Args:
        rows: sequence of arrays of shape `(columns, height, width, channels)`, values from 0 to
            255, of one or three channels.
        row_names: sequence of str.
        column_names: sequence of str, such as classes.

    Returns:
        A Matplotlib `Figure`.

    Example:

    >>> figure = sample_sheet([np.zeros((2, 4, 4, 1))], ["epoch 1"], ["cat", "dog"])
    >>> len(figure.axes)
    2
    """
    columns = len(column_names)
    size = (1.0 + columns * _CELL, 0.3 + len(rows) * _CELL)
    figure = Figure(figsize=size, layout="constrained")
    grid = figure.subplots(len(rows), columns, squeeze=False)
    for at, (images, name) in enumerate(zip(rows, row_names, strict=True)):
        for axes, image in zip(grid[at], images, strict=True):
            pixels = np.clip(np.asarray(image) / 255, 0, 1)
            shown = pixels[..., 0] if pixels.shape[-1] == 1 else pixels
            axes.imshow(shown, cmap="gray", vmin=0, vmax=1)
            axes.set(xticks=[], yticks=[])
            axes.grid(visible=False)
            axes.spines[:].set_visible(False)
        grid[at, 0].set_ylabel(name, rotation=0, ha="right", va="center")
    for axes, name in zip(grid[0], column_names, strict=True):
        axes.set_title(shortened(name, 8), loc="center", fontweight="normal", fontsize=8)
    return figure
