"""The processes of the tests of distribution: each trains on its part of the devices.

python tests/distribution/working.py

Reads a line of JSON for each training, see `forked`, and answers with a line of exit statuses.
Losses, metrics, predictions and weights are in a file, which the first process alone writes.
"""

import fcntl
import importlib
import json
import os
import signal
import socket
import struct
import sys
import traceback
from contextlib import suppress
from pathlib import Path

import numpy as np

SAMPLES, BATCH, CLASSES = 71, 16, 3  # Batches of an epoch: four whole ones and seven samples.
OF_KERAS_HUB = ("bert", "llama")
DRAWN = np.random.default_rng(0)


def small_resnet():
    import keras

    from kerastune.models.small_resnet import small_resnet as made

    body = made((8, 8, 1), widths=(8, 16))
    pooled = keras.layers.GlobalAveragePooling2D()(body.output)
    logits = keras.layers.Dense(CLASSES, name="logits")(pooled)
    x = DRAWN.uniform(0, 255, (SAMPLES, 8, 8, 1)).astype("float32")
    return keras.Model(body.inputs, logits), x


def bert():
    import keras
    import keras_hub

    body = keras_hub.models.BertBackbone(
        vocabulary_size=50,
        num_layers=2,
        num_heads=4,
        hidden_dim=64,
        intermediate_dim=128,
        max_sequence_length=12,
        dropout=0.0,
    )
    logits = keras.layers.Dense(CLASSES, name="logits")(body.output["pooled_output"])
    lengths = DRAWN.integers(3, 13, SAMPLES)
    mask = np.arange(12)[None] < lengths[:, None]
    x = {
        "token_ids": DRAWN.integers(1, 50, (SAMPLES, 12)) * mask,
        "segment_ids": np.zeros((SAMPLES, 12), "int32"),
        "padding_mask": mask.astype("int32"),
    }
    x = {name: values.astype("int32") for name, values in x.items()}
    return keras.Model(body.inputs, logits), x


def dense():
    """Without normalization, with a layer that drops; its penalty is of the weights alone."""
    import keras

    layers = [
        keras.layers.Dense(8, "relu", kernel_regularizer=keras.regularizers.L2(0.01)),
        keras.layers.Dropout(0.0),
        keras.layers.Dense(CLASSES, name="logits"),
    ]
    x = DRAWN.normal(size=(SAMPLES, 5)).astype("float32")
    return keras.Sequential([keras.Input((5,)), *layers]), x


def normed():
    import keras

    layers = [
        keras.layers.Dense(8, use_bias=False),  # Before the mean it has no gradient.
        keras.layers.BatchNormalization(),
        keras.layers.Dense(CLASSES, name="logits"),
    ]
    x = DRAWN.normal(size=(SAMPLES, 5)).astype("float32")
    return keras.Sequential([keras.Input((5,)), *layers]), x


def plain():
    import keras

    layers = [keras.layers.Dense(8, "relu"), keras.layers.Dense(CLASSES, name="logits")]
    x = DRAWN.normal(size=(SAMPLES, 5)).astype("float32")
    return keras.Sequential([keras.Input((5,)), *layers]), x


def dropping():
    """With layers that draw: one by XLA's generator, one by the seed that it is given."""
    import keras

    layers = [
        keras.layers.Dense(8, "relu"),
        keras.layers.Dropout(0.4),
        keras.layers.GaussianNoise(0.1),
        keras.layers.Dropout(0.2, seed=3),
        keras.layers.Dense(CLASSES, name="logits"),
    ]
    x = DRAWN.normal(size=(SAMPLES, 5)).astype("float32")
    return keras.Sequential([keras.Input((5,)), *layers]), x


def llama():
    """Which KerasHub knows how to lay out; its 51 tokens do not divide."""
    import keras
    import keras_hub

    body = keras_hub.models.LlamaBackbone(
        vocabulary_size=51,
        num_layers=2,
        num_query_heads=4,
        num_key_value_heads=2,
        hidden_dim=32,
        intermediate_dim=64,
    )
    logits = keras.layers.Dense(CLASSES, name="logits")
    lengths = DRAWN.integers(3, 13, SAMPLES)
    mask = np.arange(12)[None] < lengths[:, None]
    x = {
        "token_ids": (DRAWN.integers(1, 51, (SAMPLES, 12)) * mask).astype("int32"),
        "padding_mask": mask.astype("int32"),
    }
    inputs = {name: keras.Input((12,), dtype="int32", name=name) for name in x}
    pooled = keras.layers.GlobalAveragePooling1D()(body(inputs))
    return keras.Model(inputs, logits(pooled)), x


