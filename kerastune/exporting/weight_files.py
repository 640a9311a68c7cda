"""Formats that hold weights and no computation, written by this process, and read back."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from kerastune import backends

backends.select()

import keras
import numpy as np
from safetensors.numpy import save_file

from kerastune.backends import tensorflow_if_imported
from kerastune.backends.exported.formats import FORMATS
from kerastune.errors import InputError, reason
from kerastune.exchange import export_hugging_face
from kerastune.exchange.naming import namings
from kerastune.exchange.tokenizer_files import tokenizer_files
from kerastune.exporting.batches import largest_difference, read_batches, write_batches
from kerastune.exporting.comparing import artefact
from kerastune.exporting.faults import known_fault
from kerastune.exporting.forward import by_name, computed, forward_model
from kerastune.exporting.outcome import Artefact
from kerastune.exporting.processes import ran
from kerastune.preprocessing import TextPreprocessor, TokenPreprocessor
from kerastune.preprocessing.byte_pairs import BytePairPreprocessor
from kerastune.untrusted.safetensors_values import read_safetensors_values

if TYPE_CHECKING:
    from kerastune.exporting.attempts import Attempt


def _weights(made: "Attempt") -> Artefact:
    """The weights by the paths that they have in Keras, put into a model that is built anew."""
    one, path = FORMATS["pth"], made.work / FORMATS["pth"].path
    arrays = {
        # Not `ascontiguousarray`, which makes an array of one axis of a single number.
        weight.path: np.array(keras.ops.convert_to_numpy(weight), order="C")
        for weight in made.part.weights
    }
    if len(arrays) != len(made.part.weights):
        return artefact(one, fault="two weights of the model have the same path")
    save_file(arrays, path, metadata={"format": "keras"})
    with tensorflow_if_imported():
        config = keras.saving.serialize_keras_object(made.part)
    again: Any = keras.saving.deserialize_keras_object({**config, "compile_config": None})
    floats = [name for name, array in arrays.items() if array.dtype.kind == "f"]
    read = read_safetensors_values(path, floats)
    # Names of layers count on within a process, but the order of weights does not change.
    again.set_weights([read.get(name, array) for name, array in arrays.items()])
    forward = forward_model(again)
    found = [computed(forward, batch) for batch in made.batches]
    difference, largest = largest_difference(found, made.expected)
    return artefact(one, difference=difference, largest=largest)


def _hugging_face(made: "Attempt") -> Artefact:
    """The backbone for Transformers, run by it."""
    one, path = FORMATS["huggingface"], made.work / FORMATS["huggingface"].path
    try:
        backbone = namings(made.part)[-1].backbone
        export_hugging_face(backbone, path, tokenizer=_tokenizer(made))
        batches, expected = _of_backbone(backbone, made)
    except ValueError as error:
        return artefact(one, fault=known_fault(one.name, "written", reason(error)))
    write_batches(made.work / "huggingface_prepared.npz", batches)
    if fault := ran([one.name], made.work)[one.name]:
        return artefact(one, fault=known_fault(one.name, "run", fault))
    found = read_batches(made.work / f"{one.name}.npz")
    for batch, outputs, wanted in zip(batches, found, expected, strict=True):
        # What stands at padding means nothing.
        if "padding_mask" in batch:
            mask = batch["padding_mask"].astype(bool)
            outputs["sequence_output"] = outputs["sequence_output"][mask]
            wanted["sequence_output"] = wanted["sequence_output"][mask]
    try:
        difference, largest = largest_difference(found, expected)
    except ValueError as error:
        return artefact(one, fault=known_fault(one.name, "compared", reason(error)))
    return artefact(one, difference=difference, largest=largest)


def _tokenizer(made: "Attempt") -> Any:
    """What has the tokenizer of a run, where it has one that can be written."""
    preprocessor = made.result.preprocessor
    if not isinstance(preprocessor, TextPreprocessor | TokenPreprocessor | BytePairPreprocessor):
        return None
    try:
        tokenizer_files(preprocessor)
    except InputError as error:
        made.notes.append(f"There is no tokenizer in hugging_face/: {reason(error)}.")
        return None
    return preprocessor


def _of_backbone(backbone: keras.Model, made: "Attempt") -> Any:
    """The batches for a backbone, and what it computes for them."""
    names = set(backbone.input) if isinstance(backbone.input, dict) else set()
    given = [
        {name: array for name, array in batch.items() if name in names} for batch in made.batches
    ]
    if not names or names - given[0].keys():
        raise ValueError("its backbone takes inputs that those of the model do not tell")
    forward = forward_model(backbone)
    found = []
    for batch in given:
        outputs = computed(forward, by_name(backbone, batch))
        name = "sequence_output" if "sequence_output" in outputs else "outputs"
        found.append({"sequence_output": outputs[name]})
    return given, found


WEIGHT_FILES: "dict[str, Callable[[Attempt], Artefact]]" = {
    "pth": _weights,
    "huggingface": _hugging_face,
}
"""Functions that write a format and read it back, by its name."""
