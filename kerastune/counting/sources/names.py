"""The names that can be counted without a file."""

from difflib import get_close_matches

from kerastune.models.applications import PREFIX as APPLICATIONS
from kerastune.models.applications import application_names
from kerastune.models.presets import MINILM

KERAS_HUB = "keras_hub:"
RECIPE = "recipe:"
SUFFIXES = (".keras", ".json", ".safetensors", ".h5", ".yaml")
"""How the names of files that can be counted end."""

OWN_MODELS = {
    "lenet": "recipe:lenet",
    "linear_regression": "recipe:linear_regression",
    "small_resnet": 'recipe:image_classification(data="digits", backbone="small_resnet")',
}
"""Models of this project, and the recipe that builds each."""

SHORT_NAMES = {
    "bert_base": "bert_base_en_uncased",
    "bert_large": "bert_large_en_uncased",
    "gpt2": "gpt2_base_en",
    "llama3_8b": "llama3_8b_en",
    "llama3_70b": "llama3_70b",
    "llama3_405b": "llama3_405b",
}
"""Names that people use, and the published models that they mean."""


def model_names() -> list[str]:
    """The names that `open_model` takes, those that need a network left out.

    Besides, it takes `mlp_A_B_..._Z`, every preset of KerasHub, handles, functions and files.

    Returns:
        List of str: the models of this project, those whose configuration is published, and
        the networks of `keras.applications`.

    Example:

    >>> names = model_names()
    >>> "lenet" in names, "keras_hub:gpt2_base_en" in names, "applications:VGG16" in names
    (True, True, True)
    """
    from kerastune.counting.sources.published import published_models

    return [
        *sorted([*OWN_MODELS, MINILM, "mlp_784_128_10"]),
        *sorted(SHORT_NAMES),
        *(KERAS_HUB + name for name in published_models()),
        *(APPLICATIONS + name for name in application_names()),
    ]


def closest_model_name(text: str) -> str:
    """A hint that names the known model nearest to one that was not found.

    Example:

    >>> closest_model_name("ResNet5")
    " Did you mean 'applications:ResNet50'?"
    """
    full = {name.rpartition(":")[2]: name for name in reversed(model_names())}
    matches = get_close_matches(text.rpartition(":")[2], full, n=1)
    return f" Did you mean {full[matches[0]]!r}?" if matches else ""
