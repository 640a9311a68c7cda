"""One Keras optimizer that treats each variable as its layer group asks.

Keras scales, decays and clips in methods of its own around `update_step`, and the
backends override them: PyTorch updates all variables in one fused call, TensorFlow
through its distribution strategy. What is added here wraps those methods, once a group
of variables, and leaves the arithmetic to the optimizer that it is added to.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import keras

from kerastune.backends.optimizers.slots import shared_state
from kerastune.errors import InputError, closest

_REGISTERED = ("kerastune", "LayerwiseOptimizer")


@dataclass(frozen=True)
class Treatment:
    """How an optimizer treats one variable.

    Args:
        multiplier: float of at least 0, by which the learning rate is multiplied.
        decays: bool, whether weight decay applies. Defaults to True.
        age: int, the updates that the variable has had when the optimizer has counted
            none; negative for a variable that joins later. Bias corrections count from it.

    Example:

    >>> Treatment(multiplier=0.5).decays
    True
    """

    multiplier: float = 1.0
    decays: bool = True
    age: int = 0


if TYPE_CHECKING:
    from typing import Any as _Base
else:
    _Base = object


class LayerwiseUpdates(_Base):
    """Goes before the class of a Keras optimizer; see `layerwise_optimizer`.

    It is registered with Keras under the name of all optimizers made so, because these
    classes are made when they are needed, and a saved one may be read before that.

    Example:

    >>> plain = keras.optimizers.Adam(0.1)
    >>> isinstance(layerwise_optimizer(plain, {}), LayerwiseUpdates)
    True
    """

    plain_class: Any
    treatments: dict[str, Treatment]
    momentum_schedule: Callable[[Any], Any] | None
    built_on: list[Any]
    beta_1: Any
    _multiplier = 1.0
    _age = 0

    def build(self, variables: Sequence[keras.Variable]) -> None:
        """Make the slots, once it is known how to treat every variable."""
        if self.built:
            return
        found = self._found(variables)
        if isinstance(self._learning_rate, keras.optimizers.schedules.LearningRateSchedule):
            self._schedule_scale = self.add_variable(
                (), initializer="ones", dtype="float32", name="schedule_scale"
            )
        super().build(variables)
        self._built_treatments = {
            self._var_key(variable): treatment
            for variable, treatment in zip(variables, found, strict=True)
        }
        self._shared_between_groups = tuple(
            variable
            for name, variable in shared_state(self).items()
            if name not in ("_iterations", "_learning_rate", "_schedule_scale")
        )
        self.built_on = [[variable.path, *variable.shape] for variable in variables]

    def _found(self, variables: Sequence[keras.Variable]) -> list[Treatment]:
        """How each variable is treated.

        Reading a model may rename its variables: Keras leaves out the name of a
        Sequential model, and numbers layers without names anew.
        """
        found = [_named(variable.path, self.treatments) for variable in variables]
        unknown = [
            variable.path
            for variable, treatment in zip(variables, found, strict=True)
            if not treatment
        ]
        if not unknown:
            return [treatment for treatment in found if treatment]
        if [[*variable.shape] for variable in variables] == [shape for _, *shape in self.built_on]:
            return [self.treatments[path] for path, *_ in self.built_on]
        raise InputError(
            "Expected the variables of the model that the optimizer was made for. "
            f"Received: {unknown[0]!r}." + closest(unknown[0], list(self.treatments))
        )

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
        schedule = self._learning_rate
        if callable(value) or not isinstance(
            schedule, keras.optimizers.schedules.LearningRateSchedule
        ):
            keras.optimizers.Optimizer.learning_rate.fset(self, value)
        elif not self.built:
            raise InputError(
                "Expected a built optimizer to set the learning rate of its schedule. "
                f"Received: learning_rate={value!r}. Call `build` first, or train a step"
            )
        elif scheduled := float(keras.ops.convert_to_numpy(schedule(self._iterations))):
            self._schedule_scale.assign(value / scheduled)

    @property
    def is_scheduled(self) -> bool:
        """bool, whether the learning rate is computed from the step."""
        return callable(self._learning_rate)

    def _get_current_learning_rate(self) -> Any:
        """The learning rate of the group that is being updated."""
        rate = super()._get_current_learning_rate()
        if hasattr(self, "_schedule_scale"):
            rate = rate * self._schedule_scale
        return rate if self._multiplier == 1.0 else rate * self._multiplier

    @property
    def iterations(self) -> Any:
        """The updates so far, of the group that is being updated."""
        iterations = super().iterations
        return iterations if self._age == 0 else iterations + self._age

    def _use_weight_decay(self, variable: Any) -> bool:
        """Whether the weight of a variable decays."""
        return self._built_treatments[self._var_key(variable)].decays

    def _apply_weight_decay(self, variables: Sequence[Any]) -> None:
        """Decay each group of variables at its rate."""
        # Keras on PyTorch fails when there is nothing to decay.
        decaying = [variable for variable in variables if self._use_weight_decay(variable)]
        for members, treatment in self._groups(decaying):
            with self._treating(treatment):
                super()._apply_weight_decay([decaying[index] for index in members])

    def _backend_update_step(
        self, grads: Sequence[Any], trainable_variables: Sequence[Any], learning_rate: Any
    ) -> None:
        """Update each group of variables at its rate."""
        # An optimizer may count something in each call, as Nadam does. All groups are one.
        shared = [keras.ops.copy(variable) for variable in self._shared_between_groups]
        with self._cycled_momentum():
            for members, treatment in self._groups(trainable_variables):
                for variable, value in zip(self._shared_between_groups, shared, strict=True):
                    variable.assign(value)
                rate = learning_rate
                if treatment.multiplier != 1.0:
                    rate = rate * treatment.multiplier
                with self._treating(treatment):
                    super()._backend_update_step(
                        [grads[index] for index in members],
                        [trainable_variables[index] for index in members],
                        rate,
                    )

    def _groups(self, variables: Sequence[Any]) -> Iterator[tuple[list[int], Treatment]]:
        """The positions of variables that are treated the same."""
        groups: dict[Treatment, list[int]] = {}
        for index, variable in enumerate(variables):
            treatment = self._built_treatments[self._var_key(variable)]
            groups.setdefault(Treatment(treatment.multiplier, age=treatment.age), []).append(index)
        return ((members, treatment) for treatment, members in groups.items())

    @contextmanager
    def _treating(self, treatment: Treatment) -> Iterator[None]:
        """Let all that Keras computes see the rate and the age of one group."""
        self._multiplier, self._age = treatment.multiplier, treatment.age
        try:
            yield
        finally:
            self._multiplier, self._age = 1.0, 0

    @contextmanager
    def _cycled_momentum(self) -> Iterator[None]:
        """Let the update see the momentum of this step."""
        if self.momentum_schedule is None:
            yield
            return
        momentum = self.momentum_schedule(self._iterations)
        if hasattr(self, "beta_1"):
            former, self.beta_1 = self.beta_1, momentum
            try:
                yield
            finally:
                self.beta_1 = former
        else:
            # Keras asks whether the momentum is zero, which a compiled step cannot answer
            # for a tensor. Scaling what it multiplies comes to the same.
            for slot in self.momentums:
                slot.assign(slot * (momentum / self.momentum))
            yield

    def finalize_variable_values(self, var_list: Sequence[keras.Variable]) -> None:
        """Replace weights by their averages, at the end of a `fit` with `use_ema`."""
        super().finalize_variable_values(var_list)
        if self.use_ema:
            # Keras lets a weight and its average share a buffer, and the next step on JAX
            # then fails, because it gives both away.
            for average in self._model_variables_moving_average:
                average.assign(keras.ops.copy(average))

    def plain_config(self) -> dict[str, Any]:
        """The settings of the optimizer that this one is made like."""
        return super().get_config()

    def get_config(self) -> dict[str, Any]:
        """The settings, which `from_config` reads back."""
        plain = keras.saving.serialize_keras_object(
            self.plain_class.from_config(self.plain_config())
        )
        if plain["module"].startswith("keras.src."):
            # PyTorch has versions of its own of some classes, which no other backend reads.
            plain |= {"module": "keras.optimizers", "registered_name": None}
        return {
            "optimizer": plain,
            "treatments": {path: list(astuple(item)) for path, item in self.treatments.items()},
            "built_on": self.built_on,
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
            {path: Treatment(*values) for path, values in config["treatments"].items()},
            schedule and keras.saving.deserialize_keras_object(schedule),
        )
        made.built_on = config["built_on"]
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
    treatments: dict[str, Treatment],
    momentum_schedule: Callable[[Any], Any] | None = None,
) -> LayerwiseUpdates:
    """An optimizer like another, without its state, that treats variables one by one.

    Args:
        optimizer: a Keras optimizer with the settings to take over.
        treatments: dictionary from the path of each variable that may ever train to how
            it is treated.
        momentum_schedule: function from the step to the momentum (`beta_1` of Adam and
            its kind), serialisable by Keras, or None to leave it as it is.

    Returns:
        A Keras optimizer, of a subclass of the class of `optimizer`.

    Example:

    >>> plain = keras.optimizers.SGD(learning_rate=0.1)
    >>> optimizer = layerwise_optimizer(plain, {"dense/kernel": Treatment(0.5)})
    >>> isinstance(optimizer, keras.optimizers.SGD)
    True
    """
    plain_class: Any = (
        optimizer.plain_class if isinstance(optimizer, LayerwiseUpdates) else type(optimizer)
    )
    config = (
        optimizer.plain_config()
        if isinstance(optimizer, LayerwiseUpdates)
        else optimizer.get_config()
    )
    if callable(optimizer._learning_rate):
        # A schedule may be of a class that Keras cannot read back.
        config["learning_rate"] = optimizer._learning_rate
    made: Any = _layerwise_class(plain_class)(**config)
    made.treatments = treatments
    made.momentum_schedule = momentum_schedule
    made.built_on = []
    return made


def _named(path: str, treatments: dict[str, Treatment]) -> Treatment | None:
    """The treatment of a path, which may have lost or won leading parts."""
    if path in treatments:
        return treatments[path]
    alike = {
        treatment
        for known, treatment in treatments.items()
        if known.endswith(f"/{path}") or path.endswith(f"/{known}")
    }
    return alike.pop() if len(alike) == 1 else None
