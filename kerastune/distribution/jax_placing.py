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
        whole = np.asarray(tensor)
        return jax.make_array_from_callback(whole.shape, sharding, lambda part: whole[part])

    is_several = jax.process_count() > 1
    began = list(variables())
    layouts = [variable._layout for variable in began]
    values = [np.asarray(variable.value) for variable in began]
    if is_several:
        from jax.experimental.multihost_utils import broadcast_one_to_all

        values = broadcast_one_to_all(values)
    with (
        mock.patch.object(distribution_lib, "distribute_tensor", distribute if is_several else own),
        _reading_together(),
    ):
        for variable, value in zip(began, values, strict=True):
            variable._layout = None
            variable._layout = distribution.get_variable_layout(variable)
            variable.assign(np.asarray(value))
        former = {id(one): layout for one, layout in zip(began, layouts, strict=True)}
        try:
            yield
        except BaseException:
            # Other processes may be elsewhere: what is divided over them stays where it is.
            for variable in variables():
                if not _is_divided(variable._value):
                    _take_home(variable, former.get(id(variable)))
            raise
        for variable in variables():
            _take_home(variable, former.get(id(variable)))


def _take_home(variable: Any, layout: Any) -> None:
    """Puts a variable on the first device of this process."""
    import jax

    variable._layout = layout
    value = variable._value
    if isinstance(value, jax.Array) and not value.is_deleted():
        variable._value = jax.device_put(whole_value(value), jax.local_devices()[0])


def _is_divided(value: Any) -> bool:
    """Whether parts of an array are in other processes alone."""
    import jax

    if not isinstance(value, jax.Array) or isinstance(value, jax.core.Tracer):
        return False
    return not (value.is_fully_addressable or value.is_fully_replicated)


def whole_value(value: Any) -> np.ndarray:
    """Returns an array with all its parts, those of other processes too, which ask as well.

    Args:
        value: `jax.Array`.
    """
    if not _is_divided(value):
        return np.asarray(value)
    from jax.experimental.multihost_utils import process_allgather

    return np.asarray(process_allgather(value, tiled=True))


@contextmanager
def _reading_together() -> Iterator[None]:
    """While this lasts, Keras reads what is divided over processes, all of which read it."""
    from keras.src import backend

    own, own_array = backend.convert_to_numpy, backend.Variable.__array__

    def convert_to_numpy(x: Any) -> Any:
        value = getattr(x, "value", x)
        return whole_value(value) if _is_divided(value) else own(x)

    def array(self: Any, dtype: Any = None, **options: Any) -> np.ndarray:
        """As `Variable.numpy` and `Model.get_weights` ask for it."""
        if _is_divided(self.value):
            return whole_value(self.value).astype(dtype or self.dtype)
        return own_array(self, dtype, **options)

    with (
        mock.patch.object(backend, "convert_to_numpy", convert_to_numpy),
        mock.patch.object(backend.Variable, "__array__", array),
    ):
        yield
