"""A run is exported as its own runtimes read it, and nothing is left where it is otherwise."""

import json
import shutil

import keras
import numpy as np
import polars
import pytest
import yaml

import kerastune as kt
from kerastune.cli import main
from kerastune.exporting import attempts, comparing, places, processes
from kerastune.exporting.batches import read_batches, write_batches

pytestmark = pytest.mark.any_backend


@pytest.fixture(scope="module")
def table_run(tmp_path_factory):
    """A run on a table with numbers, categories and values that are missing."""
    folder = tmp_path_factory.mktemp("table")
    generator = np.random.default_rng(0)
    rows = {
        "age": [None if n % 7 == 3 else float(n) for n in generator.integers(20, 60, 60)],
        "body weight (g)": generator.normal(7e4, 9e3, 60).tolist(),
        "city": [["Bonn", "Rome", "Köln", None][n % 4] for n in range(59)] + ["Oslo"],
        "pay": generator.normal(size=60).tolist(),
    }
    polars.DataFrame(rows).write_csv(folder / "rows.csv")
    kt.recipes.tabular_regression(
        str(folder / "rows.csv"),
        target="pay",
        widths=(8,),
        epochs=1,
        verbose=0,
        run_dir=folder / "run",
    )
    return folder / "run"


def test_a_savedmodel_takes_rows_of_the_table_as_they_are(table_run, tmp_path, capsys):
    """Written by TensorFlow from a run of PyTorch, and run without the model; others beside it."""
    place = tmp_path / "export"
    arguments = ["export", str(table_run), "--format", "savedmodel,onnx,litert,pth"]
    assert main([*arguments, "--output", str(place)]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "Compared on 8 test samples" in out
    assert "`raw`, which is also `serving_default`, takes samples as they are" in out
    assert sorted(path.name for path in place.iterdir()) == [
        "README.md", "model.onnx", "model.tflite", "preprocessor", "saved_model",
        "signature.json", "weights.safetensors",
    ]  # fmt: skip
    told = json.loads((place / "signature.json").read_text())
    assert told["artefacts"]["savedmodel"]["takes_raw_samples"]
    assert all(one["largest_difference"] < 1e-5 for one in told["artefacts"].values())
    assert told["raw_inputs"]["body weight (g)"] == "body_weight_g"
    assert told["decoding"]["mean"] == list(kt.load(table_run).head.mean)
    _, front, text = (place / "README.md").read_text().split("---\n", 2)
    assert yaml.safe_load(front)["tags"][:2] == ["kerastune", "tabular_regression"]
    assert "TO BE FILLED IN" in text
    assert "test samples, which no training saw" in text
    # An export that is there is kept.
    assert main([*arguments, "--output", str(place)]) == 2
    assert "which holds an export. Choose another, or add --overwrite" in capsys.readouterr().err


@pytest.mark.slow
def test_onnx_computes_exact_gelu_constants_and_pooling(tmp_path):
    """Of which tf2onnx alone makes an operation that ONNX does not have, and inputs."""
    inputs = keras.Input((8, 8, 2), name="image")
    features = keras.layers.Normalization(mean=[1.0, 2.0], variance=[1.0, 4.0])(inputs)
    features = keras.layers.Conv2D(3, 3, activation="gelu")(features)
    features = keras.layers.Flatten()(keras.layers.MaxPooling2D()(features))
    outputs = {"a": keras.layers.Dense(2)(features), "b": keras.layers.Dense(1)(features)}
    model = keras.Model(inputs, outputs)
    batches, expected = in_files(tmp_path, model)
    assert processes.written(["onnx"], "tensorflow", tmp_path) == {"onnx": ""}
    assert processes.ran(["onnx"], tmp_path) == {"onnx": ""}
    found = read_batches(tmp_path / "onnx.npz")
    for name in outputs:
        np.testing.assert_allclose(found[0][name], expected[0][name], atol=1e-5)
    assert [len(outputs["a"]) for outputs in found] == [len(batch["image"]) for batch in batches]


@pytest.mark.slow
def test_litert_computes_recurrent_layers(tmp_path):
    """Whose loops its runtime alone would not run."""
    inputs = keras.Input((6, 2), name="rows")
    features = keras.layers.Bidirectional(keras.layers.GRU(3))(inputs)
    _, expected = in_files(tmp_path, keras.Model(inputs, keras.layers.Dense(2)(features)))
    assert processes.written(["litert"], "tensorflow", tmp_path) == {"litert": ""}
    assert processes.ran(["litert"], tmp_path) == {"litert": ""}
    found = read_batches(tmp_path / "litert.npz")
    np.testing.assert_allclose(found[0]["outputs"], expected[0]["outputs"], atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["torch", "openvino"])
def test_other_formats(table_run, tmp_path, name):
    pytest.importorskip(name)
    found = kt.export(table_run, name, tmp_path / "export")
    assert [one.holds for one in found.artefacts] == [True]


@pytest.mark.slow
def test_a_backbone_for_transformers(tmp_path):
    """Of a run with LoRA, whose adapters are merged into what is written, and its tokenizer."""
    transformers = pytest.importorskip("transformers")
    from tests.tiny import tiny_bert_preset

    texts = [f"a {kind} film about red {n}" for n in range(12) for kind in ("good", "bad")]
    preset = tiny_bert_preset(tmp_path / "bert")
    result = kt.recipes.text_classification(
        (texts, ["good", "bad"] * 12),
        backbone=str(preset),
        plan="lora",
        epochs=1,
        verbose=0,
        run_dir=tmp_path / "run",
    )
    found = kt.export(
        tmp_path / "run", "huggingface,pth", tmp_path / "out", data=(texts, ["good", "bad"] * 12)
    )
    assert all(one.holds for one in found.artefacts)
    assert "merged into the kernels" in found.notes[0]
    tokenizer = transformers.AutoTokenizer.from_pretrained(tmp_path / "out" / "hugging_face")
    prepared = result.preprocessor(texts[:1])
    wanted = prepared["token_ids"][prepared["padding_mask"]].tolist()
    assert tokenizer(texts[0])["input_ids"] == wanted


def in_files(folder, model):
    """The batches for a model and what it computes, and both in files as a process reads them."""
    from kerastune.exporting.forward import computed, forward_model
    from kerastune.exporting.samples import made_inputs
    from kerastune.jobs.model_files import save_model_and_adapters

    (folder / "model").mkdir()
    save_model_and_adapters(model, folder / "model")
    forward = forward_model(model)
    given = {next(iter(forward.input)): made_inputs(model)}
    batches = [{name: one[:size] for name, one in given.items()} for size in (8, 1)]
    write_batches(folder / "prepared.npz", batches)
    return batches, [computed(forward, batch) for batch in batches]


class Faked:
    """Processes that write no real artefact, and compute what Keras does, and more."""

    def __init__(self, monkeypatch, more=0.0, fault=""):
        self.more, self.fault = more, fault
        monkeypatch.setattr(attempts, "written", self.written)
        monkeypatch.setattr(attempts, "ran", lambda names, folder: dict.fromkeys(names, ""))
        monkeypatch.setattr(attempts, "compared", self.compared)

    def written(self, names, backend, folder, recipe):
        for name in names:
            (folder / attempts.FORMATS[name].path).write_text("artefact")
        return dict.fromkeys(names, self.fault)

    def compared(self, name, folder, expected, raw):
        changed = [
            {output: value + self.more for output, value in batch.items()} for batch in expected
        ]
        write_batches(folder / f"{name}.npz", changed)
        return comparing.compared(name, folder, expected, None)


def test_what_differs_from_keras_leaves_no_file(table_run, tmp_path, monkeypatch):
    monkeypatch.setattr(places, "require_installed", lambda formats: None)
    Faked(monkeypatch, more=2e-5)
    with pytest.raises(kt.InputError, match=r"onnx: it differs from Keras by 2e-05, in outputs"):
        kt.export(table_run, "onnx", tmp_path / "export")
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_written_is_told_beside_what_holds(table_run, tmp_path, monkeypatch):
    Faked(monkeypatch, fault="No Op registered for Erfc with domain_version of 15")
    with pytest.raises(kt.InputError) as raised:
        kt.export(table_run, ["savedmodel", "pth"], tmp_path / "export")
    assert "savedmodel: it cannot be written" in str(raised.value)
    assert str(raised.value).endswith("Nothing is written. The others hold: --format pth")
    assert list(tmp_path.iterdir()) == []


def test_data_that_are_gone_are_made_up_and_said_to_be(table_run, tmp_path, monkeypatch):
    moved = tmp_path / "moved"
    shutil.copytree(table_run, moved)
    text = (moved / "config.yaml").read_text().replace("rows.csv", "gone.csv")
    (moved / "config.yaml").write_text(text)
    found = kt.export(moved, "pth", tmp_path / "export")
    assert found.samples.startswith("8 made-up samples, as the data of the run cannot be had")
    assert found.artefacts[0].difference == 0
    # They can be given, and an export can be replaced.
    data = str(table_run.parent / "rows.csv")
    again = kt.export(kt.load(moved), "pth", tmp_path / "export", data=data, overwrite=True)
    assert "test samples of" in again.samples
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_adapters_are_merged_into_what_is_written(table_run, tmp_path):
    rows, run = str(table_run.parent / "rows.csv"), tmp_path / "run"
    given = {"target": "pay", "widths": (8,), "plan": "lora", "epochs": 1, "verbose": 0}
    kt.recipes.tabular_regression(rows, **given, run_dir=run)
    found = kt.export(run, "pth", tmp_path / "export")
    assert "The adapters default are merged" in found.notes[0]
    assert 0 <= found.artefacts[0].difference < 1e-5


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["no/such/run", "--format", "onx"], "Received: 'onx'. Did you mean 'onnx'?"),
        (["no/such/run", "--format", "pth"], "Received: 'no/such/run', which is neither"),
        (["{run}", "--format", ","], "Expected formats out of savedmodel, onnx"),
        (["{run}", "--format", "pth", "--output", "{here}"], "Expected a new or empty directory"),
        (["{run}", "--format", "pth", "--output", "/proc/no/export"], "that can be written to"),
        (["{run}"], "--format"),
    ],
)
def test_what_cannot_be_used_is_told_in_one_line(table_run, capsys, arguments, message):
    places = {"run": table_run, "here": table_run.parent}
    assert main(["export", *(one.format(**places) for one in arguments)]) == 2
    line = capsys.readouterr().err
    assert message in line
    assert len(line.splitlines()) == 1


def test_a_runtime_that_is_not_installed_is_named(table_run, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(kt.InputError, match=r"onnxruntime missing. Install: .*onnx"):
        kt.export(table_run, "onnx")
