"""What is printed while a plan trains."""

import io

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from kerastune import fine_tune
from kerastune.display.output import printing
from kerastune.errors import InputError
from kerastune.training.epoch_lines import printed_epochs
from kerastune.training.progress import Progress

RNG = np.random.default_rng(0)
X = RNG.normal(size=(24, 3)).astype("float32")
Y = X.sum(axis=1, keepdims=True)


class Screen:
    """What a plan prints, with a clock that the test moves on."""

    def __init__(self, *stages, steps_per_epoch=10, is_terminal=False, width=80):
        self.now = 0.0
        self.file = io.StringIO()
        console = Console(file=self.file, force_terminal=is_terminal, width=width)
        self.progress = Progress(stages, steps_per_epoch, console=console, clock=lambda: self.now)
        self.done = 0

    def begin(self):
        self.progress.on_train_begin()

    def epoch(self, seconds=1.0, first_step=0.0, **logs):
        self.progress.on_epoch_begin(self.done)
        self.now += first_step
        self.progress.on_train_batch_end(0, {"loss": 0.5})
        self.now += seconds - first_step
        self.progress.on_epoch_end(self.done, {"loss": 0.5} | logs)
        self.done += 1

    @property
    def lines(self):
        return self.file.getvalue().splitlines()


@pytest.mark.any_backend
class TestInAFile:
    def test_stage_epoch_plan_numbers_and_times(self):
        screen = Screen(("head", 10), ("fine-tune", 25))
        screen.begin()
        screen.epoch(4, first_step=2.2, loss=2.0, accuracy=0.25)
        screen.progress.on_train_end()
        screen.begin()
        screen.epoch(30, first_step=21, accuracy=0.5, loss=1.0, val_accuracy=0.25, val_loss=12345.6)
        screen.epoch(10, loss=1e-5)
        screen.epoch(5, loss=float("nan"))
        screen.progress.on_train_end()
        assert screen.lines == [
            "head 1/1 (1 of 4): loss 2.0000, accuracy 0.2500; 4.0 s, about 5.0 s left",
            "fine-tune 1/3 (2 of 4): loss 1.0000, accuracy 0.5000, val_loss 12,346, "
            "val_accuracy 0.2500; 30 s, about 15 s left",
            "fine-tune 2/3 (3 of 4): loss 1.00e-05; 10 s, about 5.0 s left",
            "fine-tune 3/3 (4 of 4): loss nan; 5.0 s",
        ]

    def test_a_stage_that_ends_early_shortens_the_plan(self):
        screen = Screen(("one", 50), ("two", 20))
        screen.begin()
        screen.epoch()
        screen.epoch()
        screen.progress.on_train_end()
        screen.begin()
        screen.epoch()
        assert screen.lines[1:] == [
            "one 2/5 (2 of 7): loss 0.5000; 1.0 s, about 5.0 s left",
            "one ended after 2 of 5 epochs",
            "two 1/2 (3 of 4): loss 0.5000; 1.0 s, about 1.1 s left",
        ]

    def test_many_short_epochs_take_few_lines(self):
        screen = Screen(("all", 200), steps_per_epoch=1)
        screen.begin()
        for _ in range(200):
            screen.epoch(0.01)
        screen.progress.on_train_end()
        assert 10 <= len(screen.lines) <= 20
        assert screen.lines[0] == "all 1/200: loss 0.5000"
        assert screen.lines[-1] == "all 200/200: loss 0.5000"

    def test_the_last_epoch_is_printed_whenever_it_comes(self):
        screen = Screen(("all", 200), steps_per_epoch=1)
        screen.begin()
        for _ in range(199):
            screen.epoch(0.01)
        screen.progress.on_train_end()
        assert screen.lines[-2:] == [
            "all 199/200: loss 0.5000",
            "all ended after 199 of 200 epochs",
        ]

    def test_nobody_waits_for_hours(self):
        screen = Screen(("all", 200), steps_per_epoch=1)
        screen.begin()
        for _ in range(200):
            screen.epoch(61)
        assert len(screen.lines) == 200

    def test_what_is_no_number_is_left_out_and_brackets_are_text(self):
        screen = Screen(("[bold]", 10))
        screen.begin()
        screen.epoch(0.01, confusion=np.eye(2))
        assert screen.lines == ["[bold] 1/1: loss 0.5000"]

    @given(st.integers(1, 10**6))
    def test_at_most_twenty_lines_with_the_first_and_the_last(self, epochs):
        printed = printed_epochs(epochs)
        assert min(epochs, 10) <= len(printed) <= 20
        assert (min(printed), max(printed)) == (1, epochs)

    @pytest.mark.parametrize(("verbose", "count"), [(0, 0), (2, 40)])
    def test_verbosity(self, capsys, verbose, count):
        with printing(verbose):
            progress = Progress([("all", 40)], 1)
            progress.on_train_begin()
            for epoch in range(40):
                progress.on_epoch_begin(epoch)
                progress.on_epoch_end(epoch, {"loss": 1.0})
            progress.on_train_end()
        assert len(capsys.readouterr().out.splitlines()) == count


