"""The settings of a stage: what they may be, and how they are written down."""

import dataclasses

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from kerastune.errors import InputError
from kerastune.tuning import Stage
from kerastune.tuning.plans.setting_types import (
    BATCH_NORM_MODES,
    DROPOUT_MODES,
    OPTIMIZERS,
    SCHEDULES,
    constraint_of,
)

pytestmark = [
    pytest.mark.any_backend,
    # Stages are drawn with every optimizer there is.
    pytest.mark.filterwarnings('ignore:optimizer="sgd":FutureWarning'),
]

SHORT = {"name": "short", "epochs": 1, "learning_rate": 0.1}


def test_the_type_of_every_setting_refuses_something():
    for field in dataclasses.fields(Stage):
        assert not constraint_of(field.type).holds(object()), field.name


def test_defaults_keep_the_rules():
    assert Stage("one", 1, 0.01, "head", "cosine").to_dict() == {
        "name": "one",
        "epochs": 1,
        "learning_rate": 0.01,
        "trainable": "head",
        "schedule": "cosine",
    }


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("name", 1),
        ("name", ""),
        ("trainable", 3),
        ("epochs", 0),
        ("epochs", True),
        ("epochs", 1.5),
        ("epochs", "3"),
        ("learning_rate", 0.0),
        ("learning_rate", float("nan")),
        ("learning_rate", None),
        ("schedule", "linear"),
        ("schedule", ["cosine"]),
        ("warmup", 1.5),
        ("optimizer", "adam"),
        ("weight_decay", -1.0),
        ("weight_decay", None),
        ("clip_norm", 0.0),
        ("steps", 0),
        ("steps", 10.5),
        ("patience", 0),
        ("monitor", ""),
        ("layer_decay", 0.0),
        ("layer_decay", 1.1),
        ("min_scale", -0.1),
        ("min_scale", 1.1),
        ("rates", {}),
        ("rates", {"head": -1.0}),
        ("rates", {"head": "fast"}),
        ("rates", {3: 0.5}),
        ("rates", [("head", 0.5)]),
        ("lowest_learning_rate", 0.0),
        ("batch_norm", "frozen"),
        ("dropout", False),
        ("callbacks", ("TerminateOnNaN",)),
        ("callbacks", keras.callbacks.TerminateOnNaN()),
    ],
)
def test_every_setting_is_checked(setting, value):
    with pytest.raises(InputError, match=f"Expected `{setting}`.*Received: {setting}=") as caught:
        Stage(**SHORT | {setting: value})
    assert "\n" not in str(caught.value)


def test_all_that_is_wrong_is_said_at_once():
    with pytest.raises(InputError, match="`epochs`.*`learning_rate`"):
        Stage("bad", epochs=0, learning_rate=0.0)


def test_the_learning_rate_has_no_default():
    with pytest.raises(InputError, match="`learning_rate` above 0"):
        Stage("bad", 1)


def test_a_stage_has_an_end():
    with pytest.raises(InputError, match="Expected `epochs` or `steps` in 'endless'"):
        Stage("endless", learning_rate=0.1, patience=3)


@pytest.mark.parametrize(
    "settings",
    [
        {"layer_decay": 0.9, "rates": {"head": 2.0}},
        {"layer_decay": 0.9, "lowest_learning_rate": 0.01},
        {"rates": {"head": 2.0}, "lowest_learning_rate": 0.01},
        {"rates": {"head": 2.0}, "min_scale": 0.1},
        {"lowest_learning_rate": 0.01, "min_scale": 0.1},
        {"lowest_learning_rate": 0.2},
    ],
)
def test_settings_that_exclude_each_other(settings):
    with pytest.raises(InputError, match="'short'. Received") as caught:
        Stage(**SHORT, **settings)
    assert all(setting in str(caught.value) for setting in settings)


def test_one_way_to_set_rates_is_enough():
    assert Stage(**SHORT, layer_decay=0.9, min_scale=0.1).min_scale == 0.1
    assert Stage(**SHORT, lowest_learning_rate=0.1).lowest_learning_rate == 0.1
    assert Stage(**SHORT, rates={"head": 0}).rates == {"head": 0}


