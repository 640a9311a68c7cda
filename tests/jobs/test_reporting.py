"""What a person sees of a run, and that nothing a head or data bring breaks it."""

import json
from dataclasses import dataclass

import keras
import numpy as np
import pytest
from matplotlib.figure import Figure

import kerastune
from kerastune.cli import main
from kerastune.data import Column, Source, Splits
from kerastune.evaluation import Evaluation, Metric
from kerastune.jobs.job import Job
from kerastune.preprocessing import ArrayPreprocessor

pytestmark = pytest.mark.any_backend

ROWS = np.random.default_rng(0).normal(size=(12, 2)).astype("float32")


@keras.saving.register_keras_serializable(package="tests")
@dataclass(frozen=True)
class Plain(kerastune.Head):
    """Predicts a number, and measures it in a way of its own."""

    kinds = ("quantity",)

    def build(self, features, name="head"):
        return keras.layers.Dense(1, name=f"{name}_output")(features)

    def loss(self):
        return keras.losses.MeanSquaredError()

    def encode(self, targets):
        return np.asarray(targets, "float32")[:, None]

    def decode(self, outputs):
        return outputs[:, 0]

    def evaluate(self, targets, outputs):
        return MEASURED[0]

    def pictures(self, targets, outputs):
        return PICTURES[0](targets, outputs)


MEASURED = [Evaluation([])]
PICTURES = [lambda targets, outputs: {}]


def job(source, columns=("array",)):
    head = Plain()
    inputs = {name: keras.Input((2,), name=name) for name in columns}
    given = inputs[columns[0]] if len(columns) == 1 else inputs
    joined = keras.layers.Concatenate()(list(inputs.values())) if len(columns) > 1 else given
    model = keras.Model(given, head.build(joined))
    return Job(model, head, Splits(source, source), First(columns), options={"epochs": 1})


class First(ArrayPreprocessor):
    """Gives a model the first two numbers of whatever it is given."""

    def prepare(self, inputs):
        arrays = {name: ROWS[: len(inputs[name])] for name in self.columns}
        return arrays if len(arrays) > 1 else next(iter(arrays.values()))


keras.saving.register_keras_serializable(package="tests")(First)


@pytest.fixture(autouse=True)
def _as_before():
    yield
    MEASURED[0] = Evaluation([])
    PICTURES[0] = lambda targets, outputs: {}


