"""Plans with objects of Keras, written and read back."""

import json
import re
import sys

import keras
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from kerastune.errors import InputError
from kerastune.tuning import Plan, Stage
from kerastune.tuning.plans.keras_schedules import OneCycle
from kerastune.tuning.plans.object_configs import object_config

pytestmark = pytest.mark.any_backend

optimizers, schedules = keras.optimizers, keras.optimizers.schedules


@keras.saving.register_keras_serializable("tests_object_configs")
class Clever(optimizers.SGD):
    """An optimizer of somebody's, with a setting of its own."""

    def __init__(self, learning_rate=0.01, cleverness=(1, 2), **settings):
        super().__init__(learning_rate, **settings)
        self.cleverness = tuple(cleverness)

    def get_config(self):
        return super().get_config() | {"cleverness": self.cleverness}


@keras.saving.register_keras_serializable("tests_object_configs")
class Halving(schedules.LearningRateSchedule):
    """A schedule of somebody's."""

    def __init__(self, start):
        self.start = start

    def __call__(self, step):
        return self.start / 2.0 ** keras.ops.cast(step, "float32")

    def get_config(self):
        return {"start": self.start}


class Unregistered(optimizers.SGD):
    """An optimizer that no other program could find."""


def plan_of(**settings):
    return Plan("p", [Stage("one", 3, **settings)])


def again(plan):
    """A plan through YAML, and through JSON too."""
    assert Plan.from_dict(json.loads(json.dumps(plan.to_dict()))) == plan
    return Plan.from_yaml(plan.to_yaml())


rates = st.floats(1e-6, 1e3)
numbers = st.floats(1e-4, 1)
made_schedules = st.one_of(
    st.builds(schedules.CosineDecay, rates, st.integers(1, 10**6), alpha=numbers),
    st.builds(schedules.ExponentialDecay, rates, st.integers(1, 999), numbers, st.booleans()),
    st.builds(lambda a, b: schedules.PiecewiseConstantDecay([5, 9], [a, b, a]), rates, rates),
    st.builds(OneCycle, rates, rates, rates, st.integers(1, 999)),
    st.builds(Halving, rates),
)
made_optimizers = st.one_of(
    st.builds(optimizers.Lion, rates | made_schedules, beta_2=numbers, weight_decay=numbers),
    st.builds(optimizers.SGD, rates | made_schedules, momentum=numbers, nesterov=st.booleans()),
    st.builds(optimizers.Muon, rates, exclude_layers=st.lists(st.text())),
    st.builds(Clever, rates, cleverness=st.tuples(st.integers(), st.integers())),
)
names = st.lists(st.text("abc.*_", min_size=1), max_size=3)


@given(made_optimizers, names)
@settings(max_examples=40)
def test_an_optimizer_comes_back(optimizer, excluded):
    if excluded:
        try:
            optimizer.exclude_from_weight_decay(var_names=excluded)
        except re.error:
            return
    plan = plan_of(optimizer=optimizer)
    assert again(plan) == plan
    assert type(again(plan).stages[0].optimizer) is type(optimizer)


@given(made_schedules)
@settings(max_examples=40)
def test_a_schedule_comes_back(schedule):
    plan = plan_of(schedule=schedule)
    assert again(plan) == plan
    assert type(again(plan).stages[0].schedule) is type(schedule)


def test_what_is_written_is_what_keras_reads():
    plan = plan_of(optimizer=optimizers.Lion(1e-4, beta_2=0.95))
    (stage,) = yaml.safe_load(plan.to_yaml())["stages"]
    assert stage["optimizer"]["module"] == "keras.optimizers"
    assert stage["optimizer"]["config"]["learning_rate"] == 1e-4
    made = keras.saving.deserialize_keras_object(stage["optimizer"])
    assert isinstance(made, optimizers.Lion)
    assert made.beta_2 == 0.95


def test_names_that_keras_counts_up_are_not_written():
    assert "name" not in object_config(optimizers.AdamW(2e-4))["config"]
    assert object_config(optimizers.AdamW(2e-4, name="mine"))["config"]["name"] == "mine"


def test_exclusions_from_weight_decay_are_written():
    optimizer = optimizers.AdamW(2e-4)
    optimizer.exclude_from_weight_decay(var_names=["gamma", "bias"])
    plan = plan_of(optimizer=optimizer)
    assert plan.to_dict()["stages"][0]["optimizer"]["exclude_from_weight_decay"] == [
        "bias",
        "gamma",
    ]
    read = again(plan).stages[0].optimizer
    # Keras remembers its answer by the id of the variable.
    variables = [keras.Variable([1.0], name=name) for name in ("bias", "kernel")]
    assert [read._use_weight_decay(variable) for variable in variables] == [False, True]


def test_exclusions_of_single_variables_cannot_be_read():
    optimizer = optimizers.AdamW(2e-4)
    optimizer.exclude_from_weight_decay(var_list=[keras.Variable([1.0])])
    values = plan_of(optimizer=optimizer).to_dict()
    with pytest.raises(InputError, match=r"Received: 1 variables that were excluded one by one"):
        Plan.from_dict(values)


