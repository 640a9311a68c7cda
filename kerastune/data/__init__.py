"""From a source (arrays, tables, folders, data sets) to batches."""

from kerastune.data.arrays import from_arrays
from kerastune.data.bundled import diabetes, digits
from kerastune.data.cleaning import clean
from kerastune.data.folders import read_text_folder
from kerastune.data.image_folders import read_image, read_image_folder
from kerastune.data.mnist import mnist_or_digits
from kerastune.data.open import open_source
from kerastune.data.pipeline import (
    batch_sizes,
    evaluation_batches,
    steps_per_epoch,
    training_batches,
)
from kerastune.data.rotated import rotated_digits
from kerastune.data.sentences import docstring_sentences
from kerastune.data.source import Source
from kerastune.data.splits import few_of_each_class, samples_by_use, split
from kerastune.data.tables import read_table
from kerastune.data.tfds import read_tfds

__all__ = [
    "Source",
    "batch_sizes",
    "clean",
    "diabetes",
    "digits",
    "docstring_sentences",
    "evaluation_batches",
    "few_of_each_class",
    "from_arrays",
    "mnist_or_digits",
    "open_source",
    "read_image",
    "read_image_folder",
    "read_table",
    "read_text_folder",
    "read_tfds",
    "rotated_digits",
    "samples_by_use",
    "split",
    "steps_per_epoch",
    "training_batches",
]
