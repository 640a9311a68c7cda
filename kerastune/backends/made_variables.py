"""What happens before Keras makes the values of a variable."""

from collections.abc import Callable
from functools import cache, wraps
from typing import Any


@cache
def before_values(change: Callable[[Any, Any], Any]) -> None:
    """Lets Keras call a function before it makes the values of a variable, from now on.

    It is called once for each variable, however often this is asked for.

    Args:
        change: function from a `keras.Variable` without values and its initializer to the
            initializer to use. It may raise an error, and then there is no variable.

    Example:

    See `kerastune.backends.limited_variables`: what is asked for stays.
    """
    import keras

    original = keras.Variable._initialize_with_initializer

    @wraps(original)
    def initialize(self: Any, initializer: Any) -> None:
        original(self, change(self, initializer))

    # Not restored: another thread may be inside.
    keras.Variable._initialize_with_initializer = initialize
