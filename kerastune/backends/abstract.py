"""Models without memory: every variable has a shape and a dtype, and none has a value."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

from kerastune.backends.choice import select
from kerastune.errors import InputError

if TYPE_CHECKING:
    import keras

Built = TypeVar("Built")

# Where Keras lists the variables that it will give memory at the next opportunity, and
# counts how often it used an automatic name.
_PENDING = "uninitialized_variables"
_NAME_COUNTS = "object_name_uids"

_gives_zeros: ContextVar[bool] = ContextVar("_gives_zeros", default=False)
_builds: ContextVar[bool] = ContextVar("_builds", default=False)


def build_abstract(build: Callable[[], Built]) -> Built:
    """Builds a model of any size without taking memory for its weights.

    The model is for counting only. Keras would make up random values for such variables
    wherever they are read, so they are sealed: reading one raises.

    Automatic names start from the beginning (`dense`, `dense_1`), so that the same
    model has the same names whatever was built before it.

    Args:
        build: function without arguments that builds a model or other Keras objects.

    Returns:
        What `build` returns.

    Raises:
        Exception: what `build` raises passes through.

    Example:

    >>> import keras
    >>> layers = [keras.Input((10**6,)), keras.layers.Dense(10**6, name="wide")]
    >>> huge = build_abstract(lambda: keras.Sequential(layers))
    >>> huge.count_params()
    1000001000000
    >>> huge.get_weights()
    Traceback (most recent call last):
        ...
    kerastune.errors.InputError: Expected a model with weights. Received: ...
    """
    select()
    import keras
    from keras.src.backend.common import global_state

    former = {name: global_state.get_global_attribute(name) for name in (_PENDING, _NAME_COUNTS)}
    global_state.set_global_attribute(_PENDING, [])
    global_state.set_global_attribute(_NAME_COUNTS, defaultdict(int))
    token = _builds.set(True)
    try:
        with keras.StatelessScope(initialize_variables=False), _arrays_for_initializers():
            built = build()
        for variable in global_state.get_global_attribute(_PENDING):
            variable._initializer = _Seal(variable.path)
    finally:
        _builds.reset(token)
        for name, value in former.items():
            global_state.set_global_attribute(name, value)
    return built


def builds_abstract() -> bool:
    """Returns whether this is inside `build_abstract`, where no weights can be loaded.

    Returns:
        A bool.

    Example:

    >>> builds_abstract(), build_abstract(builds_abstract)
    (False, True)
    """
    return _builds.get()


def is_abstract(model: "keras.Layer") -> bool:
    """Returns whether a model was built for counting only.

    Args:
        model: a built Keras model or layer.

    Returns:
        Whether any of its variables is sealed.

    Example:

    >>> import keras
    >>> is_abstract(keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]))
    False
    """
    return any(
        variable._value is None and isinstance(variable._initializer, _Seal)
        for variable in model.variables
    )


@contextmanager
def placeholder_values() -> Iterator[None]:
    """Lets sealed variables stand for zeros, inside a `with` block.

    For tracing alone, where values are shapes: outside a trace it takes the memory that
    the model was built without.

    Example:

    >>> import keras
    >>> model = build_abstract(lambda: keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]))
    >>> with placeholder_values():
    ...     keras.ops.convert_to_numpy(model.weights[1].value)
    array([0.], dtype=float32)
    """
    token = _gives_zeros.set(True)
    try:
        yield
    finally:
        _gives_zeros.reset(token)


@contextmanager
def _arrays_for_initializers() -> Iterator[None]:
    """Lets variables be made from arrays too, which Keras refuses in a stateless scope.

    Optimizers make their rates so, and stateful recurrent layers their states.
    """
    from keras.src.backend.common.variables import Variable, standardize_dtype

    original = Variable.__init__

    @wraps(original)
    def init(
        self: Any,
        initializer: Any,
        shape: Any = None,
        dtype: Any = None,
        *rest: Any,
        **options: Any,
    ) -> None:
        if not callable(initializer) and not isinstance(initializer, str):
            value = self._convert_to_tensor(initializer, dtype=dtype)
            shape, dtype = tuple(value.shape), dtype or standardize_dtype(value.dtype)
            initializer = _Constant(value)
        original(self, initializer, shape, dtype, *rest, **options)

    Variable.__init__ = init
    try:
        yield
    finally:
        Variable.__init__ = original


class _Constant:
    """An initializer that gives the array that a variable was made from."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __call__(self, shape: tuple[int, ...], dtype: str | None = None) -> Any:  # noqa: ARG002
        """Returns the array."""
        return self.value


class _Seal:
    """Stands in the place of an initializer, and raises where a value is asked for."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __call__(self, shape: tuple[int, ...], dtype: str | None = None) -> Any:
        """Returns zeros for a trace; else the error."""
        if _gives_zeros.get():
            import keras

            return keras.ops.zeros(shape, dtype)
        raise InputError(
            f"Expected a model with weights. Received: {self.path!r}, of a model that was built "
            "for counting, without memory. Build the model anew to use it"
        )
