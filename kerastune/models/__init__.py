"""The networks built here, and pretrained backbones from elsewhere."""

from kerastune import backends

backends.select()

from kerastune.models.backbones import load_backbone
from kerastune.models.lenet import lenet
from kerastune.models.linear import standardised_columns
from kerastune.models.text import TextPreprocessor, load_text_preprocessor

__all__ = [
    "TextPreprocessor",
    "lenet",
    "load_backbone",
    "load_text_preprocessor",
    "standardised_columns",
]
