"""Running an artefact by its own runtime, without the model that it was made of."""

import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from kerastune.backends.exported.formats import FORMATS
from kerastune.backends.exported.writing import PREPARED, RAW

Arrays = dict[str, np.ndarray]
"""Inputs or outputs of a model, by name."""


def run_artefact(name: str, path: Path, batches: Sequence[Arrays]) -> list[Arrays]:
    """Returns what an artefact computes for batches, by the runtime that it is made for.

    Args:
        name: str, a key of `RUNS`.
        path: Path of the artefact.
        batches: sequence of dictionaries from the names of inputs to arrays, which may differ
            in how many samples they have.

    Returns:
        List of dictionaries from the names of outputs to arrays.

    Raises:
        Exception: whatever the runtime raises.

    Example:

    >>> run_artefact("png", Path("model.png"), [])
    Traceback (most recent call last):
        ...
    KeyError: 'png'
    """
    return RUNS[name](path, batches)


def run_raw(path: Path, batches: Sequence[Arrays]) -> list[Arrays]:
    """Returns what a SavedModel computes for raw samples, which it prepares itself.

    Args:
        path: Path of the artefact.
        batches: sequence of dictionaries from the names of columns to arrays.

    Example:

    See `kerastune.export`.
    """
    return _function(path, RAW, batches)


def _saved_model(path: Path, batches: Sequence[Arrays]) -> list[Arrays]:
    return _function(path, PREPARED, batches)


def _function(path: Path, endpoint: str, batches: Sequence[Arrays]) -> list[Arrays]:
    import tensorflow as tf

    loaded = tf.saved_model.load(str(path))
    function = loaded.signatures[endpoint]
    return [
        {
            name: value.numpy()
            for name, value in function(
                **{one: tf.constant(array) for one, array in batch.items()}
            ).items()
        }
        for batch in batches
    ]


def _onnx(path: Path, batches: Sequence[Arrays]) -> list[Arrays]:
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    wanted = [one.name for one in session.get_inputs()]
    names = [one.name for one in session.get_outputs()]
    return [
        dict(zip(names, session.run(names, {one: batch[one] for one in wanted}), strict=True))
        for batch in batches
    ]


def _litert(path: Path, batches: Sequence[Arrays]) -> list[Arrays]:
    interpreter = _interpreter(path)
    function = interpreter.get_signature_runner("serving_default")
    return [function(**batch) for batch in batches]


def _interpreter(path: Path) -> Any:
    if FORMATS["litert"].runtime == "ai_edge_litert":
        from ai_edge_litert.interpreter import Interpreter

        return Interpreter(model_path=str(path))
    import tensorflow as tf

    with warnings.catch_warnings():
        # It is announced to go, to the package ai-edge-litert.
        warnings.simplefilter("ignore")
        return tf.lite.Interpreter(model_path=str(path))


def _openvino(path: Path, batches: Sequence[Arrays]) -> list[Arrays]:
    import openvino

    # Some processors compute in bfloat16 unless they are told not to.
    exact = {"INFERENCE_PRECISION_HINT": "f32"}
    compiled = openvino.Core().compile_model(str(path / "model.xml"), "CPU", exact)
    wanted = [one.get_any_name() for one in compiled.inputs]
    found = []
    for batch in batches:
        outputs = compiled({one: batch[one] for one in wanted})
        found.append({_shortest(one.get_names()): outputs[one] for one in compiled.outputs})
    return found


def _shortest(names: set[str]) -> str:
    """The name that was given, beside which there are those of operations of TensorFlow."""
    return min(names, key=lambda name: ("/" in name or ":" in name, name))


def _torch(path: Path, batches: Sequence[Arrays]) -> list[Arrays]:
    import torch

    module = torch.export.load(str(path)).module()
    with torch.no_grad():
        return [
            {
                name: value.numpy()
                for name, value in module(
                    {one: torch.from_numpy(array) for one, array in batch.items()}
                ).items()
            }
            for batch in batches
        ]


def _hugging_face(path: Path, batches: Sequence[Arrays]) -> list[Arrays]:
    import torch
    import transformers

    # No file of the directory is code, and nothing is looked for elsewhere.
    model = transformers.AutoModel.from_pretrained(str(path), local_files_only=True)
    model.eval()
    found = []
    with torch.no_grad():
        for batch in batches:
            given = {
                _HUGGING_FACE_INPUTS[name]: torch.from_numpy(
                    np.ascontiguousarray(np.moveaxis(array, -1, 1))
                    if array.ndim == 4
                    else array.astype("int64")
                )
                for name, array in batch.items()
            }
            found.append({"sequence_output": model(**given).last_hidden_state.numpy()})
    return found


_HUGGING_FACE_INPUTS = {
    "token_ids": "input_ids",
    "padding_mask": "attention_mask",
    "segment_ids": "token_type_ids",
    "images": "pixel_values",
}


RUNS: dict[str, Callable[[Path, Sequence[Arrays]], list[Arrays]]] = {
    "savedmodel": _saved_model,
    "onnx": _onnx,
    "litert": _litert,
    "openvino": _openvino,
    "torch": _torch,
    "huggingface": _hugging_face,
}
"""Functions that run a format, by its name."""
