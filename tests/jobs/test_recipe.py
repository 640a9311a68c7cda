"""A recipe is a function with the options of every run: declared once, shown everywhere."""

import inspect
import random
from dataclasses import replace

import keras
import numpy as np
import pytest

from kerastune import backends, data, heads
from kerastune.errors import InputError
from kerastune.jobs.job import Job
from kerastune.jobs.recipe import Recipe, recipe
from kerastune.jobs.run_options import DEFAULTS, RunOptions, with_defaults
from kerastune.tuning import Plan, Stage

pytestmark = pytest.mark.any_backend


def line(data="diabetes", *, width=3, **options):
    """Fit a line.

    By default to `diabetes`.

    Args:
        data: numbers.
        width: units of the hidden layer.
            One at least.
        batch_size: rows a step.

    Reference:
        Gauss, 1809.
    """
    splits = splits_of(data, options)
    head = heads.Regression.for_samples(splits.training)
    hidden = keras.Sequential([keras.Input((10,)), keras.layers.Dense(width, name="hidden")])
    SEEN.append((width, dict(options)))
    return Job(heads.attach(hidden, head), head, splits)


def splits_of(given, options):
    return data.open_splits(given, options, target_kind="quantity")


SEEN: list = []
fit_a_line = recipe(epochs=3, learning_rate=0.1)(line)


