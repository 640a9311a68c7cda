"""Batches of Grain are TensorFlow's own there, without its tuning; elsewhere they stay."""

import grain
import keras
import numpy as np
import pytest

from kerastune.backends.tensorflow_batches import as_backend_reads
from kerastune.distribution.read_batches import ReadBatches, for_keras

SHORT, LONG = np.zeros((2, 3), "float32"), np.zeros((2, 5), "float32")
OF_LENGTHS = [(SHORT, SHORT), (SHORT, SHORT), (LONG, LONG)]

is_tensorflow = keras.backend.backend() == "tensorflow"


def batches(of):
    return grain.MapDataset.source(of).to_iter_dataset()


def test_shapes_that_differ_are_open_on_tensorflow():
    given = batches(OF_LENGTHS)
    read = as_backend_reads(given, lambda: OF_LENGTHS[1:])
    assert [tuple(x.shape) for x, _ in read] == [(2, 3), (2, 3), (2, 5)]
    if is_tensorflow:
        assert read.element_spec[0].shape.as_list() == [None, None]
    else:
        assert read is given


def test_other_shapes_are_those_that_keras_reads():
    read = as_backend_reads(batches([[{"a": SHORT}, LONG]] * 2), lambda: [SHORT, SHORT[:1]])
    ((inputs, targets), _) = read
    assert inputs["a"].shape == SHORT.shape
    assert targets.shape == LONG.shape
    if is_tensorflow:
        assert read.element_spec[0]["a"].shape.as_list() == [None, 3]


@pytest.mark.parametrize("of", [OF_LENGTHS, OF_LENGTHS[:2]], ids=["lengths", "one shape"])
def test_nobody_waits_for_tensorflow_to_tune(of):
    positions = grain.MapDataset.range(len(of))
    read = for_keras(ReadBatches(positions, of.__getitem__, examples=lambda: of[1:]))
    by_user = for_keras(batches(of[:2]))
    if is_tensorflow:
        assert read.options().autotune.enabled is False
        assert by_user.options().autotune.enabled is False
    assert len(list(read)) == len(of)
    assert len(list(by_user)) == 2


def test_texts_are_left_to_who_makes_numbers_of_them():
    read = as_backend_reads(batches([np.array(["a text", "another"])] * 2))
    assert isinstance(read, grain.IterDataset)
