"""The options that every recipe takes: declared, documented and checked here, once."""

from collections.abc import Mapping, Sequence
from numbers import Integral, Real
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypedDict

from kerastune.errors import InputError
from kerastune.jobs.option_rules import RULES

if TYPE_CHECKING:
    import keras

    from kerastune.checkpoints import Checkpoints
    from kerastune.data import Source
    from kerastune.distribution import ModelParallel
    from kerastune.tuning import Plan


class RunOptions(TypedDict, total=False):
    """How a job is run, whatever it learns.

    Args:
        test_data: samples to test on, in any form that `data` takes. Defaults to a part of
            `data`.
        plan: what trains, at which rates, for how long: a name out of
            `kerastune.tuning.PLANS` or a YAML file. From Python also a `Plan`. One that is
            not given by name brings its own epochs and rates.
        epochs: epochs of a plan by name; of its last stage where a linear probe comes first.
        batch_size: samples a step; `all` for all training samples at once; `auto` for the usual
            number of the recipe, in smaller batches whose gradients are accumulated where memory
            holds no more.
        learning_rate: the highest rate of a plan by name; `auto` for the one that the rate
            finder suggests. Default: what suits the plan and the kind and size of the backbone,
            which the plan table tells.
        optimizer: `adamw`, `sgd`, `momentum` (SGD with 0.9), `lion`, `rmsprop`, `adafactor` or
            `muon`, for all stages; from Python also an optimizer of Keras. Defaults to the plan's.
        weight_decay: decoupled weight decay of all stages. Defaults to the plan's.
        clip_norm: global norm to which gradients are clipped in all stages; 0 for no
            clipping. Defaults to the plan's.
        accumulate_gradients: steps whose mean gradient moves the weights once. Defaults to
            the plan's, usually 1.
        ema: momentum of a moving average of the weights, which is validated, tested and kept;
            `true` for 0.999, 0 for none. Defaults to the plan's, usually none.
        early_stopping: epochs without improvement on the validation samples after which a
            stage ends, with the weights of its best epoch; needs `validation_fraction`; 0
            for none. Defaults to the plan's, usually none.
        class_weights: `balanced`, so that every class counts the same however rare it is, or
            how much classes count, by name, where others count 1: `{rare: 5}`; for several
            targets that by column.
        test_fraction: share of `data` to test on, without `test_data`; it does not depend on
            the seed.
        validation_fraction: share of the training samples to measure on after each epoch;
            0 for none.
        split_by: column of a table whose values stay together: all samples of one value, such as
            one document or patient, are for training, for validation or for the test.
        seed: decides new weights, the order of the samples and everything else that is
            drawn.
        random: where new weights, dropout, augmentation and noise are drawn: `backend`, or
            `portable` for one stream that is the same on the three backends, so that a run ends
            alike on each of them, and goes on alike under another one; it is slower.
        precision: `float32`; `mixed_bfloat16` on hardware that has it; or `auto` for the second
            where the processor or the accelerator has instructions for it that the backend uses,
            which JAX does not on a processor, else the first.
        jit_compile: whether XLA compiles a training step, or on PyTorch `torch.compile`; `auto`
            for what is usually faster: on JAX, and with TensorFlow on a GPU or TPU.
        cache_features: where to keep what the frozen part of a model gives for each sample, in
            stages of several epochs in which it stays the same: `memory`, `disk` (in files
            that are removed at the end), `auto` (in memory up to 1 GiB) or `off`.
        cache_precision: `float32`, `float16` or `bfloat16`, in which that is kept. Defaults to
            that in which the model computes.
        cache_copies: under how many draws of augmentation the frozen part sees each image, to be
            kept too; epochs cycle through them. Without it nothing is kept where images are
            augmented.
        cache_directory: a directory in which that stays after the run, for later runs with the
            same frozen part and samples; at most 20 GiB, those used last.
        on_non_finite: what to do at a step whose loss or gradient is not finite, which moves
            nothing in any case: `raise`, which says which samples and which layer it comes from;
            `stop`, which tests the model of before; or `skip`, up to ten in a row.
        checkpoints: when checkpoints are written, from which a run that was killed goes on, such as
            `{every_steps: 100, every_minutes: 5, every_epoch: true, keep_last: 2}` or some of
            these; from Python also `kerastune.Checkpoints`. They are removed when the run is
            finished. Default: one every ten minutes, with `resume` also at the end of each epoch.
        store: what the run keeps of a model with adapters: `adapters`, which are a few megabytes
            with all else that its base does not hold, and the name or the path of that, which is
            loaded again when the run is; `model`, the whole of it; or `auto`, the first where the
            base has a name, as a preset or a package does, and else the second.
        resume: `auto` to go on with the unfinished run in `run_dir`, or to start where there is
            none; `anyway` to go on also if it was started with other options, of which those that
            are given now hold. The model is trained exactly as without the break. Without it a
            directory with a run is refused.
        distribution: `data_parallel` to train on all devices of this machine, or of all processes
            that a launcher such as torchrun or Slurm has started, with the same result; the batch
            size is that of all together. On JAX also `model_parallel`, which divides weights over
            devices too, as KerasHub lays them out, or as
            `{mesh: [2, 2], layout: {hidden/kernel: [null, model]}}` says; from Python also
            `kerastune.ModelParallel`. Defaults to one device.
        run_dir: where the run is written. Defaults to a new directory under `runs`.
        overwrite: whether a run in `run_dir` may be replaced.
        repeats: runs with the seeds `seed`, `seed + 1` and so on, in directories of their own
            within `run_dir`, and a report on mean and spread of what they reach.
        verbose: how much is printed: 0 for nothing but warnings, 1 for the usual, 2 for a line
            for every epoch too. The command has `--quiet` for 0 and `--verbose` alone for 2.
        tracker: who follows the run: `tensorboard`, `mlflow` or `wandb`, several with commas
            between. Curves are by the steps of all stages; pictures and the report go there too,
            weights do not.
        callbacks: Keras callbacks for all stages, from Python only.

    Example:

    >>> RunOptions(epochs=3, seed=1)
    {'epochs': 3, 'seed': 1}
    """

    test_data: "str | Source | None"
    plan: "str | dict[str, Any] | Plan | None"
    epochs: int
    batch_size: "int | Literal['auto', 'all']"
    learning_rate: "float | Literal['auto'] | None"
    optimizer: "str | keras.optimizers.Optimizer | None"
    weight_decay: float | None
    clip_norm: float | None
    accumulate_gradients: int | None
    ema: bool | float | None
    early_stopping: int | None
    class_weights: "dict[str, Any] | str | None"
    test_fraction: float
    validation_fraction: float
    split_by: str | None
    seed: int
    random: str
    precision: str
    jit_compile: "bool | Literal['auto']"
    cache_features: str
    cache_precision: str | None
    cache_copies: int | None
    cache_directory: "str | Path | None"
    on_non_finite: str
    checkpoints: "dict[str, Any] | Checkpoints | None"
    store: str
    resume: str | None
    distribution: "str | dict[str, Any] | ModelParallel | None"
    run_dir: "str | Path | None"
    overwrite: bool
    repeats: int
    verbose: int
    tracker: str | None
    callbacks: "Sequence[keras.callbacks.Callback]"


