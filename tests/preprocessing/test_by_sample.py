"""What says that it prepares sample by sample does, whatever else is in the batch."""

import keras
import numpy as np
import pytest

from kerastune import preprocessing
from kerastune.data import Source, open_table, tagged_tokens
from kerastune.data.batches import batch_of
from kerastune.preprocessing import (
    ArrayPreprocessor,
    FieldPreprocessor,
    ImagePreprocessor,
    Preprocessor,
    TablePreprocessor,
    WordPreprocessor,
    load_text_preprocessor,
    load_token_preprocessor,
)
from kerastune.preprocessing.class_images import ClassImagePreprocessor
from kerastune.preprocessing.number_rows import NumberRows
from kerastune.training.samples import prepares_by_sample
from tests.tiny import tiny_bert_preset

pytestmark = pytest.mark.any_backend

DRAWN = np.random.default_rng(0)
ROWS = Source.of(DRAWN.normal(size=(4, 3)).astype("float32"), np.arange(4.0))
TEXTS = Source.of(["good", "bad bad good movie", "a", "the movie"], [0, 1, 0, 1])
IMAGES = Source.of(
    [DRAWN.integers(0, 256, (size, size + 1, 3)).astype("uint8") for size in (3, 5, 4, 8)],
    [0, 1, 0, 1],
    class_names=("cat", "dog"),
)
TABLE = open_table(
    {
        "age": [20.5, 30.0, None, 25.0],
        "city": ["Rome|Bonn", "Bonn", None, "Rome"],
        "price": [1.5, 2.0, 3.5, 4.0],
    },
    target="price",
)
TAGGED = tagged_tokens([["good", "movie"], ["bad"], ["a", "the"], ["a"]], [[0, 1], [1]] * 2)


@pytest.fixture(scope="module")
def preset(tmp_path_factory):
    return tiny_bert_preset(tmp_path_factory.mktemp("preset"))


def fitted(preset):
    """Each preprocessor that says so, with the samples that it is fitted to."""
    return [
        (ArrayPreprocessor().fit(ROWS), ROWS),
        (NumberRows().fit(ROWS), ROWS),
        (ImagePreprocessor((4, 5, 3)).fit(IMAGES), IMAGES),
        (ClassImagePreprocessor((4, 5, 3)).fit(IMAGES), IMAGES),
        (TablePreprocessor(min_category_count=1).fit(TABLE), TABLE),
        (FieldPreprocessor().fit(TABLE), TABLE),
        (WordPreprocessor().fit(TEXTS), TEXTS),
        (load_text_preprocessor(preset, sequence_length=6).fit(TEXTS), TEXTS),
        (load_token_preprocessor(preset, sequence_length=6).fit(TAGGED), TAGGED),
    ]


def prepared(preprocessor, samples, places):
    batch = batch_of(samples, places)
    inputs = {name: batch[name] for name in preprocessor.columns}
    return preprocessor.prepare_both(inputs, batch[samples.targets[0]])


def test_samples_alone_are_what_they_are_in_a_batch(preset):
    for preprocessor, samples in fitted(preset):
        assert prepares_by_sample(preprocessor), preprocessor
        whole = prepared(preprocessor, samples, [0, 1, 2, 3])
        for places in ([2], [3, 1]):
            alone = keras.tree.flatten(prepared(preprocessor, samples, places))
            for some, all_ in zip(alone, keras.tree.flatten(whole), strict=True):
                np.testing.assert_array_equal(np.asarray(some), np.asarray(all_)[places])


def test_all_that_say_so_are_tested(preset):
    found = {
        kind
        for kind in _subclasses(Preprocessor)
        if kind.__module__.startswith(preprocessing.__name__) and "is_by_sample" in vars(kind)
    }
    assert found == {type(preprocessor) for preprocessor, _ in fitted(preset)}


def test_what_is_padded_to_the_longest_of_a_batch_does_not_say_so(preset):
    grouped = load_text_preprocessor(preset, sequence_length=6, group_by_length=True).fit(TEXTS)
    assert not prepares_by_sample(grouped)
    assert not prepares_by_sample(ArrayPreprocessor(("rows",), shapes={"rows": (None, 3)}))


def _subclasses(kind):
    return {one for sub in kind.__subclasses__() for one in (sub, *_subclasses(sub))}
