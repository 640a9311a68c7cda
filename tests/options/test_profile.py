"""Profiles: what is fastest on a machine, written by a comparison and read by a run."""

import pytest

from kerastune import cli
from kerastune.comparison.comparison import Comparison
from kerastune.comparison.costs import Cost, Spread
from kerastune.comparison.judging.tolerances import Tolerances
from kerastune.comparison.tuning import Tried, Tuned
from kerastune.errors import InputError
from kerastune.jobs.run_directories import MARKER
from kerastune.options.profile import Profile

pytestmark = pytest.mark.any_backend


def cost(backend, step):
    return Cost(backend, "as it is", 8, 1, {"step": Spread(step, step, step)})


def test_the_fastest_backend_is_that_with_its_settings(tmp_path):
    faster = Tried("jit_compile=False", cost("jax", 0.5), cost("jax", 3.0), is_kept=True)
    slower = Tried("threads=1", cost("torch", 3.0), cost("torch", 1.0), is_kept=False)
    comparison = Comparison(
        "lenet",
        (),
        Tolerances(),
        costs=(cost("jax", 3.0), cost("torch", 1.0)),
        tuned=(Tuned("jax", {"jit_compile": False}, (faster,)), Tuned("torch", {}, (slower,))),
    )
    path = comparison.profile().write(tmp_path / "profile.yaml")
    read = Profile.read(tmp_path)
    assert read == Profile.read(path) == comparison.profile()
    assert (read.fastest, read.of) == ("jax", "lenet")
    assert read.to_arguments() == ["--backend=jax", "--jit_compile=false"]
    assert read.to_arguments("torch") == ["--backend=torch"]
    with pytest.raises(InputError, match="tune_settings=True"):
        Comparison("lenet", (), Tolerances()).profile()


def test_a_run_takes_what_the_profile_says_unless_it_is_told_otherwise(tmp_path, capsys):
    profile = Profile("torch", {"torch": {"precision": "bfloat16", "jit_compile": False}})
    profile.write(tmp_path / "profile.yaml")
    arguments = ["linear_regression", "--profile", str(tmp_path), "--precision", "float32"]
    run = tmp_path / "run"
    assert cli.main(["run", *arguments, "--epochs", "1", "--quiet", "--run_dir", str(run)]) == 0
    assert (run / MARKER).is_file()
    configuration = (run / "config.yaml").read_text(encoding="utf-8")
    assert "jit_compile: false" in configuration
    assert "precision: float32" in configuration
    capsys.readouterr()


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (None, "Expected a profile that `kerastune compare --tune` wrote"),
        ("[", "Expected a profile that"),
        ("a: 1", "`settings` by backend"),
        ("{fastest: jax, settings: {torch: {}}}", "the `fastest` of them"),
        ("{fastest: jax, settings: {jax: {thread: 2}}}", "Did you mean 'threads'?"),
        ("{fastest: jax, settings: {jax: 3}}", "settings by name for jax"),
    ],
)
def test_what_is_no_profile_is_told(tmp_path, capsys, content, expected):
    path = tmp_path / "profile.yaml"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    assert cli.main(["run", "lenet", "--profile", str(path)]) == 2
    told = capsys.readouterr().err
    assert expected in told
    assert told.count("\n") == 1


def test_threads_are_chosen_before_keras_is_imported(capsys):
    assert cli.main(["run", "lenet", "--threads", "2"]) == 2
    assert "before Keras is imported" in capsys.readouterr().err
    assert cli.main(["run", "lenet", "--threads", "0"]) == 2
    assert "at least 1. Received: 0" in capsys.readouterr().err
