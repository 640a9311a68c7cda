"""Training on the devices of one machine with TensorFlow, by `tf.distribute.MirroredStrategy`.

Keras' own step takes the mean over replicas of losses, which have as many samples each only where
a batch divides, and clips the gradients of a replica before it sums them. The step here weighs
each replica by its samples, and sums first.
"""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from kerastune.backends.guarded_steps import has_keras_step
from kerastune.backends.layers import nested_layers
from kerastune.backends.metrics import build_metrics
from kerastune.backends.optimizers import inner_optimizer
from kerastune.backends.optimizers.dense_gradients import dense_gradients
from kerastune.distribution.shares import first_batch
from kerastune.errors import InputError

if TYPE_CHECKING:
    import keras


def told() -> list[str]:
    """Returns a line about the devices of this machine, for people."""
    devices = _devices()
    if len(devices) == 1:
        return ["One process and one device: nothing is spread."]
    return [f"Batches are divided over {len(devices)} devices, by tf.distribute.MirroredStrategy."]


@contextmanager
def scope() -> Iterator[None]:
    """While this lasts, variables are made on each device of this machine, if there are several."""
    import tensorflow as tf

    devices, is_inside = _devices(), tf.distribute.has_strategy()
    with nullcontext() if len(devices) == 1 or is_inside else _strategy(devices).scope():
        yield


@contextmanager
def mirrored_fit(model: "keras.Model", arguments: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """While this lasts, `fit` trains on the devices that a model was made for.

    Args:
        model: a compiled Keras model.
        arguments: as for `shared_fit`.

    Yields:
        The same arguments: TensorFlow divides batches itself.

    Raises:
        InputError: if the model was made for one device, or has a step of its own.
    """
    import tensorflow as tf

    if not tf.distribute.has_strategy():
        yield arguments
        return
    _check(model)
    optimizer = inner_optimizer(model.optimizer)
    layers = [layer for layer in nested_layers(model) if _has_statistics(layer)]
    former = [layer.synchronized for layer in layers]
    for layer in layers:
        layer.synchronized = True
    # Gradients are summed in the step, before they are clipped.
    object.__setattr__(optimizer, "_all_reduce_sum_gradients", lambda pairs: pairs)
    build_metrics(model, first_batch(arguments))
    # Keras would take a batch for it, one replica's part of it at a time.
    object.__setattr__(model, "_maybe_symbolic_build", lambda **_: None)
    object.__setattr__(model, "train_step", lambda data: _train_step(model, data))
    object.__setattr__(model, "test_step", lambda data: _test_step(model, data))
    try:
        yield arguments
    finally:
        vars(optimizer).pop("_all_reduce_sum_gradients", None)
        for name in ("train_step", "test_step", "_maybe_symbolic_build"):
            vars(model).pop(name, None)
        for layer, was in zip(layers, former, strict=True):
            layer.synchronized = was
        model.train_function = model.test_function = None


def _devices() -> tuple[str, ...]:
    import tensorflow as tf

    gpus = tf.config.list_logical_devices("GPU")
    return tuple(device.name for device in gpus or tf.config.list_logical_devices("CPU"))


def _strategy(devices: tuple[str, ...]) -> Any:
    """The strategy of these devices: another one would refuse its variables."""
    import tensorflow as tf

    if devices not in _STRATEGIES:
        _STRATEGIES[devices] = tf.distribute.MirroredStrategy(list(devices))
    return _STRATEGIES[devices]


_STRATEGIES: dict[tuple[str, ...], Any] = {}


def _check(model: "keras.Model") -> None:
    """Raise for a model that cannot be trained so."""
    import keras
    import tensorflow as tf

    strategy = tf.distribute.get_strategy()
    if model.distribute_strategy is not strategy:
        raise InputError(
            "Expected a model that is made inside `kerastune.distributed('data_parallel')`, as "
            f"TensorFlow makes variables for {strategy.num_replicas_in_sync} devices. Received: "
            f"{model.name!r}, made for one"
        )
    loss = type(model).compute_loss
    if not has_keras_step(model) or loss is not keras.Model.compute_loss:
        raise InputError(
            "Expected a model that Keras' own step trains, for several devices of TensorFlow. "
            f"Received: {model.name!r}, with a step or a loss of its own. Use JAX, or one device"
        )


def _has_statistics(layer: Any) -> bool:
    import keras

    return isinstance(layer, keras.layers.BatchNormalization)


def _train_step(model: "keras.Model", data: Any) -> Any:
    """Keras' own step, for a replica."""
    import tensorflow as tf

    x, y, weights = _unpacked(data)
    with tf.GradientTape() as tape:
        outputs = model(x, training=True) if model._call_has_training_arg else model(x)
        loss = model._compute_loss(x=x, y=y, y_pred=outputs, sample_weight=weights, training=True)
        _track(model, loss, x)
        own = model.optimizer.scale_loss(loss * tf.cast(_share(x), loss.dtype))
    trained = model.trainable_weights
    if trained:
        gradients = dense_gradients(tape.gradient(own, trained))
        known = [place for place, one in enumerate(gradients) if one is not None]
        sums = _summed([gradients[place] for place in known])
        whole = dict(zip(known, sums, strict=True))
        pairs = [(whole.get(place), variable) for place, variable in enumerate(trained)]
        model.optimizer.apply_gradients(pairs)
    logs = model.compute_metrics(x, y, outputs, sample_weight=weights)
    # In a step, a metric tells what its replica has seen.
    mean = model._loss_tracker
    total, count = _summed([mean.total.value, mean.count.value])
    return {**logs, "loss": total / count}


def _test_step(model: "keras.Model", data: Any) -> Any:
    """Keras' own step, for a replica."""
    x, y, weights = _unpacked(data)
    outputs = model(x, training=False) if model._call_has_training_arg else model(x)
    loss = model._compute_loss(x=x, y=y, y_pred=outputs, sample_weight=weights, training=False)
    _track(model, loss, x)
    return model.compute_metrics(x, y, outputs, sample_weight=weights)


def _track(model: "keras.Model", loss: Any, x: Any) -> None:
    """Adds the loss of a replica to the mean of all."""
    import tensorflow as tf

    replicas = tf.distribute.get_strategy().num_replicas_in_sync
    model._loss_tracker.update_state(loss * replicas, sample_weight=_rows(x))


def _share(x: Any) -> Any:
    """How many times more samples a replica has than the mean of all."""
    import tensorflow as tf

    rows = tf.cast(_rows(x), "float32")
    [total] = _summed([rows])
    return rows * tf.distribute.get_strategy().num_replicas_in_sync / total


def _summed(tensors: list[Any]) -> list[Any]:
    """The sums of tensors over all replicas."""
    import tensorflow as tf

    context = tf.distribute.get_replica_context()
    sums = context.all_reduce(tf.distribute.ReduceOp.SUM, [tf.identity(one) for one in tensors])
    return list(sums)


def _rows(x: Any) -> Any:
    import keras
    import tensorflow as tf

    return tf.shape(next(one for one in keras.tree.flatten(x) if one is not None))[0]


def _unpacked(data: Any) -> tuple[Any, Any, Any]:
    x, *targets = data if isinstance(data, tuple) else (data,)
    y, weights = [*targets, None, None][:2]
    return x, y, weights
