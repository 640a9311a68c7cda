"""Whole models, written as Hugging Face's Transformers reads them."""

import json
import os
import warnings
from pathlib import Path
from typing import Any

import keras
import numpy as np
from safetensors.numpy import save

from kerastune.backends import nested_layers
from kerastune.errors import InputError, reason, some_of
from kerastune.exchange.naming import Naming, namings
from kerastune.exchange.tokenizer_files import tokenizer_files
from kerastune.exchange.whole_folders import new_folder, refuse_written, write_folder
from kerastune.exchange.whole_models import WHOLE_MODELS, WholeModel, tensors_of
from kerastune.tuning.adapters.merging import merged

CONFIG, TENSORS = "config.json", "model.safetensors"


def export_hugging_face(
    model: keras.Model, directory: str | os.PathLike[str], *, tokenizer: Any = None
) -> list[str]:
    """Writes a model as Hugging Face's Transformers reads it: `config.json` and its weights.

    `transformers.AutoModel.from_pretrained(directory)` then computes what the backbone does. BERT,
    DistilBERT, RoBERTa and ViT are written here, also KerasHub's classifiers of them, with their
    head, for `AutoModelForSequenceClassification` and `AutoModelForImageClassification`, which give
    logits. What of Gemma, GPT-2, Llama 3, Mistral and Qwen is written, KerasHub's own
    `export_to_transformers` does. Adapters in use are folded into what is written; the model stays
    as it is. With a tokenizer, `transformers.AutoTokenizer.from_pretrained(directory)` reads it.

    Transformers' RoBERTa has a pooler that KerasHub's does not have: read it with
    `add_pooling_layer=False`, and ViT too.

    Args:
        model: a built Keras model that is a backbone of KerasHub, or holds one. Of other models
            around one only the backbone is written, and a warning names what is not.
        directory: str or path, which is made.
        tokenizer: what `kerastune.preprocessing.load_text_preprocessor` or `load_tokenizer` gives,
            the preprocessor of a run, or a tokenizer of KerasHub; of word pieces (BERT, DistilBERT)
            or byte pairs (RoBERTa, GPT-2). Defaults to that of the model's preprocessor where it
            has one of these kinds, as KerasHub's classifiers and language models do, else none.

    Returns:
        List of str, the names of the files.

    Raises:
        InputError: if there is no such backbone, it is quantized, the tokenizer is of another
            kind, or the directory has such files. Then nothing is written.

    Example:

    >>> import keras_hub, tempfile
    >>> backbone = keras_hub.models.BertBackbone(9, 1, 1, 2, 4)
    >>> export_hugging_face(backbone, Path(tempfile.mkdtemp(), "bert"))
    ['model.safetensors', 'config.json']

    Reference:
        https://huggingface.co/docs/transformers/main_classes/model
    """
    folder = Path(directory)
    # The last one has the names under which whole models are stored.
    naming = namings(model)[-1]
    _refuse_quantized(model)
    texts = _tokenizer_files(model, naming, tokenizer)
    refuse_written(folder, [CONFIG, TENSORS, *texts])
    whole = WHOLE_MODELS.get(naming.family.backbone)
    with merged(model):
        if whole is None:
            return _by_keras_hub(model, naming, folder, texts)
        config, tensors = _described(model, naming, whole)
    data = save(
        {name: np.ascontiguousarray(value) for name, value in tensors.items()},
        metadata={"format": "pt"},
    )
    text = json.dumps(config, indent=2) + "\n"
    written = {TENSORS: data, **texts, CONFIG: text.encode()}
    write_folder(folder, written)
    return list(written)


def _tokenizer_files(model: keras.Model, naming: Naming, tokenizer: Any) -> dict[str, bytes]:
    """The files of the tokenizer that is given, or of the model's own where that can be written."""
    longest = getattr(naming.backbone, "max_sequence_length", None)
    if tokenizer is not None:
        return tokenizer_files(tokenizer, longest)
    own = getattr(getattr(model, "preprocessor", None), "tokenizer", None)
    if own is None or naming.family.backbone not in WHOLE_MODELS:
        return {}  # KerasHub writes the tokenizer of what it writes.
    return tokenizer_files(own, longest)


def _described(
    model: keras.Model, naming: Naming, whole: WholeModel
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """The configuration and the tensors of a backbone, or of a classifier of KerasHub."""
    config, others = whole.described(naming)
    prefix = naming.family.prefix
    tensors = {f"{prefix}.{name}": value for name, value in others.items()}
    parts = {f"{prefix}.{name}": layer for name, layer in naming.parts.items()}
    is_classifier = _is_classifier(model, naming, whole)
    if is_classifier:
        parts |= naming.heads
        # Names of classes are how Transformers counts them, whatever they are.
        count = int(model.num_classes)
        config["id2label"] = {str(number): f"LABEL_{number}" for number in range(count)}
        config["label2id"] = {f"LABEL_{number}": number for number in range(count)}
    else:
        _warn_of_others(model, naming)
    tensors |= tensors_of(parts)
    architecture = whole.classifier if is_classifier else whole.bare
    return {
        "architectures": [architecture],
        "model_type": whole.kind,
        "dtype": "float32",
    } | config, tensors


def _is_classifier(model: keras.Model, naming: Naming, whole: WholeModel) -> bool:
    """Whether a model is KerasHub's classifier, with no more layers than Transformers' has."""
    is_task = any(kind.__name__ == whole.task for kind in type(model).__mro__)
    if not is_task or naming.heads.keys() != naming.family.heads.keys():
        return False
    return getattr(model, "pooling", "token") == "token" and "pre_logits" not in {
        layer.name for layer in model.layers
    }


def _by_keras_hub(
    model: keras.Model, naming: Naming, folder: Path, texts: dict[str, bytes]
) -> list[str]:
    """Lets KerasHub write what it can, and the files of a tokenizer instead of its own."""
    source: Any = model if hasattr(model, "export_to_transformers") else naming.backbone
    if folder.exists():
        raise InputError(f"Expected a directory that is not there. Received: {str(folder)!r}")
    try:
        with new_folder(folder) as place:
            source.export_to_transformers(str(place))
            for name, data in texts.items():
                (place / name).write_bytes(data)
            names = sorted(path.name for path in place.iterdir())
    except InputError:
        raise
    except Exception as error:
        raise InputError(
            f"Expected a model that KerasHub's `export_to_transformers` writes. Received: "
            f"{source.name!r}: {reason(error)}"
        ) from error
    if source is not model:
        _warn_of_others(model, naming)
    return names


def _warn_of_others(model: keras.Model, naming: Naming) -> None:
    """Tells which weights are not written, as they are outside of the backbone."""
    inside = {id(weight) for weight in naming.backbone.weights}
    others = [weight.path for weight in model.weights if id(weight) not in inside]
    if others:
        warnings.warn(
            f"{len(others)} weights of {model.name!r} are outside of its backbone, and are not in "
            f"the files of Transformers: {some_of(others)}",
            stacklevel=4,
        )


def _refuse_quantized(model: keras.Model) -> None:
    for layer in nested_layers(model):
        if getattr(layer, "quantization_mode", None):
            raise InputError(
                f"Expected weights of floats. Received: {layer.path!r}, quantized to "
                f"{layer.quantization_mode}. Export the model before it is quantized"
            )
