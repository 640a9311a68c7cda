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
from kerastune.backends.forward_pass import kept_values
from kerastune.backends.jacobians import to_numpy
from kerastune.comparison.judging.tolerances import EPSILONS
from kerastune.comparison.specification import MOVES, Specification
from kerastune.comparison.tensors import (
    read_arrays,
    write_arrays,
    write_packed,
)
from kerastune.comparison.work.aligning import key_of
from kerastune.comparison.work.layers import replay_all, same_parts
from kerastune.comparison.work.ordering import OrderedModel
from kerastune.comparison.work.precision import in_precision
from kerastune.comparison.work.random_layers import switch_off_random
from kerastune.comparison.work.recording import record_calls
from kerastune.comparison.work.replaying import one_ulp
from kerastune.comparison.work.starting import (
    few_samples,
    fill_zero_kernels,
    read_start,
    within,
    write_start,
)
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
    ordered = OrderedModel.of(model, few_samples(subject.batches[0][0]))
    write_start(own, ordered, subject.batches)
    if specification.is_reference:
        subject.notes += fill_zero_kernels(ordered, specification.seed)
        write_start(common, ordered, subject.batches)
    batches = read_start(common, ordered)
    if specification.is_reference:
        _record(common, model, few_samples(batches[0][0]))
    change = one_ulp(_kind(model)) if specification.is_reference else None
    layers = replay_all(ordered, common, own, change)
    results: dict[str, Any] = {
        "backend": specification.backend,
        "precision": _kind(model),
        "policy": getattr(model.dtype_policy, "name", precision()),
        "versions": versions(),
        "devices": devices(),
        "switched_off": switched_off,
        "notes": subject.notes,
        "variables": [within(model, weight.path) for weight in ordered.weights],
        "trainable": [within(model, one.path) for one in ordered.trainable],
        "trainable_places": [ordered.places[id(weight)] for weight in ordered.trainable],
        "parts": [
            None if part is None else _described(ordered, part)
            for part in same_parts(ordered, common)
        ],
        "layers": layers,
        "seconds": {"layers": time.perf_counter() - started},
    }
    results |= _whole(ordered, batches, common, own, change)
    with kept_values(model.weights):
        results["losses"], metrics = trained(model, batches, own / "steps.npz", ordered.weights)
        final = subject.evaluate() if subject.evaluate else {}
        results["metrics"] = {**metrics, **final}
        results["compiled_uses"] = [asdict(use) for use in compiled_uses(model)]
    if change is not None:
        results["moved_losses"] = _moved_losses(subject, ordered, batches, own)
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
    few = few_samples(subject.batches[0][0])
    read_start(common, OrderedModel.of(subject.model, few))
    model = in_precision(subject.model, "float64")
    switch_off_random(model)
    layers = replay_all(OrderedModel.of(model, few), common, own, None)
    files.write_json(own / "result.json", {"backend": specification.backend, "layers": layers})


def _record(folder: Path, model: keras.Model, few: Any) -> None:
    """Write what each layer of the reference is given."""
    calls = record_calls(model, few)
    told = {
        "calls": calls.calls,
        "keys": [key_of(part) for part in calls.parts],
        "left_out": calls.left_out,
    }
    write_packed(folder, "calls", told, calls.arrays)


def _whole(
    ordered: OrderedModel,
    batches: list[Batch],
    common: Path,
    own: Path,
    change: Callable[[np.ndarray], np.ndarray] | None,
) -> dict[str, Any]:
    """The whole forward pass, the loss, the gradients and one step of the optimizer."""
    model, variables = ordered.model, ordered.trainable
    with kept_values(model.variables):
        step = first_step(model, batches[0], variables)
    write_arrays(own / "first_step.npz", step.arrays())
    results: dict[str, Any] = {"loss": step.loss}
    if change is not None:
        write_arrays(common / "reference_step.npz", step.arrays())
        write_arrays(own / "moved_first_step.npz", _moved_steps(ordered, batches[0]))
    reference = read_arrays(common / "reference_step.npz")
    with kept_values(model.variables):
        results["loss_on_reference"] = step.loss_at(model, batches[0], reference)
        write_arrays(own / "optimizer.npz", optimizer_step(model, reference, variables))
    return results


