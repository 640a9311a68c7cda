"""The networks built here, and pretrained backbones from elsewhere."""

from kerastune import backends

backends.select()

from kerastune.models.applications import application, application_scaling
from kerastune.models.audio_augmentation import (
    RandomNoise,
    RandomSpeedAndShift,
    audio_augmentation,
)
from kerastune.models.augmentation import augmentation
from kerastune.models.backbones import load_backbone
from kerastune.models.box_augmentation import BoxWindowModel, RandomBoxWindow, box_augmentation
from kerastune.models.cached_wavenet import CachedWaveNet, block_conditions
from kerastune.models.clip import ClipTowers, load_clip
from kerastune.models.ctc_decoding import greedy_labels, prefix_beam_labels
from kerastune.models.decoding import BeamSearch
from kerastune.models.deep_fm import deep_fm
from kerastune.models.efficientnet_lite0 import efficientnet_lite0, efficientnet_lite0_scaling
from kerastune.models.encoder_decoder import EncoderDecoder, encoder_decoder
from kerastune.models.factorization_machine import FactorizationMachine
from kerastune.models.feature_pyramids import PyramidBackbone, load_pyramid_backbone
from kerastune.models.frame_encoder import frame_encoder
from kerastune.models.generation import Sampling, generate
from kerastune.models.image_backbones import ImageBackbone, load_image_backbone
from kerastune.models.image_sampling import ImageSampling
from kerastune.models.initial_weights import start_by_width
from kerastune.models.lenet import lenet
from kerastune.models.linear import standardised_columns
from kerastune.models.log_mel import LogMel
from kerastune.models.masked_language_model import MaskedLanguageModel
from kerastune.models.mlp import mlp
from kerastune.models.noise_schedule import cosine_schedule, posterior
from kerastune.models.noising import Noising
from kerastune.models.packed_language_model import PackedLanguageModel, decoder, language_model
from kerastune.models.rand_augment import RandAugment
from kerastune.models.recurrent import recurrent_encoder
from kerastune.models.sample_mixing import SampleMixing, SampleMixingModel
from kerastune.models.shallower import shallower
from kerastune.models.small_resnet import small_resnet
from kerastune.models.smollm2 import smollm2
from kerastune.models.spec_augment import SpecAugment
from kerastune.models.speech_encoder import speech_encoder
from kerastune.models.speech_generator import SamplesBefore, speech_generator
from kerastune.models.speech_sampling import SpeechSampling
from kerastune.models.tabular import embedding_width, tabular_mlp
from kerastune.models.towers import LogitScale, text_tower, two_towers
from kerastune.models.transformer_encoder import transformer_encoder
from kerastune.models.u_net import StepEmbedding, diffusion_model, u_net
from kerastune.models.wavenet import WaveNetBlock, receptive_field, wavenet

__all__ = [
    "BeamSearch",
    "BoxWindowModel",
    "CachedWaveNet",
    "ClipTowers",
    "EncoderDecoder",
    "FactorizationMachine",
    "ImageBackbone",
    "ImageSampling",
    "LogMel",
    "LogitScale",
    "MaskedLanguageModel",
    "Noising",
    "PackedLanguageModel",
    "PyramidBackbone",
    "RandAugment",
    "RandomBoxWindow",
    "RandomNoise",
    "RandomSpeedAndShift",
    "SampleMixing",
    "SampleMixingModel",
    "SamplesBefore",
    "Sampling",
    "SpecAugment",
    "SpeechSampling",
    "StepEmbedding",
    "WaveNetBlock",
    "application",
    "application_scaling",
    "audio_augmentation",
    "augmentation",
    "block_conditions",
    "box_augmentation",
    "cosine_schedule",
    "decoder",
    "deep_fm",
    "diffusion_model",
    "efficientnet_lite0",
    "efficientnet_lite0_scaling",
    "embedding_width",
    "encoder_decoder",
    "frame_encoder",
    "generate",
    "greedy_labels",
    "language_model",
    "lenet",
    "load_backbone",
    "load_clip",
    "load_image_backbone",
    "load_pyramid_backbone",
    "mlp",
    "posterior",
    "prefix_beam_labels",
    "receptive_field",
    "recurrent_encoder",
    "shallower",
    "small_resnet",
    "smollm2",
    "speech_encoder",
    "speech_generator",
    "standardised_columns",
    "start_by_width",
    "tabular_mlp",
    "text_tower",
    "transformer_encoder",
    "two_towers",
    "u_net",
    "wavenet",
]
