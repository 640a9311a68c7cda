"""Labels that do not fit are refused with the same words on every backend."""

import re

import keras
import numpy as np
import pytest

from kerastune.errors import InputError
from kerastune.heads import TokenCrossentropy
from kerastune.training import fine_tune
from kerastune.training.label_checks import check_labels

SPARSE = "sparse_categorical_crossentropy"


def model_of(units, shape=(2,)):
    return keras.Sequential([keras.Input(shape), keras.layers.Dense(units)])


def check(labels, loss, units, shape=(2,)):
    labels = np.asarray(labels)
    check_labels(model_of(units, shape), loss, (np.zeros((len(labels), *shape)), labels))


@pytest.mark.any_backend
class TestLabels:
    @pytest.mark.parametrize(
        ("labels", "loss", "units", "expected", "received", "advice"),
        [
            ([1, 2, 3], SPARSE, 3, "from 0 to 2", "3 in sample 2", "labels - 1"),
            ([1, 2, 3], TokenCrossentropy(), 3, "from 0 to 2", "3 in sample 2", "labels - 1"),
            ([0, 1, 7], SPARSE, 3, "from 0 to 2", "7 in sample 2", "return_inverse"),
            ([0, 1, 2, 3], SPARSE, 3, "from 0 to 2", "3 in sample 3", "There are 4 different"),
            ([-1, 1], SPARSE, 2, "from 0 to 1", "-1 in sample 0", r"\(labels \+ 1\) // 2"),
            ([0.5, 1], SPARSE, 2, "whole", "0.5 in sample 0", "unique"),
            ([0, np.nan], SPARSE, 2, "from 0 to 1", "nan in sample 1", "isfinite"),
            (["a", "b"], SPARSE, 2, "from 0 to 1", "texts such as 'a'", "return_inverse"),
            ([0, 1], SPARSE, 1, "whole numbers", "output of 1 unit", "binary_crossentropy"),
            ([[0, 1], [1, 0]], SPARSE, 2, "from 0 to 1", "shape", "argmax"),
            ([-1, 1], "binary_crossentropy", 1, "from 0 to 1", "-1", r"\(labels \+ 1\) / 2"),
            ([1, 2], "binary_crossentropy", 1, "from 0 to 1", "2", "labels - 1"),
            ([3, 7], "binary_crossentropy", 1, "from 0 to 1", "3", "labels == 7"),
            ([0, 1, 2], "binary_crossentropy", 1, "from 0 to 1", "2", "unit for each"),
            ([0.0, 9, 255], "bce", 1, "from 0 to 1", "9", "labels / 255"),
            ([0, 1], "binary_crossentropy", 3, r"shape \(samples, 3\)", "shape", "as many units"),
            ([0, 1], "categorical_crossentropy", 3, "rows", "shape", "to_categorical.labels, 3"),
            ([[0, 2], [1, 0]], "categorical_crossentropy", 2, "rows", "2 in sample 0 at", "to_cat"),
            ([1, 2], "hinge", 1, "-1 and 1", "2 in sample 1", "labels == 2, 1, -1"),
            ([1.0, -2.0], "poisson", 1, "at least 0", "-2.0 in sample 1", "mse"),
            ([1.0, np.inf], "mse", 1, "finite", "inf in sample 1", "isfinite"),
            ([1.0, 2.0], "mse", 3, r"shape \(samples, 3\)", "shape", "as many units"),
            (["1", "2"], "mae", 1, "finite", "texts such as '1'", "unique"),
        ],
    )
    def test_what_does_not_fit(self, labels, loss, units, expected, received, advice):
        labels = np.array(labels, dtype=object) if isinstance(labels[0], str) else labels
        with pytest.raises(InputError, match=f"{expected}.*Received: .*{received}") as caught:
            check(labels, loss, units)
        assert re.search(advice, str(caught.value))
        assert "\n" not in str(caught.value)

    @pytest.mark.parametrize(
        ("labels", "loss", "units"),
        [
            ([0, 1, 2], SPARSE, 3),
            ([[0.0], [2.0]], keras.losses.SparseCategoricalCrossentropy(from_logits=True), 3),
            ([0, 255], keras.losses.SparseCategoricalCrossentropy(ignore_class=255), 3),
            ([0, 2], TokenCrossentropy(), 3),
            ([True, False], "binary_crossentropy", 1),
            ([[0.2, 0.8]], keras.losses.categorical_crossentropy, 2),
            ([0, 1], "crossentropy", 2),
            ([-1, 1], keras.losses.Hinge(), 1),
            ([-3.0, 4.0], "mse", 1),
            ([[1.0, 2.0, 3.0]], keras.losses.Huber(), 3),
            ([9, -9], lambda labels, outputs: outputs, 1),
        ],
    )
    def test_what_fits(self, labels, loss, units):
        check(labels, loss, units)

    def test_labels_of_places(self):
        check(np.ones((2, 4)), SPARSE, 2, shape=(4, 3))
        labels = np.ones((2, 4))
        labels[1, 2:] = 2
        with pytest.raises(InputError, match=r"2\.0 in sample 1 at \(2,\)\. "):
            check(labels, SPARSE, 2, shape=(4, 3))

    @pytest.mark.parametrize("as_dictionary", [True, False])
    def test_the_output_is_named(self, as_dictionary):
        inputs = keras.Input((2,))
        tops = [keras.layers.Dense(2, name=name)(inputs) for name in "ab"]
        model = keras.Model(inputs, dict(zip("ab", tops, strict=True)) if as_dictionary else tops)
        y = {"a": np.array([0, 1]), "b": np.array([1, 2])}
        for losses in (SPARSE, {"a": SPARSE, "b": SPARSE}):
            with pytest.raises(InputError, match="output 'b' .*Received: 2 in sample 1"):
                check_labels(model, losses, (np.zeros((2, 2)), y))


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__()
        self.top = keras.layers.Dense(2, activation="softmax")

    def call(self, inputs):
        return self.top(inputs)


class Batches(keras.utils.PyDataset):
    def __len__(self):
        return 2

    def __getitem__(self, index):
        return np.zeros((3, 2), "float32"), np.array([1, 2, 1])


class TestBeforeTheFirstStep:
    def test_arrays(self):
        model = model_of(2)
        before = model.get_weights()
        with pytest.raises(InputError, match="Received: 2 in sample 5"):
            fine_tune(model, (np.ones((6, 2)), [0, 1, 0, 1, 0, 2]), loss=SPARSE)
        data = np.ones((2, 2)), [0, 1]
        with pytest.raises(InputError, match="validation_data.*Received: -1"):
            fine_tune(model, data, loss=SPARSE, validation_data=(np.ones((2, 2)), [1, -1]))
        for one, other in zip(before, model.get_weights(), strict=True):
            np.testing.assert_array_equal(one, other)

    def test_the_first_batch_of_a_stream(self):
        with pytest.raises(InputError, match="first batch.*Received: 2 in sample 1.*labels - 1"):
            fine_tune(model_of(2), Batches(), loss=SPARSE)

    def test_a_model_whose_outputs_are_not_known(self):
        model = Subclassed()
        model(np.ones((1, 2)))
        with pytest.raises(InputError, match="from 0 to 1.*Received: 2 in sample 1"):
            fine_tune(model, (np.ones((2, 2)), [1, 2]), loss=SPARSE)
