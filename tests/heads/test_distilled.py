"""The losses of a student: by labels, and by the answers of a teacher."""

import keras
import numpy as np
import pytest

from kerastune.errors import InputError
from kerastune.heads import Classification, Distilled, SoftTargets, Taught

GENERATOR = np.random.default_rng(0)
TEACHER, STUDENT = GENERATOR.normal(size=(2, 6, 4)).astype("float32") * 3

ANSWERS = Taught("teacher", "soft", SoftTargets(), 0.9)


def softened(logits, temperature):
    exponentials = np.exp(logits / temperature)
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


@pytest.mark.each_backend
@pytest.mark.first_backend
@pytest.mark.parametrize("temperature", [1.0, 2.0, 5.0])
def test_soft_targets_are_those_of_hinton(temperature):
    teacher, student = (softened(logits, temperature) for logits in (TEACHER, STUDENT))
    divergence = temperature**2 * (teacher * np.log(teacher / student)).sum(axis=-1)
    loss = SoftTargets(temperature)
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(loss.call(TEACHER, STUDENT)), divergence, rtol=1e-4, atol=1e-6
    )


@pytest.mark.any_backend
def test_it_is_that_of_keras_where_keras_has_probabilities():
    theirs = keras.distillation.LogitsDistillation(2.0, loss=keras.losses.KLDivergence())
    expected = float(theirs.compute_loss(TEACHER, STUDENT))
    assert float(SoftTargets(2.0)(TEACHER, STUDENT)) == pytest.approx(expected, rel=1e-4)


@pytest.mark.any_backend
def test_why_the_default_of_keras_is_not_used():
    """By name, as by default, Keras gives logits to a divergence of probabilities."""
    theirs = keras.distillation.LogitsDistillation(temperature=2.0)
    shifted = TEACHER - 20.0  # The same probabilities.
    assert abs(float(theirs.compute_loss(TEACHER, shifted))) > 1.0
    assert float(SoftTargets(2.0)(TEACHER, shifted)) == pytest.approx(0.0, abs=1e-5)


@pytest.mark.any_backend
def test_gradients_are_of_the_size_of_those_by_labels_at_a_high_temperature():
    """Equation 4 of the paper: (z - v) / (N T²) for centred logits, here times T²."""
    temperature, step = 100.0, 0.05
    teacher, student = (
        logits - logits.mean(axis=-1, keepdims=True) for logits in (TEACHER, STUDENT)
    )
    loss = SoftTargets(temperature, reduction="sum", dtype="float64")
    keras_value = lambda logits: float(loss(teacher.astype("float64"), logits))  # noqa: E731
    moved = student.astype("float64")
    more, less = moved.copy(), moved.copy()
    more[0, 1] += step
    less[0, 1] -= step
    gradient = (keras_value(more) - keras_value(less)) / (2 * step)
    assert gradient == pytest.approx((student[0, 1] - teacher[0, 1]) / 4, rel=0.05)


@pytest.mark.any_backend
def test_one_logit_is_that_of_the_second_of_two_classes():
    logit = STUDENT[:, :1]
    both = np.concatenate([np.zeros_like(logit), logit], axis=1)
    loss = SoftTargets(2.0)
    assert float(loss(TEACHER[:, :2], logit)) == pytest.approx(float(loss(TEACHER[:, :2], both)))


@pytest.mark.any_backend
def test_it_is_read_from_its_configuration():
    loss = keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(SoftTargets(3.0))
    )
    assert loss.temperature == 3.0


@pytest.mark.any_backend
@pytest.mark.parametrize("temperature", [0.0, -1.0])
def test_a_temperature_is_above_0(temperature):
    with pytest.raises(InputError, match="above 0"):
        SoftTargets(temperature)


@pytest.mark.any_backend
def test_class_weights_weigh_labels_alone():
    inner = Classification(("no", "yes"), class_weights=(1.0, 3.0))
    head = Distilled(inner, "label", 0.1, (ANSWERS,))
    weights = head.sample_weights({"label": np.array([0, 1]), "soft": np.zeros((2, 2))})
    assert weights["labels"].tolist() == [1.0, 3.0]
    assert weights["teacher"] is None


@pytest.mark.any_backend
def test_samples_without_labels_count_for_the_teacher_alone():
    given = {"label": np.array([0, 1]), "soft": np.zeros((2, 2)), "known": np.array([1.0, 0.0])}
    for class_weights, expected in ((None, [1.0, 0.0]), ((2.0, 3.0), [2.0, 0.0])):
        inner = Classification(("no", "yes"), class_weights=class_weights)
        head = Distilled(inner, "label", 0.1, (ANSWERS,), "known")
        weights = head.sample_weights(given)
        assert weights["labels"].tolist() == expected
        assert weights["teacher"] is None
