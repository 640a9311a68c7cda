import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kerastune.errors import InputError, MissingExtraError
from kerastune.evaluation.spans import evaluate_tags, spans_of

pytestmark = pytest.mark.any_backend

NAMES = ("O", "B-PER", "I-PER", "B-LOC", "I-LOC")
OUT, B_PER, I_PER, B_LOC, I_LOC = range(5)


def test_the_example_of_the_shared_task():
    """The example in seqeval's documentation: 2 spans each, 1 of them the same."""
    names = ("O", "B-MISC", "I-MISC", "B-PER", "I-PER")
    true = [[0, 0, 0, 1, 2, 2, 0], [3, 4, 0]]
    predicted = [[0, 0, 1, 2, 2, 2, 0], [3, 4, 0]]
    found = evaluate_tags(true, predicted, names)
    # https://github.com/chakki-works/seqeval, version 1.2.2, README: f1_score 0.50,
    # accuracy_score 0.80, MISC 0 of 1, PER 1 of 1.
    assert found["span_f1"] == 0.5
    assert found["token_accuracy"] == 0.8
    assert found["per_type"] == {
        "MISC": {"f1": 0.0, "precision": 0.0, "recall": 0.0, "support": 1},
        "PER": {"f1": 1.0, "precision": 1.0, "recall": 1.0, "support": 1},
    }
    assert list(found.directions.values()) == [True] * 4


def test_a_span_counts_only_where_type_and_ends_are_right():
    true = [[B_PER, I_PER, OUT, B_LOC, OUT, B_LOC]]
    predicted = [[B_PER, OUT, OUT, B_PER, OUT, B_LOC]]
    found = evaluate_tags(true, predicted, NAMES)
    assert (found["span_precision"], found["span_recall"]) == pytest.approx((1 / 3, 1 / 3))
    assert found["per_type"]["LOC"] == {
        "f1": pytest.approx(2 / 3),
        "precision": 1.0,
        "recall": 0.5,
        "support": 2,
    }


def test_what_is_not_predicted_is_outside():
    found = evaluate_tags([[B_PER, I_PER], [OUT]], [[B_PER, -1], [-1]], NAMES)
    assert found["span_f1"] == 0.0
    assert found["token_accuracy"] == pytest.approx(1 / 3)


def test_no_spans_at_all():
    found = evaluate_tags([[OUT, OUT]], [[OUT, OUT]], NAMES)
    assert (found["span_f1"], found["token_accuracy"]) == (0.0, 1.0)
    assert found["per_type"] == {}


def test_tags_that_mark_no_spans():
    found = evaluate_tags([[0, 1, 1], [], [2]], [[0, 1, 0], [], [-1]], ("NOUN", "VERB", "DET", "X"))
    assert found["token_accuracy"] == 0.5
    # By hand: F1 of NOUN 2/3 (1 of 2 predicted, 1 of 1 true), of VERB 2/3, of DET 0.
    assert found["macro_f1"] == pytest.approx((2 / 3 + 2 / 3 + 0 + 0) / 4)
    assert found["macro_precision"] == pytest.approx((1 / 2 + 1 + 0 + 0) / 4)
    assert found["macro_recall"] == pytest.approx((1 + 1 / 2 + 0 + 0) / 4)
    assert found["per_tag"]["VERB"] == {
        "precision": 1.0,
        "recall": 0.5,
        "f1": pytest.approx(2 / 3),
        "support": 2,
    }
    assert found["per_tag"]["X"]["support"] == 0
    assert found["untested_classes"] == ["X"]
    assert "span_f1" not in found


SAMPLES = st.lists(
    st.lists(st.tuples(st.integers(0, 4), st.integers(-1, 4)), max_size=6), min_size=1, max_size=4
).filter(any)


@given(SAMPLES)
@settings(max_examples=60)
def test_totals_are_those_of_the_types_and_of_the_spans(samples):
    true = [[tag for tag, _ in sample] for sample in samples]
    predicted = [[tag for _, tag in sample] for sample in samples]
    found = evaluate_tags(true, predicted, NAMES)

    def spans(each):
        return {
            (number, *span)
            for number, tags in enumerate(each)
            for span in spans_of([NAMES[tag] if tag >= 0 else "O" for tag in tags])
        }

    right, expected, answered = spans(true) & spans(predicted), spans(true), spans(predicted)
    assert sum(row["support"] for row in found["per_type"].values()) == len(expected)
    assert found["span_recall"] == pytest.approx(len(right) / max(len(expected), 1))
    assert found["span_precision"] == pytest.approx(len(right) / max(len(answered), 1))
    harmonic = 2 * len(right) / max(len(expected) + len(answered), 1)
    assert found["span_f1"] == pytest.approx(harmonic)


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        (["B-a", "I-a", "O", "B-a", "B-a"], [("a", 0, 2), ("a", 3, 4), ("a", 4, 5)]),
        (["I-a", "I-b"], [("a", 0, 1), ("b", 1, 2)]),
        (["S-a", "B-a", "I-a", "E-a", "E-a"], [("a", 0, 1), ("a", 1, 4), ("a", 4, 5)]),
        (["B", "I", "O"], [("_", 0, 2)]),
        ([], []),
    ],
)
def test_spans_of_tags(tags, expected):
    assert spans_of(tags) == expected


@pytest.mark.parametrize(
    ("tags", "predicted", "message"),
    [
        ([[0]], [[0], [0]], "predictions for 1 samples. Received: 2"),
        ([[0, 1]], [[0]], r"tags of shape \(2,\) and predictions of shape \(1,\) in sample 0"),
        ([0, 1], [0, 1], r"shape \(\)"),
        ([[[0]]], [[[0]]], r"shape \(1, 1\)"),
        ([[]], [[]], "at least one token"),
        ([], [], "at least one token"),
        ([[5]], [[0]], "from 5 to 5"),
        ([[-1]], [[0]], "from -1 to -1"),
    ],
)
def test_what_does_not_fit_is_refused(tags, predicted, message):
    with pytest.raises(InputError, match=message) as caught:
        evaluate_tags(tags, predicted, NAMES)
    assert "\n" not in str(caught.value)


def test_without_seqeval_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "seqeval.metrics", None)
    with pytest.raises(MissingExtraError, match=r"\[tokens\]'"):
        evaluate_tags([[0]], [[0]], NAMES)
    assert evaluate_tags([[0]], [[0]], ("NOUN", "VERB"))["token_accuracy"] == 1.0
