"""Heads: the layers, loss, metrics and decoding that turn features into answers."""

from kerastune import backends

backends.select()

from kerastune.heads.anchors import Anchors
from kerastune.heads.attach import POOLINGS, attach
from kerastune.heads.class_weights import balanced_class_weights, balanced_positive_weights
from kerastune.heads.classification import Classification
from kerastune.heads.contrastive_loss import ContrastiveLoss
from kerastune.heads.ctc_loss import CertainBlank, CTCLoss
from kerastune.heads.denoising import Denoising
from kerastune.heads.detection_loss import DetectionLoss
from kerastune.heads.distilled import Distilled, Taught
from kerastune.heads.feature_distance import FeatureDistance
from kerastune.heads.gaussian import Gaussian
from kerastune.heads.head import Head
from kerastune.heads.image_text_matching import ImageTextMatching
from kerastune.heads.losses import (
    CornLoss,
    GaussianNegativeLogLikelihood,
    PinballLoss,
    TokenCrossentropy,
    WeightedBinaryCrossentropy,
)
from kerastune.heads.masked_token import MaskedToken
from kerastune.heads.multilabel import Multilabel
from kerastune.heads.next_token import NextToken
from kerastune.heads.object_detection import ObjectDetection
from kerastune.heads.ordinal import Ordinal
from kerastune.heads.phoneme_recognition import PhonemeRecognition
from kerastune.heads.quantile import Quantile
from kerastune.heads.quantity_heads import quantity_head
from kerastune.heads.regression import Regression
from kerastune.heads.several import Several
from kerastune.heads.soft_targets import SoftTargets
from kerastune.heads.speech_synthesis import SpeechSynthesis
from kerastune.heads.standardised import Standardised
from kerastune.heads.token_accuracy import NextTokenAccuracy, TokenAccuracy
from kerastune.heads.token_classification import TokenClassification
from kerastune.heads.translation import Translation

__all__ = [
    "POOLINGS",
    "Anchors",
    "CTCLoss",
    "CertainBlank",
    "Classification",
    "ContrastiveLoss",
    "CornLoss",
    "Denoising",
    "DetectionLoss",
    "Distilled",
    "FeatureDistance",
    "Gaussian",
    "GaussianNegativeLogLikelihood",
    "Head",
    "ImageTextMatching",
    "MaskedToken",
    "Multilabel",
    "NextToken",
    "NextTokenAccuracy",
    "ObjectDetection",
    "Ordinal",
    "PhonemeRecognition",
    "PinballLoss",
    "Quantile",
    "Regression",
    "Several",
    "SoftTargets",
    "SpeechSynthesis",
    "Standardised",
    "Taught",
    "TokenAccuracy",
    "TokenClassification",
    "TokenCrossentropy",
    "Translation",
    "WeightedBinaryCrossentropy",
    "attach",
    "balanced_class_weights",
    "balanced_positive_weights",
    "quantity_head",
]
