"""Where variables and batches are on the devices of JAX: the distributions of Keras."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from math import prod
from typing import TYPE_CHECKING, Any

from kerastune.backends.layers import nested_layers
from kerastune.backends.optimizers import inner_optimizer, slots
from kerastune.distribution.settings import AXES, ModelParallel
from kerastune.distribution.shares import is_marker
from kerastune.errors import InputError

if TYPE_CHECKING:
    import keras

Named = Callable[["keras.Model", str], Sequence[Any]]
"""A function from a model and a pattern to the variables that it names."""


def jax_distribution(
    settings: str | ModelParallel, model: "keras.Model", named: Named, devices: Sequence[Any]
) -> Any:
    """Returns the distribution of Keras that spreads a model as it is asked for.

    Args:
        settings: as `distribution_settings` returns it.
        model: a compiled Keras model, whose optimizer is built.
        named: function from a model and a pattern to the variables that it names.
        devices: sequence of devices of JAX.

    Returns:
        A `keras.distribution.Distribution`.

    Raises:
        InputError: if the mesh or the layout do not fit.
    """
    if isinstance(settings, ModelParallel):
        return _model_parallel(settings, model, named, devices)
    return _data_parallel(devices)


def rows_of_devices(distribution: Any) -> int:
    """Returns over how many devices, or rows of devices, a batch is divided.

    Args:
        distribution: a `keras.distribution.Distribution`.
    """
    return int(distribution.num_model_replicas)


def own_rows(distribution: Any, process: int) -> tuple[list[int], int]:
    """Returns the rows of devices in which a process has some, and how many rows there are.

    Each row takes a part of the batch.

    Args:
        distribution: what `jax_distribution` has returned.
        process: int, the number of the process.
    """
    rows = rows_of_devices(distribution)
    devices = distribution.device_mesh.backend_mesh.devices.reshape(rows, -1)
    places = [
        row
        for row, of_row in enumerate(devices)
        if any(device.process_index == process for device in of_row)
    ]
    return places, rows


def _data_parallel(devices: Sequence[Any]) -> Any:
    """Keras' data parallelism, which gives the rows of a batch to all devices."""
    import keras

    class MarkedDataParallel(keras.distribution.DataParallel):
        """Leaves whole what tells how many rows a batch has."""

        def get_data_layout(self, data_shape: Any) -> Any:
            if is_marker(data_shape):
                return keras.distribution.TensorLayout([None, None], self.device_mesh)
            return super().get_data_layout(data_shape)

    return MarkedDataParallel(devices=list(devices), auto_shard_dataset=False)


def _model_parallel(
    settings: ModelParallel, model: "keras.Model", named: Named, devices: Sequence[Any]
) -> Any:
    """Keras' model parallelism, with the layout of each variable looked up beforehand."""
    import keras

    mesh = keras.distribution.DeviceMesh(settings.shape(len(devices)), AXES, list(devices))
    axes, left = _axes(settings, model, named, mesh)

    class LaidOut(keras.distribution.ModelParallel):
        """Leaves whole what tells how many rows a batch has, and knows variables themselves."""

        def get_data_layout(self, data_shape: Any) -> Any:
            if is_marker(data_shape):
                return keras.distribution.TensorLayout([None, None], self.device_mesh)
            return super().get_data_layout(data_shape)

        def get_variable_layout(self, variable: Any) -> Any:
            whole = (None,) * len(variable.shape)
            found = axes.get(id(variable), whole)
            return keras.distribution.TensorLayout(found, self.device_mesh)

    laid_out = LaidOut(
        layout_map=keras.distribution.LayoutMap(mesh),
        batch_dim_name=AXES[0],
        auto_shard_dataset=False,
    )
    laid_out.notes = _notes(model, axes, left)
    return laid_out


def notes_of(distribution: Any) -> tuple[str, ...]:
    """Returns what a reader has to know of how weights are divided, for people.

    Args:
        distribution: what `jax_distribution` has returned.
    """
    return getattr(distribution, "notes", ())


