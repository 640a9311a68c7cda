"""What is said of a run at its end."""

import math

import numpy as np
import pytest

from kerastune.evaluation import (
    Evaluation,
    Metric,
    evaluate_classes,
    evaluate_labels,
    evaluate_quantities,
)
from kerastune.jobs.verdict import judge, next_steps
from kerastune.training import TrainingHistory

pytestmark = pytest.mark.any_backend


def reached(value, name="accuracy", higher_is_better=True):
    return Evaluation([Metric(name, value, higher_is_better)])


def losses(*values, name="val_loss", stage="all", stages=()):
    epochs = [
        {"stage": stage, "epoch": number, "steps": number, name: value}
        for number, value in enumerate(values, start=1)
    ]
    return TrainingHistory(epochs=epochs, stages=list(stages))


def said(*arguments, **options):
    return " ".join(judge(*arguments, **options).lines)


def test_the_best_baseline_is_the_one_to_beat():
    verdict = judge(reached(0.7), {"a": reached(0.5), "b": reached(0.6)}, TrainingHistory(), 10_000)
    assert verdict.beats_baselines is True
    assert verdict.lines[0].startswith("Accuracy 0.7000 beats b (0.6000) by 0.1000.")


def test_the_least_is_best_of_errors():
    verdict = judge(
        reached(3.0, "mean_absolute_error", False),
        {"mean": reached(2.0, "mean_absolute_error", False)},
        TrainingHistory(),
        50,
    )
    assert verdict.beats_baselines is False
    assert "does not beat mean (2.0000)." in verdict.lines[0]
    assert "other seeds" in verdict.lines[0]


def test_what_chance_explains_is_that_of_two_binomial_shares():
    expected = 1.96 * math.sqrt((0.8 * 0.2 + 0.74 * 0.26) / 692)
    assert f"below {expected:.4f}" in said(
        reached(0.8), {"x": reached(0.74)}, TrainingHistory(), 692
    )


def test_what_chance_explains_of_errors_is_that_of_two_means():
    random = np.random.default_rng(0)
    targets, one, other = random.normal(size=(3, 200))
    expected = 1.96 * math.sqrt(
        sum(np.abs(targets - predicted).var() for predicted in (one, other)) / 200
    )
    model, simple = (evaluate_quantities(targets, predicted) for predicted in (one, other))
    assert f"below {expected:.4f} may be chance" in said(
        model, {"x": simple}, TrainingHistory(), 200
    )


def test_a_difference_that_may_be_chance_is_called_so():
    line = said(reached(0.61), {"x": reached(0.6)}, TrainingHistory(), 100)
    assert "beats x (0.6000) by 0.0100. Of 100 test samples, " in line
    assert "may be chance, and so may this one." in line
    assert "so may this" not in said(reached(0.9), {"x": reached(0.6)}, TrainingHistory(), 100)


@pytest.mark.parametrize(
    ("history", "expected"),
    [
        (losses(1.0, 0.5, 0.9), "rose after epoch 2: try fewer --epochs, or a --plan"),
        (losses(1.0, 0.8, 0.6), "more --epochs"),
        (losses(1.0, 0.8, 0.6, name="loss"), "more --epochs"),
        (losses(1.0, 0.6, 0.6), None),
        (losses(1.0), None),
        (losses(math.nan, 0.8, 0.6), "more --epochs"),
        (losses(math.nan), None),
        # Logs of densities may be below zero.
        (losses(-1.0, -2.0, -2.0), None),
        (losses(-2.0, -1.98, -1.99), None),
        (losses(-1.0, -2.0, -3.0), "more --epochs"),
        (losses(-1.0, -3.0, -2.0), "rose after epoch 2"),
        (TrainingHistory(), None),
    ],
)
def test_losses_of_a_model_that_does_not_beat_its_baseline(history, expected):
    line = said(reached(0.5), {"x": reached(0.6)}, history, 100)
    assert expected is None or expected in line
    assert expected is not None or "--epochs" not in line
    assert ("Neither answers nor losses" in line) == (expected is None)


def test_fewer_epochs_are_not_advised_where_training_ended_early():
    stage = {"stage": "all", "planned_steps": 9, "steps": 3}
    line = said(
        reached(0.5), {"x": reached(0.6)}, losses(1.0, 0.5, 0.9, stages=[stage]), test_samples=100
    )
    assert "rose after epoch 2: try a --plan that moves less" in line
    assert "--epochs" not in line


def test_no_advice_for_a_model_that_is_clearly_better():
    line = said(reached(0.9), {"x": reached(0.5)}, losses(1.0, 0.5, 0.9), 1000)
    assert "--epochs" not in line


