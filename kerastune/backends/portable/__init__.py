"""Random numbers that are the same on every backend, because they are integer arithmetic.

`threefry` is the generator, `draws` makes numbers of its bits, and `replacing` gives them to
everything that Keras' layers and initializers draw.
"""

from kerastune.backends.portable.replacing import (
    STREAMS,
    random_from,
    random_stream,
    require_stream,
)

__all__ = ["STREAMS", "random_from", "random_stream", "require_stream"]
