"""One Keras optimizer that treats each variable as its layer group asks.

Keras scales, decays and clips in methods of its own around `update_step`, and the
backends override them: PyTorch updates all variables in one fused call, TensorFlow
through its distribution strategy. What is added here wraps those methods, once a group
of variables, and leaves the arithmetic to the optimizer that it is added to.
"""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import keras

from kerastune.backends.compilation import cannot_be_remade, with_own_schedule
from kerastune.backends.optimizers.averaging import AveragingUpdates
from kerastune.backends.optimizers.clipping import clipped_by_global_norm
from kerastune.backends.optimizers.dense_gradients import dense_gradients
from kerastune.backends.optimizers.finite_updates import FiniteUpdates
from kerastune.backends.optimizers.fused_adam import fused_adam
from kerastune.backends.optimizers.masking import MaskingUpdates, MaskSchedule
from kerastune.backends.optimizers.scaled_schedule import ScaledSchedule
from kerastune.backends.optimizers.settings import public_config
from kerastune.backends.optimizers.slots import shared_state
from kerastune.backends.optimizers.variable_settings import SettingsByVariable, VariableSettings
from kerastune.errors import InputError

_REGISTERED = ("kerastune", "LayerwiseOptimizer")


class LayerwiseUpdates(ScaledSchedule, AveragingUpdates, FiniteUpdates, MaskingUpdates):
    """Goes before the class of a Keras optimizer; see `layerwise_optimizer`.

    It is registered with Keras under the name of all optimizers made so, because these
    classes are made when they are needed, and a saved one may be read before that.

    Example:

    >>> plain = keras.optimizers.Adam(0.1)
    >>> isinstance(layerwise_optimizer(plain, SettingsByVariable([])), LayerwiseUpdates)
    True
    """

    plain_class: Any
    variable_settings: SettingsByVariable
    momentum_schedule: Callable[[Any], Any] | None
    built_on: list[int]
    beta_1: Any
    is_fused = False
    """Whether the backend may update all weights in one pass, which rounds otherwise than Keras."""
    _multiplier = 1.0
    _age = 0

    def build(self, variables: Sequence[keras.Variable]) -> None:
        """Makes the slots, once it is known how to treat every variable."""
        if self.built:
            return
        positions = self.variable_settings.positions_of(variables, self.built_on)
        self._add_schedule_scale()
        super().build(variables)
        self._start_averages()
        self._built_settings = {
            self._var_key(variable): self.variable_settings.rows[position][2]
            for variable, position in zip(variables, positions, strict=True)
        }
        self._start_masks()
        self._shared_between_groups = tuple(
            variable
            for name, variable in shared_state(self).items()
            if name not in ("_iterations", "_learning_rate", "_schedule_scale")
        )
        self.built_on = positions

    def settings_of(self, variable: keras.Variable) -> VariableSettings | None:
        """Returns the settings of a variable, or None if it is of another model."""
        if self.built and self._var_key(variable) in self._built_settings:
            return self._built_settings[self._var_key(variable)]
        return self.variable_settings.find(variable)

    def _get_current_learning_rate(self) -> Any:
        """Returns the learning rate of the group that is being updated."""
        rate = super()._get_current_learning_rate()
        return rate if self._multiplier == 1.0 else rate * self._multiplier

    @property
    def iterations(self) -> Any:
        """The updates so far, of the group that is being updated."""
        iterations = super().iterations
        return iterations if self._age == 0 else iterations + self._age

    def apply(self, grads: Sequence[Any], trainable_variables: Any = None) -> None:
        """Updates variables by their gradients, with those of repeated tokens summed."""
        super().apply(dense_gradients(grads), trainable_variables)

    def _clip_gradients(self, grads: Sequence[Any]) -> Sequence[Any]:
        """Clips by the backend's own operations where they are allowed and there are some."""
        if self.is_fused and self.global_clipnorm:
            norm = self.norm_of(grads)
            clipped = clipped_by_global_norm(grads, self.global_clipnorm, norm)
            if clipped is not None:
                return clipped
        return super()._clip_gradients(grads)

    def _use_weight_decay(self, variable: Any) -> bool:
        return self._built_settings[self._var_key(variable)].decays and super()._use_weight_decay(
            variable
        )

    def _apply_weight_decay(self, variables: Sequence[Any]) -> None:
        """Decays each group of variables at its rate."""
        # Keras on PyTorch fails when there is nothing to decay.
        decaying = [variable for variable in variables if self._use_weight_decay(variable)]
        for settings, members in self._groups(decaying).items():
            self._multiplier, self._age = settings.multiplier, settings.age
            super()._apply_weight_decay([decaying[index] for index in members])
            self._multiplier, self._age = 1.0, 0

    def _backend_update_step(
        self, grads: Sequence[Any], trainable_variables: Sequence[Any], learning_rate: Any
    ) -> None:
        """Updates each group of variables at its rate.

        What Keras reads while it updates a group is set before and reset after. A context
        manager would do that more safely, but `torch.compile` cannot follow one.
        """
        # An optimizer may count something in each call, as Nadam does. All groups are one.
        shared = [keras.ops.copy(variable) for variable in self._shared_between_groups]
        former_momentum = self._cycle_momentum()
        for settings, members in self._groups(trainable_variables).items():
            for variable, value in zip(self._shared_between_groups, shared, strict=True):
                variable.assign(value)
            rate = learning_rate
            if settings.multiplier != 1.0:
                rate = rate * settings.multiplier
            self._multiplier, self._age = settings.multiplier, settings.age
            update = (
                [grads[index] for index in members],
                [trainable_variables[index] for index in members],
                rate,
            )
            if not (self.is_fused and fused_adam(self, *update)):
                super()._backend_update_step(*update)
            self._multiplier, self._age = 1.0, 0
        if former_momentum is not None:
            self.beta_1 = former_momentum

    def _groups(self, variables: Sequence[Any]) -> dict[VariableSettings, list[int]]:
        """Returns the positions of variables that are treated the same, but for decay."""
        groups: dict[VariableSettings, list[int]] = {}
        for index, variable in enumerate(variables):
            settings = self._built_settings[self._var_key(variable)]
            groups.setdefault(VariableSettings(settings.multiplier, age=settings.age), []).append(
                index
            )
        return groups

    def _cycle_momentum(self) -> float | None:
        """Lets the update see the momentum of this step; returns what to set again after."""
        if self.momentum_schedule is None:
            return None
        momentum = self.momentum_schedule(self._iterations)
        if hasattr(self, "beta_1"):
            former, self.beta_1 = self.beta_1, momentum
            return former
        # Keras asks whether the momentum is zero, which a compiled step cannot answer for
        # a tensor. Scaling what it multiplies comes to the same.
        for slot in self.momentums:
            slot.assign(slot * (momentum / self.momentum))
        return None

    def plain_config(self) -> dict[str, Any]:
        """Returns the settings of the optimizer that this one is made like."""
        return super().get_config()

    def get_config(self) -> dict[str, Any]:
        """Returns the settings, which `from_config` reads back."""
        return {
            "optimizer": public_config(self.plain_class.from_config(self.plain_config())),
            "variable_settings": self.variable_settings.to_config(),
            "built_on": self.built_on,
            "warms_up_average": self.warms_up_average,
            "mask_schedule": self.mask_schedule and self.mask_schedule.to_config(),
            "momentum_schedule": self.momentum_schedule
            and keras.saving.serialize_keras_object(self.momentum_schedule),
        }

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None
    ) -> "LayerwiseUpdates":
        """Returns an optimizer, without state, from `get_config`."""
        schedule = config["momentum_schedule"]
        made = layerwise_optimizer(
            keras.saving.deserialize_keras_object(
                config["optimizer"], custom_objects=custom_objects
            ),
            # Optimizers saved by the version before have the other key.
            SettingsByVariable.from_config(
                config.get("variable_settings") or config.get("treatments", [])
            ),
            schedule and keras.saving.deserialize_keras_object(schedule),
        )
        made.built_on = config["built_on"]
        # What was saved before there was any.
        made.warms_up_average = config.get("warms_up_average", False)
        masks = config.get("mask_schedule")
        made.mask_schedule = masks and MaskSchedule(**masks)
        return made


