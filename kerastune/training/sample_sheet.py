"""What a model makes out of the same noise as it trains, and how good it is in the end."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from kerastune.evaluation import Evaluation, Metric
from kerastune.evaluation.generated_images import sample_sheet
from kerastune.heads.denoising import Denoising
from kerastune.training.image_judge import ImageJudge

_MOST_CLASSES = 12


class SampleSheet(keras.callbacks.Callback):
    """Makes an image of each class after some of the epochs, each time out of the same noise.

    They are part of the checkpoints, so that a run that goes on has those of before too.

    Args:
        head: the `Denoising` of the model.
        count: int, after how many epochs, at equal distances, the first and the last among them,
            of each stage; 0 for none. Defaults to 6.

    Example:

    >>> from kerastune.models import Noising, diffusion_model, u_net
    >>> model = diffusion_model(u_net((12, 12, 1), 2, widths=(4, 8)), Noising(2, seed=0))
    >>> sheet = SampleSheet(Denoising(("cat", "dog"), steps=2))
    >>> sheet.set_model(model)
    >>> sheet.set_params({"epochs": 1})
    >>> sheet.on_epoch_end(0)
    >>> [row.shape for row in sheet.rows]
    [(2, 12, 12, 1)]
    """

    def __init__(self, head: Denoising, count: int = 6) -> None:
        super().__init__()
        self.head = head
        self.count = count
        self.seen = 0
        # Arrays, as checkpoints hold them.
        self.epochs: list[np.ndarray] = []
        self.rows: list[np.ndarray] = []

    @property
    def class_names(self) -> tuple[str, ...]:
        """tuple of str, the classes that are shown: the first twelve."""
        return tuple(self.head.class_names)[:_MOST_CLASSES]

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """Make an image of each class, if it is after this epoch."""
        self.seen += 1
        last = self.params["epochs"]
        if epoch + 1 in np.linspace(1, last, min(self.count, last)).round():
            self.epochs.append(np.array(self.seen))
            # On JAX, asking for the model gives it the weights that were trained.
            self.rows.append(self.head.sampling(self.model, range(len(self.class_names))))

    def pictures(self) -> dict[str, Any]:
        """Returns the sheet as a Matplotlib figure under the name `"samples"`, if there is any."""
        if not self.rows:
            return {}
        names = [f"epoch {int(epoch)}" for epoch in self.epochs]
        return {"samples": sample_sheet(self.rows, names, self.class_names)}


def generated_images(
    head: Denoising, judge: ImageJudge, sheet: SampleSheet, count: int
) -> Callable[[keras.Model], Evaluation]:
    """Returns a measure of a job: how good the images are that its model makes.

    Args:
        head: the `Denoising` of the model.
        judge: the `ImageJudge`, which never sees them in its training.
        sheet: the `SampleSheet` of the training, which the report shows.
        count: int, images to make, as evenly as possible of each class; 0 for no measure.

    Returns:
        A function from a model to an `Evaluation` of `class_accuracy`, the share of images that
        the judge takes for the class that was asked for, and that of real test images,
        `class_accuracy_of_real_images`; and of `frechet_distance` to real test images.

    Example:

    >>> generated_images(Denoising(("cat", "dog")), None, SampleSheet(Denoising(())), 0)(None)
    Evaluation...
    """

    def measure(model: keras.Model) -> Evaluation:
        if not count:
            return Evaluation([], pictures=sheet.pictures())
        asked = np.arange(count) % len(head.class_names)
        found = judge(head.sampling(model, asked.tolist()), asked)
        of_real = Metric("class_accuracy_of_real_images", judge.test_accuracy, None)
        return Evaluation([*found.metrics, of_real], pictures=sheet.pictures())

    return measure
