"""The answers of each head as columns of a table."""

import numpy as np
import pytest
from scipy.special import logit

from kerastune.data import Column
from kerastune.data.input_pieces import InputPiece
from kerastune.errors import InputError
from kerastune.heads import (
    Classification,
    Gaussian,
    Multilabel,
    Ordinal,
    Quantile,
    Regression,
    Several,
    TokenClassification,
)
from kerastune.jobs.answer_columns import (
    RequestedAnswers,
    answer_columns,
    prediction_tables,
    require_wanted,
)
from kerastune.jobs.predicting import Predicted

pytestmark = pytest.mark.any_backend

ANIMALS = Classification(("cat", "dog", "eel"))
OUTPUTS = np.log([[0.7, 0.2, 0.1], [0.1, 0.3, 0.6]])


def test_classes():
    plain = answer_columns(ANIMALS, OUTPUTS, RequestedAnswers())
    assert plain["prediction"] == ["cat", "eel"]
    assert plain["probability"] == pytest.approx([0.7, 0.6])
    assert list(plain) == ["prediction", "probability"]
    found = answer_columns(ANIMALS, OUTPUTS, RequestedAnswers(probabilities=True, top=2))
    assert list(found) == [
        *("prediction", "probability"),
        *("probability_cat", "probability_dog", "probability_eel"),
        *("top_1", "top_1_probability", "top_2", "top_2_probability"),
    ]
    assert found["probability_dog"] == pytest.approx([0.2, 0.3])
    assert found["top_2"] == ["dog", "dog"]
    assert found["top_2_probability"] == pytest.approx([0.2, 0.3])
    # More than there are.
    assert "top_4" not in answer_columns(ANIMALS, OUTPUTS, RequestedAnswers(top=5))


def test_quantities():
    one = answer_columns(Regression((1.0,), (2.0,)), np.array([[0.5], [1.0]]), RequestedAnswers())
    assert one == {"prediction": [2.0, 3.0]}
    two = Regression((0.0, 0.0), (1.0, 1.0))
    found = answer_columns(two, np.array([[0.5, 1.5]]), RequestedAnswers())
    assert found == {"prediction_1": [0.5], "prediction_2": [1.5]}


def test_intervals():
    gaussian = Gaussian((0.0,), (1.0,))
    outputs = np.zeros((1, 2), "float32")
    found = answer_columns(gaussian, outputs, RequestedAnswers())
    assert list(found) == ["prediction", "lower", "upper"]
    (ends,) = gaussian.intervals(outputs, 0.9)[0]
    assert [found["lower"][0], found["upper"][0]] == ends.tolist()
    narrow = answer_columns(gaussian, outputs, RequestedAnswers(coverage=0.5))
    assert found["lower"] < narrow["lower"] < narrow["upper"] < found["upper"]
    quartiles = Quantile((0.0,), (1.0,), quantiles=(0.25, 0.5, 0.75))
    outputs = np.zeros((1, 3), "float32")
    assert list(answer_columns(quartiles, outputs, RequestedAnswers())) == ["prediction"]
    assert "lower" in answer_columns(quartiles, outputs, RequestedAnswers(coverage=0.5))
    with pytest.raises(InputError, match="coverage=0.9"):
        answer_columns(quartiles, outputs, RequestedAnswers(coverage=0.9))


def test_ranks_labels_and_tags():
    ranks = Ordinal(("low", "high"))
    found = answer_columns(ranks, logit([[0.8], [0.3]]), RequestedAnswers())
    assert found["prediction"] == ["high", "low"]
    assert found["probability"] == pytest.approx([0.8, 0.7])
    labels = Multilabel(("cat", "dog"))
    found = answer_columns(
        labels, logit([[0.8, 0.9], [0.1, 0.2]]), RequestedAnswers(probabilities=True)
    )
    assert found["prediction"] == [["cat", "dog"], []]
    assert found["probability_dog"] == pytest.approx([0.9, 0.2])
    tags = TokenClassification(("a", "b"))
    outputs = [np.log([[0.9, 0.1], [0.2, 0.8]]), np.full((1, 2), np.nan), np.zeros((0, 2))]
    assert answer_columns(tags, outputs, RequestedAnswers()) == {
        "prediction": [["a", "b"], [None], []]
    }
    found = answer_columns(tags, outputs, RequestedAnswers(probabilities=True))
    assert found["probability"] == [pytest.approx([0.9, 0.8]), [None], []]


def test_several_targets():
    head = Several({"animal": ANIMALS, "age": Regression((0.0,), (1.0,))})
    found = answer_columns(
        head, {"animal": OUTPUTS, "age": np.array([[1.0], [2.0]])}, RequestedAnswers()
    )
    assert list(found) == ["animal_prediction", "animal_probability", "age_prediction"]
    assert found["age_prediction"] == [1.0, 2.0]


def test_what_a_head_cannot_give():
    require_wanted(ANIMALS, RequestedAnswers(probabilities=True, top=2))
    require_wanted(
        Several({"a": ANIMALS, "b": Regression((0.0,), (1.0,))}), RequestedAnswers(top=1)
    )
    for head, wanted, option in (
        (Regression((0.0,), (1.0,)), RequestedAnswers(top=1), "--top"),
        (Regression((0.0,), (1.0,)), RequestedAnswers(probabilities=True), "--probabilities"),
        (ANIMALS, RequestedAnswers(coverage=0.9), "--coverage"),
    ):
        with pytest.raises(InputError, match=f"for {option}. Received: {type(head).__name__}"):
            require_wanted(head, wanted)


def test_rows_keep_their_places():
    columns = {"image": Column("image")}

    def piece(paths, first):
        rows = np.arange(first, first + len(paths))
        return InputPiece({"image": paths}, columns, rows, "folder")

    pieces = [
        Predicted(piece(["a.png", None, "c.png"], 0), [0, 2], OUTPUTS, {1: "no image"}),
        Predicted(piece(["d.png"], 3), [], None, {0: "broken"}),
    ]
    first, second = prediction_tables(ANIMALS, pieces, RequestedAnswers())
    assert first["row"] + second["row"] == [1, 2, 3, 4]
    assert first["path"] == ["a.png", None, "c.png"]
    assert first["prediction"] == ["cat", None, "eel"]
    assert second == {"row": [4], "path": ["d.png"], "prediction": [None], "probability": [None]}
    # Images that are no files have no name.
    arrays = Predicted(piece([np.zeros((2, 2, 3))], 0), [0], OUTPUTS[:1], {})
    assert "path" not in next(prediction_tables(ANIMALS, [arrays], RequestedAnswers()))
