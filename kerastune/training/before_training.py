"""The baseline of a pretrained model: itself, before it is trained."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import keras

from kerastune.backends.jit_compile import step_compilation
from kerastune.evaluation import Evaluation
from kerastune.heads import Head
from kerastune.preprocessing import Preprocessor
from kerastune.training.samples import predict

if TYPE_CHECKING:
    from kerastune.data import Splits


def before_training(
    model: keras.Model, head: Head, preprocessor: Preprocessor
) -> "Callable[[Splits], dict[str, Evaluation]]":
    """Returns a baseline: what a model reaches as it is when its job begins.

    It is for a head that has nothing to learn of its own, such as that of a pretrained language
    model; others answer by chance before they are trained.

    Args:
        model: the model of the job, with its head.
        head: the `Head`.
        preprocessor: the `Preprocessor`, fitted.

    Returns:
        A function from `Splits` to a dictionary with `"before training"`.

    Example:

    >>> import numpy as np
    >>> from kerastune import data, heads, preprocessing
    >>> splits = data.open_splits((np.ones((4, 1)), [1.0, 1.0, 3.0, 1.0]))
    >>> identity = keras.Sequential([keras.Input((1,)), keras.layers.Rescaling(1.0)])
    >>> prepare = preprocessing.ArrayPreprocessor().fit(splits.training)
    >>> baseline = before_training(identity, heads.Regression((0.0,), (1.0,)), prepare)
    >>> list(baseline(splits))
    ['before training']
    """

    def untrained(splits: "Splits") -> dict[str, Evaluation]:
        chosen = step_compilation("auto")
        if not model.compiled and chosen != "auto":
            model.jit_compile = chosen
        test = splits.test
        inputs = {name: test.values[name] for name in preprocessor.columns}
        outputs = predict(model, inputs, preprocessor, head)
        return {"before training": head.evaluate(test.target_values, outputs)}

    return untrained
