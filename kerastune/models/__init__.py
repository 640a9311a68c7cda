"""The networks built here, and pretrained backbones from elsewhere."""

from kerastune import backends

backends.select()

from kerastune.models.applications import application, application_scaling
from kerastune.models.augmentation import augmentation
from kerastune.models.backbones import load_backbone
from kerastune.models.image_backbones import ImageBackbone, load_image_backbone
from kerastune.models.images import ImagePreprocessor
from kerastune.models.lenet import lenet
from kerastune.models.linear import standardised_columns
from kerastune.models.small_resnet import small_resnet
from kerastune.models.text import TextPreprocessor, load_text_preprocessor

__all__ = [
    "ImageBackbone",
    "ImagePreprocessor",
    "TextPreprocessor",
    "application",
    "application_scaling",
    "augmentation",
    "lenet",
    "load_backbone",
    "load_image_backbone",
    "load_text_preprocessor",
    "small_resnet",
    "standardised_columns",
]
