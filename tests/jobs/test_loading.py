"""Results come back anywhere, old ones too, and nothing that a run names is run."""

import importlib
import json
import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from kerastune.errors import InputError
from kerastune.heads import Classification
from kerastune.jobs.loading import load
from kerastune.jobs.recipe_files import import_recipe_file
from tests.jobs.test_result import HEADS, make

pytestmark = pytest.mark.first_backend

OLD = Path(__file__).with_name("fixtures")


class TestOldRuns:
    """Of `fixtures/make_old_runs.py`, before heads and preprocessors had contracts."""

    @pytest.mark.parametrize("name", ["text", "image", "plain"])
    @pytest.mark.each_backend
    def test_they_answer_as_they_did(self, name):
        expected = json.loads((OLD / name / "expected.json").read_text(encoding="utf-8"))
        # Texts without a word are not answered any more.
        rows = [row for row, value in enumerate(expected["inputs"]) if value]
        inputs, outputs, wanted = (
            [expected[what][row] for row in rows] for what in ("inputs", "outputs", "answers")
        )
        inputs = inputs if name == "text" else np.array(inputs)
        result = load(OLD / name)
        np.testing.assert_allclose(result.outputs(inputs), outputs, atol=1e-5)
        answers = result.predict(inputs)
        if isinstance(answers, list):
            assert answers == wanted
        else:
            np.testing.assert_allclose(answers, wanted, atol=1e-4)

    @pytest.mark.parametrize("name", ["text", "image", "plain"])
    def test_they_can_be_measured_and_saved_again(self, name, tmp_path):
        expected = json.loads((OLD / name / "expected.json").read_text(encoding="utf-8"))
        inputs = expected["inputs"] if name == "text" else np.array(expected["inputs"])
        result = load(OLD / name)
        result.save(tmp_path / "new")
        again = load(tmp_path / "new")
        assert (again.head, again.plan, again.history) == (result.head, result.plan, result.history)
        assert (again.columns, again.targets) == (result.columns, result.targets)
        found = again.evaluate((inputs, np.array(expected["answers"])))
        if isinstance(result.head, Classification):
            assert found["accuracy"] == 1.0
        else:
            assert found["mean_absolute_error"] < 1e-4

    def test_their_numbers_and_plans_are_read(self):
        result = load(OLD / "text")
        assert result.recipe == "text_classification"
        assert result.metrics["accuracy"] == 1.0
        assert [stage.name for stage in result.plan.stages] == ["fine-tune"]
        assert len(result.history.epochs) == 12
        weights = pytest.approx([5 / 3, 5 / 7])
        assert result.head.class_weights == weights
        assert result.head.label_smoothing == 0.1


class TestBadDirectories:
    def test_not_a_run(self, tmp_path):
        with pytest.raises(InputError, match=r"finished run.*result.json cannot be read"):
            load(tmp_path)

    def test_unfinished(self, tmp_path):
        (tmp_path / "run.json").write_text("{}", encoding="utf-8")
        with pytest.raises(InputError, match="unfinished run"):
            load(tmp_path)

    @pytest.mark.parametrize("name", ["result.json", "plan.yaml", "history.json"])
    @pytest.mark.parametrize("content", [None, b"", b"\xff\xfe\x00", b"[]", b'{"a": 1}'])
    def test_a_file_that_is_missing_or_of_another_kind(self, tmp_path, name, content):
        path = make(tmp_path, HEADS[0]).save() / name
        path.unlink()
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(InputError, match="Expected") as caught:
            load(tmp_path)
        assert "\n" not in str(caught.value)

    def test_truncated_model(self, tmp_path):
        path = make(tmp_path, HEADS[0]).save() / "model.keras"
        path.write_bytes(path.read_bytes()[:-200])
        with pytest.raises(InputError, match=r"model\.keras"):
            load(tmp_path)

    def test_missing_model(self, tmp_path):
        (make(tmp_path, HEADS[0]).save() / "model.keras").unlink()
        with pytest.raises(InputError, match=r"model\.keras"):
            load(tmp_path)

    @pytest.mark.parametrize("content", [None, "[]", '{"registered_name": "keras>Dense"}'])
    def test_a_preprocessor_that_is_none(self, tmp_path, content):
        path = make(tmp_path, HEADS[0]).save() / "preprocessor" / "class.json"
        path.unlink()
        if content is not None:
            path.write_text(content)
        with pytest.raises(InputError, match="preprocessor") as caught:
            load(tmp_path)
        assert "\n" not in str(caught.value)

    @pytest.mark.parametrize(
        "head",
        [
            {},
            [],
            "Classification",
            None,
            {"kind": "Prophecy"},
            {"kind": "Regression", "mean": [1.0]},
            {"kind": ["Regression"]},
            {"registered_name": "none>Such"},
            {"registered_name": 3},
            {"registered_name": "kerastune>Classification"},
            {"registered_name": "kerastune>ArrayPreprocessor", "config": {}},
            {"registered_name": "kerastune>Regression", "config": None},
            {"registered_name": "kerastune>Regression", "config": {"mean": 3}},
            {"registered_name": "kerastune>Classification", "config": {"class_names": ["one"]}},
        ],
    )
    def test_a_head_that_is_none(self, tmp_path, head):
        path = make(tmp_path, HEADS[0]).save() / "result.json"
        state = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(head, dict) and "config" in head:
            head = {"module": "kerastune.heads", "class_name": "Head", **head}
        path.write_text(json.dumps({**state, "head": head}), encoding="utf-8")
        with pytest.raises(InputError, match="Expected .*(head|class names)") as caught:
            load(tmp_path)
        assert "\n" not in str(caught.value)

    @pytest.mark.parametrize(
        "change",
        [{"columns": []}, {"columns": {"a": {"kind": "class"}}}, {"targets": 3}, {"metrics": ...}],
    )
    def test_columns_that_are_none(self, tmp_path, change):
        path = make(tmp_path, HEADS[0]).save() / "result.json"
        state = {**json.loads(path.read_text(encoding="utf-8")), **change}
        kept = {name: value for name, value in state.items() if value is not ...}
        path.write_text(json.dumps(kept), encoding="utf-8")
        with pytest.raises(InputError, match="Expected"):
            load(tmp_path)

    def test_a_model_that_would_run_code(self, tmp_path):
        make(tmp_path, HEADS[0]).save()
        inputs = keras.Input((3,))
        outputs = keras.layers.Lambda(lambda x: x, output_shape=(3,))(inputs)
        keras.Model(inputs, outputs).save(tmp_path / "model.keras")
        with pytest.raises(InputError, match=r"model\.keras"):
            load(tmp_path)