@pytest.mark.parametrize(
    ("settings", "total", "duration"),
    [
        ({"epochs": 1}, 30, "1 epoch"),
        ({"epochs": 3}, 90, "3 epochs"),
        ({"steps": 100}, 100, "100 steps"),
        ({"epochs": 3, "steps": 100}, 90, "3 epochs or 100 steps"),
        ({"epochs": 4, "steps": 1}, 1, "4 epochs or 1 step"),
        ({"epochs": 9, "patience": 2}, 270, "at most 9 epochs"),
    ],
)
def test_length(settings, total, duration):
    stage = Stage("one", learning_rate=0.1, **settings)
    assert stage.total_steps(steps_per_epoch=30) == total
    assert stage.duration == duration


class Marked(str):
    """Text with more to it, as a pattern is."""


def test_values_become_plain():
    stage = Stage(
        Marked("one"),
        np.int64(3),
        np.float32(0.5),
        trainable=Marked("head"),
        rates={Marked("head"): np.float64(2.0)},
    )
    assert stage == Stage("one", 3, 0.5, trainable="head", rates={"head": 2.0})
    values = [stage.name, stage.epochs, stage.learning_rate, stage.trainable, *stage.rates]
    assert [type(value) for value in values] == [str, int, float, str, str]
    assert type(stage.rates["head"]) is float


def test_rates_are_copied():
    rates = {"head": 2.0}
    stage = Stage(**SHORT, rates=rates)
    rates["head"] = 3.0
    assert stage.rates == {"head": 2.0}


def test_repr_shows_what_was_set():
    stage = Stage("one", learning_rate=0.1, steps=5, rates={"head": 2.0})
    assert repr(stage) == "Stage(name='one', learning_rate=0.1, steps=5, rates={'head': 2.0})"
    assert eval(repr(stage)) == stage


class TestCallbacks:
    def test_they_are_compared(self):
        callback = keras.callbacks.TerminateOnNaN()
        stage = Stage(**SHORT, callbacks=[callback])
        assert stage.callbacks == (callback,)
        assert stage == Stage(**SHORT, callbacks=(callback,))
        assert stage != Stage(**SHORT)

    def test_their_names_are_written_and_refused(self):
        stage = Stage(**SHORT, callbacks=(keras.callbacks.TerminateOnNaN(),))
        assert stage.to_dict()["callbacks"] == ["TerminateOnNaN"]
        with pytest.raises(InputError, match=r"Received: callbacks=\['TerminateOnNaN'\].*replace"):
            Stage.from_dict(stage.to_dict())

    def test_none_may_be_written(self):
        assert Stage.from_dict(SHORT | {"callbacks": []}) == Stage(**SHORT)


positive = st.floats(1e-9, 1e3)
text = st.text(min_size=1)
per_group = st.one_of(
    st.fixed_dictionaries({"layer_decay": st.floats(0.01, 1), "min_scale": st.floats(0, 1)}),
    st.fixed_dictionaries({"rates": st.dictionaries(text, st.floats(0, 100), min_size=1)}),
    st.fixed_dictionaries({"lowest_learning_rate": st.floats(1e-12, 1e-9)}),
)
lengths = st.one_of(
    st.fixed_dictionaries(
        {"epochs": st.integers(1, 1000)}, optional={"steps": st.integers(1, 10**6)}
    ),
    st.fixed_dictionaries({"steps": st.integers(1, 10**6)}),
)
others = st.fixed_dictionaries(
    {"name": text, "learning_rate": positive},
    optional={
        "trainable": text,
        "schedule": st.sampled_from(SCHEDULES),
        "warmup": st.none() | st.floats(0, 1),
        "optimizer": st.sampled_from(OPTIMIZERS),
        "weight_decay": st.floats(0, 1),
        "clip_norm": st.none() | positive,
        "patience": st.integers(1, 10),
        "monitor": text,
        "batch_norm": st.sampled_from(BATCH_NORM_MODES),
        "dropout": st.sampled_from(DROPOUT_MODES),
    },
)
stages = st.builds(
    lambda *parts: Stage(**{k: v for p in parts for k, v in p.items()}), others, lengths, per_group
)


@given(stages)
@hypothesis_settings(max_examples=50)
def test_dictionary_round_trip(stage):
    values = stage.to_dict()
    assert Stage.from_dict(values) == stage
    defaults = {field.name: field.default for field in dataclasses.fields(Stage)}
    assert not [name for name, value in values.items() if value == defaults[name]]