def test_a_head_without_numbers_has_a_report_too(tmp_path, capsys):
    job(Source.of(ROWS, ROWS[:, 0])).run(run_dir=tmp_path / "run")
    page = (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    assert "Measured on 12 test samples of data, after 1 epoch of the plan full." in page
    assert "12 samples of data" in capsys.readouterr().out


def test_names_of_numbers_may_hold_anything(tmp_path, capsys):
    MEASURED[0] = Evaluation(
        [Metric("price [USD]_error", np.float32(0.25), False), Metric("a [/b] <i>", 3)]
    )
    job(Source.of(ROWS, ROWS[:, 0])).run(run_dir=tmp_path / "run")
    out = capsys.readouterr().out
    assert "price [USD] error" in out
    assert "0.2500" in out
    assert "a [/b] <i>" in out
    assert "3.0000" in out
    page = (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    assert "Price [USD] error 0.2500 on 12 test samples" in page
    assert "<i>" not in page
    written = json.loads((tmp_path / "run" / "metrics.json").read_text())
    assert written["metrics"] == {"price [USD]_error": 0.25, "a [/b] <i>": 3.0}
    assert written["higher_is_better"] == {"price [USD]_error": False, "a [/b] <i>": True}


def test_the_verdict_is_the_last_word_and_in_the_files(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    MEASURED[0] = Evaluation([Metric("error", 2.0, False)])
    simple = {"mean": Evaluation([Metric("error", 3.0, False)])}
    made = job(Source.of(ROWS, ROWS[:, 0]))
    made.baselines = (lambda splits: simple,)
    made.run(run_dir="run")
    line = "Error 2.0000 beats mean (3.0000) by 1.0000. On 12 test samples; other seeds tell how"
    *_, verdict, where, predict, report = capsys.readouterr().out.splitlines()
    assert verdict.startswith(line)
    assert where == f"Run directory: {tmp_path / 'run'} (report.html shows everything)"
    assert (predict, report) == ("kerastune predict run FILE", "kerastune report run --open")
    assert json.loads((tmp_path / "run" / "metrics.json").read_text())["verdict"] == [verdict]
    page = (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    assert page.index(line) < page.index("<h2>")
    assert main(["report", "run"]) == 0
    assert verdict in capsys.readouterr().out.splitlines()


def test_images_are_on_the_page(tmp_path, capsys):
    columns = {"it": Column("image", shape=(2, 3, 3)), "label": Column("quantity")}
    values = {"it": np.zeros((4, 2, 3, 3), "uint8"), "label": np.arange(4.0)}
    job(Source(values, columns, ("label",)), ("it",)).run(run_dir=tmp_path / "run")
    assert "      array of shape (2, 3, 3)\n" in capsys.readouterr().out
    page = (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    shown = r'<img class="thumbnail" alt="it" width="96" height="64" src="data:image/png;base64,'
    assert page.count(shown) == 3


def test_a_picture_that_fails_does_not_cost_the_model(tmp_path):
    def fail(targets, outputs):
        raise RuntimeError("cannot draw")

    PICTURES[0] = fail
    with pytest.raises(RuntimeError, match="cannot draw"):
        job(Source.of(ROWS, ROWS[:, 0])).run(run_dir=tmp_path / "run")
    assert json.loads((tmp_path / "run" / "run.json").read_text())["status"] == "stopped"
    result = kerastune.load(tmp_path / "run")
    assert result.predict(ROWS).shape == (12,)


def test_a_measure_that_fails_does_not_cost_the_model(tmp_path):
    MEASURED[0] = None
    with pytest.raises(AttributeError):
        job(Source.of(ROWS, ROWS[:, 0])).run(run_dir=tmp_path / "run")
    assert json.loads((tmp_path / "run" / "run.json").read_text())["status"] == "stopped"
    result = kerastune.load(tmp_path / "run")
    assert result.predict(ROWS).shape == (12,)
    assert result.metrics == {}


def test_pictures_of_a_head_are_files_and_on_the_page(tmp_path):
    PICTURES[0] = lambda targets, outputs: {"two_words": Figure()}
    job(Source.of(ROWS, ROWS[:, 0])).run(run_dir=tmp_path / "run")
    assert (tmp_path / "run" / "two_words.png").read_bytes()[1:4] == b"PNG"
    assert "Two words" in (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    assert "two_words.png" in json.loads((tmp_path / "run" / "run.json").read_text())["files"]


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        ([[1.0, 2.5]] * 4, "1, 2.5"),
        ([np.zeros((5, 5))] * 4, "array of shape (5, 5)"),
        (["a [b] text"] * 4, "a [b] text"),
        ([["two", "words"]] * 4, "two words"),
        ([np.float32(0.125)] * 4, "0.125"),
        ([None] * 4, "None"),
        ([[[1, 2], [3]]] * 4, "[[1, 2], [3]]"),
        ([np.array(["a", "b"])] * 4, "['a' 'b']"),
        ([[{"box": 1}]] * 4, "[{'box': 1}]"),
    ],
)
def test_inputs_of_any_kind_are_shown(tmp_path, capsys, values, shown):
    columns = {"it": Column("something"), "label": Column("quantity")}
    source = Source({"it": values, "label": np.arange(4.0)}, columns, ("label",))
    job(source, ("it",)).run(run_dir=tmp_path / "run")
    assert f"\n      {shown}\n" in capsys.readouterr().out


def test_several_inputs_are_shown_by_name(tmp_path, capsys):
    columns = {"height": Column("number"), "note": Column("text"), "label": Column("quantity")}
    values = {"height": [1.5, 2.0], "note": ["short", "tall"], "label": np.arange(2.0)}
    source = Source(values, columns, ("label",))
    job(source, ("height", "note")).run(run_dir=tmp_path / "run")
    assert "height 1.5; note short" in capsys.readouterr().out
