"""The training step of a model, traced and lowered for other machines by JAX.

Nothing is computed and no variable has a value: JAX traces the step that `model.fit` would run
from shapes and dtypes alone, and `jax.export` lowers it for platforms that are not there.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kerastune.backends.abstract import build_abstract, placeholder_values
from kerastune.errors import InputError

if TYPE_CHECKING:
    import keras

PLATFORMS = ("cpu", "cuda", "rocm", "tpu")
"""The platforms that JAX lowers for."""
# Of these, JAX does not promise that a later version runs what it writes today.
_UNSTABLE_CALL = re.compile(r"custom_call @(\w+)")


class StepError(Exception):
    """A step that cannot be traced or lowered.

    Args:
        cause: the exception that JAX or a layer raised.
        layer: str, the path of the layer where it was raised, or None.

    Example:

    >>> StepError(ValueError("no"), "body/dense").layer
    'body/dense'
    """

    def __init__(self, cause: Exception, layer: str | None) -> None:
        super().__init__(str(cause))
        self.cause = cause
        self.layer = layer


@dataclass(frozen=True)
class TracedStep:
    """The training step of a model, traced.

    Args:
        function: what `jax.jit` gave.
        arguments: tuple of `jax.ShapeDtypeStruct` in structures: the state and the batch.
        callbacks: tuple of str, the layers that call back to the host, where they are known.
        has_callbacks: bool, whether anything does.
    """

    function: Any
    arguments: tuple[Any, ...]
    callbacks: tuple[str, ...]
    has_callbacks: bool

    def module_bytes(self, platform: str) -> int:
        """Lowers the step for a platform.

        Args:
            platform: str out of `PLATFORMS`.

        Returns:
            The size of the module, an int, in bytes.

        Raises:
            StepError: if it cannot be lowered.
        """
        import jax.export

        def exported(checks: Any = ()) -> int:
            made = jax.export.export(
                self.function, platforms=[platform], disabled_checks=list(checks)
            )(*self.arguments)
            return len(made.mlir_module_serialized)

        try:
            try:
                return exported()
            except ValueError as error:
                # It is lowered here to be looked at, not to be kept for years.
                targets = set(_UNSTABLE_CALL.findall(str(error)))
                if not targets:
                    raise
                return exported(map(jax.export.DisabledSafetyCheck.custom_call, targets))
        except Exception as error:
            raise StepError(error, next(iter(self.callbacks), None)) from error


def compile_abstract(model: "keras.Model", compile_model: Callable[[], None], batch: Any) -> None:
    """Compiles a model, and builds its optimizer and metrics, without memory for any of it.

    Args:
        model: a built Keras model, with values or without.
        compile_model: function without arguments that calls `model.compile`.
        batch: tuple `(x, y)` or `(x, y, sample_weight)` of arrays in any structure.

    Raises:
        StepError: if the model cannot be called on such a batch.

    Example:

    >>> import keras
    >>> import numpy as np
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> batch = (np.ones((4, 2)), np.ones((4, 1)))
    >>> compile_abstract(model, lambda: model.compile("adam", "mse"), batch)
    >>> model.compiled
    True
    """

    def build() -> None:
        compile_model()
        with placeholder_values():
            model._symbolic_build(data_batch=batch)

    with located():
        build_abstract(build)


def trace_step(model: "keras.Model", batch: Any) -> TracedStep:
    """Traces the training step of a model on the JAX backend.

    Args:
        model: a Keras model that `compile_abstract` compiled, or that `fit` has built.
        batch: tuple `(x, y)` or `(x, y, sample_weight)` of arrays in any structure, of which
            shapes and dtypes matter alone.

    Returns:
        A `TracedStep`: forward pass, loss, gradients, update of the optimizer, metrics.

    Raises:
        StepError: if it cannot be traced.
    """
    import jax
    import keras

    trained: Any = model
    optimizer = trained.optimizer
    if not optimizer.built:
        build_abstract(lambda: optimizer.build(trained.trainable_variables))
    state = tuple([shaped(variable) for variable in group] for group in state_of(model))
    arguments = (state, keras.tree.map_structure(shaped, batch))
    # As Keras does, the state that goes in is given up for the one that comes out.
    return traced_step(jax.jit(trained.train_step, donate_argnums=0), arguments)


def state_of(model: "keras.Model") -> tuple[list[Any], ...]:
    """Returns the variables that a training step takes and gives, in the order of Keras.

    Args:
        model: a compiled Keras model, whose optimizer is built.
    """
    return (
        model.trainable_variables,
        model.non_trainable_variables,
        model.optimizer.variables,
        model.metrics_variables,
    )


def traced_step(function: Any, arguments: tuple[Any, ...]) -> TracedStep:
    """Returns a step that is traced, with what in it calls back to the host.

    Args:
        function: what `jax.jit` gave.
        arguments: tuple of `jax.ShapeDtypeStruct` in structures.

    Raises:
        StepError: if it cannot be traced.
    """
    with located():
        traced = function.trace(*arguments)
    found = list(_callbacks(traced.jaxpr))
    paths = tuple(dict.fromkeys(filter(None, map(_scope, found))))
    return TracedStep(function, arguments, paths, bool(found))


def shaped(value: Any, sharding: Any = None) -> Any:
    """Returns a tensor as its shape and its dtype in JAX, which has 32 bits by default.

    Args:
        value: what has a shape and a dtype.
        sharding: where it is, a sharding of JAX, or None.
    """
    import jax

    dtype = jax.dtypes.canonicalize_dtype(value.dtype)
    return jax.ShapeDtypeStruct(tuple(value.shape), dtype, sharding=sharding)


def _callbacks(jaxpr: Any) -> Iterator[Any]:
    """The equations that call back to the host, at any depth."""
    import jax

    for equation in getattr(jaxpr, "jaxpr", jaxpr).eqns:
        if "callback" in equation.primitive.name or equation.primitive.name == "debug_print":
            yield equation
        for inner in jax.tree.leaves(
            list(equation.params.values()), is_leaf=lambda leaf: hasattr(leaf, "eqns")
        ):
            if hasattr(inner, "eqns") or hasattr(inner, "jaxpr"):
                yield from _callbacks(inner)


def _scope(equation: Any) -> str:
    """The scopes in which an equation was written, which Keras names after layers."""
    text = str(equation.source_info.name_stack)
    # JAX wraps them in what it does with them: transpose(jvp(body))/dense.
    return re.sub(r"\b(jvp|transpose|vmap|remat|checkpoint)\(|\)", "", text)


@contextmanager
def located() -> Iterator[None]:
    """Errors but `InputError` as a `StepError` with the layer they come from, in a `with` block.

    Yields:
        None.

    Raises:
        StepError: in place of what was raised.

    Example:

    >>> with located():
    ...     raise RuntimeError("cuDNN is not detected.")
    Traceback (most recent call last):
        ...
    kerastune.backends.lowering.StepError: cuDNN is not detected.
    """
    import keras

    # What Keras adds to a message hides which error of JAX it is.
    was_filtered = keras.config.is_traceback_filtering_enabled()
    keras.config.disable_traceback_filtering()
    try:
        yield
    except InputError:
        raise
    except Exception as error:
        cause = _unwrapped(error)
        raise StepError(cause, _innermost_layer(cause)) from error
    finally:
        if was_filtered:
            keras.config.enable_traceback_filtering()


def _unwrapped(error: Exception) -> Exception:
    """What was raised before Keras put an error of its own in its place."""
    is_wrapper = isinstance(error, RuntimeError) and "build the model" in str(error)
    inner = error.__context__
    return inner if is_wrapper and isinstance(inner, Exception) else error


def _innermost_layer(error: BaseException) -> str | None:
    """The path of the last layer that was called before an error."""
    import keras

    found, traceback = None, error.__traceback__
    while traceback is not None:
        owner = traceback.tb_frame.f_locals.get("self")
        if isinstance(owner, keras.Layer) and not isinstance(owner, keras.Model):
            found = owner.path or owner.name
        traceback = traceback.tb_next
    return found
