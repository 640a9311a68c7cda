"""Compiling a model with what its head learns by, and as a stage of a plan trains it."""

from typing import TYPE_CHECKING

import keras

from kerastune.backends import step_compilation
from kerastune.heads import Head
from kerastune.training.optimizers import stage_optimizer
from kerastune.tuning.freezing.trainability import train_only

if TYPE_CHECKING:
    from kerastune.tuning import Stage


def compile_with_head(
    model: keras.Model,
    head: Head,
    optimizer: keras.optimizers.Optimizer,
    *,
    jit_compile: bool | str = "auto",
) -> None:
    """Compiles a model with the loss and the metrics of its head.

    Args:
        model: a built Keras model.
        head: the `Head`.
        optimizer: a Keras optimizer.
        jit_compile: bool, whether the step is compiled by XLA, or on PyTorch by `torch.compile`,
            or `"auto"`, see `kerastune.backends.step_compilation`.

    Example:

    >>> from kerastune.heads import Regression
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> compile_with_head(model, Regression((0.0,), (1.0,)), keras.optimizers.SGD())
    >>> model.compiled
    True
    """
    model.compile(
        optimizer=optimizer,
        loss=head.loss(),
        loss_weights=head.loss_weights(),
        metrics=head.metrics(),
        jit_compile=step_compilation(jit_compile),
    )


def compile_for_stage(
    model: keras.Model,
    head: Head,
    stage: "Stage",
    steps: int,
    *,
    jit_compile: bool | str = "auto",
) -> None:
    """Freezes and compiles a model as a stage trains it, without the stages before.

    Args:
        model: a built Keras model.
        head: its `Head`.
        stage: the `Stage`.
        steps: int, the training steps of the stage.
        jit_compile: as of `compile_with_head`.

    Raises:
        NoMatchError: if the pattern of the stage matches nothing.

    Example:

    >>> from kerastune.heads import Regression
    >>> from kerastune.tuning import Stage
    >>> body = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)])
    >>> model = keras.Sequential([body, keras.layers.Dense(1, name="logits")])
    >>> compile_for_stage(model, Regression((0.0,), (1.0,)), Stage("a", 1, 0.1, "head"), steps=4)
    >>> len(model.trainable_variables)
    2
    """
    train_only(model, stage.trainable, batch_norm=stage.batch_norm, dropout=stage.dropout)
    optimizer = stage_optimizer(model, stage, steps)
    compile_with_head(model, head, optimizer, jit_compile=jit_compile)
