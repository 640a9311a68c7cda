"""Stages and plans as data."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kerastune.errors import InputError
from kerastune.tuning import PLANS, Plan, Stage, named_plan
from kerastune.tuning.plan import OPTIMIZERS, SCHEDULES

pytestmark = pytest.mark.any_backend

positive = st.floats(1e-9, 1e3)
stages = st.builds(
    Stage,
    name=st.text(min_size=1),
    epochs=st.integers(1, 1000),
    learning_rate=positive,
    trainable=st.text(min_size=1),
    schedule=st.sampled_from(SCHEDULES),
    warmup=st.floats(0, 1),
    optimizer=st.sampled_from(OPTIMIZERS),
    weight_decay=st.floats(0, 1),
    clip_norm=st.none() | positive,
)
plans = st.builds(
    Plan,
    name=st.text(),
    stages=st.lists(stages, min_size=1, max_size=3, unique_by=lambda stage: stage.name).map(tuple),
)


@given(plans)
@settings(max_examples=50, deadline=None)
def test_yaml_round_trip(plan):
    assert Plan.from_yaml(plan.to_yaml()) == plan


@given(plans)
@settings(max_examples=20, deadline=None)
def test_epochs_add_up(plan):
    assert plan.epochs == sum(stage.epochs for stage in plan.stages)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("name", 1),
        ("trainable", 3),
        ("epochs", 0),
        ("epochs", True),
        ("epochs", 1.5),
        ("learning_rate", 0.0),
        ("learning_rate", float("nan")),
        ("schedule", "linear"),
        ("warmup", 1.5),
        ("optimizer", "adam"),
        ("weight_decay", -1.0),
        ("clip_norm", 0.0),
    ],
)
def test_every_setting_is_checked(setting, value):
    with pytest.raises(InputError, match=f"`{setting}`"):
        Stage(**{"name": "bad", "epochs": 1, "learning_rate": 0.1, setting: value})


def test_stages_need_names_of_their_own():
    stage = Stage("twice", epochs=1, learning_rate=0.1)
    with pytest.raises(InputError, match="different names"):
        Plan("bad", (stage, stage))


def test_all_that_is_wrong_is_said_at_once():
    with pytest.raises(InputError, match="`epochs`.*`learning_rate`"):
        Stage("bad", epochs=0, learning_rate=0.0)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name: x\nstages: []", "at least one stage"),
        ("name: x", "a list of `stages`"),
        ("- 1", "a list of `stages`"),
        ("a: [", "as YAML"),
        ("name: x\nstages: [{name: a, epochs: 1}]", "learning_rate"),
        ("name: x\nstages: [{name: a, epochs: 1, learning_rate: 1, warm_up: 1}]", "'warmup'"),
        ("name: x\nstages: [3]", "Received: 3"),
        ("name: x\nstages: 3", "a list of `stages`"),
        ("name: x\nstages: [{name: a, epochs: two, learning_rate: 1}]", "`epochs`"),
        ("!!python/object/apply:os.getcwd []", "as YAML"),
    ],
)
def test_bad_yaml_is_one_line(text, message):
    with pytest.raises(InputError, match=message) as caught:
        Plan.from_yaml(text)
    assert "\n" not in str(caught.value)


def test_a_rate_may_be_written_without_a_point():
    plan = Plan.from_yaml("name: x\nstages: [{name: 1e3 steps, epochs: 1, learning_rate: 1e-4}]")
    assert plan.stages[0].learning_rate == 1e-4
    assert plan.stages[0].name == "1e3 steps"


@pytest.mark.parametrize("name", PLANS)
def test_named_plans_have_the_epochs_and_rate_asked_for(name):
    plan = named_plan(name, epochs=3, learning_rate=0.25)
    assert plan.name == name
    assert plan.stages[-1].epochs == 3
    assert plan.stages[-1].learning_rate == 0.25


def test_a_plan_object_brings_its_own_epochs():
    plan = Plan("mine", (Stage("one", epochs=7, learning_rate=0.5),))
    assert named_plan(plan, epochs=3, learning_rate=0.25) is plan


def test_a_plan_may_be_a_dictionary_or_a_file(tmp_path):
    plan = Plan("mine", (Stage("one", epochs=7, learning_rate=0.5),))
    assert named_plan(plan.to_dict(), epochs=3, learning_rate=0.25) == plan
    (tmp_path / "plan.yaml").write_text(plan.to_yaml(), encoding="utf-8")
    assert named_plan(str(tmp_path / "plan.yaml"), epochs=3, learning_rate=0.25) == plan


@pytest.mark.parametrize("content", [None, b"\xff\xfe", b"3", b"a: ["])
def test_a_plan_file_that_is_none(tmp_path, content):
    path = tmp_path / "plan.yaml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match="Expected a plan"):
        named_plan(str(path), epochs=3, learning_rate=0.25)


def test_unknown_plan_names_the_closest():
    with pytest.raises(InputError, match="Did you mean 'head_only'"):
        named_plan("headonly", epochs=1, learning_rate=0.1)
