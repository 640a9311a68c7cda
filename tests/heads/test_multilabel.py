"""The head for labels of which several may hold."""

import numpy as np
import pytest

from kerastune.data import Column, Source
from kerastune.errors import InputError
from kerastune.heads import Multilabel, balanced_positive_weights
from tests.heads.fitting import features, fitted

pytestmark = pytest.mark.any_backend

NAMES = ("sun", "rain", "snow")


def samples(labels):
    columns = {
        "array": Column("array", shape=(1,)),
        "sky": Column("multilabel", class_names=NAMES),
    }
    return Source({"array": np.zeros((len(labels), 1)), "sky": labels}, columns, ("sky",))


def test_labels_above_their_thresholds_are_answered():
    head = Multilabel(NAMES, thresholds=(0.5, 0.9, 0.1))
    outputs = np.array([[0.1, 2.0, -2.0], [-0.1, 2.5, -2.5], [0.0, 0.0, -9.0]])
    assert head.decode(outputs) == [("sun", "snow"), ("rain",), ()]
    np.testing.assert_allclose(head.probabilities(outputs)[0, 1], 1 / (1 + np.exp(-2)))


def test_calibrated_on_validation_samples_it_finds_more():
    outputs = np.log([[0.1, 0.9, 0.3], [0.3, 0.8, 0.2], [0.4, 0.7, 0.1]])
    outputs = outputs - np.log1p(-np.exp(outputs))
    labels = np.array([[0, 1, 0], [1, 1, 0], [1, 0, 0]])
    head = Multilabel(NAMES, label_smoothing=0.1)
    tuned = head.calibrated(labels, outputs)
    assert head.thresholds is None
    assert tuned.thresholds == pytest.approx((0.2, 0.75, 0.5))
    assert tuned.label_smoothing == 0.1
    assert tuned.decode(outputs) == [("rain",), ("sun", "rain"), ("sun",)]
    assert tuned.evaluate(labels, outputs)["subset_accuracy"] == 1.0
    assert tuned.evaluate(labels, outputs)["per_label"]["sun"]["threshold"] == pytest.approx(0.2)
    assert head.evaluate(labels, outputs)["subset_accuracy"] == pytest.approx(1 / 3)


def test_weights_of_a_rare_label_raise_its_recall():
    x = features(400)
    rare = x[:, 0] + np.random.default_rng(1).normal(size=400) > 1.8
    labels = np.stack([rare, x[:, 1] > 0, x[:, 2] > 0], axis=1).astype(int)
    plain = Multilabel.for_samples(samples(labels))
    balanced = Multilabel.for_samples(samples(labels), balance_classes=True)
    assert balanced.positive_weights == balanced_positive_weights(samples(labels))
    recalls = [
        head.evaluate(labels, fitted(head, x, labels)[2])["per_label"]["sun"]["recall"]
        for head in (plain, balanced)
    ]
    assert recalls[1] > recalls[0] + 0.1


def test_a_label_that_never_holds_cannot_be_balanced():
    with pytest.raises(InputError, match=r"none with \['rain', 'snow'\]"):
        balanced_positive_weights(samples(np.array([[1, 0, 0], [0, 0, 0]])))


def test_labels_may_be_a_list_of_arrays():
    head = Multilabel(NAMES)
    encoded = head.encode([np.array([1, 0, 1]), np.array([0, 0, 0])])
    assert encoded.tolist() == [[1.0, 0.0, 1.0], [0.0, 0.0, 0.0]]
    assert encoded.dtype == np.float32
    with pytest.raises(InputError, match=r"shape \(samples, 3\). Received: shape \(2,\)"):
        head.encode(np.array([0, 1]))


def test_examples_name_the_labels():
    outputs = np.array([[2.0, 1.0, -1.0], [-1.0, -2.0, -3.0]])
    first, second = Multilabel(NAMES).examples(np.array([[1, 0, 0], [0, 0, 0]]), outputs)
    assert first == {
        "predicted": "sun, rain",
        "true": "sun",
        "most_probable": "sun",
        "probability": 0.881,
    }
    assert (second["predicted"], second["true"]) == ("none", "none")


@pytest.mark.parametrize(
    "settings",
    [
        {"class_names": ()},
        {"class_names": ("a", "a")},
        {"label_smoothing": 1.0},
        {"dropout": -0.1},
        {"class_weights": (1.0,)},
        {"class_weights": (1.0, -1.0, 1.0)},
        {"positive_weights": (1.0, float("nan"), 1.0)},
        {"thresholds": (0.5, 0.5)},
        {"thresholds": (0.5, 0.5, 1.0)},
    ],
)
def test_bad_settings(settings):
    with pytest.raises(InputError, match="Received: "):
        Multilabel(**{"class_names": NAMES, **settings})