def plan_of(network, steps, kind="gradual"):
    from kerastune import LoRA, Plan, Stage

    head = steps // 8
    if kind == "averaged":
        return Plan(kind, (Stage("all", None, 1e-3, "all", steps=steps, ema=0.9),))
    if kind == "lora":
        adapters = LoRA(rank=2, targets="kernels & ~logits")
        one = Stage("lora", None, 1e-3, "adapters | logits", steps=steps, adapters=adapters)
        return Plan(kind, (one,))
    stages = [Stage("head", None, 1e-3, "head", steps=head)]
    if network in ("small_resnet", "bert", "llama"):
        stages.append(Stage("top", None, 1e-3, "last(2)", steps=head))
    left = steps - head * len(stages)
    return Plan("gradual", (*stages, Stage("all", None, 1e-3, "all", steps=left)))


def main(result, network, settings):
    import keras

    import kerastune

    keras.config.disable_traceback_filtering()
    if kerastune.backends.select() == "tensorflow":
        import tensorflow as tf

        # Not by the fork, which TensorFlow does not survive: see `forked`.
        [processor] = tf.config.list_physical_devices("CPU")
        parts = [tf.config.LogicalDeviceConfiguration()] * settings["devices"]
        tf.config.set_logical_device_configuration(processor, parts)
    with kerastune.distributed(settings.get("distribution")) as told:
        print(*told, sep="\n", flush=True)
        kerastune.backends.seed_everything(0)
        kerastune.backends.set_precision(settings.get("precision", "float32"))
        model, x = globals()[network]()
        y = np.random.default_rng(1).integers(0, CLASSES, SAMPLES)
        weights = np.random.default_rng(2).uniform(0.5, 1.5, SAMPLES).astype("float32")
        callbacks, sent, trained, penalties, tested = [], [], [], [], []

        def noted(batch, logs=None):
            trained.append(sum(int(np.prod(one.shape)) for one in model.trainable_variables))
            # Those of the validation before this step are sent between it and the last one.
            penalties.append(len(model.losses) + sum(tested))
            tested.clear()

        def noted_test(batch, logs=None):
            tested.append(len(model.losses))

        if settings.get("counts"):
            count_sent(sent)
            callbacks.append(keras.callbacks.LambdaCallback(on_train_batch_end=sent_in(sent)))
            callbacks.append(keras.callbacks.LambdaCallback(on_train_batch_begin=noted))
            callbacks.append(keras.callbacks.LambdaCallback(on_test_batch_begin=noted_test))
        if settings.get("places"):
            telling = keras.callbacks.LambdaCallback(on_train_begin=lambda logs: note_places(model))
            callbacks.append(telling)
        if settings.get("kill") == kerastune.distribution.place().rank:
            callbacks.append(killing(keras, settings["at"], settings.get("signal", signal.SIGKILL)))
        history = kerastune.fine_tune(
            model,
            (x, y, weights),
            validation_data=(x, y),
            loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            metrics=["sparse_categorical_accuracy"],
            plan=plan_of(network, settings["steps"], settings.get("plan", "gradual")),
            batch_size=BATCH,
            callbacks=callbacks,
            verbose=0,
            **settings.get("options", {}),
        )
        outputs = model.predict(x, batch_size=9, verbose=0)
        if not kerastune.distribution.is_first():
            return
        arrays = {
            f"{number:03d} {one.path}": keras.ops.convert_to_numpy(one)
            for number, one in enumerate(model.variables)
        }
        told = sorted(name for name, one in history.epochs[0].items() if isinstance(one, float))
        accuracies = [name for name in told if name.endswith("accuracy")]
        epochs = [name for name in told if name not in accuracies]
        np.savez(
            result,
            losses=np.array(history.step_loss),
            epochs=np.array([[epoch[name] for name in epochs] for epoch in history.epochs]),
            accuracies=np.array([[epoch[name] for name in accuracies] for epoch in history.epochs]),
            outputs=np.asarray(outputs, "float32"),  # NumPy writes no bfloat16.
            sent=np.array([one for one in sent if isinstance(one, list)]),
            trained=np.array(trained),
            penalties=np.array(penalties),
            **arrays,
        )


