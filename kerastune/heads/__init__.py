"""Heads: the layers, loss, metrics and decoding that turn features into answers."""

from kerastune import backends

backends.select()

from kerastune.heads.attach import POOLINGS, attach
from kerastune.heads.class_weights import balanced_class_weights, balanced_positive_weights
from kerastune.heads.classification import Classification
from kerastune.heads.contrastive_loss import ContrastiveLoss
from kerastune.heads.denoising import Denoising
from kerastune.heads.gaussian import Gaussian
from kerastune.heads.head import Head
from kerastune.heads.image_text_matching import ImageTextMatching
from kerastune.heads.losses import (
    CornLoss,
    GaussianNegativeLogLikelihood,
    PinballLoss,
    WeightedBinaryCrossentropy,
)
from kerastune.heads.masked_token import MaskedToken
from kerastune.heads.multilabel import Multilabel
from kerastune.heads.next_token import NextToken
from kerastune.heads.ordinal import Ordinal
from kerastune.heads.quantile import Quantile
from kerastune.heads.quantity_heads import quantity_head
from kerastune.heads.regression import Regression
from kerastune.heads.several import Several
from kerastune.heads.standardised import Standardised
from kerastune.heads.token_accuracy import NextTokenAccuracy, TokenAccuracy
from kerastune.heads.token_classification import TokenClassification
from kerastune.heads.translation import Translation

__all__ = [
    "POOLINGS",
    "Classification",
    "ContrastiveLoss",
    "CornLoss",
    "Denoising",
    "Gaussian",
    "GaussianNegativeLogLikelihood",
    "Head",
    "ImageTextMatching",
    "MaskedToken",
    "Multilabel",
    "NextToken",
    "NextTokenAccuracy",
    "Ordinal",
    "PinballLoss",
    "Quantile",
    "Regression",
    "Several",
    "Standardised",
    "TokenAccuracy",
    "TokenClassification",
    "Translation",
    "WeightedBinaryCrossentropy",
    "attach",
    "balanced_class_weights",
    "balanced_positive_weights",
    "quantity_head",
]
