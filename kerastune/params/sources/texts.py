"""How models are written: names, prefixes, arguments in parentheses, a shape for the inputs."""

import ast
import re
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from kerastune.errors import InputError
from kerastune.models.applications import PREFIX as APPLICATIONS
from kerastune.models.applications import application_names
from kerastune.models.presets import MINILM

KERAS_HUB = "keras_hub:"
RECIPE = "recipe:"
SUFFIXES = (".keras", ".json", ".safetensors", ".h5", ".yaml")
"""How the names of files that can be counted end."""

OWN_MODELS = {
    "efficientnet_lite0": (
        'recipe:image_classification(data="digits", backbone="efficientnet_lite0")'
    ),
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

# A function's name cannot start with a digit, so that `module:function` is something else.
_WITH_SHAPE = re.compile(r"(?P<model>.+):(?P<sizes>\d+(?:,\d+)*)")


def model_names() -> list[str]:
    """The names that `open_model` takes, those that need a network left out.

    Besides, it takes `mlp_A_B_..._Z`, every preset of KerasHub, handles, functions and files.

    Example:

    >>> names = model_names()
    >>> "lenet" in names, "keras_hub:gpt2_base_en" in names, "applications:VGG16" in names
    (True, True, True)
    """
    from kerastune.params.sources.keras_hub import published_models

    return [
        *sorted([*OWN_MODELS, MINILM, "mlp_784_128_10"]),
        *sorted(SHORT_NAMES),
        *(KERAS_HUB + name for name in published_models()),
        *(APPLICATIONS + name for name in application_names()),
    ]


def closest_model_name(text: str) -> str:
    """A hint that names the known model nearest to one that was not found."""
    full = {name.rpartition(":")[2]: name for name in reversed(model_names())}
    matches = get_close_matches(text.rpartition(":")[2], full, n=1)
    return f" Did you mean {full[matches[0]]!r}?" if matches else ""


def split_arguments(text: str) -> tuple[str, dict[str, Any]]:
    """The name and the arguments in a text such as `ResNet50(classes=10)`; nothing is run.

    Values are Python literals; an `InputError` if there is anything else in the parentheses.
    """
    name, parenthesis, arguments = text.partition("(")
    if not parenthesis:
        return text.strip(), {}
    try:
        call = ast.parse(f"_({arguments}", mode="eval").body
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name) or call.args:
            raise ValueError
        values = {item.arg: ast.literal_eval(item.value) for item in call.keywords}
        # `**` has no name, and Python refuses one that comes twice only when it compiles.
        if None in values or len(values) < len(call.keywords):
            raise ValueError
        return name.strip(), {str(key): value for key, value in values.items()}
    # Deep nesting exhausts the parser's stack.
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError) as error:
        raise InputError(
            "Expected NAME(key=value, ...) with numbers, strings, tuples, lists or dictionaries "
            f"as values. Received: {text!r}. Write other models as a function, file.py:function"
        ) from error


def split_shape(text: str) -> tuple[str, tuple[int, ...] | None]:
    """A model and the shape that its inputs have, from a text such as `bert_base:128`.

    The shape, without the batch axis, is None where the text ends in none or names a file.
    """
    found = _WITH_SHAPE.fullmatch(text)
    if found is None or Path(text).exists():
        return text, None
    return found["model"], tuple(int(size) for size in found["sizes"].split(","))
