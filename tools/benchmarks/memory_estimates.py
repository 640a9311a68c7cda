"""Estimated against compiled memory of training: `python tools/benchmarks/memory_estimates.py`.

Compiles whole training steps of Keras on JAX, with the old weights and slots given away for the
new ones, and asks XLA what they take: arguments + results + temporary buffers - what is shared.
Nothing is computed, and no weight takes memory. Prints a table: a row a training, the ratio of
the estimate to the compiler's number.

The compiler is that of the CPU. It is told to order operations so that they take little memory,
as it does on accelerators, where one runs at a time; on a CPU it would run what it can at once.
It has few operations in bfloat16 there, and computes most of them in float32.

    python tools/benchmarks/memory_estimates.py --models bert --optimizers adamw momentum
"""

import argparse
import os
from collections.abc import Callable, Iterable
from typing import Any

if __name__ == "__main__":  # Before JAX starts, or it has no effect.
    os.environ["KERAS_BACKEND"] = "jax"
    os.environ["XLA_FLAGS"] = "--xla_cpu_enable_concurrency_optimized_scheduler=false"

import jax
import keras
import keras_hub

import kerastune as kt
from kerastune.backends import PRECISIONS, build_abstract, placeholder_values
from kerastune.counting import Column, Table
from kerastune.counting.memory.training import training_memory
from kerastune.tuning.plans.optimizer_names import named_optimizer, optimizer_names

CLASSES = kt.heads.Classification(("a", "b", "c"))


def mlp() -> keras.Model:
    """Three hidden layers of 512 units."""
    x = inputs = keras.Input((784,))
    for _ in range(3):
        x = keras.layers.Dense(512, activation="relu")(x)
    return kt.heads.attach(keras.Model(inputs, x), CLASSES)


def lenet() -> keras.Model:
    """This project's LeNet with a head."""
    return kt.heads.attach(kt.models.lenet(), CLASSES)


def resnet() -> keras.Model:
    """ResNet50 for images of 64 x 64 pixels."""
    body = keras.applications.ResNet50(False, None, input_shape=(64, 64, 3), pooling="avg")
    return kt.heads.attach(body, CLASSES)


def bert(dropout: float = 0.0) -> keras.Model:
    """A BERT of MiniLM's size with a head."""
    backbone = keras_hub.models.BertBackbone(30522, 6, 12, 384, 1536, dropout=dropout)
    return kt.heads.attach(backbone, CLASSES, pooling="mean")


def gpt2() -> keras.Model:
    """A GPT-2 of 4 blocks with a head over its vocabulary of 5,000 tokens."""
    backbone = keras_hub.models.GPT2Backbone(5000, 4, 4, 256, 1024, dropout=0.0)
    logits = backbone.token_embedding(backbone.output, reverse=True)
    return keras.Model(backbone.input, logits, name="gpt2")


# A model, the size of its batch, and the length of its sequences.
MODELS: dict[str, tuple[Callable[[], keras.Model], int, tuple[int, ...] | None]] = {
    "mlp": (mlp, 256, None),
    "lenet": (lenet, 64, None),
    "resnet": (resnet, 8, None),
    "bert": (bert, 8, (128,)),
    "bert with dropout": (lambda: bert(0.1), 8, (128,)),
    "gpt2": (gpt2, 8, (128,)),
}


def compiled_bytes(
    model: keras.Model, optimizer: keras.optimizers.Optimizer, inputs: Any
) -> tuple[int, int]:
    """What one training step takes, compiled: all of it, and the temporary part.

    Args:
        model: a Keras model, with values or without.
        optimizer: a Keras optimizer that is not built. It is built.
        inputs: the structure of `jax.ShapeDtypeStruct` that the model takes.

    Returns:
        Two ints, in bytes.
    """

    def loss(trainable: list, frozen: list, batch: Any) -> tuple:
        predictions, frozen = model.stateless_call(trainable, frozen, batch, training=True)
        value = keras.ops.mean(keras.ops.square(keras.ops.cast(predictions, "float32")))
        return optimizer.scale_loss(value), frozen

    def step(trainable: list, frozen: list, state: list, batch: Any) -> tuple:
        gradient = jax.value_and_grad(loss, has_aux=True)
        (value, frozen), gradients = gradient(trainable, frozen, batch)
        trainable, state = optimizer.stateless_apply(state, gradients, trainable)
        return value, trainable, frozen, state

    with placeholder_values():
        optimizer.build(model.trainable_variables)
        state = [
            [jax.ShapeDtypeStruct(variable.shape, variable.dtype) for variable in variables]
            for variables in (
                model.trainable_variables,
                model.non_trainable_variables,
                optimizer.variables,
            )
        ]
        jitted = jax.jit(step, donate_argnums=(0, 1, 2), keep_unused=True)
        taken = jitted.lower(*state, inputs).compile().memory_analysis()
    shared = taken.alias_size_in_bytes
    arguments, results = taken.argument_size_in_bytes, taken.output_size_in_bytes
    return arguments + results + taken.temp_size_in_bytes - shared, taken.temp_size_in_bytes


def compare(name: str, trains: str, optimizer: str, precision: str) -> tuple:
    """One training, estimated and compiled, as a row of the table."""
    build, batch_size, sizes = MODELS[name]
    keras.config.set_dtype_policy(precision)
    model = build_abstract(build)
    if trains == "head":
        kt.freeze(model, "backbone")
    estimate = training_memory(
        model, optimizer=optimizer, batch_size=batch_size, input_shapes=sizes
    )
    inputs = keras.tree.map_structure(
        lambda x: jax.ShapeDtypeStruct((batch_size, *(sizes or x.shape[1:])), x.dtype), model.input
    )
    taken, temporary = compiled_bytes(model, named_optimizer(optimizer), inputs)
    held = estimate.weights + estimate.slots
    return (
        f"{name}, batch {batch_size}",
        trains,
        optimizer,
        precision,
        held,
        estimate.compute_copies,
        estimate.gradients,
        estimate.activations,
        estimate.working,
        estimate.total,
        taken,
        temporary,
        estimate.total / taken,
    )


def rows(options: argparse.Namespace) -> Iterable[tuple]:
    """All trainings that were asked for."""
    for name in options.models:
        for precision in options.precisions:
            for trains in options.trains:
                if trains == "all" or name != "gpt2":  # Its head is its embedding.
                    for optimizer in options.optimizers:
                        yield compare(name, trains, optimizer, precision)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", nargs="+", default=list(MODELS), choices=list(MODELS))
    parser.add_argument("--trains", nargs="+", default=["all", "head"], choices=["all", "head"])
    parser.add_argument(
        "--optimizers",
        nargs="+",
        default=["adamw", "momentum", "adafactor"],
        choices=optimizer_names(),
    )
    parser.add_argument(
        "--precisions",
        nargs="+",
        default=["float32", "mixed_bfloat16"],
        choices=PRECISIONS,
    )
    columns = (
        *(Column(name, "text") for name in ("model", "trains", "optimizer", "precision")),
        Column("weights and slots", "bytes"),
        Column("copies", "bytes"),
        Column("gradients", "bytes"),
        Column("activations", "bytes"),
        Column("working", "bytes"),
        Column("estimated", "bytes"),
        Column("compiled", "bytes"),
        Column("temporary", "bytes"),
        Column("ratio", "number"),
    )
    found = tuple(rows(parser.parse_args()))
    print(Table("Memory of training", columns, found).to_markdown())


if __name__ == "__main__":
    main()