@pytest.mark.any_backend
class TestOnATerminal:
    def test_a_line_moves_and_goes(self):
        screen = Screen(("all", 20), is_terminal=True)
        screen.begin()
        screen.progress.on_epoch_begin(0)
        for _ in range(5):
            screen.now += 0.1
            screen.progress.on_train_batch_end(0, {"loss": 0.25, "accuracy": 1.0})
        shown = screen.file.getvalue()
        # Not at every step.
        assert shown.count("step") == 1
        assert "all 1/2 ━━━━━━               step 3/10: loss 0.2500" in shown
        screen.progress.on_test_begin()
        screen.progress.on_epoch_end(0, {"loss": 0.5})
        assert screen.file.getvalue().endswith("\r\x1b[2Kall 1/2: loss 0.5000\n")

    def test_it_is_cut_at_the_width(self):
        screen = Screen(("a long name of a stage", 20), is_terminal=True, width=20)
        screen.begin()
        screen.progress.on_epoch_begin(0)
        screen.now += 1
        screen.progress.on_train_batch_end(0, {"loss": 0.25})
        assert screen.file.getvalue() == "\r\x1b[2Ka long name of a st\r"

    def test_nothing_stays_after_an_error(self):
        screen = Screen(("all", 20), is_terminal=True)
        screen.begin()
        screen.progress.on_epoch_begin(0)
        with pytest.raises(ValueError, match="broken"), screen.progress.displayed():
            self.fail(screen)
        assert screen.file.getvalue().endswith("validating\r\r\x1b[2K")

    def fail(self, screen):
        screen.progress.on_test_begin()
        raise ValueError("broken")


def tuned(verbose, callbacks=()):
    """A model that `fine_tune` has tuned, and the history."""
    keras.utils.set_random_seed(0)
    body = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4, name="body")])
    model = keras.Sequential([body, keras.layers.Dense(1, name="logits")])
    history = fine_tune(
        model, (X, Y), epochs=1, loss="mse", validation_data=(X, Y), batch_size=8,
        callbacks=callbacks, verbose=verbose,
    )  # fmt: skip
    return model, history


@pytest.mark.first_backend
def test_training_is_the_same_whatever_is_shown(monkeypatch, capsys):
    silent, history = tuned(0)
    assert capsys.readouterr() == ("", "")
    monkeypatch.setattr("kerastune.training.progress._BETWEEN_REDRAWS", -1.0)
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    seen = []
    live, same = tuned(
        1, [keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(epoch))]
    )
    out = capsys.readouterr().out
    assert "step 3/3" in out
    assert "validating" in out
    assert "head 1/1 (1 of 2): loss" in out
    assert "all 1/1 (2 of 2): loss" in out
    assert seen == [0, 1]
    assert same.step_loss == history.step_loss
    for one, other in zip(silent.get_weights(), live.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.any_backend
@pytest.mark.parametrize("verbose", [3, -1, "auto", None])
def test_a_verbosity_that_there_is_not_is_refused(verbose):
    with pytest.raises(InputError, match="Expected verbose out of 0, 1, 2. Received: "):
        tuned(verbose)