def count_sent(sent):
    """Notes the bytes of each sum of float32 over all processes of PyTorch."""
    from torch import distributed

    own = distributed.all_reduce

    def all_reduce(tensor, *arguments, **options):
        if tensor.itemsize == 4 and tensor.is_floating_point():
            sent.append(tensor.numel() * tensor.element_size())
        return own(tensor, *arguments, **options)

    distributed.all_reduce = all_reduce


def note_places(model):
    """Prints what the first device of JAX has of each kernel, and of the slots beside it."""
    from kerastune.backends.optimizers import inner_optimizer, slots

    optimizer = inner_optimizer(model.optimizer)
    for made in slots(optimizer).values():
        for variable, slot in zip(optimizer._trainable_variables, made, strict=True):
            parts = [one.value.addressable_shards[0].data.shape for one in (variable, slot)]
            print("place", variable.path, *parts, flush=True)


def sent_in(sent):
    """A callback that adds up what a step has sent."""

    def note(batch, logs=None):
        numbers = [one for one in sent if not isinstance(one, list)]
        sent[:] = [*(one for one in sent if isinstance(one, list)), [sum(numbers)]]

    return note


def killing(keras, step, number):
    class Killing(keras.callbacks.Callback):
        def __init__(self):
            super().__init__()
            self.left = step

        def on_train_batch_end(self, batch, logs=None):
            self.left -= 1
            if not self.left:
                os.kill(os.getpid(), number)

    return Killing()


def loopback_up():
    """In a network of its own, a process has to switch on the only interface."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as opened, suppress(OSError):
        request = struct.pack("16sh", b"lo", 0x1 | 0x40)  # IFF_UP | IFF_RUNNING
        fcntl.ioctl(opened, 0x8914, request)  # SIOCSIFFLAGS


def free_port():
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        return opened.getsockname()[1]


def run(task, rank, port):
    """One process of a task; it does not return."""
    count = task["processes"]
    if count > 1:
        os.environ |= {
            "RANK": str(rank),
            "LOCAL_RANK": str(rank),
            "WORLD_SIZE": str(count),
            "LOCAL_WORLD_SIZE": str(count),
            "MASTER_ADDR": "127.0.0.1",
            "MASTER_PORT": str(port),
        }
    devices = task.get("devices", 1)
    os.environ["XLA_FLAGS"] += f" --xla_force_host_platform_device_count={devices}"
    status = 1
    try:
        main(Path(task["result"]), task["network"], task["settings"])
        if count > 1 and os.environ["KERAS_BACKEND"] == "jax":
            import jax

            jax.distributed.shutdown()  # As at the end of Python: the first one waits for all.
        status = 0
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)  # Without what the process has from the one that it was forked from.


def forked(task):
    """The exit status of each process of a task, negative for a signal."""
    port = free_port()
    children = []
    for rank in range(task["processes"]):
        child = os.fork()
        if not child:
            run(task, rank, port)
        children.append(child)
    statuses = dict(os.waitpid(child, 0) for child in children)
    return [os.waitstatus_to_exitcode(statuses[child]) for child in children]


if __name__ == "__main__":
    loopback_up()
    # What takes long to import is imported once; no device is looked for before the fork.
    for name in ("grain", "keras", "kerastune.training", "kerastune.distribution"):
        importlib.import_module(name)
    for line in sys.stdin:
        asked = json.loads(line)
        # With TensorFlow, which does not survive the fork where it is used.
        if asked["network"] in OF_KERAS_HUB and os.environ["KERAS_BACKEND"] != "tensorflow":
            importlib.import_module("keras_hub")
        print("statuses", json.dumps(forked(asked)), flush=True)
