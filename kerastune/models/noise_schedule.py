"""How much of an image is left at each step of a diffusion, and the way back from one step."""

from typing import Any

import numpy as np

from kerastune.errors import InputError

_OFFSET = 0.008
_LARGEST_BETA = 0.999


def cosine_schedule(steps: int = 1000) -> np.ndarray:
    """Returns the share of the variance that is still of the image after each step of noising.

    It falls by a squared cosine. A step adds at most 99.9 % of noise, so that something is left
    after the last one too.

    Args:
        steps: int, at least 2. Defaults to 1,000.

    Returns:
        float64 array of shape `(steps,)`, falling, between 1 and 0. It is ᾱ of the paper: after
        the step of index t an image is `sqrt(share[t]) * image + sqrt(1 - share[t]) * noise`.

    Raises:
        InputError: if there are fewer than 2 steps.

    Reference:
        Nichol and Dhariwal, 2021, "Improved Denoising Diffusion Probabilistic Models",
        https://arxiv.org/abs/2102.09672

    Example:

    >>> cosine_schedule(4).round(3).tolist()
    [0.847, 0.494, 0.144, 0.0]
    """
    if steps < 2:
        raise InputError(f"Expected at least 2 steps of noising. Received: {steps}")
    times = np.arange(steps + 1) / steps
    curve = np.cos((times + _OFFSET) / (1 + _OFFSET) * np.pi / 2) ** 2
    betas = np.minimum(1 - curve[1:] / curve[:-1], _LARGEST_BETA)
    return np.cumprod(1 - betas)


def posterior(noisy: Any, clean: Any, share: float, before: float) -> tuple[Any, float]:
    """Returns the distribution of an image at an earlier step, given it at a later one and clean.

    It is normal. The two steps need not be neighbours.

    Args:
        noisy: array, the images after the later step.
        clean: array of the same shape, without noise.
        share: float, what `cosine_schedule` gives for the later step.
        before: float, for the earlier one; 1 for the clean image itself.

    Returns:
        Tuple of its mean, an array, and its variance, float.

    Reference:
        Ho et al., 2020, "Denoising Diffusion Probabilistic Models", equations 6 and 7,
        https://arxiv.org/abs/2006.11239

    Example:

    >>> posterior(np.array([0.2]), np.array([1.0]), share=0.25, before=1.0)
    (array([1.]), 0.0)
    """
    kept = share / before  # What the steps between leave of the variance.
    of_clean = np.sqrt(before) * (1 - kept) / (1 - share)
    of_noisy = np.sqrt(kept) * (1 - before) / (1 - share)
    return of_clean * clean + of_noisy * noisy, (1 - before) / (1 - share) * (1 - kept)
