"""Plans by name."""

import inspect

import pytest

from kerastune.errors import InputError
from kerastune.tuning import PLANS, Plan, Stage, named_plan, plans
from kerastune.tuning.plans import by_name, compressed, probed, with_adapters

pytestmark = pytest.mark.any_backend


@pytest.mark.parametrize("name", PLANS)
def test_every_plan_has_a_name_and_takes_epochs_and_rate(name):
    plan = named_plan(name, epochs=3, learning_rate=0.25)
    assert plan.name == name
    assert plan.stages[-1].learning_rate == 0.25
    of_the_probe = 2 if name == "linear_probe_then_last" else name.startswith("linear_probe_then")
    assert plan.epochs == 3 + of_the_probe
    assert PLANS[name](3, 0.25) == plan
    assert getattr(plans, name) is PLANS[name]


def test_every_plan_of_the_module_has_a_name():
    modules = (by_name, compressed, probed, with_adapters)
    defined = {
        name
        for module in modules
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__
    }
    assert {name for name in defined if not name.startswith("_")} == set(PLANS)
    assert set(plans.__all__) == set(PLANS)


@pytest.mark.parametrize("name", PLANS)
@pytest.mark.parametrize("epochs", [0, 1.5, "3"])
def test_epochs_are_checked(name, epochs):
    with pytest.raises(InputError, match="Expected `epochs`"):
        PLANS[name](epochs, 0.1)


@pytest.mark.parametrize(
    ("epochs", "groups", "trainable"),
    [
        (1, 3, ["all"]),
        (2, 3, ["last(1)", "all"]),
        (4, 3, ["last(1)", "last(2)", "last(3)", "all"]),
        (9, 2, ["last(1)", "last(2)", "all"]),
    ],
)
def test_gradual_unfreezing_adds_a_group_each_epoch(epochs, groups, trainable):
    plan = plans.gradual_unfreezing(epochs, 0.1, groups=groups)
    assert [stage.trainable for stage in plan.stages] == trainable
    assert [stage.epochs for stage in plan.stages[:-1]] == [1] * (len(trainable) - 1)
    assert plan.epochs == epochs
    assert {stage.schedule for stage in plan.stages} == {"slanted_triangular"}
    assert all(1 / stage.layer_decay == pytest.approx(2.6) for stage in plan.stages)


def test_gradual_unfreezing_needs_a_group():
    with pytest.raises(InputError, match="Received: 0"):
        plans.gradual_unfreezing(3, 0.1, groups=0)


def test_layer_decay_differs_from_full_by_the_decay_alone():
    (full,), (decayed,) = (plan(3, 0.1).stages for plan in (plans.full, plans.layer_decay))
    assert decayed.to_dict() == full.to_dict() | {"layer_decay": 0.9}


def test_discriminative_rates_start_at_a_hundredth():
    (stage,) = plans.discriminative_rates(3, 0.1).stages
    assert stage.lowest_learning_rate == pytest.approx(0.001)
    (stage,) = plans.discriminative_rates(3, 0.1, lowest_learning_rate=0.05).stages
    assert stage.lowest_learning_rate == 0.05


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


def test_a_named_plan_takes_how_many_layer_groups_train():
    assert named_plan("linear_probe_then_last", epochs=2, learning_rate=0.1).epochs == 4
    plan = named_plan("linear_probe_then_last(2)", epochs=2, learning_rate=0.1)
    assert [stage.trainable for stage in plan.stages] == ["head", "last(2)"]
    assert plan.stages[-1].dropout == "off"
    for number, words in (("0", "at least 1 layer group"), ("2.5", "a whole number of layer")):
        with pytest.raises(InputError, match=words):
            named_plan(f"linear_probe_then_last({number})", epochs=2, learning_rate=0.1)