class TestSignature:
    def test_it_holds_every_option_with_its_effective_default(self):
        parameters = inspect.signature(fit_a_line).parameters
        found = {name: parameter.default for name, parameter in parameters.items()}
        assert found == {
            "data": "diabetes",
            "width": 3,
            **DEFAULTS,
            "epochs": 3,
            "learning_rate": 0.1,
        }
        assert all(name in parameters for name in RunOptions.__annotations__)

    def test_only_data_can_be_given_without_their_names(self):
        parameters = inspect.signature(fit_a_line).parameters.values()
        positional = [p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
        assert positional == ["data", "test_data"]
        assert list(inspect.signature(fit_a_line).parameters)[:3] == ["data", "test_data", "width"]

    def test_it_is_called_as_the_function_is(self):
        assert (fit_a_line.__name__, fit_a_line.__module__) == ("line", __name__)
        assert isinstance(recipe(line), Recipe)
        assert recipe(line).defaults == DEFAULTS
        assert recipe()(line).defaults == DEFAULTS

    def test_defaults_that_are_none_are_refused(self):
        with pytest.raises(InputError, match="options out of .* Received: epoch"):
            recipe(epoch=3)(line)
        with pytest.raises(InputError, match="batch_size of at least 1"):
            recipe(batch_size=0)(line)


class TestDocs:
    def test_every_argument_is_described_once(self):
        docstring = fit_a_line.__doc__
        assert docstring.startswith("Fit a line.\n\nBy default to `diabetes`.\n\nArgs:\n")
        for name in inspect.signature(fit_a_line).parameters:
            assert docstring.count(f"\n    {name}: ") == 1, name
        assert "    width: units of the hidden layer.\n        One at least.\n" in docstring

    def test_what_the_recipe_says_itself_stands(self):
        assert "batch_size: rows a step." in fit_a_line.__doc__
        assert "samples a step" not in fit_a_line.__doc__

    def test_other_sections_come_last(self):
        sections = [line for line in fit_a_line.__doc__.splitlines() if line.endswith(":")]
        assert sections == ["Args:", "Returns:", "Raises:", "Reference:"]

    def test_a_function_without_a_docstring_gets_one(self):
        def silent(data=None, **options):
            return None

        docstring = recipe(silent).__doc__
        assert "    seed: decides new weights" in docstring
        assert "InputError: if an argument" in docstring


class TestRefusals:
    @pytest.mark.parametrize(
        ("function", "message"),
        [
            (lambda data: None, r"takes `\*\*options: Unpack.*Received: <lambda>"),
            (lambda data, epochs=3, **options: None, r"'epochs'.*@kerastune.recipe\(epochs=3\)"),
            (lambda data, backend="x", **options: None, "'backend'"),
            (lambda data, config=None, **options: None, "'config'"),
            (lambda data, /, **options: None, "given by name.*'data'"),
            (lambda *data, **options: None, "given by name.*'data'"),
        ],
    )
    def test_functions_that_can_be_no_recipe(self, function, message):
        with pytest.raises(InputError, match=message) as caught:
            recipe(function)
        assert "\n" not in str(caught.value)

    @pytest.mark.parametrize(
        ("arguments", "options", "message"),
        [
            ((), {"epoch": 3}, "Received: 'epoch'. Did you mean 'epochs'"),
            (("a", "b", "c"), {}, "Received: too many positional arguments"),
            (("a",), {"data": "b"}, "multiple values for argument 'data'"),
            ((), {"batch_size": 0}, "batch_size of at least 1"),
            ((), {"callbacks": 3}, "list of callbacks"),
            ((), {"validation_fraction": -0.1}, "validation_fraction"),
        ],
    )
    @pytest.mark.parametrize("how", ["__call__", "build", "bind"])
    def test_arguments_that_do_not_fit(
        self, monkeypatch, tmp_path, how, arguments, options, message
    ):
        monkeypatch.chdir(tmp_path)
        with pytest.raises(InputError, match=message) as caught:
            getattr(fit_a_line, how)(*arguments, **options)
        assert "\n" not in str(caught.value)
        assert list(tmp_path.iterdir()) == []

    def test_an_argument_that_is_missing(self):
        with pytest.raises(InputError, match="missing a required argument: 'data'"):
            recipe(lambda data, **options: None).build()

    @pytest.mark.parametrize("returned", [None, "a job", Job])
    def test_a_function_that_returns_no_job(self, returned):
        def wrong(data=None, **options):
            return returned

        message = f"Received: wrong, which returned {type(returned).__name__}. End it with `return"
        with pytest.raises(InputError, match=message):
            recipe(wrong).build()

    def test_a_directory_that_is_not_free_is_told_before_data_are_read(self, tmp_path):
        (tmp_path / "thesis.txt").touch()
        SEEN.clear()
        with pytest.raises(InputError, match="something else"):
            fit_a_line(run_dir=tmp_path)
        assert SEEN == []


class TestBuild:
    def test_the_function_gets_every_option(self):
        SEEN.clear()
        fit_a_line.build(width=2, seed=5)
        assert SEEN == [(2, {**DEFAULTS, "epochs": 3, "learning_rate": 0.1, "seed": 5})]

    def test_the_job_knows_how_it_was_built(self):
        job = fit_a_line.build("diabetes", width=2, seed=5, plan="head_only")
        assert (job.name, job.arguments) == ("line", {"data": "diabetes", "width": 2})
        assert job.options == {
            **DEFAULTS,
            "epochs": 3,
            "learning_rate": 0.1,
            "seed": 5,
            "plan": "head_only",
        }
        assert (job.chosen_plan.name, job.chosen_plan.epochs) == ("head_only", 3)
        assert not job.model.compiled

    def test_the_seed_decides_its_weights_and_nothing_else(self):
        random.seed(1)
        expected = random.random()
        random.seed(1)
        first, again, other = (weights(seed) for seed in (1, 1, 2))
        np.testing.assert_array_equal(first, again)
        assert (first != other).any()
        assert random.random() == expected

    def test_the_precision_is_that_of_the_run(self):
        job = fit_a_line.build(precision="mixed_bfloat16")
        assert job.model.layers[1].compute_dtype == "bfloat16"
        assert backends.precision() == "float32"

    def test_a_plan_of_the_job_wants_a_recipe_without_one(self):
        own = Plan("own", (Stage("one", 1, 0.1),))

        def planned(data="diabetes", **options):
            return replace(line(data, **options), plan=own)

        with pytest.raises(InputError, match=r"whose default is 'full'. Write @kerastune.recipe"):
            recipe(planned).build()
        assert recipe(plan=None)(planned).build().chosen_plan == own
        assert recipe(plan=None)(planned).build(plan="full").chosen_plan.name == "full"
        # As the command gives it.
        assert recipe(plan=None)(planned).build(epochs=10).chosen_plan == own
        with pytest.raises(InputError, match="no epochs beside a plan that brings its own"):
            recipe(plan=None)(planned).build(epochs=7)

    def test_a_call_runs_what_is_built(self, tmp_path):
        result = fit_a_line(width=2, epochs=1, run_dir=tmp_path / "run")
        assert result.recipe == "line"
        assert len(result.history.epochs) == 1
        assert result.model.count_params() == 11 * 2 + 3


def weights(seed):
    """Those of the hidden layer."""
    return fit_a_line.build(seed=seed).model.layers[1].get_weights()[0]


def test_options_are_completed():
    assert with_defaults({}) == DEFAULTS
    assert with_defaults({"seed": 4}) == {**DEFAULTS, "seed": 4}
    assert with_defaults({"callbacks": []})["callbacks"] == []


def test_numbers_of_numpy_become_those_of_python():
    chosen = with_defaults({"learning_rate": np.float32(0.5), "batch_size": np.int64(8)})
    assert (chosen["learning_rate"], chosen["batch_size"]) == (0.5, 8)
    assert (type(chosen["learning_rate"]), type(chosen["batch_size"])) == (float, int)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("batch_size", True),
        ("batch_size", 2.5),
        ("test_fraction", None),
        ("test_fraction", 0),
        ("test_fraction", 1.0),
        ("validation_fraction", "0.1"),
        ("validation_fraction", float("nan")),
        ("seed", None),
        ("seed", 1.5),
        ("seed", -1),
        ("precision", None),
        ("run_dir", 5),
        ("overwrite", "no"),
    ],
)
def test_options_of_another_type_or_range_are_refused(option, value):
    with pytest.raises(InputError, match=f"Expected .*{option}.*Received: ") as caught:
        with_defaults({option: value})
    assert repr(value) in str(caught.value)
