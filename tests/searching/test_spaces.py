"""What may be searched: how it is written, what is usual, and what is refused."""

import optuna
import pytest

import kerastune as kt
from kerastune.searching.checked_space import asked_space, checked_space
from kerastune.searching.goal import asked_goal, known_goal
from kerastune.searching.space import Choices, Parts, Range
from kerastune.searching.space_text import as_part, parts_of_words
from kerastune.searching.usual_space import own_settings, usual_space
from tests.searching.quick import tiny_line

pytestmark = pytest.mark.any_backend


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("1e-4..1e-1:log", Range(1e-4, 1e-1, log=True)),
        ("2..10", Range(2, 10)),
        ("-1.5..0", Range(-1.5, 0)),
        ("full,head_only", Choices(("full", "head_only"))),
        ("1e-4,0.1", Choices((1e-4, 0.1))),
        ("[64],[128,64]", Choices(([64], [128, 64]))),
        ("null,balanced", Choices((None, "balanced"))),
        ("true", Choices((True,))),
    ],
)
def test_words(text, part):
    assert parts_of_words([f"some-option={text}"]) == {"some_option": part}


def test_a_file_and_words(tmp_path):
    file = tmp_path / "space.yaml"
    file.write_text(
        "learning_rate: {low: 1e-4, high: 0.1, log: true}\nplan: [full, head_only]\ndropout:\n"
    )
    found = parts_of_words(["epochs=1..3"], file)
    assert found == {
        "learning_rate": Range(1e-4, 0.1, log=True),
        "plan": Choices(("full", "head_only")),
        "dropout": None,
        "epochs": Range(1, 3),
    }
    with pytest.raises(kt.InputError, match="dropout twice"):
        parts_of_words(["dropout=0..0.5"], file)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["epochs=5..2"], "from a lower number to a higher one. Received: 5..2, for epochs"),
        (["epochs=5..5"], "from a lower number to a higher one"),
        (["l2=0..1:log"], "above 0 for a logarithm"),
        (["l2=0..1:lin"], "low..high:log"),
        (["l2=a..b"], "between two numbers"),
        (["plan=full,full"], "at least one choice, and each once"),
        (["plan=["], "Expected low..high"),
        (["plan="], "Expected NAME or NAME="),
        (["=3"], "Expected NAME or NAME="),
    ],
)
def test_words_that_say_nothing(words, message):
    with pytest.raises(kt.InputError) as raised:
        parts_of_words(words)
    assert message in str(raised.value)


@pytest.mark.parametrize("value", [(1,), (1, 2, "lin"), {"low": 1}, 3, ("a", "b"), []])
def test_values_that_are_no_range(value):
    with pytest.raises(kt.InputError):
        as_part("epochs", value)


@pytest.mark.parametrize(
    ("space", "message"),
    [
        ({"epohcs": (1, 2)}, "Did you mean 'epochs'?"),
        ({"seed": (1, 2)}, "the luckiest of several seeds is no better"),
        ({"test_fraction": (0.1, 0.2)}, "compared on the same samples"),
        ({"epochs": (1.5, 2.5)}, "Expected whole numbers for epochs"),
        ({"kind": (1, 2)}, "Expected choices, a,b,c for kind"),
        ({"epochs": (0, 2)}, "epochs of at least 1"),
        ({"learning_rate": (-1.0, 2.0)}, "a learning_rate above 0"),
        ({"plan": ["ful"]}, "Did you mean 'full'?"),
        ({"optimizer": ["adam"]}, "an optimizer out of"),
        ({"kind": None}, "only these have a usual one: learning_rate, epochs"),
        ({"plan": ["mine.yaml"]}, "Expected a plan in 'mine.yaml'"),
        ("epochs", "Expected a space: a dictionary"),
        ({"width": (1, 2)}, "given or searched. Received: both, 3 and 1..2"),
    ],
)
def test_spaces_that_a_recipe_does_not_take(space, message):
    def settled():
        usual = usual_space(tiny_line, tiny_line.build())
        return checked_space(asked_space(space, tiny_line), tiny_line, {"width": 3}, lambda: usual)

    with pytest.raises(kt.InputError) as raised:
        settled()
    assert message in str(raised.value)


def test_whole_numbers_are_numbers_where_an_option_takes_those():
    asked = asked_space({"penalty": (0, 1), "width": (1, 4)}, tiny_line)
    assert checked_space(asked, tiny_line, {}, dict) == Parts(
        {"penalty": Range(0.0, 1.0), "width": Range(1, 4)}
    )


def test_suggestions_are_values_of_the_space():
    space = Parts({"rate": Range(0.1, 1.0, log=True), "hidden": Choices(([64], [128, 64]))})
    trial = optuna.trial.FixedTrial({"rate": 0.5, "hidden": "[128, 64]"})
    assert space.suggest(trial) == {"rate": 0.5, "hidden": [128, 64]}
    assert space.own_settings({"rate": 2.0, "hidden": [64], "other": 1}) == {"hidden": "[64]"}


def test_what_is_usual_of_a_small_network():
    job = kt.recipes.mlp.build("digits", epochs=1, weight_decay=None)
    space = usual_space(kt.recipes.mlp, job, {"l1"})
    assert {name: part.to_text() for name, part in space.items()} == {
        "learning_rate": "0.01..1.0:log",
        "epochs": "1..2",
        "batch_size": "16,32,64",
        "dropout": "0.0..0.5",
        "l2": "0.0,1e-05,0.0001,0.001,0.01",
    }
    own = Parts(space).own_settings(own_settings(job))
    assert own == {
        "learning_rate": 0.1,
        "epochs": 1,
        "batch_size": 32,
        "dropout": 0.0,
        "l2": 0.0,
    }


@pytest.mark.parametrize("goal", ["accuracy=much", "=0.5", {"a": 1, "b": 2}, 0.9, "accuracy=inf"])
def test_goals_that_are_none(goal):
    with pytest.raises(kt.InputError, match="a goal such as accuracy=0.9"):
        asked_goal(goal)


def test_a_metric_that_there_is_not():
    measured = kt.Evaluation([kt.Metric("accuracy", 0.5), kt.Metric("coverage", 0.9, None)])
    with pytest.raises(kt.InputError, match="a goal out of accuracy. Received: acuracy. Did you"):
        known_goal(asked_goal("acuracy"), measured)
    with pytest.raises(kt.InputError, match="a goal out of accuracy"):
        known_goal(asked_goal("coverage=0.9"), measured)
