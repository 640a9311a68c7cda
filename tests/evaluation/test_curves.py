"""Learning curves of runs of every shape."""

import itertools

import numpy as np
import pytest

from kerastune.evaluation import learning_curves, save_picture

pytestmark = pytest.mark.any_backend


def history(*stages, steps=20, metrics=("accuracy",), validation=True):
    """A history with falling losses; each stage is a name and a number of epochs."""
    epochs, loss = [], []
    for stage in [name for name, count in stages for _ in range(count)]:
        loss += [2.0 / (len(loss) + step + 1) for step in range(steps)]
        epoch = {"stage": stage, "epoch": len(epochs) + 1, "steps": len(loss), "loss": loss[-1]}
        names = ("loss", *metrics)
        epoch |= dict.fromkeys(metrics, 0.5)
        epoch |= {f"val_{name}": 0.4 for name in names} if validation else {}
        epochs.append(epoch)
    return {"step_loss": loss, "epochs": epochs}


def titles(figure):
    return [axes.get_title(loc="left") for axes in figure.axes]


def line(axes, label):
    return next(line for line in axes.lines if line.get_label() == label)


def test_training_and_validation_of_a_metric_share_a_panel():
    figure = learning_curves(history(("train", 3), metrics=("accuracy", "macro_f1")))
    assert titles(figure) == ["loss", "accuracy", "macro f1"]
    accuracy = figure.axes[1]
    assert line(accuracy, "training").get_ydata().tolist() == [0.5, 0.5, 0.5]
    assert line(accuracy, "validation").get_ydata().tolist() == [0.4, 0.4, 0.4]
    assert line(accuracy, "training").get_color() != line(accuracy, "validation").get_color()
    assert line(accuracy, "training").get_xdata().tolist() == [20, 40, 60]


def test_loss_is_drawn_at_every_step():
    run = history(("train", 2))
    axes = learning_curves(run).axes[0]
    steps = line(axes, "each training step")
    assert steps.get_xdata().tolist() == list(range(1, 41))
    assert steps.get_ydata().tolist() == run["step_loss"]


def test_smoothing_keeps_a_constant_and_its_ends():
    run = history(("a", 1), ("b", 2), steps=50)
    run["step_loss"] = [3.0] * 50 + [1.0] * 100
    axes = learning_curves(run).axes[0]
    head = line(axes, "training, smoothed")
    tail = axes.lines[axes.lines.index(head) + 1]
    np.testing.assert_allclose(head.get_ydata(), 3.0)
    np.testing.assert_allclose(tail.get_ydata(), 1.0)
    assert (len(head.get_ydata()), len(tail.get_ydata())) == (50, 100)


def test_smoothing_is_centred():
    run = history(("train", 1), steps=100)
    run["step_loss"] = list(range(100))
    smooth = line(learning_curves(run).axes[0], "training, smoothed").get_ydata()
    np.testing.assert_allclose(smooth[10:90], np.arange(10, 90), atol=0.5)


@pytest.mark.parametrize(
    "stages",
    [
        [("linear probe", 1), ("fine-tune everything", 4)],
        [("fine-tune everything", 20), ("a last stage with quite a long name", 1)],
        [(f"unfreeze everything above block {number}", 1) for number in range(6)],
        [("x" * 200, 1), ("y" * 200, 1)],
    ],
)
def test_names_of_stages_do_not_overlap_and_stay_inside(stages):
    figure = learning_curves(history(*stages))
    figure.draw_without_rendering()
    loss = figure.axes[0]
    boxes = [text.get_window_extent() for text in loss.texts]
    assert len(boxes) == len(stages)
    for one, other in itertools.combinations([*boxes, loss._left_title.get_window_extent()], 2):
        assert not one.overlaps(other)
    frame = loss.get_window_extent()
    for box in boxes:
        assert box.y0 >= frame.y1
        assert box.x1 <= frame.x1 + 4


def test_a_border_is_drawn_where_a_stage_starts():
    figure = learning_curves(history(("probe", 1), ("tune", 2)))
    for axes in figure.axes:
        borders = [line for line in axes.lines if list(line.get_xdata()) == [20, 20]]
        assert len(borders) == 1


def test_one_stage_has_neither_border_nor_name():
    axes = learning_curves(history(("train", 2))).axes[0]
    assert not axes.texts
    assert not [line for line in axes.lines if len(set(line.get_xdata())) == 1]


def test_epoch_numbers_are_few_and_stand_where_epochs_end():
    axes = learning_curves(history(("train", 60), steps=5)).axes[-1]
    labels = [label.get_text() for label in axes.get_xticklabels()]
    assert labels == [str(epoch) for epoch in range(0, 61, 6)]
    assert axes.get_xticks().tolist() == [5 * epoch for epoch in range(0, 61, 6)]


def test_without_losses_of_steps_the_epochs_are_drawn():
    run = history(("train", 3)) | {"step_loss": []}
    axes = learning_curves(run).axes[0]
    assert line(axes, "training").get_ydata().tolist() == [epoch["loss"] for epoch in run["epochs"]]


@pytest.mark.parametrize(
    "run",
    [
        {"step_loss": [], "epochs": []},
        {"step_loss": [1.0], "epochs": []},
        {"step_loss": [1.0, float("nan"), float("inf")], "epochs": []},
        history(("train", 1), steps=1, metrics=(), validation=False),
        history(("train", 1), validation=False),
        history(("train", 2), metrics=tuple("abcdef")),
    ],
    ids=["nothing", "one step", "diverged", "one step and epoch", "no validation", "six metrics"],
)
def test_every_run_can_be_drawn(run, tmp_path):
    save_picture(learning_curves(run), tmp_path / "curves.png")
    assert (tmp_path / "curves.png").stat().st_size > 1000


def test_a_metric_that_some_epochs_lack_is_drawn_where_it_is():
    run = history(("train", 3))
    del run["epochs"][1]["val_accuracy"]
    assert line(learning_curves(run).axes[1], "validation").get_xdata().tolist() == [20, 60]
