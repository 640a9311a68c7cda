"""Serves an export of a classifier: ONNX Runtime computes, FastAPI answers.

EXPORT=exports/digits uvicorn --app-dir docs --factory serve_onnx:create_app

It needs numpy, onnxruntime, fastapi and uvicorn, and neither kerastune nor Keras.
"""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime


class Classifier:
    """An export in a folder, with `model.onnx` and `signature.json`."""

    def __init__(self, folder: str | Path) -> None:
        self.signature = json.loads(Path(folder, "signature.json").read_text(encoding="utf-8"))
        self.names = self.signature["decoding"]["class_names"]
        self.session = onnxruntime.InferenceSession(
            str(Path(folder, "model.onnx")), providers=["CPUExecutionProvider"]
        )

    def arrays(self, inputs: dict[str, Any]) -> dict[str, np.ndarray]:
        """Returns inputs as the model takes them; raises a ValueError that says what is wrong."""
        wanted = self.signature["inputs"]
        if inputs.keys() != wanted.keys():
            raise ValueError(
                f"Expected {', '.join(wanted)}. Received: {', '.join(inputs) or 'none'}"
            )
        found = {name: np.array(inputs[name], wanted[name]["dtype"]) for name in wanted}
        for name, array in found.items():
            shape = wanted[name]["shape"]
            fits = len(shape) == array.ndim and all(
                size in (None, given) for size, given in zip(shape, array.shape, strict=True)
            )
            if not fits or not len(array):
                raise ValueError(f"Expected {name} of shape {shape}. Received: {array.shape}")
        return found

    def predict(self, inputs: dict[str, Any]) -> list[dict[str, Any]]:
        """Returns the most probable class of each sample, and its probability."""
        (logits,) = self.session.run(None, self.arrays(inputs))
        if logits.shape[1] == 1:  # Two classes have one logit.
            logits = np.concatenate([np.zeros_like(logits), logits], axis=1)
        shares = np.exp(logits - logits.max(axis=1, keepdims=True))
        shares /= shares.sum(axis=1, keepdims=True)
        return [
            {"class": self.names[int(row.argmax())], "probability": float(row.max())}
            for row in shares
        ]


def create_app() -> Any:
    """Returns the application, for the export in the folder that EXPORT names."""
    from fastapi import FastAPI, HTTPException

    app = FastAPI()
    classifier = Classifier(os.environ["EXPORT"])

    @app.get("/signature")
    def signature() -> dict[str, Any]:
        return classifier.signature

    @app.post("/predict")
    def predict(inputs: dict[str, Any]) -> list[dict[str, Any]]:
        try:
            return classifier.predict(inputs)
        except ValueError as error:
            raise HTTPException(status_code=422, detail=str(error)) from error

    return app
