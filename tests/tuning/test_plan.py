"""Plans as data."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kerastune.errors import InputError
from kerastune.tuning import Plan, Stage
from tests.tuning.test_stage import stages

pytestmark = [
    pytest.mark.any_backend,
    # Stages are drawn with every optimizer there is.
    pytest.mark.filterwarnings('ignore:optimizer="sgd":FutureWarning'),
]

plans = st.builds(
    Plan,
    name=st.text(),
    stages=st.lists(stages, min_size=1, max_size=3, unique_by=lambda stage: stage.name),
)


@given(plans)
@settings(max_examples=50)
def test_yaml_round_trip(plan):
    assert Plan.from_yaml(plan.to_yaml()) == plan


@given(st.lists(st.integers(1, 100), min_size=1, max_size=4))
@settings(max_examples=20)
def test_epochs_add_up(epochs):
    plan = Plan("p", [Stage(f"{i}", count, 0.1) for i, count in enumerate(epochs)])
    assert plan.epochs == sum(epochs)


def test_epochs_are_unknown_where_a_stage_counts_steps():
    by_steps = Stage("steps", learning_rate=0.1, steps=100)
    assert Plan("p", (Stage("epochs", 3, 0.1), by_steps)).epochs is None


def test_stages_need_names_of_their_own():
    stage = Stage("twice", epochs=1, learning_rate=0.1)
    with pytest.raises(InputError, match="different names"):
        Plan("bad", (stage, stage))


@pytest.mark.parametrize("wrong", [(), Stage("one", 1, 0.1), [{"name": "one"}], "one"])
def test_stages_are_stages(wrong):
    with pytest.raises(InputError, match="at least one stage, in a list. Received"):
        Plan("bad", wrong)


def test_a_list_of_stages_makes_the_same_plan():
    stage = Stage("one", 1, 0.1)
    assert Plan("p", [stage]) == Plan("p", (stage,))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name: x\nstages: []", "at least one stage"),
        ("name: x", "a list of `stages`"),
        ("- 1", "a list of `stages`"),
        ("a: [", "as YAML"),
        ("name: x\nstages: [{name: a, epochs: 1}]", "learning_rate"),
        ("name: x\nstages: [{name: a, learning_rate: 1}]", "`epochs` or `steps`"),
        ("name: x\nstages: [{name: a, epochs: 1, learning_rate: 1, warm_up: 1}]", "'warmup'"),
        ("name: x\nstages: [{name: a, epochs: 1, learning_rate: 1, callbacks: [A]}]", "Python"),
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


def test_yaml_is_read_as_it_was_meant():
    """YAML 1.1 takes `1e-4` for text, and `off` for False."""
    plan = Plan.from_yaml(
        """
        name: x
        stages:
        - {name: 1e3 steps, epochs: 1, learning_rate: 1e-4, dropout: off, rates: {head: 1E1}}
        - {name: two, steps: 9, learning_rate: 1e-4, dropout: on, lowest_learning_rate: 1e-6}
        """
    )
    assert plan.stages == (
        Stage("1e3 steps", 1, 1e-4, dropout="off", rates={"head": 10.0}),
        Stage("two", steps=9, learning_rate=1e-4, lowest_learning_rate=1e-6),
    )


def test_yaml_says_what_is_not_the_default():
    plan = Plan("x", [Stage("a", 1, 0.5), Stage("b", steps=9, learning_rate=0.5, dropout="off")])
    assert plan.to_yaml().splitlines() == [
        "format: 2",
        "name: x",
        "stages:",
        "- name: a",
        "  epochs: 1",
        "  learning_rate: 0.5",
        "- name: b",
        "  learning_rate: 0.5",
        "  steps: 9",
        "  dropout: 'off'",
    ]


def test_a_plan_written_by_the_first_version_is_read():
    text = """
        name: full
        stages:
        - name: fine-tune
          epochs: 3
          learning_rate: 0.0001
          trainable: all
          schedule: cosine
          warmup: 0.1
          optimizer: adamw
          weight_decay: 0.01
          clip_norm: null
        """
    stage = Stage("fine-tune", 3, 1e-4, schedule="cosine", warmup=0.1, clip_norm=None)
    assert Plan.from_yaml(text) == Plan("full", (stage,))
