"""What is said of a run at its end."""

import math

import pytest

from kerastune.evaluation import Evaluation, Metric, evaluate_classes, evaluate_quantities
from kerastune.jobs.verdict import judge
from kerastune.training import History

pytestmark = pytest.mark.any_backend


def reached(value, name="accuracy", higher_is_better=True):
    return Evaluation([Metric(name, value, higher_is_better)])


def losses(*values, name="val_loss", stage="all"):
    epochs = [
        {"stage": stage, "epoch": number, "steps": number, name: value}
        for number, value in enumerate(values, start=1)
    ]
    return History(epochs=epochs)


def said(*arguments, **options):
    return " ".join(judge(*arguments, **options).lines)


def test_the_best_baseline_is_the_one_to_beat():
    verdict = judge(reached(0.7), {"a": reached(0.5), "b": reached(0.6)}, History(), 10_000)
    assert verdict.beats_baselines is True
    assert verdict.lines[0].startswith("Accuracy 0.7000 beats b (0.6000) by 0.1000.")


def test_the_least_is_best_of_errors():
    verdict = judge(
        reached(3.0, "mean_absolute_error", False),
        {"mean": reached(2.0, "mean_absolute_error", False)},
        History(),
        50,
    )
    assert verdict.beats_baselines is False
    assert "does not beat mean (2.0000)." in verdict.lines[0]
    assert "other seeds" in verdict.lines[0]


def test_what_chance_explains_is_that_of_two_binomial_shares():
    expected = 1.96 * math.sqrt((0.8 * 0.2 + 0.74 * 0.26) / 692)
    assert f"below {expected:.4f}" in said(reached(0.8), {"x": reached(0.74)}, History(), 692)


@pytest.mark.parametrize(
    ("history", "expected"),
    [
        (losses(1.0, 0.5, 0.9), "rose after epoch 2"),
        (losses(1.0, 0.8, 0.6), "more --epochs"),
        (losses(1.0, 0.8, 0.6, name="loss"), "more --epochs"),
        (losses(1.0, 0.6, 0.6), None),
        (losses(1.0), None),
        (History(), None),
    ],
)
def test_losses_of_a_model_that_does_not_beat_its_baseline(history, expected):
    line = said(reached(0.5), {"x": reached(0.6)}, history, 100)
    assert expected is None or expected in line
    assert expected is not None or "--epochs" not in line


def test_no_advice_for_a_model_that_is_clearly_better():
    line = said(reached(0.9), {"x": reached(0.5)}, losses(1.0, 0.5, 0.9), 1000)
    assert "--epochs" not in line


def test_only_one_answer_is_told():
    outputs = [[0.9, 0.1]] * 4
    evaluation = evaluate_classes([0, 0, 0, 1], outputs, ("no", "yes"))
    line = said(evaluation, {"majority class": evaluation}, History(), 4)
    assert "answers 'no' for every sample" in line
    assert "--class_weights balanced" in line


def test_without_a_baseline_nothing_is_claimed():
    evaluation = evaluate_quantities([1.0, 2.0], [1.0, 2.5])
    assert judge(evaluation, {}, History(), 2).beats_baselines is None
    assert judge(Evaluation([]), {}, History(), 2).lines == ()
