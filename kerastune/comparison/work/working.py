"""What one process of a comparison does: one backend, from the first weights to the metrics."""

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import keras
import numpy as np

from kerastune import files
from kerastune.backends import devices, nested_layers, precision, versions
from kerastune.backends.jacobians import to_numpy
from kerastune.comparison.judging.tolerances import EPSILONS
from kerastune.comparison.specification import LAYER_SAMPLES, Specification
from kerastune.comparison.tensors import (
    Arrays,
    pack,
    read_arrays,
    read_packed,
    unpack,
    write_arrays,
    write_packed,
)
from kerastune.comparison.work.layers import replay_all
from kerastune.comparison.work.precision import in_precision
from kerastune.comparison.work.random_layers import switch_off_random
from kerastune.comparison.work.recording import parts_of, record_calls
from kerastune.comparison.work.replaying import kept_values, one_ulp
from kerastune.comparison.work.steps import first_step, optimizer_step, trained
from kerastune.comparison.work.subjects import Batch, Subject
from kerastune.comparison.work.uses import compiled_uses, uses_of_part
from kerastune.errors import InputError


def work(subject: Subject, specification: Specification) -> None:
    """Run everything that is compared, and write it to the folder of the process.

    The reference writes its weights, its batches and the inputs of its layers to the common
    folder; others read them there.

    Args:
        subject: the `Subject`.
        specification: the `Specification`.

    Raises:
        InputError: if the model is built otherwise than on the reference.
    """
    started = time.perf_counter()
    common, own = Path(specification.folder), Path(specification.output)
    own.mkdir(parents=True, exist_ok=True)
    model = subject.model
    if not model.weights:
        raise InputError(f"Expected a model with weights. Received: {model.name!r}, without")
    subject.compile()
    switched_off = switch_off_random(model)
    _write_start(own, model, subject.batches)
    if specification.is_reference:
        _write_start(common, model, subject.batches)
    batches = read_start(common, model)
    few = few_samples(batches[0][0])
    if specification.is_reference:
        _record(common, model, few)
    change = one_ulp(_kind(model)) if specification.is_reference else None
    layers = replay_all(model, common, own, change)
    places = {id(weight): place for place, weight in enumerate(model.weights)}
    results: dict[str, Any] = {
        "backend": specification.backend,
        "precision": _kind(model),
        "policy": getattr(model.dtype_policy, "name", precision()),
        "versions": versions(),
        "devices": devices(),
        "switched_off": switched_off,
        "notes": subject.notes,
        "variables": [_within(model, weight.path) for weight in model.weights],
        "trainable": [_within(model, one.path) for one in model.trainable_variables],
        "trainable_places": [places[id(weight)] for weight in model.trainable_variables],
        "parts": [_described(model, part, places) for part in parts_of(model)],
        "part_uses": [[asdict(use) for use in uses_of_part(part)] for part in parts_of(model)],
        "layers": layers,
        "seconds": {"layers": time.perf_counter() - started},
    }
    results |= _whole(model, batches, common, own, change)
    with kept_values(model.weights):
        results["losses"], metrics = trained(model, batches, own / "steps.npz")
        final = subject.evaluate() if subject.evaluate else {}
        results["metrics"] = {**metrics, **final}
        results["compiled_uses"] = [asdict(use) for use in compiled_uses(model)]
    if change is not None:
        subject.compile()
        switch_off_random(model)
        with _moved(model, batches, change) as moved:
            results["moved_losses"], _ = trained(model, moved, own / "moved_steps.npz")
    results["seconds"]["all"] = time.perf_counter() - started
    files.write_json(own / "result.json", results)


def judge(subject: Subject, specification: Specification) -> None:
    """Run the layers alone, in float64, on the inputs that the reference has stored.

    Args:
        subject: the `Subject`.
        specification: the `Specification`.

    Raises:
        InputError: if the model cannot be made in float64.
    """
    common, own = Path(specification.folder), Path(specification.output)
    own.mkdir(parents=True, exist_ok=True)
    read_start(common, subject.model)
    model = in_precision(subject.model, "float64")
    switch_off_random(model)
    layers = replay_all(model, common, own, None)
    files.write_json(own / "result.json", {"backend": specification.backend, "layers": layers})


def few_samples(x: Any) -> Any:
    """The first samples of a batch's inputs, on which layers are compared.

    Args:
        x: arrays in any structure.

    Example:

    >>> few_samples({"a": np.ones((32, 2))})["a"].shape
    (8, 2)
    """
    return keras.tree.map_structure(lambda array: array[:LAYER_SAMPLES], x)


def _write_start(folder: Path, model: keras.Model, batches: list[Batch]) -> None:
    """Write the weights by place, and the batches."""
    weights = {str(place): to_numpy(weight) for place, weight in enumerate(model.weights)}
    write_arrays(folder / "weights.npz", weights)
    arrays = Arrays()
    write_packed(
        folder, "batches", [pack(batch, arrays, _array) for batch in map(list, batches)], arrays
    )