keras.saving.register_keras_serializable(*_REGISTERED)(LayerwiseUpdates)


@cache
def _layerwise_class(plain_class: type) -> type:
    """Returns the class of layer-wise optimizers on top of a class of Keras' contract."""
    made = type(
        f"Layerwise{plain_class.__name__}",
        (LayerwiseUpdates, plain_class),
        {"plain_class": plain_class, "__module__": __name__},
    )
    keras.saving.register_keras_serializable(*_REGISTERED)(made)
    # The name goes on meaning the class that reads all of them.
    keras.saving.get_custom_objects()[">".join(_REGISTERED)] = LayerwiseUpdates
    return made


def layerwise_optimizer(
    optimizer: keras.optimizers.Optimizer,
    variable_settings: SettingsByVariable,
    momentum_schedule: Callable[[Any], Any] | None = None,
    average_momentum: float | None = None,
    mask_schedule: MaskSchedule | None = None,
) -> LayerwiseUpdates:
    """Returns an optimizer like another, without its state, that treats variables one by one.

    Args:
        optimizer: a Keras optimizer with the settings to take over.
        variable_settings: the `SettingsByVariable` of all variables that may ever train.
        momentum_schedule: function from the step to the momentum (`beta_1` of Adam and
            its kind), serialisable by Keras, or None to leave it as it is.
        average_momentum: float between 0 and 1, the momentum of a moving average of the
            weights that warms up, see `kerastune.backends.optimizers.averaging`; or None for
            what `optimizer` does.
        mask_schedule: the `MaskSchedule` of the variables that have a `sparsity`, or None for
            that of `optimizer`.

    Returns:
        A Keras optimizer, of a subclass of the class of `optimizer`.

    Raises:
        InputError: if it cannot be made again from its configuration, or holds others.

    Example:

    >>> plain = keras.optimizers.SGD(learning_rate=0.1)
    >>> kernel = keras.Variable([1.0])
    >>> settings = SettingsByVariable.of([(kernel, VariableSettings(0.5))])
    >>> optimizer = layerwise_optimizer(plain, settings)
    >>> isinstance(optimizer, keras.optimizers.SGD)
    True
    """
    if not isinstance(optimizer, keras.optimizers.Optimizer) or isinstance(
        optimizer, (keras.optimizers.LossScaleOptimizer, keras.optimizers.MultiOptimizer)
    ):
        raise InputError(
            "Expected a single Keras optimizer, such as keras.optimizers.AdamW(1e-4). Received: "
            f"{optimizer!r}. Keras itself scales the loss when the model is compiled"
        )
    is_layerwise = isinstance(optimizer, LayerwiseUpdates)
    plain_class: Any = optimizer.plain_class if is_layerwise else type(optimizer)
    config = optimizer.plain_config() if is_layerwise else optimizer.get_config()
    if average_momentum is not None:
        config = {**config, "use_ema": True, "ema_momentum": average_momentum}
    try:
        # As the plain class reads its configuration, which may not be what `__init__` takes.
        made_class: Any = _layerwise_class(plain_class)
        made: Any = super(LayerwiseUpdates, made_class).from_config(
            with_own_schedule(config, optimizer)
        )
    except (NotImplementedError, TypeError, ValueError) as error:
        raise cannot_be_remade(optimizer, error) from error
    made.variable_settings = variable_settings
    made.momentum_schedule = momentum_schedule
    made.built_on = []
    made.warms_up_average = average_momentum is not None or (
        is_layerwise and optimizer.warms_up_average
    )
    made.mask_schedule = mask_schedule or (optimizer.mask_schedule if is_layerwise else None)
    return made
