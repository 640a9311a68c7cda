"""Losses that Keras lacks, computed with `keras.ops`, the same on every backend."""

import math
from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from kerastune.heads.distributions import gaussian_of, quantiles_of

_MEAN = "sum_over_batch_size"
_LOG_ROOT = math.log(2 * math.pi) / 2


@keras.saving.register_keras_serializable(package="kerastune")
class WeightedBinaryCrossentropy(keras.losses.Loss):
    """Binary cross-entropy from logits, with a weight for each label.

    Args:
        class_weights: sequence of float, the weight of each label, or None for equal ones.
        positive_weights: sequence of float, by how much more a sample counts for which the
            label holds, or None for equally much.
        label_smoothing: float from 0 to 1 (not included): zeros and ones are moved by half of
            it towards 0.5. Defaults to 0.
        **options: `name`, `reduction` and `dtype`, as for every Keras loss.

    Example:

    >>> import numpy as np
    >>> loss = WeightedBinaryCrossentropy(positive_weights=[3.0])
    >>> round(float(loss(np.array([[1.0]]), np.array([[0.0]]))), 3)
    2.079
    """

    def __init__(
        self,
        class_weights: Sequence[float] | None = None,
        positive_weights: Sequence[float] | None = None,
        label_smoothing: float = 0.0,
        **options: Any,
    ) -> None:
        super().__init__(**{"name": "weighted_binary_crossentropy", "reduction": _MEAN} | options)
        self.class_weights = class_weights
        self.positive_weights = positive_weights
        self.label_smoothing = label_smoothing

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Returns the loss of each sample, the mean over its labels.

        Args:
            y_true: tensor of shape `(batch, labels)`, zeros and ones.
            y_pred: tensor of the same shape, logits.
        """
        holds = y_true * (1 - self.label_smoothing) + self.label_smoothing / 2
        positive = ops.softplus(-y_pred) * holds
        if self.positive_weights is not None:
            positive = positive * _constant(self.positive_weights, y_pred)
        losses = positive + ops.softplus(y_pred) * (1 - holds)
        if self.class_weights is not None:
            losses = losses * _constant(self.class_weights, y_pred)
        return ops.mean(losses, axis=-1)

    def get_config(self) -> dict[str, Any]:
        """Returns the settings."""
        return {
            **super().get_config(),
            "class_weights": self.class_weights,
            "positive_weights": self.positive_weights,
            "label_smoothing": self.label_smoothing,
        }


@keras.saving.register_keras_serializable(package="kerastune")
class GaussianNegativeLogLikelihood(keras.losses.Loss):
    """The negative log-likelihood of targets under predicted normal distributions, in nats.

    Args:
        minimum_deviation: float above 0, see `gaussian_of`. Defaults to 0.01.
        **options: `name`, `reduction` and `dtype`, as for every Keras loss.

    Reference:
        Nix and Weigend, 1994, "Estimating the mean and variance of the target probability
        distribution", equation 3, https://doi.org/10.1109/ICNN.1994.374138

    Example:

    >>> import numpy as np
    >>> loss = GaussianNegativeLogLikelihood()
    >>> round(float(loss(np.array([[0.0]]), np.array([[0.0, 0.0]]))), 4)  # log(2 pi) / 2
    0.9189
    """

    def __init__(self, minimum_deviation: float = 0.01, **options: Any) -> None:
        name = "gaussian_negative_log_likelihood"
        super().__init__(**{"name": name, "reduction": _MEAN} | options)
        self.minimum_deviation = minimum_deviation

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Returns the loss of each sample, the mean over its targets.

        Args:
            y_true: tensor of shape `(batch, targets)`.
            y_pred: tensor of shape `(batch, 2 * targets)`, as `gaussian_of` takes it.
        """
        mean, deviation = gaussian_of(y_pred, self.minimum_deviation)
        z = (y_true - mean) / deviation
        return ops.mean(ops.log(deviation) + ops.square(z) / 2, axis=-1) + _LOG_ROOT

    def get_config(self) -> dict[str, Any]:
        """Returns the settings."""
        return {**super().get_config(), "minimum_deviation": self.minimum_deviation}