def _notes(
    model: "keras.Model", axes: dict[int, tuple[str | None, ...]], left: list[Any]
) -> tuple[str, ...]:
    weights = model.variables
    divided = [one for one in weights if any(axes.get(id(one), ()))]
    sizes = [sum(prod(one.shape) for one in some) for some in (divided, weights)]
    told = [
        f"{len(divided)} of {len(weights)} weights are divided, with {sizes[0]:,} of "
        f"{sizes[1]:,} numbers."
    ]
    if left:
        names = ", ".join(one.path for one in left[:3]) + (", ..." if len(left) > 3 else "")
        told.append(f"Whole along an axis that the devices do not divide: {names}.")
    return tuple(told)


def _axes(
    settings: ModelParallel, model: "keras.Model", named: Named, mesh: Any
) -> tuple[dict[int, tuple[str | None, ...]], list[Any]]:
    """What each axis of a variable is divided along, by its id, and what could not be divided."""
    sizes = dict(zip(mesh.axis_names, mesh.shape, strict=True))
    found: dict[int, tuple[str | None, ...]] = {}
    left = []
    if settings.layout is not None:
        for variable, axes in _given(settings.layout, model, named):
            _check(variable, axes, sizes)
            found[id(variable)] = axes
    else:
        for variable, axes in _shipped(model, mesh):
            fitting = tuple(
                axis if axis and not size % sizes[axis] else None
                for size, axis in zip(variable.shape, axes, strict=True)
            )
            found[id(variable)] = fitting
            left += [variable] if fitting != axes else []
    optimizer = inner_optimizer(model.optimizer)
    for made in slots(optimizer).values():
        for variable, slot in zip(optimizer._trainable_variables, made, strict=True):
            if slot is not None and slot.shape == variable.shape and id(variable) in found:
                found[id(slot)] = found[id(variable)]
    return found, left


def _given(
    layout: Mapping[str, Sequence[str | None]], model: "keras.Model", named: Named
) -> Iterator[tuple[Any, tuple[str | None, ...]]]:
    """Variables with the axes that patterns give them."""
    said: dict[int, str] = {}
    for pattern, axes in layout.items():
        for variable in named(model, pattern):
            former = said.setdefault(id(variable), pattern)
            if former != pattern:
                raise InputError(
                    "Expected one pattern of the layout for each weight. Received: "
                    f"{former!r} and {pattern!r}, which both name {variable.path!r}"
                )
            yield variable, tuple(axes)


def _shipped(model: "keras.Model", mesh: Any) -> Iterator[tuple[Any, tuple[str | None, ...]]]:
    """Variables with the axes that KerasHub has for the backbone."""
    inside = dict.fromkeys((model, getattr(model, "backbone", model), *nested_layers(model)))
    known = [layer for layer in inside if hasattr(type(layer), "get_layout_map")]
    if not known:
        raise InputError(
            "Expected a layout of the weights, which KerasHub has for Llama, Gemma, Qwen and "
            f"others. Received: none for {model.name!r}. Give one, such as distribution="
            "{layout: {hidden/kernel: [null, model]}}"
        )
    for layer in known:
        layouts = type(layer).get_layout_map(
            mesh, model_parallel_dim_name=AXES[1], data_parallel_dim_name=AXES[0]
        )
        for variable in layer.variables:
            layout = layouts[variable.path]
            if layout is not None and len(layout.axes) == len(variable.shape):
                yield variable, tuple(layout.axes)


def _check(variable: Any, axes: tuple[str | None, ...], sizes: dict[str, int]) -> None:
    """Raise unless a variable can be divided so."""
    shape = tuple(variable.shape)
    if len(axes) != len(shape):
        raise InputError(
            f"Expected an axis, or null, for each of the {len(shape)} axes of {variable.path!r}. "
            f"Received: {list(axes)}"
        )
    for size, axis in zip(shape, axes, strict=True):
        if axis is not None and size % sizes[axis]:
            raise InputError(
                f"Expected axes that the {sizes[axis]} devices along {axis!r} divide. Received: "
                f"{list(axes)} for {variable.path!r} of shape {list(shape)}"
            )
