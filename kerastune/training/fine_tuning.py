"""One verb: fine-tune any Keras model on any data that `model.fit` takes."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import keras

from kerastune.backends.compilation import compiled_arguments
from kerastune.backends.jit_compile import step_compilation
from kerastune.backends.portable import random_from, require_stream
from kerastune.display.output import console, printing
from kerastune.distribution import ModelParallel, distributed, seen_here
from kerastune.errors import InputError
from kerastune.own_plans import refuse_beside_own_plan
from kerastune.training.cached_features import FeatureCache
from kerastune.training.checkpointing import Checkpointing
from kerastune.training.feeding import array_samples, feed_for
from kerastune.training.final_rate import final_rate_message
from kerastune.training.finite_inputs import check_finite
from kerastune.training.given_arrays import given_data, with_text_tensors
from kerastune.training.history import TrainingHistory
from kerastune.training.label_checks import check_labels
from kerastune.training.non_finite_steps import check_on_non_finite
from kerastune.training.stages import fit_stages
from kerastune.tuning import Plan, Stage, named_plan, plan_table

_EPOCHS, _LEARNING_RATE = 4, 1e-3

# How many times faster the last layer group learns than the first.
_SPREAD = 100


def fine_tune(
    model: keras.Model,
    data: Any,
    *,
    epochs: int | None = None,
    learning_rate: float | None = None,
    frozen_epochs: int | None = None,
    plan: str | dict[str, Any] | Plan | None = None,
    loss: Any = None,
    metrics: Any = None,
    validation_data: Any = None,
    class_weights: Mapping[str, Mapping[int, float]] | Mapping[int, float] | None = None,
    batch_size: int = 32,
    steps_per_epoch: int | None = None,
    seed: int = 0,
    random: str = "backend",
    callbacks: Sequence[keras.callbacks.Callback] = (),
    on_non_finite: str = "raise",
    cache_features: str = "auto",
    cache_precision: str | None = None,
    cache_copies: int | None = None,
    cache_directory: str | Path | None = None,
    checkpoint_directory: str | Path | None = None,
    checkpoints: Any = None,
    resume: str | None = None,
    distribution: str | Mapping[str, Any] | ModelParallel | None = None,
    verbose: int = 1,
) -> TrainingHistory:
    """Fine-tune a model: first its head, then everything, the earlier layers more slowly.

    This is after fastai's recipe. The head trains for `frozen_epochs` on the frozen rest, then
    everything for `epochs`, at rates that grow from `learning_rate / 200` at the first
    layer group to `learning_rate / 2` at the head, each time by one-cycle. The plan is
    printed before it starts. In the frozen stage batch normalization runs in inference
    mode, as Keras does it.

    The optimizer is left at a constant rate, which is said at the end: a tenth of the highest
    rate of the last stage, or the rate at which that stage ended if it is higher. A `fit`
    that follows goes on from there.

    Args:
        model: a built Keras model. If it is compiled, its loss and metrics are used; its
            optimizer is not.
        data: `(x, y)` or `(x, y, sample_weight)`; or a `keras.utils.PyDataset`,
            `tf.data.Dataset`, PyTorch `DataLoader` or Grain dataset of batches of these. Each
            of them is an array of NumPy, a tensor of any backend, a frame or series of pandas
            or polars, a sparse matrix, or a list of numbers or texts; or, for models with
            several inputs or outputs, a list, tuple or dictionary of such. Texts are for models
            that take texts: on TensorFlow with a text layer, on each backend with a
            preprocessor of KerasHub. Labels that do not fit the loss and the output are
            refused before the first step: of arrays all are checked, of data sets the first
            batch. So are inputs that hold NaN or infinity, of arrays: a data set is not
            checked for these, and takes the gaps that a model fills by itself.
        epochs: int, epochs in which everything trains. Defaults to 4.
        learning_rate: float, the highest rate, of the head while only it trains.
            Defaults to 1e-3. `kerastune.find_learning_rate` suggests one.
        frozen_epochs: int, epochs in which only the head trains. Defaults to 1.
        plan: a name out of `kerastune.tuning.PLANS`, a YAML file, a dictionary or a
            `Plan`, instead of this recipe, of which `frozen_epochs` is a part. By name it
            gets `epochs` and `learning_rate`; any other brings its own, and beside it these
            are refused.
        loss: as for `model.compile`. Defaults to the loss the model is compiled with.
        metrics: as for `model.compile`. Defaults to those the model is compiled with.
        validation_data: as `data`, measured after each epoch. Defaults to none.
        class_weights: dictionary from class (int, as in `y`) to its weight in the loss;
            for a model with several outputs, dictionary from output name to such a one.
            Needs arrays as data. Defaults to equal weights.
        batch_size: int, samples a step, if `data` are arrays. Defaults to 32.
        steps_per_epoch: int, steps of an epoch, if `data` does not tell. Defaults to what
            `data` tells.
        seed: int, which decides the order of arrays. Defaults to 0.
        random: str, where dropout, augmentation and noise are drawn: by the `"backend"`, or from
            one `"portable"` stream that is the same on the three backends, so that a training
            goes on alike under another one. Defaults to the first.
        callbacks: Keras callbacks for all stages. One that stops training ends its stage.
            `BackupAndRestore` is refused in a plan of several stages.
        on_non_finite: str, what to do at a step whose loss or gradient is not finite, which moves
            nothing in any case: `"raise"`; `"stop"`, which ends the plan with a warning and
            returns the history; or `"skip"`, which goes on with the next one, and counts it
            in `history.stages`, up to ten in a row. Defaults to `"raise"`.
        cache_features: str, where to keep what the frozen part gives for each sample, in stages
            of several epochs in which it stays the same: `"memory"`, `"disk"`, `"auto"` (in
            memory up to 1 GiB) or `"off"`. Needs arrays as data. Defaults to `"auto"`.
        cache_precision: str out of `"float32"`, `"float16"` and `"bfloat16"`, in which that is
            kept. Defaults to that in which the model computes.
        cache_copies: int, under how many draws of augmentation layers the frozen part sees each
            sample, to be kept too; epochs cycle through them. Defaults to none: nothing is kept
            behind augmentation.
        cache_directory: str or path, a directory in which that stays for later calls with the
            same frozen part and samples, at most 20 GiB. Defaults to none.
        checkpoint_directory: str or path, a directory for checkpoints, from which a training that
            was killed goes on exactly. Needs arrays as data. Defaults to none.
        checkpoints: `kerastune.Checkpoints`, or a dictionary of its arguments, such as
            `{"every_steps": 100}`. Defaults to one every ten minutes.
        resume: str, `"auto"` to go on from the newest checkpoint that is whole, or to start where
            there is none; `"anyway"` to go on also where plan, data or seed are not those of the
            checkpoint: then what is given now holds. Defaults to None, which refuses a directory
            with checkpoints. The model is to be built as it was then.
        distribution: str, `"data_parallel"` to train on all devices of this machine, or of all
            processes that a launcher such as torchrun has started, with the same result; see the
            guide on distribution. The batch size is that of all together. On TensorFlow the model
            is to be made inside `kerastune.distributed(...)`. On JAX also `"model_parallel"`, a
            `kerastune.ModelParallel` or a dictionary of its arguments, which divide weights over
            devices too. Defaults to None, one device.
        verbose: int, how much is printed: 0 for nothing but warnings, 1 for the plan, the
            progress (at most about 20 lines, if they come quickly) and the rate at the end, 2
            for a line for every epoch too. Defaults to 1.

    Returns:
        The `TrainingHistory` of all stages. The model is trained in place, and left compiled.

    Raises:
        DivergedError: if a loss or a gradient is not finite, with the samples of the step and the
            layer whose output is the first that is not. Its `history` goes up to there, and the
            model has the weights of the step before.
        TrainingInterrupted: a `KeyboardInterrupt`, after the step in which Ctrl-C is pressed,
            with the `history` up to there. The model has the weights of that step, and can
            be used and trained on. Pressed again, Ctrl-C stops at once.
        InputError: if something given cannot be used, with what to do.

    Reference:
        Howard and Gugger, 2020, "fastai: A Layered API for Deep Learning",
        https://arxiv.org/abs/2002.04688

    Example:

    >>> import numpy as np
    >>> body = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, name="body")])
    >>> model = keras.Sequential([body, keras.layers.Dense(1, name="logits")])
    >>> x = np.random.default_rng(0).normal(size=(64, 2))
    >>> history = fine_tune(model, (x, x[:, :1]), epochs=2, loss="mse")
    Plan: fine_tune ...
    >>> [(epoch["stage"], epoch["epoch"]) for epoch in history.epochs]
    [('head', 1), ('all', 2), ('all', 3)]
    """
    if not isinstance(callbacks, (list, tuple)):
        raise InputError(f"Expected a list of callbacks. Received: {type(callbacks).__name__}")
    check_on_non_finite(model, on_non_finite)
    require_stream(random)
    if checkpoint_directory is None and not (checkpoints is None and resume is None):
        raise InputError(
            "Expected a checkpoint_directory with `checkpoints` or `resume`. Received: none"
        )
    checkpointing = checkpoint_directory and Checkpointing(
        checkpoint_directory, checkpoints, resume
    )
    chosen = _chosen_plan(plan, epochs, learning_rate, frozen_epochs)
    features = FeatureCache(
        cache_features,
        precision=cache_precision,
        stays_in=cache_directory,
        copies=cache_copies,
    )
    arguments = _compile_arguments(model, loss, metrics)
    given, held_out = given_data(model, data), given_data(model, validation_data)
    feed = feed_for(
        with_text_tensors(model, given),
        batch_size=batch_size,
        seed=seed,
        steps_per_epoch=steps_per_epoch,
        class_weights=class_weights,
        outputs=list(getattr(model, "output_names", [])),
    )
    check_finite(model, data, given)
    check_labels(model, arguments["loss"], given, "data")
    if validation_data is not None:
        check_finite(model, validation_data, held_out, "validation_data")
        check_labels(model, arguments["loss"], held_out, "validation_data")
    with distributed(distribution) as told, printing(seen_here(verbose)), random_from(random):
        for line in told:
            console().print(line, soft_wrap=True, highlight=False)
        console().print(plan_table(model, chosen, len(feed.batch_sizes)))
        history = fit_stages(
            model,
            chosen,
            compile_with=lambda optimizer: model.compile(optimizer=optimizer, **arguments),
            feed=feed.with_validation(_held_out(with_text_tensors(model, held_out), batch_size)),
            callbacks=callbacks,
            on_non_finite=on_non_finite,
            features=features,
            loss=arguments["loss"],
            checkpointing=checkpointing or None,
        )
        if not history.has_diverged:
            settled = final_rate_message(model, chosen.stages[-1])
            console().print(settled, soft_wrap=True, highlight=False)
    if random != "backend":
        model.train_function = None  # Compiled, it would draw as here in a later `fit`.
    return history


def _chosen_plan(
    plan: Any, epochs: int | None, learning_rate: float | None, frozen_epochs: int | None
) -> Plan:
    """The plan that is asked for, with the defaults for what is not given."""
    asked = {"epochs": epochs, "learning_rate": learning_rate}
    given = {name: value for name, value in asked.items() if value is not None}
    if not isinstance(given.get("learning_rate", 0.0), (int, float)):
        raise InputError(f"Expected a learning rate above 0. Received: {learning_rate!r}")
    refuse_beside_own_plan(plan, given)
    complete: dict[str, Any] = {"epochs": _EPOCHS, "learning_rate": _LEARNING_RATE, **given}
    if plan is None:
        return _recipe(**complete, frozen_epochs=1 if frozen_epochs is None else frozen_epochs)
    if frozen_epochs is not None:
        raise InputError(
            f"Expected no frozen_epochs beside a plan. Received: frozen_epochs={frozen_epochs!r}. "
            "Use the plan 'linear_probe_then_fine_tune', or a stage of your own"
        )
    return named_plan(plan, **complete)


def _held_out(data: Any, batch_size: int) -> Any:
    """What to validate on: arrays by position, so that features of theirs can be kept."""
    is_arrays = isinstance(data, tuple) and len(data) in (2, 3)
    return array_samples(data, batch_size) if is_arrays else data


def _recipe(epochs: int, learning_rate: float, frozen_epochs: int) -> Plan:
    """The head, then everything at half the rate, spread over a hundredfold."""
    rate = learning_rate / 2
    everything = Stage(
        "all", epochs, rate, schedule="one_cycle", lowest_learning_rate=rate / _SPREAD
    )
    if frozen_epochs == 0:
        return Plan("fine_tune", (everything,))
    head = Stage("head", frozen_epochs, learning_rate, "head", "one_cycle")
    return Plan("fine_tune", (head, everything))


def _compile_arguments(model: keras.Model, loss: Any, metrics: Any) -> dict[str, Any]:
    """What to compile with besides the optimizer."""
    arguments = compiled_arguments(model) if model.compiled else {}
    if loss is not None:
        arguments["loss"] = loss
    if metrics is not None:
        arguments["metrics"] = metrics
    if arguments.get("loss") is None:
        raise InputError(
            f"Expected a loss, or a model compiled with one. Received: {model.name!r} without. "
            "Give for example loss='sparse_categorical_crossentropy'"
        )
    if arguments.get("steps_per_execution", 1) != 1:
        raise InputError(
            "Expected a model that runs one step at a time, so that stages can end at any. "
            f"Received: steps_per_execution={arguments['steps_per_execution']}. Leave it out"
        )
    arguments["jit_compile"] = step_compilation(arguments.get("jit_compile", "auto"))
    return arguments
