"""The μ-law: sound as 256 codes, finer where it is quiet."""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

MU_LAW_CODES = 256
"""How many codes there are."""

_MU = MU_LAW_CODES - 1
SILENCE = MU_LAW_CODES // 2
"""The code of silence."""


def mu_law_codes(samples: "ArrayLike") -> np.ndarray:
    """Returns sound as codes of the μ-law.

    Args:
        samples: float array of any shape, values from -1 to 1; what is beyond is taken for these.

    Returns:
        int32 array of that shape, codes from 0 to 255.

    Reference:
        van den Oord et al., 2016, "WaveNet: A Generative Model for Raw Audio", section 2.2,
        https://arxiv.org/abs/1609.03499; ITU-T, 1988, recommendation G.711

    Example:

    >>> mu_law_codes([-1.0, -0.01, 0.0, 0.01, 1.0]).tolist()
    [0, 98, 128, 157, 255]
    """
    clipped = np.clip(np.asarray(samples, "float64"), -1, 1)
    bent = np.sign(clipped) * np.log1p(_MU * np.abs(clipped)) / np.log1p(_MU)
    return np.floor((bent + 1) / 2 * _MU + 0.5).astype("int32")


def mu_law_samples(codes: "ArrayLike") -> np.ndarray:
    """Returns the sound that codes of the μ-law stand for.

    Args:
        codes: int array of any shape, codes from 0 to 255.

    Returns:
        float32 array of that shape, values from -1 to 1.

    Example:

    >>> codes = mu_law_codes(np.linspace(-1, 1, 9))
    >>> bool((mu_law_codes(mu_law_samples(codes)) == codes).all())
    True
    """
    bent = 2 * np.asarray(codes, "float64") / _MU - 1
    return (np.sign(bent) * np.expm1(np.abs(bent) * np.log1p(_MU)) / _MU).astype("float32")
