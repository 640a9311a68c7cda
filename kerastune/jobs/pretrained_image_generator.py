"""The U-Net of a run of its own, for another one to begin with."""

from dataclasses import dataclass
from pathlib import Path

from kerastune import backends

backends.select()

import keras

from kerastune.errors import InputError
from kerastune.jobs.loading import load
from kerastune.jobs.pretrained_weights import copy_weights
from kerastune.models import Noising
from kerastune.models.image_sampling import network_and_noising


@dataclass(frozen=True)
class PretrainedImageGenerator:
    """The U-Net that a run has trained to denoise, with its noising; made by `of_run`.

    Args:
        network: a `kerastune.models.u_net`.
        noising: the `kerastune.models.Noising` that it was trained with.
        source: str, the run, for messages.

    Example:

    >>> from kerastune.models import u_net
    >>> networks = [u_net((12, 12, 1), widths=(4, 8)) for _ in range(2)]
    >>> noising = Noising(10, seed=0)
    >>> PretrainedImageGenerator(networks[0], noising).copy_to(networks[1], noising)
    >>> first, second = (network.get_layer("stem").get_weights()[0] for network in networks)
    >>> bool((first == second).all())
    True
    """

    network: keras.Model
    noising: Noising
    source: str = "a run"

    @classmethod
    def of_run(cls, run_dir: str | Path) -> "PretrainedImageGenerator":
        """Returns the U-Net of a run, such as one of `image_generation`.

        Args:
            run_dir: str or Path, the directory of a finished run.

        Raises:
            InputError: if it is none, or has no such network.

        Example:

        >>> PretrainedImageGenerator.of_run("no/such/run")
        Traceback (most recent call last):
            ...
        kerastune.errors.InputError: Expected the directory of a finished run. Received: ...
        """
        return cls(*network_and_noising(load(run_dir).model), str(run_dir))

    def copy_to(self, network: keras.Model, noising: Noising) -> None:
        """Sets each weight of a U-Net to the one of the same name.

        Args:
            network: a `kerastune.models.u_net` of the same sizes, for as many classes. Images may
                be of another size.
            noising: the `Noising` that it will be trained with.

        Raises:
            InputError: if it has other steps or predicts something else, a weight has another
                shape, or one of the networks lacks a weight.
        """
        theirs, ours = ((one.steps, one.prediction) for one in (self.noising, noising))
        if theirs != ours:
            raise InputError(
                f"Expected the noise_steps and the prediction of '{self.source}', {theirs[0]} and "
                f"{theirs[1]!r}. Received: {ours[0]} and {ours[1]!r}"
            )
        copy_weights(
            self.network,
            network,
            self.source,
            layers="`widths` and `blocks`",
            sizes="`widths`, and images of as many channels and classes",
        )