def test_only_one_answer_is_told():
    outputs = [[0.9, 0.1]] * 4
    evaluation = evaluate_classes([0, 0, 0, 1], outputs, ("no", "yes"))
    line = said(evaluation, {"majority class": evaluation}, TrainingHistory(), 4)
    assert "answers 'no' for every sample" in line
    assert "--class_weights balanced" in line


def test_one_answer_is_right_where_there_is_one_class():
    evaluation = evaluate_classes([0, 0], [[0.9, 0.1]] * 2, ("no", "yes"))
    assert "every sample" not in said(evaluation, {"x": evaluation}, TrainingHistory(), 2)


def test_labels_that_are_never_answered_are_told():
    labels = [[1, 0], [0, 1], [1, 1]]
    none, wrong, right = (
        evaluate_labels(labels, probabilities, ("a", "b"))
        for probabilities in ([[0.1, 0.1]] * 3, 1 - np.array(labels), np.array(labels))
    )
    assert "no label for any sample" in said(none, {"x": none}, TrainingHistory(), 3)
    assert "no label for any" not in said(wrong, {"x": right}, TrainingHistory(), 3)
    assert "no label for any" not in said(right, {"x": right}, TrainingHistory(), 3)


def test_spans_that_are_never_found_are_told():
    tokens = [Metric("span_f1", 0.0), Metric("token_accuracy", 0.8)]
    line = said(
        Evaluation(tokens), {"most frequent": reached(0.2, "span_f1")}, TrainingHistory(), 9
    )
    assert "Span f1 0.0000 does not beat most frequent (0.2000)." in line
    assert "finds no span that is right" in line


def test_each_of_several_targets_is_compared():
    classes = evaluate_classes([0, 1, 0, 1], [[0.9, 0.1]] * 4, ("no", "yes"))
    quantities = evaluate_quantities([1.0, 2.0, 3.0, 4.0], [1.0, 2.0, 3.0, 4.5])
    simple = evaluate_quantities([1.0, 2.0, 3.0, 4.0], [2.5] * 4)
    verdict = judge(
        Evaluation.joined([classes.prefixed("kind"), quantities.prefixed("kind_size")]),
        {
            "constant": Evaluation.joined(
                [classes.prefixed("kind"), simple.prefixed("kind_size")],
            )
        },
        TrainingHistory(),
        4,
        targets=("kind", "kind_size"),
    )
    assert verdict.beats_baselines is False
    assert verdict.lines[0].startswith("kind: Accuracy 0.5000 does not beat constant (0.5000).")
    assert verdict.lines[1].startswith("kind_size: Mean absolute error 0.1250 beats constant (1.0")
    assert verdict.lines[2].startswith("kind: It answers 'no' for every sample")


def test_a_head_that_puts_no_names_before_its_metrics_is_compared_as_a_whole():
    verdict = judge(reached(0.7), {"x": reached(0.5)}, TrainingHistory(), 900, targets=("a", "b"))
    assert verdict.lines[0].startswith("Accuracy 0.7000 beats x")


def test_metrics_that_are_no_numbers_are_not_compared():
    verdict = judge(reached(math.nan), {"x": reached(0.5)}, TrainingHistory(), 9)
    assert verdict.beats_baselines is None
    assert verdict.lines == ("Accuracy is nan and cannot be compared.",)
    verdict = judge(reached(0.6), {"x": reached(math.nan), "y": reached(0.5)}, TrainingHistory(), 9)
    assert "beats y (0.5000)" in verdict.lines[0]
    assert judge(reached(0.6), {"x": reached(math.nan)}, TrainingHistory(), 9).lines == ()


def test_the_first_metric_of_which_more_or_less_is_better_is_compared():
    metrics = [Metric("coverage", 0.9, None), Metric("width", 2.0, False)]
    verdict = judge(Evaluation(metrics), {"x": reached(3.0, "width", False)}, TrainingHistory(), 9)
    assert "Width 2.0000 beats x (3.0000)" in verdict.lines[0]


def test_small_and_large_numbers_keep_their_digits():
    errors = [reached(value, "error", False) for value in (0.0000123, 12345.678)]
    assert "Error 1.23e-05 beats x (1.235e+04)" in said(
        errors[0], {"x": errors[1]}, TrainingHistory(), 9
    )


def test_without_a_baseline_nothing_is_claimed():
    evaluation = evaluate_quantities([1.0, 2.0], [1.0, 2.5])
    assert judge(evaluation, {}, TrainingHistory(), 2).beats_baselines is None
    assert judge(Evaluation([]), {}, TrainingHistory(), 2).lines == ()


def test_next_steps_name_a_run_from_where_one_is(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert next_steps(tmp_path / "runs" / "a")[0] == "kerastune predict runs/a FILE"
    assert next_steps(tmp_path)[0] == f"kerastune predict {tmp_path} FILE"
    assert next_steps(tmp_path.parent / "b")[1] == f"kerastune report {tmp_path.parent}/b --open"
