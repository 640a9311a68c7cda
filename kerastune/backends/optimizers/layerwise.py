"""One Keras optimizer that treats each variable as its layer group asks.

Keras scales, decays and clips in methods of its own around `update_step`, and the
backends override them: PyTorch updates all variables in one fused call, TensorFlow
through its distribution strategy. What is added here wraps those methods, once a group
of variables, and leaves the arithmetic to the optimizer that it is added to.
"""

import warnings
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import keras

from kerastune.backends.compilation import cannot_be_remade, with_own_schedule
from kerastune.backends.optimizers.averaging import AveragingUpdates
from kerastune.backends.optimizers.dense_gradients import dense_gradients
from kerastune.backends.optimizers.settings import public_config
from kerastune.backends.optimizers.slots import shared_state
from kerastune.backends.optimizers.treatments import Treatment, Treatments
from kerastune.errors import InputError, closest

_REGISTERED = ("kerastune", "LayerwiseOptimizer")


class LayerwiseUpdates(AveragingUpdates):
    """Goes before the class of a Keras optimizer; see `layerwise_optimizer`.

    It is registered with Keras under the name of all optimizers made so, because these
    classes are made when they are needed, and a saved one may be read before that.

    Example:

    >>> plain = keras.optimizers.Adam(0.1)
    >>> isinstance(layerwise_optimizer(plain, Treatments([])), LayerwiseUpdates)
    True
    """

    plain_class: Any
    treatments: Treatments
    momentum_schedule: Callable[[Any], Any] | None
    built_on: list[int]
    beta_1: Any
    _multiplier = 1.0
    _age = 0

    def build(self, variables: Sequence[keras.Variable]) -> None:
        """Make the slots, once it is known how to treat every variable."""
        if self.built:
            return
        places = self._places_of(variables)
        self._schedule_scale = self.add_variable(
            (), initializer="ones", dtype="float32", name="schedule_scale"
        )
        super().build(variables)
        self._start_averages()
        self._built_treatments = {
            self._var_key(variable): self.treatments.rows[place][2]
            for variable, place in zip(variables, places, strict=True)
        }
        self._shared_between_groups = tuple(
            variable
            for name, variable in shared_state(self).items()
            if name not in ("_iterations", "_learning_rate", "_schedule_scale")
        )
        self.built_on = places

    def _places_of(self, variables: Sequence[keras.Variable]) -> list[int]:
        """Where each variable stands in the treatments."""
        rows = self.treatments.rows
        former = [rows[place][1] for place in self.built_on]
        if former and len(former) != len(variables):
            warnings.warn(
                f"The optimizer was saved when {len(former)} variables trained, and now "
                f"{len(variables)} do: Keras saves which layers train, not which variables. "
                "Call `kerastune.freeze` again before training on",
                stacklevel=2,
            )
        places = [self.treatments.place(variable) for variable in variables]
        found = [place for place in places if place is not None]
        if len(found) == len(variables):
            return found
        # Keras numbers layers without names anew when it reads them.
        if [tuple(variable.shape) for variable in variables] == former:
            return self.built_on
        unknown = variables[places.index(None)].path
        raise InputError(
            "Expected the variables of the model that the optimizer was made for. "
            f"Received: {unknown!r}." + closest(unknown, [path for path, *_ in rows])
        )

    def treatment_of(self, variable: keras.Variable) -> Treatment | None:
        """How a variable is treated, or None if it is of another model."""
        if self.built and self._var_key(variable) in self._built_treatments:
            return self._built_treatments[self._var_key(variable)]
        return self.treatments.find(variable)

    @property
    def learning_rate(self) -> Any:
        """The learning rate of this step, before the multipliers.

        It can be set whatever it is made of. Set on a schedule, it scales the rest of the
        schedule, so that callbacks such as `ReduceLROnPlateau` work with both.
        """
        return self._get_current_learning_rate()

    @learning_rate.setter
    def learning_rate(self, value: Any) -> None:
        """Set the rate, or scale the rest of the schedule."""
        if callable(value) or not self.is_scheduled:
            keras.optimizers.Optimizer.learning_rate.fset(self, value)
            return
        scheduled = float(keras.ops.convert_to_numpy(super()._get_current_learning_rate()))
        if not self.built or scheduled == 0:
            raise InputError(
                "Expected a step of a built optimizer whose schedule is above 0, to scale the "
                f"rest of the schedule. Received: learning_rate={value!r} where it is "
                f"{scheduled}. Set it at another step, or use a number for a learning rate"
            )
        self._schedule_scale.assign(value / scheduled)

    @property
    def is_scheduled(self) -> bool:
        """bool, whether the learning rate is computed from the step."""
        return callable(self._learning_rate)

    @property
    def schedule_scale(self) -> float:
        """float, by which the schedule is multiplied, as callbacks have set it."""
        return float(keras.ops.convert_to_numpy(self._schedule_scale))

    def _get_current_learning_rate(self) -> Any:
        """The learning rate of the group that is being updated."""
        rate = super()._get_current_learning_rate()
        if self.built and self.is_scheduled:
            rate = rate * self._schedule_scale
        return rate if self._multiplier == 1.0 else rate * self._multiplier

    @property
    def iterations(self) -> Any:
        """The updates so far, of the group that is being updated."""
        iterations = super().iterations
        return iterations if self._age == 0 else iterations + self._age

    def apply(self, grads: Sequence[Any], trainable_variables: Any = None) -> None:
        """Update variables by their gradients, with those of repeated tokens summed."""
        super().apply(dense_gradients(grads), trainable_variables)

    def _use_weight_decay(self, variable: Any) -> bool:
        """Whether the weight of a variable decays."""
        return self._built_treatments[self._var_key(variable)].decays and super()._use_weight_decay(
            variable
        )

    def _apply_weight_decay(self, variables: Sequence[Any]) -> None:
        """Decay each group of variables at its rate."""
        # Keras on PyTorch fails when there is nothing to decay.
        decaying = [variable for variable in variables if self._use_weight_decay(variable)]
        for treatment, members in self._groups(decaying).items():
            self._multiplier, self._age = treatment.multiplier, treatment.age
            super()._apply_weight_decay([decaying[index] for index in members])
            self._multiplier, self._age = 1.0, 0

    def _backend_update_step(
        self, grads: Sequence[Any], trainable_variables: Sequence[Any], learning_rate: Any
    ) -> None:
        """Update each group of variables at its rate.

        What Keras reads while it updates a group is set before and reset after. A context
        manager would do that more safely, but `torch.compile` cannot follow one.
        """
        # An optimizer may count something in each call, as Nadam does. All groups are one.
        shared = [keras.ops.copy(variable) for variable in self._shared_between_groups]
        former_momentum = self._cycle_momentum()
        for treatment, members in self._groups(trainable_variables).items():
            for variable, value in zip(self._shared_between_groups, shared, strict=True):
                variable.assign(value)
            rate = learning_rate
            if treatment.multiplier != 1.0:
                rate = rate * treatment.multiplier
            self._multiplier, self._age = treatment.multiplier, treatment.age
            super()._backend_update_step(
                [grads[index] for index in members],
                [trainable_variables[index] for index in members],
                rate,
            )
            self._multiplier, self._age = 1.0, 0
        if former_momentum is not None:
            self.beta_1 = former_momentum

    def _groups(self, variables: Sequence[Any]) -> dict[Treatment, list[int]]:
        """The positions of variables that are treated the same, but for decay."""
        groups: dict[Treatment, list[int]] = {}
        for index, variable in enumerate(variables):
            treatment = self._built_treatments[self._var_key(variable)]
            groups.setdefault(Treatment(treatment.multiplier, age=treatment.age), []).append(index)
        return groups

    def _cycle_momentum(self) -> float | None:
        """Let the update see the momentum of this step; returns what to set again after."""
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
        """The settings of the optimizer that this one is made like."""
        return super().get_config()

    def get_config(self) -> dict[str, Any]:
        """The settings, which `from_config` reads back."""
        return {
            "optimizer": public_config(self.plain_class.from_config(self.plain_config())),
            "treatments": self.treatments.to_config(),
            "built_on": self.built_on,
            "warms_up_average": self.warms_up_average,
            "momentum_schedule": self.momentum_schedule
            and keras.saving.serialize_keras_object(self.momentum_schedule),
        }

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None
    ) -> "LayerwiseUpdates":
        """An optimizer, without state, from `get_config`."""
        schedule = config["momentum_schedule"]
        made = layerwise_optimizer(
            keras.saving.deserialize_keras_object(
                config["optimizer"], custom_objects=custom_objects
            ),
            Treatments.from_config(config["treatments"]),
            schedule and keras.saving.deserialize_keras_object(schedule),
        )
        made.built_on = config["built_on"]
        # What was saved before there was any.
        made.warms_up_average = config.get("warms_up_average", False)
        return made


