"""A stage as plain data: what trains, how fast and for how long."""

from dataclasses import dataclass, fields
from typing import Any

from kerastune.errors import InputError, closest
from kerastune.tuning.plans import setting_types as types
from kerastune.tuning.plans.former_sgd import warn_of_sgd
from kerastune.tuning.plans.given_objects import check_objects, steps_per_update
from kerastune.tuning.plans.object_configs import comparable, object_code, object_config
from kerastune.tuning.plans.setting_values import is_object, setting_held, setting_read


@dataclass(frozen=True, repr=False, eq=False)
class Stage:
    """One stage of a plan: what trains, at which rates, for how long, on which schedule.

    A stage ends after `epochs`, after `steps`, or when it stops improving (`patience`),
    whichever comes first.

    The optimizer and the schedule are names, or objects of Keras. An object brings its own
    settings, so that those of the stage which say the same have to be left out. An optimizer
    object is copied, and the copy is never trained with: each run of a stage makes an
    optimizer like it.

    Args:
        name: str, what the stage is called in tables, logs and pictures.
        epochs: int, the most passes through the training samples, or None. One of
            `epochs` and `steps` is required.
        learning_rate: float, the highest rate of the stage. It may be left out beside an
            optimizer object, whose own it then is, and constraint be beside a schedule object.
        trainable: str, the pattern of what trains, see `kerastune.tuning.match`. The
            rest is frozen.
        schedule: str, how the rate moves: `"constant"`; `"cosine"`, down to zero;
            `"one_cycle"`, fastai's, which also moves the momentum;
            `"slanted_triangular"`, ULMFiT's; `"polynomial"`, a straight line to zero. Or a
            `keras.optimizers.schedules.LearningRateSchedule`, whose rates are used as they
            are, from the first step of the stage; it may also be the learning rate of an
            optimizer object.
        warmup: float from 0 to 1, the share of the stage's steps in which the rate
            rises. Default: 0.25 for `"one_cycle"`, 0.1 for `"slanted_triangular"`,
            else 0.
        optimizer: str, `"adamw"`, `"sgd"` (without momentum), `"momentum"` (SGD with 0.9),
            `"lion"`, `"rmsprop"`, `"adafactor"` or `"muon"`; or a Keras optimizer, such as
            `keras.optimizers.Lion(1e-4, beta_2=0.95)`. Its own weight decay and clipping
            hold, and what its `exclude_from_weight_decay` was called with.
        weight_decay: float, decoupled decay of kernels and embeddings. Biases and
            the weights of normalization layers are not decayed. By name only.
        clip_norm: float, the global norm to which gradients are clipped, or None. By name
            only.
        steps: int, the most training steps, or None.
        patience: int, the epochs without improvement of `monitor` after which the
            stage ends. Default: it does not end early.
        monitor: str, the metric that `patience` is about. Whether more or less of it
            is better is told by its name, as in `keras.callbacks.EarlyStopping`.
        layer_decay: float above 0, at most 1: the rate of a layer group is that of the
            group after it times this. 1 for the same rate everywhere.
        min_scale: float from 0 to 1, the lowest multiplier that `layer_decay` gives.
        rates: dictionary from pattern to the multiplier (at least 0) of the rate of
            what it names, or None.
        lowest_learning_rate: float, the rate of the first layer group; those between
            it and the last, which has `learning_rate`, are spread geometrically. One of
            `layer_decay`, `rates` and `lowest_learning_rate` at most.
        batch_norm: str, how batch normalization runs in frozen groups: `"inference"`,
            with its moving statistics, nothing changes (Keras' default); `"affine"`,
            scale and offset train and the statistics move (fastai's default); or
            `"statistics"`, only the statistics move.
        dropout: str, dropout in frozen groups: `"on"` (as in Keras and fastai) or
            `"off"`.
        callbacks: tuple of Keras callbacks for this stage alone. YAML and dictionaries
            hold their class names only.
        accumulate_gradients: int, the steps whose mean gradient moves the weights once, as
            one batch that many times as large would. Schedules count steps, not moves. By
            name only.
        ema: float between 0 and 1, the momentum of a moving average of the weights, which
            are validated and kept in place of the last ones; None for none. See
            `kerastune.backends.optimizers.averaging`.
        solve_head: bool, whether the head starts from the solution of its problem on the
            features of the rest, computed before the stage. The head has to be one dense layer,
            and the loss the mean squared error or a cross-entropy.
        adapters: what is added to the model before the plan begins, such as `LoRA(rank=8)`, if it
            is not there yet; the pattern `"adapters | ~backbone"` trains it and the head alone.
            None for nothing.
        pruning: what is set to zero while the stage trains, such as `Pruning(sparsity=0.8)`, and
            stays so in later stages. Not beside `patience`, as the best epoch may be one before.
            None for nothing.
        quantization: str, `"int8"` or `"int4"`, as which layers compute while the stage trains,
            and in its validation, so that weights learn to be rounded. They stay float32:
            `kerastune.compress` rounds them. None for nothing.

    Raises:
        InputError: if a value is out of its range, with all that is wrong, or two
            exclude each other, or an object cannot be used.

    Example:

    >>> Stage("probe", epochs=1, learning_rate=0.01, trainable="head")
    Stage(name='probe', epochs=1, learning_rate=0.01, trainable='head')
    >>> Stage("warm", learning_rate=0.01, steps=100, layer_decay=0.75).total_steps(30)
    100
    """

    name: types.Text
    epochs: types.Count | None = None
    learning_rate: types.LearningRate | None = None  # No rate fits all.
    trainable: types.Pattern = "all"
    schedule: types.Schedule = "constant"
    warmup: types.Share | None = None
    optimizer: types.Optimizer = "adamw"
    weight_decay: types.NotNegative = 0.01
    clip_norm: types.Positive | None = 1.0
    steps: types.Count | None = None
    patience: types.Count | None = None
    monitor: types.MetricName = "val_loss"
    layer_decay: types.Decay = 1.0
    min_scale: types.Share = 0.0
    rates: types.Multipliers | None = None
    lowest_learning_rate: types.Positive | None = None
    batch_norm: types.BatchNormMode = "inference"
    dropout: types.DropoutMode = "on"
    callbacks: types.Callbacks = ()
    accumulate_gradients: types.Count = 1
    ema: types.Momentum | None = None
    solve_head: types.Switch = False
    adapters: types.Adapters | None = None
    pruning: types.PrunedWeights | None = None
    quantization: types.Quantization | None = None

    def __post_init__(self) -> None:
        given = {field.name: getattr(self, field.name) for field in fields(self)}
        constraints = {field.name: types.constraint_of(field.type) for field in fields(self)}
        broken = [
            name for name, constraint in constraints.items() if not constraint.holds(given[name])
        ]
        if broken:
            expected = ", ".join(f"`{name}` {constraints[name].description}" for name in broken)
            received = ", ".join(f"{name}={given[name]!r}" for name in broken)
            raise InputError(f"Expected {expected}. Received: {received}")
        for name, value in given.items():
            object.__setattr__(self, name, setting_held(value))
        self._check_together()
        if self.optimizer == "sgd":
            warn_of_sgd()
        settings = {field.name: getattr(self, field.name) for field in fields(self)}
        check_objects(settings, {field.name: field.default for field in fields(self)})

    def __repr__(self) -> str:
        settings = ", ".join(
            f"{name}={object_code(value) if is_object(value) else repr(value)}"
            for name, value in self._settings().items()
        )
        return f"Stage({settings})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Stage):
            return NotImplemented
        return all(
            comparable(getattr(self, field.name)) == comparable(getattr(other, field.name))
            for field in fields(self)
        )

    def __hash__(self) -> int:
        return hash((self.name, self.epochs, self.steps, self.trainable))

    @property
    def duration(self) -> str:
        """str, how long it trains, such as `3 epochs` or `at most 9 epochs or 500 steps`."""
        lengths = [
            f"{number} {unit}" + "s" * (number != 1)
            for number, unit in ((self.epochs, "epoch"), (self.steps, "step"))
            if number is not None
        ]
        return "at most " * (self.patience is not None) + " or ".join(lengths)

    def total_steps(self, steps_per_epoch: int) -> int:
        """Returns the training steps of the stage if it does not stop early.

        Args:
            steps_per_epoch: int, the training steps of one epoch.

        Raises:
            InputError: if they are too few for gradients that are accumulated.
        """
        by_epochs = None if self.epochs is None else self.epochs * steps_per_epoch
        steps = min(number for number in (by_epochs, self.steps) if number is not None)
        needed = steps_per_update(self.optimizer, self.accumulate_gradients)
        if steps < needed:
            raise InputError(
                f"Expected at least {needed} steps in {self.name!r}, where the gradients of "
                f"{needed} steps move the weights once. Received: {steps}. Accumulate fewer, or "
                "train longer"
            )
        return steps

    def to_dict(self) -> dict[str, Any]:
        """Returns the settings that differ from the defaults, for YAML and JSON.

        Objects of Keras become their serialized configurations.
        """
        values = {
            name: object_config(value) if is_object(value) else value
            for name, value in self._settings().items()
        }
        if self.adapters is not None:
            values["adapters"] = self.adapters.to_dict()
        if self.pruning is not None:
            values["pruning"] = self.pruning.to_dict()
        if self.callbacks:
            values["callbacks"] = [type(callback).__name__ for callback in self.callbacks]
        return values

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "Stage":
        """Returns the stage that `to_dict` described.

        Args:
            values: dictionary from setting to value. Numbers may be text (`1e-4`). Classes
                of optimizers and schedules that are not Keras' have to be registered.

        Raises:
            InputError: if a setting is missing, unknown or out of its range, there are
                callbacks, or a class is not known.
        """
        if not isinstance(values, dict):
            raise InputError(f"Expected a stage as a dictionary. Received: {values!r}")
        known = {field.name: field for field in fields(cls)}
        unknown = [name for name in values if name not in known]
        if unknown:
            raise InputError(
                f"Expected stage settings out of {list(known)}. Received: {unknown}."
                + closest(str(unknown[0]), list(known))
            )
        if "name" not in values:
            raise InputError(f"Expected a stage with a `name`. Received: {values!r}")
        if values.get("callbacks"):
            raise InputError(
                "Expected a stage without callbacks, which text cannot hold. Received: "
                f"callbacks={values['callbacks']!r}. Leave them out, and add them in Python: "
                "`dataclasses.replace(stage, callbacks=(...,))`"
            )
        return cls(**{name: setting_read(known[name], value) for name, value in values.items()})

    def _check_together(self) -> None:
        """Refuses settings that are right one by one, and not together."""
        if self.epochs is None and self.steps is None:
            raise InputError(f"Expected `epochs` or `steps` in {self.name!r}. Received: neither")
        if self.pruning is not None and self.patience is not None:
            raise InputError(
                f"Expected no `patience` beside `pruning` in {self.name!r}, whose best epoch may "
                f"be one before it was pruned. Received: patience={self.patience!r}. Give it to a "
                "stage after this one, in which the zeros stay"
            )
        per_group = {
            "layer_decay": self.layer_decay != 1,
            "rates": self.rates is not None,
            "lowest_learning_rate": self.lowest_learning_rate is not None,
        }
        chosen = [setting for setting, is_given in per_group.items() if is_given]
        if len(chosen) > 1:
            raise InputError(
                f"Expected one of {', '.join(per_group)} at most in {self.name!r}. Received: "
                + " and ".join(f"{setting}={getattr(self, setting)!r}" for setting in chosen)
            )
        if self.min_scale and chosen not in ([], ["layer_decay"]):
            raise InputError(
                f"Expected `min_scale` with `layer_decay` only in {self.name!r}. Received: "
                f"min_scale={self.min_scale!r} with `{chosen[0]}`"
            )

    def _settings(self) -> dict[str, Any]:
        return {
            field.name: getattr(self, field.name)
            for field in fields(self)
            if getattr(self, field.name) != field.default
        }
