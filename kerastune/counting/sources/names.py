"""The names that can be counted without a file."""

from difflib import get_close_matches

from kerastune.counting.sources.keras_hub import PREFIX as KERAS_HUB
from kerastune.counting.sources.published import SHORT_NAMES, published_models
from kerastune.counting.sources.recipes import OWN_MODELS
from kerastune.models.applications import PREFIX as APPLICATIONS
from kerastune.models.applications import application_names
from kerastune.models.presets import MINILM


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
