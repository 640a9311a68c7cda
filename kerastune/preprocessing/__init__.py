"""From raw samples to what a model takes: texts, tokens, images, tables, arrays of numbers."""

from kerastune import backends

backends.select()

from kerastune.preprocessing.arrays import ArrayPreprocessor
from kerastune.preprocessing.audio import AudioPreprocessor
from kerastune.preprocessing.box_images import BoxPreprocessor, largest_object
from kerastune.preprocessing.class_images import ClassImagePreprocessor
from kerastune.preprocessing.fields import FieldPreprocessor
from kerastune.preprocessing.image_captions import ImageCaptionPreprocessor
from kerastune.preprocessing.images import ImagePreprocessor, image_shape
from kerastune.preprocessing.language import LanguagePreprocessor
from kerastune.preprocessing.masked_language import MaskedLanguagePreprocessor
from kerastune.preprocessing.number_rows import NumberRows
from kerastune.preprocessing.phoneme_frames import phoneme_frames
from kerastune.preprocessing.phonemes import PhonemePreprocessor
from kerastune.preprocessing.preprocessor import Preprocessor, load_preprocessor
from kerastune.preprocessing.preset_tokenizer import PresetTokenizer
from kerastune.preprocessing.preset_words import PresetWordPreprocessor
from kerastune.preprocessing.pretrained import load_text_preprocessor, load_token_preprocessor
from kerastune.preprocessing.pretrained_tokenizer import load_tokenizer
from kerastune.preprocessing.speech_synthesis import SynthesisPreprocessor
from kerastune.preprocessing.tables import TablePreprocessor
from kerastune.preprocessing.text import TextPreprocessor
from kerastune.preprocessing.text_pairs import TextPairPreprocessor
from kerastune.preprocessing.tokenizer import Tokenizer
from kerastune.preprocessing.tokens import TokenPreprocessor
from kerastune.preprocessing.words import WordPreprocessor

__all__ = [
    "ArrayPreprocessor",
    "AudioPreprocessor",
    "BoxPreprocessor",
    "ClassImagePreprocessor",
    "FieldPreprocessor",
    "ImageCaptionPreprocessor",
    "ImagePreprocessor",
    "LanguagePreprocessor",
    "MaskedLanguagePreprocessor",
    "NumberRows",
    "PhonemePreprocessor",
    "Preprocessor",
    "PresetTokenizer",
    "PresetWordPreprocessor",
    "SynthesisPreprocessor",
    "TablePreprocessor",
    "TextPairPreprocessor",
    "TextPreprocessor",
    "TokenPreprocessor",
    "Tokenizer",
    "WordPreprocessor",
    "image_shape",
    "largest_object",
    "load_preprocessor",
    "load_text_preprocessor",
    "load_token_preprocessor",
    "load_tokenizer",
    "phoneme_frames",
]
