"""Images out of noise, by a network that was trained to denoise."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import keras
import numpy as np

from kerastune.backends.jit_compile import step_compilation
from kerastune.data.batches import padded
from kerastune.errors import InputError
from kerastune.models.noise_schedule import posterior
from kerastune.models.noising import Noising

Sampler = Literal["ddim", "ddpm"]

_AT_ONCE = 50


@dataclass(frozen=True)
class ImageSampling:
    """How images are made: step by step from noise, towards the class that is asked for.

    Args:
        sampler: `"ddim"`, in which only the first noise is drawn; or `"ddpm"`, which draws each
            image from its `posterior`, and needs more steps. Defaults to `"ddim"`.
        steps: int, passes through the network, at most the steps of the noising. Defaults to 25.
        guidance: float, how much further than the class says an image is moved from what is
            likely without one: 1 for not at all, 0 for without class. Defaults to 2.

    Raises:
        InputError: if a value is out of its range.

    Reference:
        Song et al., 2020, "Denoising Diffusion Implicit Models",
        https://arxiv.org/abs/2010.02502; Ho et al., 2020, "Denoising Diffusion Probabilistic
        Models", https://arxiv.org/abs/2006.11239; Ho and Salimans, 2022, "Classifier-Free
        Diffusion Guidance", https://arxiv.org/abs/2207.12598

    Example:

    >>> from kerastune.models import diffusion_model, u_net
    >>> model = diffusion_model(u_net((12, 12, 1), widths=(4, 8)), Noising(10, seed=0))
    >>> ImageSampling(steps=2)(model, [3, 7, 7], seed=0).shape
    (3, 12, 12, 1)
    """

    sampler: Sampler = "ddim"
    steps: int = 25
    guidance: float = 2.0

    def __post_init__(self) -> None:
        if self.sampler not in get_args(Sampler):
            raise InputError(
                f"Expected a sampler out of {', '.join(get_args(Sampler))}. "
                f"Received: sampler={self.sampler!r}"
            )
        if self.steps < 1 or self.guidance < 0:
            raise InputError(
                "Expected at least one sampling step and a guidance of at least 0. Received: "
                f"steps={self.steps}, guidance={self.guidance}"
            )

    def __call__(self, model: keras.Model, classes: Sequence[int], seed: int = 0) -> np.ndarray:
        """Returns an image of each class.

        Args:
            model: a model with a `u_net` and a `Noising` in it, at any depth.
            classes: sequence of int, the class of each image.
            seed: int, for the noise, which is the same on every backend. Defaults to 0.

        Returns:
            float32 array of shape `(images, height, width, channels)`, values from 0 to 255.

        Raises:
            InputError: if the model has no such parts, or was trained with fewer steps.
        """
        network, noising = network_and_noising(model)
        if self.steps > noising.steps:
            raise InputError(
                f"Expected at most {noising.steps} sampling steps, those of the noising. "
                f"Received: steps={self.steps}"
            )
        if not network.compiled and (chosen := step_compilation("auto")) != "auto":
            network.jit_compile = chosen
        # A stream for each image, so that its noise does not depend on the others.
        streams = [np.random.default_rng([seed, place]) for place in range(len(classes))]
        labels = np.asarray(classes, "int32")
        size = min(_AT_ONCE, len(labels))
        found = [
            self._made(network, noising, labels[first : first + size], streams[first:], size)
            for first in range(0, len(labels), size)
        ]
        return np.clip((np.concatenate(found) + 1) * 127.5, 0, 255).astype("float32")

    def _made(
        self,
        network: keras.Model,
        noising: Noising,
        labels: np.ndarray,
        streams: Sequence[Any],
        size: int,
    ) -> np.ndarray:
        """Returns some images at once, at most so many, of values from -1 to 1."""
        shape = network.output_shape[1:]

        def draw() -> np.ndarray:
            return np.stack(
                [stream.normal(size=shape) for stream, _ in zip(streams, labels, strict=False)]
            )

        images = draw()
        steps = np.linspace(noising.steps - 1, 0, self.steps).round().astype("int32")
        shares = [*noising.shares[steps], 1.0]
        for step, share, before in zip(steps, shares, shares[1:], strict=False):
            given = self._given(images, step, labels, noising.classes, size)
            predicted = self._guided(network.predict_on_batch(given), len(images))
            clean = _clean(images, predicted, share, noising.prediction)
            if self.sampler == "ddpm":
                mean, variance = posterior(images, clean, share, before)
                images = mean if before == 1 else mean + np.sqrt(variance) * draw()
            else:
                noise = (images - np.sqrt(share) * clean) / np.sqrt(1 - share)
                images = np.sqrt(before) * clean + np.sqrt(1 - before) * noise
        return images

    def _given(
        self, images: np.ndarray, step: int, labels: np.ndarray, none: int, size: int
    ) -> dict[str, np.ndarray]:
        """Returns the inputs of the network: with class, and then without."""
        of_class = [labels] if self.guidance == 1 else [labels, np.full_like(labels, none)]
        count = len(of_class)
        given = {
            "image": np.concatenate([images.astype("float32")] * count),
            "step": np.full(count * len(images), step, "int32"),
            "label": np.concatenate(of_class),
        }
        # Zeros behind them: of one size, the network is compiled once.
        return {name: padded(values, count * size) for name, values in given.items()}

    def _guided(self, predicted: Any, count: int) -> np.ndarray:
        """Returns what the network predicts of some images, with guidance."""
        found = np.asarray(predicted, "float64")
        with_class = found[:count]
        if self.guidance == 1:
            return with_class
        without = found[count : 2 * count]
        return without + self.guidance * (with_class - without)


def _clean(images: np.ndarray, predicted: np.ndarray, share: float, prediction: str) -> np.ndarray:
    """Returns the images without noise that a prediction means, in the range of images."""
    signal, strength = np.sqrt(share), np.sqrt(1 - share)
    if prediction == "noise":
        clean = (images - strength * predicted) / signal
    else:
        clean = signal * images - strength * predicted
    return np.clip(clean, -1, 1)


def network_and_noising(model: keras.Model) -> tuple[keras.Model, Noising]:
    """Returns the U-Net and the noising in a model.

    Args:
        model: a model that holds both, at any depth.

    Raises:
        InputError: if it does not.

    Example:

    >>> from kerastune.models import diffusion_model, u_net
    >>> model = diffusion_model(u_net((12, 12, 1), widths=(4, 8)), Noising(10, seed=0))
    >>> network_and_noising(model)[0].name
    'u_net'
    """
    layers = list(model.layers)
    for layer in layers:
        if isinstance(layer, keras.Model) and layer.name != "u_net":
            layers += layer.layers
    network = next((layer for layer in layers if layer.name == "u_net"), None)
    noising = next((layer for layer in layers if isinstance(layer, Noising)), None)
    if network is None or noising is None:
        raise InputError(
            "Expected a model with a U-Net and noising, such as one of image_generation. "
            f"Received: {model.name}, of {', '.join(layer.name for layer in model.layers)}"
        )
    return network, noising
