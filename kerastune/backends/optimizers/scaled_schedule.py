"""A learning rate that can be set also where it follows a schedule.

Keras refuses to set the rate of a scheduled optimizer, so callbacks such as
`ReduceLROnPlateau` fail with one. Here, setting it scales the rest of the schedule.
"""

from typing import TYPE_CHECKING, Any

import keras

from kerastune.errors import InputError

if TYPE_CHECKING:
    from typing import Any as _Base
else:
    _Base = object


class ScaledSchedule(_Base):
    """Goes before the class of a Keras optimizer: its schedule can be scaled.

    Example:

    >>> class Scaled(ScaledSchedule, keras.optimizers.SGD):
    ...     def build(self, variables):
    ...         self._add_schedule_scale()
    ...         super().build(variables)
    >>> schedule = keras.optimizers.schedules.ExponentialDecay(0.1, 1, 0.5)
    >>> optimizer = Scaled(schedule)
    >>> optimizer.build([])
    >>> optimizer.learning_rate = 0.05
    >>> optimizer.schedule_scale
    0.5
    """

    def _add_schedule_scale(self) -> None:
        """Adds the variable of the scale, in `build` before the optimizer's own."""
        self._schedule_scale = self.add_variable(
            (), initializer="ones", dtype="float32", name="schedule_scale"
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
        """Sets the rate, or scale the rest of the schedule."""
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
        rate = super()._get_current_learning_rate()
        if self.built and self.is_scheduled:
            rate = rate * self._schedule_scale
        return rate
