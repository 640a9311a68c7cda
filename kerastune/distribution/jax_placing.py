"""Variables on all devices of JAX while a model is trained, and on one before and after."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from unittest import mock

import numpy as np


@contextmanager
def on_all_devices(variables: Callable[[], Sequence[Any]], distribution: Any) -> Iterator[None]:
    """While this lasts, variables are where a distribution has them; afterwards on one device.

    They begin with what the first process has.

    Args:
        variables: function that returns the `keras.Variable`s; at the end there may be more.
        distribution: a `keras.distribution.Distribution`.

    Yields:
        None.
    """
    import jax
    from keras.src.backend.jax import distribution_lib

    own = distribution_lib.distribute_tensor

    def distribute(tensor: Any, layout: Any) -> Any:
        """As Keras does it, and what only this process has on the devices of all."""
        sharding = getattr(layout, "backend_layout", layout)
        is_traced = isinstance(tensor, jax.core.Tracer)
        if is_traced or (isinstance(tensor, jax.Array) and not tensor.is_fully_addressable):
            return own(tensor, layout)
        return jax.make_array_from_process_local_data(sharding, np.asarray(tensor))

    is_several = jax.process_count() > 1
    began = list(variables())
    layouts = [variable._layout for variable in began]
    values = [np.asarray(variable.value) for variable in began]
    if is_several:
        from jax.experimental.multihost_utils import broadcast_one_to_all

        values = broadcast_one_to_all(values)
    with mock.patch.object(
        distribution_lib, "distribute_tensor", distribute if is_several else own
    ):
        for variable, value in zip(began, values, strict=True):
            variable._layout = None
            variable._layout = distribution.get_variable_layout(variable)
            variable.assign(np.asarray(value))
        try:
            yield
        finally:
            former = {id(one): layout for one, layout in zip(began, layouts, strict=True)}
            for variable in variables():
                _take_home(variable, former.get(id(variable)))


def _take_home(variable: Any, layout: Any) -> None:
    """Puts a variable on the first device of this process."""
    import jax

    variable._layout = layout
    value = variable._value
    if isinstance(value, jax.Array) and not value.is_deleted():
        variable._value = jax.device_put(np.asarray(value), jax.local_devices()[0])