@keras.saving.register_keras_serializable(package="kerastune")
class PinballLoss(keras.losses.Loss):
    """The pinball loss of several predicted quantiles.

    Args:
        quantiles: sequence of float between 0 and 1, in ascending order, with 0.5.
        **options: `name`, `reduction` and `dtype`, as for every Keras loss.

    Reference:
        Koenker and Bassett, 1978, "Regression Quantiles", https://doi.org/10.2307/1913643

    Example:

    >>> import numpy as np
    >>> loss = PinballLoss((0.5,))
    >>> float(loss(np.array([[3.0]]), np.array([[1.0]])))
    1.0
    """

    def __init__(self, quantiles: Sequence[float] = (0.05, 0.5, 0.95), **options: Any) -> None:
        super().__init__(**{"name": "pinball_loss", "reduction": _MEAN} | options)
        self.quantiles = tuple(quantiles)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Returns the loss of each sample, the mean over its targets and the quantiles.

        Args:
            y_true: tensor of shape `(batch, targets)`.
            y_pred: tensor of shape `(batch, quantiles * targets)`, as `quantiles_of` takes it.
        """
        errors = ops.expand_dims(y_true, -1) - quantiles_of(y_pred, self.quantiles)
        shares = _constant(self.quantiles, y_pred)
        return ops.mean(ops.maximum(shares * errors, (shares - 1) * errors), axis=(-2, -1))

    def get_config(self) -> dict[str, Any]:
        """Returns the settings."""
        return {**super().get_config(), "quantiles": list(self.quantiles)}


@keras.saving.register_keras_serializable(package="kerastune")
class CornLoss(keras.losses.Loss):
    """The CORN loss of ranks: each logit learns from the samples that reach its rank.

    Logit k tells how probable it is that a sample ranks above k if it ranks at least k, so
    its binary cross-entropy is over those samples alone. The batch's loss is the mean over
    all these pairs of a sample and a rank; the loss of a sample is scaled so that the mean
    over the batch, weighted or not, is just that.

    Args:
        **options: `name`, `reduction` and `dtype`, as for every Keras loss.

    Reference:
        Shi, Cao and Raschka, 2021, "Deep Neural Networks for Rank-Consistent Ordinal
        Regression Based On Conditional Probabilities", section 3.4,
        https://arxiv.org/abs/2111.08851

    Example:

    >>> import numpy as np
    >>> loss = CornLoss()
    >>> round(float(loss(np.array([[0.0, 0.0], [1.0, 1.0]]), np.zeros((2, 2)))), 4)  # log 2
    0.6931
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"name": "corn_loss", "reduction": _MEAN} | options)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Returns the loss of each sample.

        Args:
            y_true: tensor of shape `(batch, ranks - 1)`: as many ones as the sample's rank,
                then zeros.
            y_pred: tensor of the same shape, logits.
        """
        reached = ops.concatenate([ops.ones_like(y_true[:, :1]), y_true[:, :-1]], axis=-1)
        losses = ops.softplus(-y_pred) * y_true + ops.softplus(y_pred) * (1 - y_true)
        pairs = ops.mean(ops.sum(reached, axis=-1))
        return ops.sum(losses * reached, axis=-1) / pairs


@keras.saving.register_keras_serializable(package="kerastune")
class TokenCrossentropy(keras.losses.SparseCategoricalCrossentropy):
    """Cross-entropy from logits of tokens, with all positions of a batch in one row.

    It is what `SparseCategoricalCrossentropy` gives, by default as the mean over the positions
    that have a weight; other means count padding too. On PyTorch Keras puts the classes before the
    positions, for which all logits are copied and then read across; of a vocabulary of 49,152 that
    is a tenth of a step.

    Args:
        **options: `name`, `reduction` and `dtype`, as for every Keras loss.

    Example:

    >>> import numpy as np
    >>> loss = TokenCrossentropy(reduction=None)
    >>> tuple(loss(np.array([[0, 1]]), np.array([[[0.0, 0.0], [0.0, 0.0]]])).shape)
    (1, 2)
    """

    def __init__(self, **options: Any) -> None:
        usual = {"name": "token_crossentropy", "reduction": "mean_with_sample_weight"}
        super().__init__(**{"from_logits": True} | usual | options)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Returns the loss of each position.

        Args:
            y_true: int tensor of shape `(batch, positions)`, or with a last dimension of 1.
            y_pred: tensor of shape `(batch, positions, vocabulary)`, logits.
        """
        rows = super().call(
            ops.reshape(y_true, (-1,)), ops.reshape(y_pred, (-1, ops.shape(y_pred)[-1]))
        )
        return ops.reshape(rows, ops.shape(y_pred)[:-1])


def _constant(values: Sequence[float], like: Any) -> Any:
    """Returns numbers as a tensor that can be multiplied with another."""
    return ops.convert_to_tensor(values, dtype=like.dtype)
