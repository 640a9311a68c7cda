"""What a person writes after a model's name: arguments in parentheses, a shape for its inputs."""

import ast
import re
from pathlib import Path
from typing import Any

from kerastune.errors import InputError

# A function's name cannot start with a digit, so that `module:function` is something else.
_WITH_SHAPE = re.compile(r"(?P<model>.+):(?P<sizes>\d+(?:,\d+)*)")


def split_arguments(text: str) -> tuple[str, dict[str, Any]]:
    """The name and the arguments in a text such as `ResNet50(classes=10)`; nothing is run.

    Args:
        text: str, a name, with keyword arguments in parentheses or without. Values are
            Python literals: numbers, strings, tuples, lists, dictionaries, True, False, None.

    Returns:
        The name, as it stands, and a dictionary of the arguments.

    Raises:
        InputError: if there is anything else in the parentheses.

    Example:

    >>> split_arguments("ResNet50(include_top=False, input_shape=(64, 64, 3))")
    ('ResNet50', {'include_top': False, 'input_shape': (64, 64, 3)})
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

    Args:
        text: str.

    Returns:
        The text of the model, and the shape without the batch axis, or None where the text
        ends in none or is the name of a file.

    Example:

    >>> split_shape("applications:ResNet50:224,224,3"), split_shape("models.py:build")
    (('applications:ResNet50', (224, 224, 3)), ('models.py:build', None))
    """
    found = _WITH_SHAPE.fullmatch(text)
    if found is None or Path(text).exists():
        return text, None
    return found["model"], tuple(int(size) for size in found["sizes"].split(","))
