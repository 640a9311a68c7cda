"""Which samples a report shows, for each kind of head."""

import numpy as np
import pytest

from kerastune.data import Column, Source
from kerastune.heads import (
    Classification,
    Gaussian,
    Multilabel,
    Ordinal,
    Regression,
    Several,
    TokenClassification,
)
from kerastune.jobs.chosen_examples import chosen_examples
from kerastune.jobs.shown_examples import page_rows, terminal_lines

pytestmark = pytest.mark.any_backend

NAMES = ("no", "yes")


def texts(count):
    return [f"text {number}" for number in range(count)]


def positions(head, samples, outputs):
    found = chosen_examples(head, samples, outputs)
    return {heading: [one.position for one in chosen] for heading, chosen in found.items()}


def test_classes_show_sure_mistakes_and_right_answers_of_each():
    labels = np.array([0, 0, 0, 0, 1, 1, 1, 1])
    logits = np.array([[-3.0], [1.0], [-1.0], [-2.0], [-2.0], [2.0], [-5.0], [1.0]])
    samples = Source.of(texts(8), labels, class_names=NAMES)
    assert positions(Classification(NAMES), samples, logits) == {
        "Most confident mistakes": [6, 4, 1],
        "Right answers": [0, 2, 5, 7],
    }


def test_mistakes_are_of_each_class_and_not_too_many():
    labels = np.arange(600) % 3
    logits = np.zeros((600, 3))
    # Each answer is wrong; those for the first class are the surest.
    logits[np.arange(600), (labels + 1) % 3] = 5.0 - labels
    names = ("a", "b", "c")
    samples = Source.of(texts(600), labels, class_names=names)
    found = positions(Classification(names), samples, logits)
    assert found == {"Most confident mistakes": [0, 3, 6, 1, 4, 7, 2, 5, 8]}
    many = tuple(map(str, range(300)))
    samples = Source.of(texts(600), np.arange(600) % 300, class_names=many)
    found = positions(Classification(many), samples, np.eye(300)[np.arange(600) % 300])
    assert [len(chosen) for chosen in found.values()] == [20]


def test_quantities_show_the_largest_and_typical_errors():
    errors = np.array([0.1, 9.0, 0.5, 0.2, 0.3, 8.0, 0.4, 7.0, 6.0, 5.0])
    samples = Source.of(texts(10), np.zeros(10))
    for head, outputs in (
        (Regression((0.0,), (1.0,)), errors[:, None]),
        (Gaussian((0.0,), (1.0,)), np.stack([errors, np.zeros(10)], axis=1)),
    ):
        assert positions(head, samples, outputs) == {
            "Largest errors": [1, 5, 7, 8, 9],
            "Typical errors": [6, 4, 3],
        }


def test_few_quantities_are_all_among_the_largest():
    samples = Source.of(texts(2), np.zeros(2))
    head = Regression((0.0,), (1.0,))
    assert positions(head, samples, np.ones((2, 1))) == {"Largest errors": [0, 1]}


def test_labels_and_tags_show_sure_mistakes():
    labels = np.array([[1, 0], [0, 1], [1, 1]])
    columns = {"text": Column("text"), "label": Column("multilabel", class_names=("a", "b"))}
    samples = Source({"text": texts(3), "label": labels}, columns, ("label",))
    logits = np.array([[2.0, -2.0], [3.0, 1.0], [9.0, -1.0]])
    assert positions(Multilabel(("a", "b")), samples, logits) == {
        "Most confident mistakes": [1, 2],
        "Right answers": [0],
    }
    columns = {"tokens": Column("tokens"), "tags": Column("tags", class_names=NAMES)}
    tokens = {"tokens": [["a", "b"], ["c"]], "tags": [[0, 1], [1]]}
    logits = [np.array([[2.0, 0.0], [0.0, 1.0]]), np.array([[1.0, 0.0]])]
    samples = Source(tokens, columns, ("tags",))
    assert positions(TokenClassification(NAMES), samples, logits) == {
        "Most confident mistakes": [1],
        "Right answers": [0],
    }


def test_ranks_that_are_furthest_off_come_first():
    samples = Source.of(texts(3), np.array([0, 2, 0]), class_names=("low", "middle", "high"))
    logits = np.array([[9.0, 9.0], [9.0, -1.0], [-9.0, -9.0]])
    found = positions(Ordinal(("low", "middle", "high")), samples, logits)
    assert found == {"Most confident mistakes": [0, 1], "Right answers": [2]}


def test_each_of_several_targets_has_its_own():
    head = Several({"size": Classification(NAMES), "length": Regression((0.0,), (1.0,))})
    columns = {
        "text": Column("text"),
        "size": Column("class", class_names=NAMES),
        "length": Column("quantity"),
    }
    values = {"text": texts(2), "size": np.array([0, 1]), "length": np.zeros(2)}
    samples = Source(values, columns, ("size", "length"))
    outputs = {"size": np.array([[1.0], [2.0]]), "length": np.array([[1.0], [2.0]])}
    assert positions(head, samples, outputs) == {
        "Most confident mistakes: size": [0],
        "Right answers: size": [1],
        "Largest errors: length": [1, 0],
    }


def test_rows_are_those_of_the_data_as_given():
    samples = Source.of(texts(4), np.array([0, 0, 1, 1]), class_names=NAMES).select([3, 1])
    found = chosen_examples(Classification(NAMES), samples, np.array([[-2.0], [-3.0]]))
    assert page_rows(found, samples, ["text"]) == {
        "Most confident mistakes": [
            {
                "row": 3,
                "input": "text 3",
                "predicted": "no",
                "true": "yes",
                "probability": 0.881,
            }
        ],
        "Right answers": [
            {"row": 1, "input": "text 1", "predicted": "no", "true": "no", "probability": 0.953}
        ],
    }
    assert list(terminal_lines(found, samples, ["text"])) == [
        "Most confident mistakes",
        "  predicted no, true yes, probability 0.881",
        "      text 3",
        "Right answers",
        "  predicted no, true no, probability 0.953",
        "      text 1",
    ]


def test_images_stand_beside_other_inputs():
    columns = {
        "image": Column("image", shape=(4, 4, 1)),
        "note": Column("text"),
        "label": Column("class", class_names=NAMES),
    }
    values = {"image": np.zeros((1, 4, 4, 1)), "note": ["a note"], "label": np.array([0])}
    samples = Source(values, columns, ("label",))
    found = chosen_examples(Classification(NAMES), samples, np.array([[-2.0]]))
    ((row,),) = page_rows(found, samples, ["image", "note"]).values()
    assert list(row) == ["row", "image", "input", "predicted", "true", "probability"]
    assert row["image"][1:4] == b"PNG"
    assert row["input"] == "a note"