def _moved_steps(ordered: OrderedModel, batch: Batch) -> dict[str, np.ndarray]:
    """The first step with everything moved by rounding, some times, by number and name."""
    found: dict[str, np.ndarray] = {}
    for number in range(MOVES):
        change = one_ulp(_kind(ordered.model), seed=number)
        with _moved(ordered.model, [batch], change) as (moved,):
            step = first_step(ordered.model, moved, ordered.trainable)
        found |= {f"{number}/{name}": value for name, value in step.arrays().items()}
    return found


def _moved_losses(
    subject: Subject, ordered: OrderedModel, batches: list[Batch], own: Path
) -> list[list[float]]:
    """The loss curves of trainings with everything moved by rounding."""
    curves = []
    subject.compile()
    switch_off_random(ordered.model)
    if not ordered.model.optimizer.built:
        ordered.model.optimizer.build(ordered.model.trainable_variables)
    # A training that goes on from the state of an optimizer would be another one.
    begin = [to_numpy(variable) for variable in ordered.model.optimizer.variables]
    for number in range(MOVES):
        change = one_ulp(_kind(ordered.model), seed=number)
        with _moved(ordered.model, batches, change) as moved:
            path = own / "moved_steps.npz"
            curves.append(trained(ordered.model, moved, path, ordered.weights)[0])
        for variable, value in zip(ordered.model.optimizer.variables, begin, strict=True):
            variable.assign(value)
    return curves


@contextmanager
def _moved(
    model: keras.Model, batches: list[Batch], change: Callable[[np.ndarray], np.ndarray]
) -> Iterator[list[Batch]]:
    """A model whose weights are moved by rounding, as every layer rounds, and such batches."""

    def moved(leaf: np.ndarray) -> np.ndarray:
        return change(leaf) if leaf.dtype.kind == "f" else leaf

    with kept_values(model.variables):
        for weight in model.weights:
            weight.assign(moved(to_numpy(weight)))
        yield [(keras.tree.map_structure(moved, x), y, weights) for x, y, weights in batches]


def _kind(model: keras.Model) -> str:
    """The type in which most of a model computes."""
    kinds = [layer.compute_dtype for layer in nested_layers(model) if layer.weights]
    floats = [kind for kind in kinds if kind in EPSILONS]
    return max(EPSILONS, key=floats.count) if floats else "float32"


def _own_file(module: str) -> str | None:
    """The file of a module of a person's own, from which its classes can be imported."""
    if module.partition(".")[0] in ("keras", "keras_hub", "kerastune"):
        return None
    return getattr(sys.modules.get(module), "__file__", None)


def _described(ordered: OrderedModel, part: Any) -> dict[str, Any]:
    """A layer or operation in plain data: name, class, configuration, places of its weights."""
    try:
        # As a saved model has it; what JSON cannot hold is no setting.
        config = json.loads(json.dumps(keras.saving.serialize_keras_object(part), default=repr))
    except Exception:  # A class of a person's own need not have a configuration.
        config = None
    # By their paths, as the script of a reproduction has them.
    weights = sorted(getattr(part, "weights", []), key=lambda weight: weight.path)
    return {
        "name": part.name,
        "path": within(ordered.model, getattr(part, "path", None) or part.name),
        "class": type(part).__name__,
        "module": type(part).__module__,
        "file": _own_file(type(part).__module__),
        "config": config,
        "weights": [ordered.places[id(one)] for one in weights if id(one) in ordered.places],
        "uses": [asdict(use) for use in uses_of_part(part)],
    }
