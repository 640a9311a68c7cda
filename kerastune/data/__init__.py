"""From a source (arrays, tables, folders, data sets) to batches."""

from kerastune.data.arrays import from_arrays
from kerastune.data.audio_files import Recording, as_samples, read_audio
from kerastune.data.audio_folders import read_audio_folder
from kerastune.data.batches import batch_of, gathered
from kerastune.data.bundled import diabetes, digits, mnist_5000
from kerastune.data.bundled_tables import autompg, breast_cancer, diabetes_table, wine
from kerastune.data.cell_kinds import TABLE_KINDS, ReadColumn, read_column
from kerastune.data.cells import as_categories, as_dates, as_numbers, is_missing
from kerastune.data.cleaning import clean
from kerastune.data.columns import KINDS, Column, input_column
from kerastune.data.conll import read_conll
from kerastune.data.criteo import criteo
from kerastune.data.dates import CALENDAR, calendar, days
from kerastune.data.described import NamedData, described_only, reads_nothing, stand_ins
from kerastune.data.docstring_texts import docstring_texts
from kerastune.data.documented_functions import docstring_imports, docstring_lengths
from kerastune.data.espeak import Speech, Utterance, spoken, spoken_languages, voice_variants
from kerastune.data.first_installed import first_installed
from kerastune.data.folders import read_text_folder
from kerastune.data.glyphs import glyphs
from kerastune.data.image_captions import open_caption_splits, open_captions
from kerastune.data.image_files import as_image, read_image
from kerastune.data.image_folders import read_image_folder
from kerastune.data.interactions import movielens_100k, movielens_folder
from kerastune.data.kinds import as_kind, require_known_classes
from kerastune.data.made_pairs import dates, numbers, places
from kerastune.data.mel_scale import log_mel, mel_matrix
from kerastune.data.mnist import mnist_or_digits
from kerastune.data.movielens import movielens_genres, movielens_ratings
from kerastune.data.mu_law import mu_law_codes, mu_law_samples
from kerastune.data.names_of_languages import names_in
from kerastune.data.open import NAMED, open_data
from kerastune.data.open_as import open_as
from kerastune.data.open_audio import open_audio
from kerastune.data.open_audio_splits import open_audio_splits
from kerastune.data.open_detection import open_detection, open_detection_splits
from kerastune.data.open_interactions import open_interaction_splits
from kerastune.data.open_number_splits import open_number_splits
from kerastune.data.open_phonemes import open_phoneme_splits, open_phonemes
from kerastune.data.open_splits import open_few_shot_splits, open_splits
from kerastune.data.open_synthesis import open_synthesis_splits
from kerastune.data.open_table_splits import open_table_splits
from kerastune.data.open_texts import open_text_splits, open_texts
from kerastune.data.open_tokens import open_tokens
from kerastune.data.openers import opener
from kerastune.data.openings import openings
from kerastune.data.pipeline import (
    batch_sizes,
    evaluation_batches,
    steps_per_epoch,
    training_batches,
)
from kerastune.data.python_source import python_source
from kerastune.data.readers import (
    Reader,
    audio_reader,
    image_or_row_reader,
    image_reader,
    number_reader,
    text_pair_reader,
    text_reader,
    token_reader,
)
from kerastune.data.records import from_records
from kerastune.data.rotated import digits_and_angles, rotated_digits
from kerastune.data.scenes import scenes
from kerastune.data.sentences import docstring_sentences, unlabelled_docstring_sentences
from kerastune.data.similar_labels import label_notes
from kerastune.data.source import Source
from kerastune.data.span_tags import are_span_tags, standard_tags
from kerastune.data.splits import Splits, few_shot_split, split, with_validation
from kerastune.data.spoken_phonemes import phonemes_of_words, spoken_phonemes
from kerastune.data.spoken_words import spoken_words
from kerastune.data.tables import read_table
from kerastune.data.tagged import IGNORED_TAG, tagged_tokens
from kerastune.data.text_pairs import open_text_pairs
from kerastune.data.texture_patches import textures
from kerastune.data.tfds import read_tfds
from kerastune.data.tfds_tokens import read_tfds_tokens
from kerastune.data.times import time_split
from kerastune.data.timit import TIMIT_FOLDING, read_timit
from kerastune.data.transfer import open_transfer
from kerastune.data.wide_tables import open_table, open_table_like
from kerastune.renamed import renamed

__all__ = [
    "CALENDAR",
    "IGNORED_TAG",
    "KINDS",
    "NAMED",
    "TABLE_KINDS",
    "TIMIT_FOLDING",
    "Column",
    "NamedData",
    "ReadColumn",
    "Reader",
    "Recording",
    "Source",
    "Speech",
    "Splits",
    "Utterance",
    "are_span_tags",
    "as_categories",
    "as_dates",
    "as_image",
    "as_kind",
    "as_numbers",
    "as_samples",
    "audio_reader",
    "autompg",
    "batch_of",
    "batch_sizes",
    "breast_cancer",
    "calendar",
    "clean",
    "criteo",
    "dates",
    "days",
    "described_only",
    "diabetes",
    "diabetes_table",
    "digits",
    "digits_and_angles",
    "docstring_imports",
    "docstring_lengths",
    "docstring_sentences",
    "docstring_texts",
    "evaluation_batches",
    "few_shot_split",
    "first_installed",
    "from_arrays",
    "from_records",
    "gathered",
    "glyphs",
    "image_or_row_reader",
    "image_reader",
    "input_column",
    "is_missing",
    "label_notes",
    "log_mel",
    "mel_matrix",
    "mnist_5000",
    "mnist_or_digits",
    "movielens_100k",
    "movielens_folder",
    "movielens_genres",
    "movielens_ratings",
    "mu_law_codes",
    "mu_law_samples",
    "names_in",
    "number_reader",
    "numbers",
    "open_as",
    "open_audio",
    "open_audio_splits",
    "open_caption_splits",
    "open_captions",
    "open_data",
    "open_detection",
    "open_detection_splits",
    "open_few_shot_splits",
    "open_interaction_splits",
    "open_number_splits",
    "open_phoneme_splits",
    "open_phonemes",
    "open_splits",
    "open_synthesis_splits",
    "open_table",
    "open_table_like",
    "open_table_splits",
    "open_text_pairs",
    "open_text_splits",
    "open_texts",
    "open_tokens",
    "open_transfer",
    "opener",
    "openings",
    "phonemes_of_words",
    "places",
    "python_source",
    "read_audio",
    "read_audio_folder",
    "read_column",
    "read_conll",
    "read_image",
    "read_image_folder",
    "read_table",
    "read_text_folder",
    "read_tfds",
    "read_tfds_tokens",
    "read_timit",
    "reads_nothing",
    "require_known_classes",
    "rotated_digits",
    "scenes",
    "split",
    "spoken",
    "spoken_languages",
    "spoken_phonemes",
    "spoken_words",
    "stand_ins",
    "standard_tags",
    "steps_per_epoch",
    "tagged_tokens",
    "text_pair_reader",
    "text_reader",
    "textures",
    "time_split",
    "token_reader",
    "training_batches",
    "unlabelled_docstring_sentences",
    "voice_variants",
    "wine",
    "with_validation",
]

__getattr__ = renamed(__name__, {"few_of_each_class": "few_shot_split", "open_source": "open_data"})
