"""Random changes of images in training that change their targets too, inside the compiled step.

A model that `fit` trains gives its layers images alone. So the targets are changed where the loss
is computed, by a second generator that draws what the first has drawn for the images.
"""

from typing import Any

import keras


class TargetChange(keras.Layer):
    """A layer that changes images in training, and says what becomes of their targets.

    A base class: a subclass has `changed_images` and `changed_targets`, which draw alike, the first
    from `generator`, the second from `label_generator`.

    Args:
        seed: int, for the draws.
        **kwargs: as for every Keras layer.

    Example:

    >>> class Negative(TargetChange):
    ...     def changed_images(self, images):
    ...         return -images
    ...     def changed_targets(self, images, targets, weights=None):
    ...         return -targets, weights
    >>> layer = Negative(seed=0)
    >>> float(layer(keras.ops.ones((1,)), training=True)[0]), layer.changes
    (-1.0, True)
    """

    def __init__(self, *, seed: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.seed = seed
        self.generator = keras.random.SeedGenerator(seed)
        # Starts at each call where that of the images does, so that it draws the same numbers.
        self.label_generator = keras.random.SeedGenerator(seed)
        self.changes = False

    def call(self, images: Any, training: bool = False) -> Any:
        """Returns the images, changed if `training`."""
        # Of the step that is computed, or traced to be compiled: `compute_loss` is part of it.
        self.changes = bool(training)
        if not training:
            return images
        self.label_generator.state.assign(self.generator.state)
        return self.changed_images(images)

    def changed_images(self, images: Any) -> Any:
        """Returns images, changed.

        Args:
            images: tensor of shape `(batch, height, width, channels)`.
        """
        raise NotImplementedError(f"{type(self).__name__} has no changed_images")

    def changed_targets(self, images: Any, targets: Any, weights: Any = None) -> tuple[Any, Any]:
        """Returns targets and weights, changed as the images of the last call in training were.

        Args:
            images: tensor of the shape of those images.
            targets: their targets.
            weights: the weight of each sample in the loss, or None.
        """
        raise NotImplementedError(f"{type(self).__name__} has no changed_targets")


class ChangedTargetsModel(keras.Model):
    """A functional model with a `TargetChange` among its layers, whose loss takes changed targets.

    Its only input are images, of the size that the layer gets. Metrics are measured against the
    targets as they came. Evaluation and prediction change nothing.

    Example:

    >>> issubclass(ChangedTargetsModel, keras.Model)
    True
    """

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        """Returns the loss, in training that of the changed targets."""
        change = next(layer for layer in self.layers if isinstance(layer, TargetChange))
        if training and change.changes:
            y, sample_weight = change.changed_targets(x, y, sample_weight)
        return super().compute_loss(
            x=x, y=y, y_pred=y_pred, sample_weight=sample_weight, training=training
        )
