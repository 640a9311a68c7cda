"""Samples go through a preprocessor and a head into a model, and come out in their order."""

from dataclasses import dataclass

import keras
import numpy as np
import pytest

from kerastune.data import Column, Source
from kerastune.errors import InputError
from kerastune.heads import Classification, Head, Regression
from kerastune.preprocessing import ArrayPreprocessor
from kerastune.training import predict
from kerastune.training.samples import training_transform

ROWS = np.arange(6.0).reshape(3, 2)
CLASSES = Source.of(ROWS, [0, 1, 1], class_names=("no", "yes"))
PLAIN = ArrayPreprocessor(("array",))


@dataclass(frozen=True)
class AsItIs(Head):
    """Takes any targets as they are."""


class Halves(ArrayPreprocessor):
    """Makes two samples of one, each with half of the columns and of the target."""

    def prepare(self, inputs):
        return super().prepare(inputs).reshape(-1, 1)

    def prepare_both(self, inputs, targets):
        return self.prepare(inputs), np.repeat(targets / 2, 2)

    def align(self, outputs, inputs):
        assert len(inputs["array"]) * 2 == len(outputs)
        return outputs.reshape(-1, 2).sum(axis=1)


def transformed(samples, head, preprocessor=PLAIN):
    return training_transform(samples, preprocessor, head)(dict(samples.values))


@pytest.mark.any_backend
class TestTraining:
    def test_the_head_encodes_the_only_target_and_weighs_samples(self):
        x, y = transformed(CLASSES, Classification(("no", "yes")))
        np.testing.assert_array_equal(x, ROWS)
        assert y.tolist() == [[0], [1], [1]]
        *_, weights = transformed(CLASSES, Classification(("no", "yes"), class_weights=(1.0, 3.0)))
        assert weights.tolist() == [1, 3, 3]

    def test_several_targets_come_by_column(self):
        both = CLASSES.with_column("size", np.array([1.0, 2.0, 3.0]), Column("quantity"))
        _, y = transformed(both.with_targets("size", "label"), AsItIs())
        assert {name: values.tolist() for name, values in y.items()} == {
            "size": [1, 2, 3],
            "label": [0, 1, 1],
        }

    def test_without_targets_there_are_zeros(self):
        unlabelled = Source({"array": ROWS}, {"array": Column("array", shape=(2,))})
        x, y = transformed(unlabelled, AsItIs())
        np.testing.assert_array_equal(x, ROWS)
        assert y.tolist() == [[0], [0], [0]]

    def test_inputs_and_targets_are_prepared_together(self):
        samples = Source.of(ROWS, [2.0, 4.0, 6.0])
        x, y = transformed(samples, AsItIs(), Halves(("array",)))
        assert x.ravel().tolist() == [0, 1, 2, 3, 4, 5]
        assert y.tolist() == [1, 1, 2, 2, 3, 3]

    def test_only_the_columns_of_the_preprocessor_are_read(self):
        more = CLASSES.with_column("note", ["a", "b", "c"], Column("text"))
        x, _ = transformed(more, Classification(("no", "yes")))
        np.testing.assert_array_equal(x, ROWS)


def test_outputs_are_aligned_to_the_samples_as_they_came():
    double = keras.Sequential([keras.Input((1,)), keras.layers.Rescaling(2.0)])
    head = Regression((0.0,), (1.0,))
    found = predict(double, {"array": ROWS}, Halves(("array",)), head, batch_size=2)
    np.testing.assert_allclose(found, 2 * ROWS.sum(axis=1))


def test_the_head_may_answer_in_its_own_way():
    class Counted(AsItIs):
        def predict(self, model, batches, steps):
            return [len(batch[0]) for batch in batches] + [steps]

    model = keras.Sequential([keras.Input((2,)), keras.layers.Identity()])
    assert predict(model, {"array": ROWS}, PLAIN, Counted(), batch_size=2) == [2, 1, 2]


@pytest.mark.parametrize(
    ("inputs", "received"),
    [({"array": ROWS[:0]}, "{'array': 0}"), ({"array": ROWS, "b": [1]}, "'b': 1"), ({}, "{}")],
)
def test_inputs_of_no_length_or_of_several(inputs, received):
    with pytest.raises(InputError, match=f"of at least one sample. Received: .*{received}"):
        predict(None, inputs, PLAIN, AsItIs())
