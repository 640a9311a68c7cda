"""The networks built here, and pretrained backbones from elsewhere."""

from kerastune import backends

backends.select()

from kerastune.models.applications import application, application_scaling
from kerastune.models.augmentation import augmentation
from kerastune.models.backbones import load_backbone
from kerastune.models.efficientnet_lite0 import efficientnet_lite0, efficientnet_lite0_scaling
from kerastune.models.generation import Sampling, generate
from kerastune.models.image_backbones import ImageBackbone, load_image_backbone
from kerastune.models.lenet import lenet
from kerastune.models.linear import standardised_columns
from kerastune.models.mlp import mlp
from kerastune.models.packed_language_model import PackedLanguageModel, decoder, language_model
from kerastune.models.small_resnet import small_resnet
from kerastune.models.tabular import embedding_width, tabular_mlp

__all__ = [
    "ImageBackbone",
    "PackedLanguageModel",
    "Sampling",
    "application",
    "application_scaling",
    "augmentation",
    "decoder",
    "efficientnet_lite0",
    "efficientnet_lite0_scaling",
    "embedding_width",
    "generate",
    "language_model",
    "lenet",
    "load_backbone",
    "load_image_backbone",
    "mlp",
    "small_resnet",
    "standardised_columns",
    "tabular_mlp",
]
