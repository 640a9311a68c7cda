"""The worst answers come first, of every head that can tell how wrong they are."""

import numpy as np
import pytest
from scipy.special import expit, logit

from kerastune.data import Column, Source
from kerastune.errors import InputError
from kerastune.heads import Classification, Multilabel, Ordinal, Regression, TokenClassification
from kerastune.jobs.mistakes import mistakes
from tests.jobs.outside import Generation
from tests.jobs.small_runs import several_run, table_run, text_run

pytestmark = pytest.mark.any_backend


def test_the_most_confident_mistakes(tmp_path):
    result = text_run(tmp_path)
    texts = ["a", "a bore", "a bore by all means", "me", "a film"]
    labels = ["short", "short", "short", "long", None]
    found = result.mistakes((texts, labels))
    assert [(one["row"], one["input"]) for one in found] == [
        (2, "a bore by all means"),
        (3, "me"),
        (1, "a bore"),
    ]
    assert [(one["predicted"], one["true"]) for one in found[:2]] == [
        ("long", "short"),
        ("short", "long"),
    ]
    assert [one["error"] for one in found] == pytest.approx(expit([13.5, 3.5, 0.5]), rel=1e-3)
    assert result.mistakes((texts, labels), count=1) == found[:1]
    # Where a sample was in the data as they were given.
    assert result.mistakes(([None, "a bore"], ["short", "short"]))[0]["row"] == 1
    assert result.mistakes((["a"], ["short"])) == []
    with pytest.raises(InputError, match="count of at least 1"):
        result.mistakes((texts, labels), count=0)


def test_the_largest_errors_of_quantities(tmp_path):
    result = table_run(tmp_path)
    rows = [{"age": 20, "pay": 50.0}, {"age": 40, "pay": 80.0}, {"age": 30, "pay": 0.0}]
    found = result.mistakes(rows)
    assert [(one["row"], one["predicted"], one["true"]) for one in found[:2]] == [
        (2, 60.0, 0.0),
        (0, 40.0, 50.0),
    ]
    (deviation,) = result.head.standard_deviation
    assert found[1]["error"] == pytest.approx(10.0 / deviation, rel=1e-3)
    assert found[0]["input"] == 30.0


def test_several_targets_by_column(tmp_path):
    result = several_run(tmp_path)
    data = ({"text": ["a", "a bore"]}, {"size": ["long", "long"], "letters": [10.0, 90.0]})
    found = [(one["target"], one["row"], one["true"]) for one in result.mistakes(data)]
    assert found == [("size", 0, "long"), ("letters", 1, 90.0)]


def test_how_wrong_the_answers_of_each_head_are():
    labels = Multilabel(("cat", "dog"), thresholds=(0.5, 0.2))
    outputs = logit(np.array([[0.9, 0.3], [0.9, 0.3], [0.1, 0.1]]))
    targets = np.array([[0, 1], [1, 1], [1, 1]])
    np.testing.assert_allclose(labels.errors(targets, outputs), [0.9, 0.0, 0.9])
    tags = TokenClassification(("a", "b"))
    rows = [
        np.log([[0.9, 0.1], [0.2, 0.8]]),
        np.array([[np.nan, np.nan], [0.0, 1.0]]),
        np.zeros((0, 2)),
    ]
    np.testing.assert_allclose(tags.errors([[1, 1], [0, 1], []], rows), [0.9, 0.0, 0.0])
    ranks = Ordinal(("low", "middle", "high"))
    logits = np.array([[4.0, 4.0]])
    sure = expit(4.0) ** 2
    for true, expected in ((2, 0.0), (1, sure), (0, 1 + sure)):
        np.testing.assert_allclose(ranks.errors(np.array([true]), logits), [expected])
    two = Regression((0.0, 0.0), (1.0, 10.0))
    np.testing.assert_allclose(two.errors(np.array([[1.0, 50.0]]), np.array([[0.0, 2.0]])), [3.0])


def test_a_head_may_not_tell():
    columns = {"array": Column("array", shape=(1,)), "label": Column("quantity", shape=(1,))}
    samples = Source({"array": np.ones((1, 1)), "label": np.ones((1, 1))}, columns, ("label",))
    with pytest.raises(InputError, match="Received: Generation without. Write `def errors"):
        mistakes(Generation(), samples, np.ones((1, 1)))


def test_ties_stay_in_order():
    samples = Source.of(list("abc"), [1, 1, 1], class_names=("no", "yes"))
    found = mistakes(Classification(("no", "yes")), samples, np.full((3, 1), -2.0), count=2)
    assert [one["row"] for one in found] == [0, 1]