def test_written_by_hand():
    plan = Plan.from_yaml(
        """
        name: p
        stages:
        - name: a
          epochs: 3
          optimizer:
            class_name: Lion
            config: {learning_rate: 1e-4, beta_2: 0.95, name: 1e4}
        - name: b
          steps: 9
          schedule:
            class_name: PiecewiseConstantDecay
            config: {boundaries: [3, 6], values: [1e-2, 1e-3, 1e-4]}
        """
    )
    assert plan.stages == (
        Stage("a", 3, optimizer=optimizers.Lion(1e-4, beta_2=0.95, name="1e4")),
        Stage("b", steps=9, schedule=schedules.PiecewiseConstantDecay([3, 6], [1e-2, 1e-3, 1e-4])),
    )


FAST = {"module": "mine", "class_name": "Fast", "config": {}, "registered_name": "mine>Fast"}
UNKNOWN = "Received: 'mine>Fast' of the module 'mine'. Import the file that registers it"


@pytest.mark.parametrize(
    ("optimizer", "message"),
    [
        (FAST, UNKNOWN),
        (FAST | {"module": "keras.optimizers", "class_name": "SGD"}, "Received: 'mine>Fast'"),
        ({"class_name": "SGD", "config": {"learning_rate": FAST}}, UNKNOWN),
        ({"class_name": "SGD", "config": {"momentum": [{"deep": FAST}]}}, UNKNOWN),
        ({"class_name": "lion"}, "Received: 'lion'.* Did you mean 'Lion'"),
        ({"class_name": "os.system", "module": "os"}, "'os.system' of the module 'os'"),
        ({"class_name": "SGD", "module": "keras.src.optimizers.sgd"}, "'SGD' of the module 'keras"),
        ({"class_name": "Dense", "module": "keras.layers", "config": {"units": 1}}, "'Dense'"),
        (
            {"class_name": "SGD", "config": {"momentum": {"class_name": "__lambda__"}}},
            "'__lambda__'",
        ),
        (
            {
                "class_name": "SGD",
                "config": {
                    "momentum": {"class_name": "function", "config": "run", "module": "mine"}
                },
            },
            "Received: 'run' of the module 'mine'",
        ),
        ({"class_name": ["SGD"]}, "Received: .'SGD'."),
        ({"class_name": "MeanSquaredError", "module": "keras.losses"}, "a Keras Optimizer"),
        ({"class_name": "CosineDecay", "config": {}}, "a Keras Optimizer"),
        ({"module": "keras.optimizers"}, "a Keras Optimizer"),
        ({}, "a Keras Optimizer"),
        ({"class_name": "SGD", "confg": {}}, "Did you mean 'config'"),
        (
            {"class_name": "SGD", "config": {"momentun": 0.9}},
            "that SGD takes. Received: .*momentun",
        ),
        ({"class_name": "SGD", "config": {"momentum": 3}}, "that SGD takes.*between"),
        ({"class_name": "SGD", "config": 3}, "that SGD takes"),
        ({"class_name": "SGD", "exclude_from_weight_decay": "bias"}, "a list of names"),
        ({"class_name": "LossScaleOptimizer", "config": {"inner_optimizer": 3}}, "Optimizer"),
        ("Lion", "`optimizer` out of"),
        (["lion"], "`optimizer` out of"),
    ],
)
def test_what_is_not_known_is_refused_in_one_line(optimizer, message):
    with pytest.raises(InputError, match=message) as caught:
        Stage.from_dict({"name": "a", "epochs": 1, "optimizer": optimizer})
    assert "\n" not in str(caught.value)


def test_a_schedule_is_no_optimizer():
    values = {"name": "a", "epochs": 1, "schedule": {"class_name": "SGD"}}
    with pytest.raises(InputError, match="a Keras LearningRateSchedule. Received"):
        Stage.from_dict(values)


def test_a_class_that_is_not_registered_is_named():
    values = plan_of(optimizer=Unregistered(0.1)).to_dict()
    with pytest.raises(InputError, match=r"'Unregistered' of the module '.*test_object_configs'"):
        Plan.from_dict(values)


def test_nothing_is_imported_because_a_file_says_so(tmp_path, monkeypatch):
    """Keras imports modules of packages that it trusts by name, before it refuses them."""
    (tmp_path / "keras_cv.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "keras_cv", raising=False)
    part = {"module": "keras_cv", "class_name": "Fast", "config": {}}
    with pytest.raises(InputError, match="'Fast' of the module 'keras_cv'"):
        Stage.from_dict({"name": "a", "epochs": 1, "optimizer": part})
    assert "keras_cv" not in sys.modules
    with pytest.raises(ValueError, match="not a KerasSaveable subclass"):
        keras.saving.deserialize_keras_object(part)
    assert sys.modules.pop("keras_cv").__file__ == str(tmp_path / "keras_cv.py")


def test_a_configuration_within_itself_is_refused():
    text = """
name: endless
stages:
- name: one
  epochs: 1
  optimizer: &sgd {class_name: SGD, config: *sgd}
"""
    with pytest.raises(InputError, match="a plan as YAML.*a value is within itself"):
        Plan.from_yaml(text)
    config = {"class_name": "SGD"}
    config["config"] = config
    stage = {"name": "one", "epochs": 1, "learning_rate": 0.1, "optimizer": config}
    with pytest.raises(InputError, match="a configuration that ends.*without end"):
        Plan.from_dict({"name": "endless", "stages": [stage]})
