"""How many operations a second a backend does in products of matrices, by the type of numbers.

The product is that of 1024 rows by a matrix of 384 x 1536, as in a MiniLM, by `keras.ops.matmul`;
on JAX also that of bfloat16 with results in float32, which Keras does not ask for. The backend is
that of `KERAS_BACKEND`.

    KERAS_BACKEND=jax python tools/benchmarks/matrix_products.py
"""

import argparse
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import keras
import numpy as np
from pages import Measured, publish, spread

ROWS, INPUTS, OUTPUTS = 1024, 384, 1536
OPERATIONS = 2 * ROWS * INPUTS * OUTPUTS


def products() -> dict[str, tuple[str, Callable[[Any, Any], Any]]]:
    """The type of the numbers, and the product, by what is measured."""
    found = {kind: (kind, keras.ops.matmul) for kind in ("float32", "bfloat16")}
    if keras.config.backend() == "jax":
        import jax.numpy as jnp

        found["bfloat16, results in float32"] = (
            "bfloat16",
            lambda rows, matrix: jnp.matmul(rows, matrix, preferred_element_type="float32"),
        )
    return found


def compiled(product: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """The product as a compiled program that has ended when it returns."""
    if keras.config.backend() == "jax":
        import jax

        program = jax.jit(product)
        return lambda rows, matrix: program(rows, matrix).block_until_ready()
    if keras.config.backend() == "tensorflow":
        import tensorflow as tf

        return tf.function(product)
    return product


def billions(kind: str, product: Callable[[Any, Any], Any], rounds: int) -> list[float]:
    """Billions of operations a second, round by round."""
    drawn = np.random.default_rng(0)
    rows = keras.ops.convert_to_tensor(drawn.normal(size=(ROWS, INPUTS)), kind)
    matrix = keras.ops.convert_to_tensor(drawn.normal(size=(INPUTS, OUTPUTS)), kind)
    program = compiled(product)
    program(rows, matrix)
    found = []
    for _ in range(rounds):
        start = time.perf_counter()
        program(rows, matrix)
        found.append(OPERATIONS / (time.perf_counter() - start) / 1e9)
    return found


def main() -> None:
    """Measure, print, and write the rows of this backend to the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--write", action="store_true", help="to docs/benchmarks.md")
    options = parser.parse_args()
    measured = {
        name: billions(kind, product, options.rounds)
        for name, (kind, product) in products().items()
    }
    rows = [
        (keras.config.backend(), name, f"{median(found):.0f}", _against(found, measured))
        for name, found in measured.items()
    ]
    found = Measured(
        "Products of matrices",
        f"Billions of operations a second in the product of {ROWS} x {INPUTS} by {INPUTS} x "
        f"{OUTPUTS} numbers, and the ratio to that of float32, median and quartiles over the "
        "rounds.",
        ("backend", "numbers", "billions a second", "ratio to float32"),
        rows,
    )
    publish(found, keys=2, writes=options.write)


def _against(found: list[float], measured: dict[str, list[float]]) -> str:
    """The ratio to float32, whose median is the measure, as rounds are not by turns."""
    return spread([one / median(measured["float32"]) for one in found])


if __name__ == "__main__":
    main()
