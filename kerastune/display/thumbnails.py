"""Images small enough to stand in a table."""

import io
from typing import Any

import numpy as np
from PIL import Image

THUMBNAIL_PIXELS = 96
"""The longer side of a thumbnail at most."""


def thumbnail(image: Any) -> bytes | None:
    """Returns an image as a small PNG file.

    Args:
        image: array of shape `(height, width, channels)`, values from 0 to 255: what is beyond
            is cut, NaN is black. Of one or two channels the first is shown in grey, of more the
            first three are red, green and blue.

    Returns:
        The content of the file, bytes, at most 96 pixels wide and high; None if it is no such
        array.

    Example:

    >>> import numpy as np
    >>> thumbnail(np.zeros((300, 200, 3)))[1:4], thumbnail("a text")
    (b'PNG', None)
    """
    if not isinstance(image, np.ndarray) or image.ndim != 3 or not image.size:
        return None
    if image.dtype.kind not in "iufb":
        return None
    channels = image[..., 0] if image.shape[-1] < 3 else image[..., :3]
    pixels = np.clip(np.nan_to_num(channels.astype("float32")), 0, 255).round().astype("uint8")
    small = Image.fromarray(pixels)
    small.thumbnail((THUMBNAIL_PIXELS, THUMBNAIL_PIXELS))
    buffer = io.BytesIO()
    small.save(buffer, "png")
    return buffer.getvalue()