keras.saving.register_keras_serializable(*_REGISTERED)(LayerwiseUpdates)


@cache
def _layerwise_class(plain_class: type) -> type:
    """The class of layer-wise optimizers on top of a class of Keras' contract."""
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
    treatments: Treatments,
    momentum_schedule: Callable[[Any], Any] | None = None,
    average_momentum: float | None = None,
) -> LayerwiseUpdates:
    """An optimizer like another, without its state, that treats variables one by one.

    Args:
        optimizer: a Keras optimizer with the settings to take over.
        treatments: the `Treatments` of all variables that may ever train.
        momentum_schedule: function from the step to the momentum (`beta_1` of Adam and
            its kind), serialisable by Keras, or None to leave it as it is.
        average_momentum: float between 0 and 1, the momentum of a moving average of the
            weights that warms up, see `kerastune.backends.optimizers.averaging`; or None for
            what `optimizer` does.

    Returns:
        A Keras optimizer, of a subclass of the class of `optimizer`.

    Raises:
        InputError: if it cannot be made again from its configuration, or holds others.

    Example:

    >>> plain = keras.optimizers.SGD(learning_rate=0.1)
    >>> kernel = keras.Variable([1.0])
    >>> optimizer = layerwise_optimizer(plain, Treatments.of([(kernel, Treatment(0.5))]))
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
    made.treatments = treatments
    made.momentum_schedule = momentum_schedule
    made.built_on = []
    made.warms_up_average = average_momentum is not None or (
        is_layerwise and optimizer.warms_up_average
    )
    return made