SPY = """
from pathlib import Path
import keras
import kerastune

Path(__file__).with_name("imported").touch()


class Spy(keras.layers.Dense):
    pass
"""

HEAD = """
from dataclasses import dataclass
import keras
import kerastune


@keras.saving.register_keras_serializable(package="mine")
@dataclass(frozen=True)
class Own(kerastune.heads.Classification):
    pass
"""

LOAD = """
import json
import sys
import kerastune

for run, recipe in json.loads(sys.argv[1]):
    try:
        print("loaded", kerastune.load(run, recipe=recipe).head)
    except kerastune.InputError as error:
        print("refused", error)
"""


def in_another_process(folder, *runs):
    """What another process tells that loads runs, each with a recipe file or None; a line each.

    The folder is on its path. Any backend loads them; JAX is the quickest to start.
    """
    path = os.pathsep.join(filter(None, [str(folder), *sys.path]))
    names = [[str(run), recipe and str(recipe)] for run, recipe in runs]
    done = subprocess.run(
        [sys.executable, "-c", LOAD, json.dumps(names)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path, "KERAS_BACKEND": "jax"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    # What a framework logs of its start from C++ is kept off the terminal, from Python too.
    assert done.stderr == ""
    return [line for line in done.stdout.splitlines() if line.startswith(("loaded", "refused"))]


def own_run(folder):
    """A run with a head from a user's own file."""
    (folder / "own_head.py").write_text(HEAD)
    own = import_recipe_file(folder / "own_head.py").Own(("no", "yes"))
    make(folder / "run", own).save()
    return folder / "run"


def naming_runs(folder):
    """Runs that name a module on the path: as head, preprocessor, a layer of the model, needed."""
    (folder / "spy.py").write_text(SPY)
    named = {"module": "spy", "class_name": "Spy", "registered_name": "Spy", "config": {}}
    needed = {"class": "Spy", "module": "spy", "file": str(folder / "spy.py")}
    runs = {
        name: make(folder / name, HEADS[0]).save()
        for name in ("needed", "head", "in_head", "preprocessor", "layer")
    }
    state = json.loads((runs["head"] / "result.json").read_text())
    for name, change in {
        "needed": {"classes": [needed]},
        "head": {"head": named},
        "in_head": {"head": {**state["head"], "config": {"class_names": named}}},
    }.items():
        (runs[name] / "result.json").write_text(json.dumps({**state, **change}))
    (runs["preprocessor"] / "preprocessor" / "class.json").write_text(json.dumps(named))
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        spy = importlib.import_module("spy")
    del sys.modules["spy"]
    (folder / "imported").unlink()
    keras.Sequential([keras.Input((3,)), spy.Spy(1)]).save(runs["layer"] / "model.keras")
    return runs


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("foreign")


@pytest.fixture(scope="module")
def run(folder):
    return own_run(folder)


@pytest.fixture(scope="module")
def told(folder, run):
    """What one other process tells of all, since each has to import Keras."""
    other = folder / "other.py"
    other.write_text("answer = 42")
    named = naming_runs(folder)
    asked = {f"names it as {name}": (path, None) for name, path in named.items()}
    asked |= {"alone": (run, None), "with another file": (run, other)}
    asked |= {"with its file": (run, folder / "own_head.py")}
    told = in_another_process(folder, *asked.values())
    return dict(zip(asked, told, strict=True))


@pytest.mark.any_backend
class TestForeignClasses:
    def test_the_file_that_defines_them_is_asked_for(self, run, told):
        state = json.loads((run / "result.json").read_text())
        file = str(run.parent / "own_head.py")
        (needed,) = state["classes"]
        assert (needed["class"], needed["file"]) == ("mine>Own", file)
        expected = f"'mine>Own', which '{run}' needs, to be imported. Received: no such class. Give"
        assert told["alone"].startswith("refused")
        assert expected in told["alone"]
        assert f"kerastune.load({str(run)!r}, recipe={file!r})" in told["alone"]
        assert told["with another file"].startswith("refused")
        assert "'mine>Own'" in told["with another file"]
        assert told["with its file"].startswith("loaded Own(class_names=('no', 'yes')")

    def test_a_file_that_is_not_there(self, run):
        with pytest.raises(InputError, match="a Python file"):
            load(run, recipe=run / "none.py")

    def test_no_module_that_a_run_names_is_imported(self, folder, told):
        """Wherever a run names one: as its head, its preprocessor or a layer of its model."""
        named = [line for name, line in told.items() if name.startswith("names it")]
        assert [line.split()[0] for line in named] == ["refused"] * 5
        assert not (folder / "imported").exists()
