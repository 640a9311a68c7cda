"""The search: when it stops, how it goes on, what it takes for its own, and the one test."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import optuna
import pytest

import kerastune as kt
from kerastune.searching import prepared
from kerastune.searching.workers import Workers
from kerastune.training import TrainingHistory
from kerastune.training.diverging import DivergedError
from tests.searching.quick import tiny_line, tune

pytestmark = pytest.mark.any_backend


def states(found):
    return [one.state for one in found.trials]


class TestTheEnd:
    def test_without_a_number_all_trials_are_made_and_the_best_is_tested(self, trials, tmp_path):
        found = tune(tmp_path / "study")
        assert trials.rates[0] == tiny_line.defaults["learning_rate"] == 0.2
        best = min(range(4), key=lambda number: abs(trials.rates[number] - 0.1))
        assert found.best == best
        assert found.options["learning_rate"] == trials.rates[best]
        assert trials.tested == [f"trial-{best}"]
        assert found.result.metrics == {"r2": 0.25}
        assert f"4 trials: the best is r2 {found.value:.4g} of trial {best}" in found.lines()[0]

    def test_it_stops_when_the_goal_holds(self, trials, tmp_path):
        found = tune(tmp_path / "study", goal="r2=-0.1", trials=50)
        assert found.is_reached
        assert len(trials.rates) == 1
        assert found.lines()[0].startswith("Reached after 1 trial: r2 -0.1 of trial 0")

    def test_a_goal_that_does_not_hold_is_told(self, trials, tmp_path):
        found = tune(tmp_path / "study", goal={"r2": 0.5}, trials=2)
        assert not found.is_reached
        assert "Not reached after 2 trials: r2 ≥ 0.5" in found.lines()[0]
        assert found.lines()[0].endswith("--trials 4")

    def test_a_lower_error_is_better(self, trials, tmp_path, monkeypatch):
        from kerastune.evaluation import Evaluation, Metric
        from kerastune.searching import trying

        def validate(job):
            error = Metric("mean_absolute_error", -trials.value(job), higher_is_better=False)
            return type("Found", (), {"evaluation": Evaluation([error])})

        monkeypatch.setattr(trying, "validate_job", validate)
        found = tune(tmp_path / "study", goal="mean_absolute_error=0.11", trials=9)
        assert found.goal.direction == "minimize"
        assert found.is_reached

    def test_around_the_rate_that_the_finder_suggests(self, trials, tmp_path, monkeypatch):
        def searched(job):
            return replace(job, options={**job.options, "learning_rate": 0.05})

        monkeypatch.setattr(prepared, "with_searched_rate", searched)
        given = {"goal": "r2", "study_dir": tmp_path / "study", "verbose": 0, "trials": 1}
        found = kt.tune("linear_regression", learning_rate="auto", epochs=1, **given)
        assert trials.rates == [0.05]
        assert set(found.trials[0].settings) == {"learning_rate"}


class TestGoingOn:
    def test_the_same_call_goes_on_as_if_it_had_not_ended(self, trials, tmp_path):
        whole = tune(tmp_path / "whole", trials=12)
        rates = list(trials.rates)
        trials.rates.clear()
        for count in (3, 12):
            parts = tune(tmp_path / "parts", trials=count)
        assert trials.rates == rates
        assert [one.value for one in parts.trials] == [one.value for one in whole.trials]

    def test_another_seed_proposes_others(self, trials, tmp_path):
        for seed in (0, 1):
            tune(tmp_path / f"study-{seed}", trials=2, seed=seed)
        assert trials.rates[1] != trials.rates[3]

    def test_a_trial_of_a_process_that_was_killed_is_made_again(self, trials, tmp_path):
        tune(tmp_path / "study", trials=1)
        study = optuna.load_study(study_name=None, storage=_storage(tmp_path / "study"))
        trial = study.ask()
        rate = trial.suggest_float("learning_rate", 0.01, 1.0, log=True)
        trial.set_user_attr("process", "0123456789abcdef")
        found = tune(tmp_path / "study", trials=3)
        assert states(found) == ["complete", "ended", "complete", "complete"]
        assert trials.rates[1] == rate
        assert found.lines()[0].startswith("3 trials")

    def test_a_trial_of_a_process_at_work_is_left_alone(self, trials, tmp_path):
        tune(tmp_path / "study", trials=1)
        study = optuna.load_study(study_name=None, storage=_storage(tmp_path / "study"))
        study.ask().set_user_attr("process", "other")
        with Workers(tmp_path / "study" / "processes").at_work() as other:
            study.ask().set_user_attr("process", other)
            found = tune(tmp_path / "study", trials=3)
        assert states(found).count("running") == 1
        assert len(found.trials) == 4
        # The last of the processes reads the test samples.
        assert trials.tested == ["trial-0"]
        assert found.result is None

    def test_ctrl_c_keeps_the_study(self, trials, tmp_path):
        trials.value = _interrupted_at(trials, 2)
        with pytest.raises(KeyboardInterrupt, match="Interrupted. The search is kept in '.*study'"):
            tune(tmp_path / "study", trials=3)
        rate = trials.rates[-1]
        found = tune(tmp_path / "study", trials=3)
        assert states(found) == ["complete", "ended", "complete", "complete"]
        assert trials.rates[2] == rate

    def test_the_test_samples_are_read_again_for_another_best_only(self, trials, tmp_path):
        for count in (1, 1, 4):
            found = tune(tmp_path / "study", trials=count)
        assert trials.tested == ["trial-0", f"trial-{found.best}"]
        assert any(
            "went on after a test: they were read for trial 0 too" in one for one in found.lines()
        )


def _storage(directory: Path) -> str:
    return f"sqlite:///{directory / 'study.db'}"


def _interrupted_at(trials, count):
    def value(job):
        if len(trials.rates) == count:
            raise KeyboardInterrupt
        return -abs(job.options["learning_rate"] - 0.1)

    return value


class TestAnotherStudy:
    def test_is_refused_with_what_differs(self, trials, tmp_path):
        tune(tmp_path / "study", trials=1)
        rows = [[float(number), 1.0] for number in range(12)]
        for changed, told in (
            ({"goal": "mean_absolute_error"}, "metric: r2 there, mean_absolute_error here"),
            ({"epochs": 2}, "options: epochs None there, 2 here"),
            ({"space": {"epochs": (1, 5)}}, "space: "),
            ({"data": (rows, [sum(row) for row in rows])}, "training samples: "),
        ):
            with pytest.raises(kt.InputError, match="same search") as raised:
                tune(tmp_path / "study", **changed)
            assert told in str(raised.value)
        assert len(trials.rates) == 1

    def test_of_somebody_else_is_refused(self, trials, tmp_path):
        (tmp_path / "study").mkdir()
        optuna.create_study(study_name="theirs", storage=_storage(tmp_path / "study"))
        with pytest.raises(kt.InputError, match="'theirs' is somebody else's"):
            tune(tmp_path / "study")

    def test_a_directory_of_something_else_is_refused(self, tmp_path):
        (tmp_path / "thesis.txt").touch()
        with pytest.raises(kt.InputError, match="a new study_dir, or that of a study"):
            tune(tmp_path)

    def test_a_file_that_is_no_storage_is_refused(self, tmp_path):
        (tmp_path / "study.db").write_text("no database at all, but a text of some length" * 50)
        with pytest.raises(kt.InputError, match="which Optuna cannot read"):
            tune(tmp_path)


class TestFailures:
    def test_settings_that_diverge_are_recorded(self, trials, tmp_path):
        def value(job):
            if job.options["learning_rate"] == 0.2:
                raise DivergedError("Expected a loss that stays finite", TrainingHistory())
            return 0.5

        trials.value = value
        found = tune(tmp_path / "study", trials=3)
        assert states(found) == ["failed", "complete", "complete"]
        assert "Trial 0 failed: Expected a loss that stays finite" in found.lines()

    def test_memory_that_runs_out_and_values_that_are_none_are_recorded(self, trials, tmp_path):
        def value(job):
            if len(trials.rates) == 1:
                raise MemoryError("too much")
            return float("nan") if len(trials.rates) == 2 else 0.5

        trials.value = value
        found = tune(tmp_path / "study", trials=3)
        assert [one.remark for one in found.trials] == ["out of memory: too much", "r2 is nan", ""]

    def test_failures_of_one_kind_end_the_search(self, trials, tmp_path):
        def value(job):
            raise kt.InputError("Expected another model. Received: this one")

        trials.value = value
        with pytest.raises(kt.InputError, match="3 trials that all failed: Expected another model"):
            tune(tmp_path / "study", trials=9)
        assert len(trials.rates) == 3

    def test_what_a_recipe_raises_ends_the_search(self, trials, tmp_path):
        def value(job):
            raise RuntimeError("a fault in my recipe")

        trials.value = value
        with pytest.raises(RuntimeError, match="a fault in my recipe"):
            tune(tmp_path / "study")
        trials.value = lambda job: 0.5
        assert states(tune(tmp_path / "study", trials=2)) == ["failed", "complete"]

    def test_data_that_are_not_there_start_no_trial(self, trials, tmp_path):
        with pytest.raises(kt.InputError):
            tune(tmp_path / "study", data="no/such/file.csv")
        assert not trials.rates
        assert not (tmp_path / "study").exists()


def test_bad_trials_are_pruned_unless_a_pruner_does_not(trials, tmp_path):
    # Each is below the median of those before.
    trials.value = lambda job: -float(len(trials.rates))
    found = tune(tmp_path / "study", trials=6, epochs=3)
    assert states(found) == ["complete"] * 5 + ["pruned"]
    assert [one.epochs for one in found.trials] == [3] * 5 + [2]
    assert found.trials[-1].value is None
    pruner = optuna.pruners.NopPruner()
    assert states(tune(tmp_path / "study", trials=7, epochs=3, pruner=pruner))[6:] == ["complete"]


def test_a_sampler_of_ones_own(trials, tmp_path):
    seeds = []

    def sampler(seed):
        seeds.append(seed)
        return optuna.samplers.RandomSampler(seed)

    tune(tmp_path / "study", trials=2, sampler=sampler)
    assert len(set(seeds)) == 2


def test_a_killed_process_gives_its_lock_back(tmp_path):
    program = (
        "import sys\nfrom pathlib import Path\nfrom kerastune.searching.workers import Workers\n"
        "with Workers(Path(sys.argv[1])).at_work() as name:\n"
        "    print(name, flush=True)\n    sys.stdin.read()\n"
    )
    started = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    with started:
        name = started.stdout.readline().strip()
        assert Workers(tmp_path).is_alive(name)
        started.kill()
        started.wait()
        assert not Workers(tmp_path).is_alive(name)