BATCH_SIZE = 32
"""The usual samples of a step."""

DEFAULTS = RunOptions(
    test_data=None,
    plan="full",
    epochs=10,
    batch_size=BATCH_SIZE,
    learning_rate=None,
    optimizer=None,
    weight_decay=None,
    clip_norm=None,
    accumulate_gradients=None,
    ema=None,
    early_stopping=None,
    class_weights=None,
    test_fraction=0.25,
    validation_fraction=0.0,
    split_by=None,
    seed=0,
    random="backend",
    precision="float32",
    jit_compile="auto",
    cache_features="auto",
    cache_precision=None,
    cache_copies=None,
    cache_directory=None,
    on_non_finite="raise",
    checkpoints=None,
    store="auto",
    resume=None,
    distribution=None,
    run_dir=None,
    overwrite=False,
    repeats=1,
    verbose=1,
    tracker=None,
    callbacks=(),
)
"""What a recipe takes that says nothing else."""

PYTHON_ONLY = ("callbacks",)
"""The options that no command line and no file can hold."""


def with_defaults(options: Mapping[str, Any]) -> RunOptions:
    """Options with the defaults for those that are not given, checked.

    Args:
        options: dictionary of some of the options.

    Returns:
        `RunOptions`, complete.

    Raises:
        InputError: if an option is unknown or out of its range.

    Example:

    >>> with_defaults({"epochs": 3})["batch_size"]
    32
    """
    unknown = [name for name in options if name not in DEFAULTS]
    if unknown:
        raise InputError(
            f"Expected options out of {', '.join(DEFAULTS)}. Received: {', '.join(unknown)}"
        )
    given = {name: plain_number(value) for name, value in options.items()}
    complete: Any = {**DEFAULTS, **given}
    for name, (expected, holds) in RULES.items():
        value = complete[name]
        if not holds(value):
            # How objects print says nothing.
            is_told = name != "callbacks" and not hasattr(value, "get_config")
            shown = f"{name}={value!r}" if is_told else type(value).__name__
            raise InputError(f"Expected {expected}. Received: {shown}")
    return complete


def plain_number(value: Any) -> Any:
    """A number of NumPy as one of Python, which configurations can hold.

    Args:
        value: anything.

    Returns:
        An int or a float for a number; what is no number, and a bool, as it is.

    Example:

    >>> import numpy as np
    >>> plain_number(np.float64(0.5)), plain_number(np.int64(3)), plain_number("adamw")
    (0.5, 3, 'adamw')
    """
    if isinstance(value, bool):
        return value
    if isinstance(value, Integral):
        return int(value)
    return float(value) if isinstance(value, Real) else value
