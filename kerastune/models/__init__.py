"""The networks built here, and pretrained backbones from elsewhere."""

from kerastune import backends

backends.select()

from kerastune.models.backbones import load_backbone  # noqa: E402
from kerastune.models.lenet import lenet  # noqa: E402
from kerastune.models.linear import standardised_columns  # noqa: E402
from kerastune.models.text import TextPreprocessor, load_text_preprocessor  # noqa: E402

__all__ = [
    "TextPreprocessor",
    "lenet",
    "load_backbone",
    "load_text_preprocessor",
    "standardised_columns",
]
