"""Reading `NAME` and `NAME(key=value, ...)` without running anything."""

import ast
from typing import Any

from kerastune.errors import InputError


def parse_call(text: str) -> tuple[str, dict[str, Any]]:
    """The name and the arguments in a text such as `ResNet50(classes=10)`.

    Args:
        text: str, a name, with keyword arguments in parentheses or without. Values are
            Python literals: numbers, strings, tuples, lists, dictionaries, True, False, None.

    Returns:
        The name, as it stands, and a dictionary of the arguments.

    Raises:
        InputError: if there is anything else in the parentheses.

    Example:

    >>> parse_call("ResNet50(include_top=False, input_shape=(64, 64, 3))")
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