def read_start(folder: Path, model: keras.Model) -> list[Batch]:
    """Set the weights of a model to those of the reference, and read its batches.

    Args:
        folder: Path, what the processes share.
        model: the model, built. Every weight of it is set.

    Returns:
        List of `(x, y, sample_weight)`.

    Raises:
        InputError: if the number or the shapes of the weights differ.
    """
    stored = read_arrays(folder / "weights.npz")
    if len(stored) != len(model.weights):
        raise InputError(
            f"Expected the {len(stored)} weights of the reference. Received: "
            f"{len(model.weights)}: the model is built otherwise here"
        )
    for place, weight in enumerate(model.weights):
        value = stored[str(place)]
        if tuple(weight.shape) != value.shape:
            raise InputError(
                f"Expected {weight.path!r} in the shape {value.shape} of the reference. Received: "
                f"{tuple(weight.shape)}: the model is built otherwise here"
            )
        weight.assign(value)
        if not np.array_equal(to_numpy(weight), value, equal_nan=True):
            raise RuntimeError(f"{weight.path!r} did not take the value of the reference")
    packed, arrays = read_packed(folder, "batches")
    return [tuple(unpack(batch, arrays)) for batch in packed]


def _record(folder: Path, model: keras.Model, few: Any) -> None:
    """Write what each layer of the reference is given."""
    with kept_values(model.variables):
        calls = record_calls(model, few)
    write_packed(folder, "calls", {"calls": calls.calls, "left_out": calls.left_out}, calls.arrays)


def _whole(
    model: keras.Model,
    batches: list[Batch],
    common: Path,
    own: Path,
    change: Callable[[np.ndarray], np.ndarray] | None,
) -> dict[str, Any]:
    """The whole forward pass, the loss, the gradients and one step of the optimizer."""
    with kept_values(model.variables):
        step = first_step(model, batches[0])
    write_arrays(own / "first_step.npz", step.arrays())
    results: dict[str, Any] = {"loss": step.loss}
    if change is not None:
        write_arrays(common / "reference_step.npz", step.arrays())
        with _moved(model, batches[:1], change) as moved:
            write_arrays(own / "moved_first_step.npz", first_step(model, moved[0]).arrays())
    reference = read_arrays(common / "reference_step.npz")
    with kept_values(model.variables):
        results["loss_on_reference"] = step.loss_at(model, batches[0], reference)
        write_arrays(own / "optimizer.npz", optimizer_step(model, reference))
    return results


@contextmanager
def _moved(
    model: keras.Model, batches: list[Batch], change: Callable[[np.ndarray], np.ndarray]
) -> Iterator[list[Batch]]:
    """Batches whose inputs are moved by rounding; where they are whole numbers, weights are."""

    def moved(leaf: np.ndarray) -> np.ndarray:
        return change(leaf) if leaf.dtype.kind == "f" else leaf

    has_floats = any(leaf.dtype.kind == "f" for leaf in keras.tree.flatten(batches[0][0]))
    with kept_values(model.variables):
        if not has_floats:
            for weight in model.weights:
                weight.assign(moved(to_numpy(weight)))
        yield [(keras.tree.map_structure(moved, x), y, weights) for x, y, weights in batches]


def _kind(model: keras.Model) -> str:
    """The type in which most of a model computes."""
    kinds = [layer.compute_dtype for layer in nested_layers(model) if layer.weights]
    floats = [kind for kind in kinds if kind in EPSILONS]
    return max(EPSILONS, key=floats.count) if floats else "float32"


def _array(value: Any) -> np.ndarray:
    """What a batch holds, as an array."""
    return to_numpy(value)


def _own_file(module: str) -> str | None:
    """The file of a module of a person's own, from which its classes can be imported."""
    if module.partition(".")[0] in ("keras", "keras_hub", "kerastune"):
        return None
    return getattr(sys.modules.get(module), "__file__", None)


def _within(model: keras.Model, path: str) -> str:
    """A path without the name of the model, which says nothing and may be counted up."""
    return path.removeprefix(f"{model.name}/")


def _described(model: keras.Model, part: Any, places: dict[int, int]) -> dict[str, Any]:
    """A layer or operation in plain data: name, class, configuration, places of its weights."""
    try:
        # As a saved model has it; what JSON cannot hold is no setting.
        config = json.loads(json.dumps(keras.saving.serialize_keras_object(part), default=repr))
    except Exception:  # A class of a person's own need not have a configuration.
        config = None
    weights = [places.get(id(weight)) for weight in getattr(part, "weights", [])]
    return {
        "name": part.name,
        "path": _within(model, getattr(part, "path", None) or part.name),
        "class": type(part).__name__,
        "module": type(part).__module__,
        "file": _own_file(type(part).__module__),
        "config": config,
        "weights": [place for place in weights if place is not None],
    }
