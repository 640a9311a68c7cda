"""A plan is run stage by stage on the samples of a job, each by one call of `model.fit`."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import keras

from kerastune.data import Splits
from kerastune.heads import Head
from kerastune.preprocessing import Preprocessor
from kerastune.training.cached_features import FeatureCache
from kerastune.training.checkpointing import Checkpointing
from kerastune.training.compiling import compile_with_head
from kerastune.training.feeding import sample_feed
from kerastune.training.history import TrainingHistory
from kerastune.training.samples import suited_preprocessor, training_samples
from kerastune.training.stages import fit_stages

if TYPE_CHECKING:
    from kerastune.tuning import Plan


def run_plan(
    model: keras.Model,
    plan: "Plan",
    head: Head,
    splits: Splits,
    preprocessor: Preprocessor,
    *,
    batch_size: int,
    seed: int,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    features: FeatureCache | None = None,
    jit_compile: bool | str = "auto",
    divides_batches: bool = False,
    checkpointing: Checkpointing | None = None,
    on_non_finite: str = "raise",
) -> TrainingHistory:
    """Trains a model as a plan says.

    Before each stage what trains is set from the plan. The optimizer keeps what it
    remembers of the weights that go on training. The order of the samples goes on from
    stage to stage. It prints how far it is, see `Progress`.

    Args:
        model: a model built with `kerastune.heads.attach`, or another that gives what the
            head takes.
        plan: the `Plan`.
        head: the head of the model, which brings loss, metrics and encoding.
        splits: the samples; those to validate on are measured after each epoch.
        preprocessor: the `Preprocessor`, fitted.
        batch_size: int, samples a step.
        seed: int, which decides the order of the training samples.
        callbacks: Keras callbacks for every stage.
        features: the `FeatureCache` for stages in which a part is frozen. Defaults to one that
            keeps them in memory up to 1 GiB.
        jit_compile: bool, whether steps are compiled by XLA, or on PyTorch by `torch.compile`, or
            `"auto"`, see `kerastune.backends.step_compilation`.
        divides_batches: bool, whether a stage starts again in smaller batches, whose gradients
            are accumulated, where memory runs out. Defaults to False.
        checkpointing: the `Checkpointing`, or None for no checkpoints. Defaults to None.
        on_non_finite: str out of `"raise"`, `"stop"` and `"skip"`, see `fit_stages`. Defaults to
            `"raise"`.

    Returns:
        The `TrainingHistory` of all stages.

    Raises:
        DivergedError: if a loss or gradient is not finite, with the step and what it is from.
        TrainingInterrupted: after the step in which Ctrl-C is pressed.
        InputError: if a pattern of the plan matches nothing, what a stage monitors is not
            measured, a callback changes what trains, or there are no samples.

    Example:

    >>> from kerastune import data, heads, models, preprocessing, tuning
    >>> splits = data.open_splits("diabetes")
    >>> head = heads.Regression.for_samples(splits.training)
    >>> model = heads.attach(models.standardised_columns(splits.training.values["array"]), head)
    >>> preprocessor = preprocessing.ArrayPreprocessor().fit(splits.training)
    >>> plan = tuning.full(epochs=2, learning_rate=0.1)
    >>> history = run_plan(model, plan, head, splits, preprocessor, batch_size=64, seed=0)
    fine-tune 1/2: loss ...
    >>> len(history.step_loss), history.epochs[-1]["loss"] < history.epochs[0]["loss"]
    (12, True)
    """
    preprocessor = suited_preprocessor(preprocessor, jit_compile)
    training = training_samples(splits.training, preprocessor, head, batch_size)
    held_out = None
    if splits.validation is not None:
        held_out = training_samples(splits.validation, preprocessor, head, batch_size)
    return fit_stages(
        model,
        plan,
        compile_with=lambda optimizer: compile_with_head(
            model, head, optimizer, jit_compile=jit_compile
        ),
        feed=sample_feed(training, seed=seed, validation=held_out),
        callbacks=callbacks,
        features=features or FeatureCache(),
        loss=head.loss(),
        divides_batches=divides_batches,
        checkpointing=checkpointing,
        on_non_finite=on_non_finite,
    )
