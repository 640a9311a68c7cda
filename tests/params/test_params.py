"""`kerastune params` as a person types it: what it prints, writes and refuses."""

import csv
import json
import re
import subprocess
import sys
from pathlib import Path

import keras
import pytest

import kerastune
from kerastune.cli import main
from kerastune.params.tables import input_shapes

pytestmark = pytest.mark.any_backend

ROOT = Path(kerastune.__file__).parents[1]


@pytest.fixture
def models(tmp_path):
    """Two small models in files."""
    paths = []
    for units in (3, 5):
        layers = [keras.layers.Dense(units, name="body"), keras.layers.Dense(2, name="head")]
        model = keras.Sequential([keras.Input((4,)), *layers], name=f"small_{units}")
        paths.append(tmp_path / f"{units}.keras")
        model.save(paths[-1])
    return [str(path) for path in paths]


def run(capsys, *arguments):
    """The status and what was printed."""
    status = main(["params", *map(str, arguments)])
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def refused(capsys, *arguments):
    """The one line with which the command refuses."""
    status, _, err = run(capsys, *arguments)
    assert status == 2
    assert len(err.strip().splitlines()) == 1, err
    assert "Traceback" not in err
    return err


class TestHelp:
    def test_starts_no_framework(self):
        code = (
            "import sys\nfrom kerastune.cli import main\n"
            "try:\n    main(['params', '--help'])\nexcept SystemExit:\n    pass\n"
            "heavy = {'keras', 'tensorflow', 'jax', 'torch', 'numpy', 'polars', 'matplotlib'}\n"
            "sys.exit(str(heavy & set(sys.modules)) if heavy & set(sys.modules) else 0)"
        )
        finished = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        assert finished.returncode == 0, finished.stderr
        assert "applications:ResNet50" in finished.stdout

    def test_refusal_starts_no_framework(self):
        code = (
            "import sys\nfrom kerastune.cli import main\n"
            "status = main(['params', 'lenet', '--units', '3'])\n"
            "sys.exit(0 if status == 2 and 'keras' not in sys.modules else 1)"
        )
        assert subprocess.run([sys.executable, "-c", code], capture_output=True).returncode == 0


class TestTables:
    def test_models_side_by_side(self, capsys):
        status, out, err = run(capsys, "lenet", "mlp_784_128_10")
        assert (status, err) == (0, "")
        assert "225,034" in out
        assert "101,770" in out

    def test_by_layer(self, capsys, models):
        _, out, _ = run(capsys, models[0], "--by", "layer")
        assert "body" in out
        assert "head" in out

    def test_difference(self, capsys, models):
        _, out, _ = run(capsys, *models, "--diff")
        assert "shape changed" in out
        assert "+14" in out

    def test_no_difference(self, capsys, models):
        _, out, _ = run(capsys, models[0], models[0], "--diff")
        assert "No difference." in out

    def test_a_shape_for_each_model(self, capsys):
        _, out, _ = run(capsys, "bert_base:128", "lenet", "bert_base:64", "--flops")
        assert re.search(r"bert_base:128 +11\.2 G", out)
        assert re.search(r"bert_base:64 +5\.51 G", out)

    def test_plans(self, capsys, models):
        _, out, _ = run(capsys, models[0], "--plans", "full,head_only,last(2),lora(2,'body')")
        assert "head_only" in out
        assert "lora(2,'body')" in out

    def test_cost(self, capsys, models):
        _, out, _ = run(capsys, models[0], "--flops", "--memory", "--batch-size", 8)
        assert "FLOPs" in out
        assert "slots" in out

    def test_layers(self, capsys):
        _, out, _ = run(capsys, "--layers", "dense,lstm", "--inputs", 64, "--units", 128)
        assert "8,320" in out
        assert "98,816" in out

    @pytest.mark.slow
    def test_tool_in_a_checkout(self):
        tool = ROOT / "tools" / "compare_parameters.py"
        finished = subprocess.run(
            [sys.executable, tool, "mlp_784_128_10"], capture_output=True, text=True, check=True
        )
        assert "101,770" in finished.stdout
        assert finished.stderr == ""


@pytest.mark.parametrize(
    ("texts", "shapes"),
    [
        ([], None),
        (["224,224,3"], (224, 224, 3)),
        (["token_ids=128", "padding_mask=128"], {"token_ids": (128,), "padding_mask": (128,)}),
    ],
)
def test_shapes_of_inputs(texts, shapes):
    assert input_shapes(texts) == shapes


class TestNotes:
    def test_each_is_told_once(self, capsys):
        _, out, _ = run(
            capsys, "bert_base:8", "--by", "depth", "--plans", "full", "--batch_size", 1
        )
        assert out.count("as published") == 1

    def test_what_a_file_does_not_say_is_no_number(self, capsys, models, tmp_path):
        keras.saving.load_model(models[0]).save_weights(tmp_path / "a.weights.h5")
        _, out, _ = run(capsys, tmp_path / "a.weights.h5", "--by", "weight")
        assert re.search(r"^body/0 +12 +– +– +– ", out, re.MULTILINE)


class TestFit:
    def test_rows(self, capsys, models, tmp_path):
        given = ["--fit", "1 MB", "--plans", "full,lora(2,body)", "--precision", "float32,bfloat16"]
        files = [f"--{kind}={tmp_path / 'fit'}.{kind}" for kind in ("json", "csv")]
        status, out, err = run(capsys, models[0], *given, *files)
        assert (status, err) == (0, "")
        assert "Largest batches of" in out
        table = json.loads((tmp_path / "fit.json").read_text())["tables"][1]
        assert [row["plan"] for row in table["rows"]] == ["full"] * 2 + ["lora(2,body)"] * 2
        assert all(row["largest batch"] > 1000 for row in table["rows"])
        assert "largest batch" in (tmp_path / "fit-2.csv").read_text()

    def test_what_does_not_fit_is_a_row(self, capsys):
        status, out, _ = run(capsys, "lenet", "--fit", "1MB", "--precision", "float32")
        assert status == 0
        assert "missing" in out


class TestFiles:
    def test_all_kinds(self, capsys, models, tmp_path):
        names = {kind: tmp_path / f"out.{kind}" for kind in ("json", "csv", "html", "md")}
        status, out, _ = run(
            capsys, *models, "--by", "layer",
            "--json", names["json"], "--csv", names["csv"],
            "--html", names["html"], "--markdown", names["md"],
        )  # fmt: skip
        assert status == 0
        assert all(f"Wrote {path}" in out for path in names.values())
        tables = json.loads(names["json"].read_text(encoding="utf-8"))["tables"]
        assert [row["parameters"] for row in tables[0]["rows"]] == [23, 37]
        with names["csv"].open(encoding="utf-8") as file:
            assert [row["parameters"] for row in csv.DictReader(file)] == ["23", "37"]
        assert (tmp_path / "out-2.csv").read_text(encoding="utf-8").startswith("layer,")
        assert " 23 |" in names["md"].read_text(encoding="utf-8")
        assert names["html"].read_text(encoding="utf-8").count("<img") >= 1

    def test_only_a_name_that_fits(self, capsys, models):
        before = Path(models[0]).read_bytes()
        assert "ends in .json" in refused(capsys, models[1], "--json", models[0])
        assert Path(models[0]).read_bytes() == before

    def test_folder_that_is_not_there(self, capsys, tmp_path):
        assert "folder that is there" in refused(
            capsys, "lenet", "--json", tmp_path / "no" / "out.json"
        )


class TestLimit:
    @pytest.mark.parametrize(("limit", "status"), [("225_034", 0), ("225_033", 1)])
    def test_model(self, capsys, limit, status):
        got, _, err = run(capsys, "lenet", "--max-trainable", limit)
        assert got == status
        assert ("225,034 parameters train, 225,033 are allowed" in err) == bool(status)

    def test_plan(self, capsys, models):
        status, _, err = run(capsys, models[0], "--plans", "full,head_only", "--max-trainable", 8)
        assert status == 1
        assert "full" in err
        assert "head_only" not in err

    def test_each_of_two_of_one_name(self, capsys, models):
        _, out, err = run(capsys, models[0], models[0], "--plans", "full", "--max-trainable", 0)
        assert out.count("Plans for") == 2
        assert err.count("parameters train") == 2

    def test_zero(self, capsys, models):
        assert run(capsys, models[0], "--max-trainable", 0)[0] == 1


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], "Expected models to count, or --layers"),
        (["lenet", "--layers", "dense"], "Received: both"),
        (["lenett"], "Did you mean 'lenet'"),
        (["lenet", "--diff"], "Expected two models"),
        (["lenet", "--units", "3"], "--units only with --layers"),
        (["lenet", "--depth", "3"], "--depth only with --by depth"),
        (["lenet", "--optimizer", "adam"], "--optimizer only with --plans or --memory"),
        (["lenet", "--memory", "--optimizer", "adm"], "Did you mean"),
        (["lenet", "--memory", "--precision", "float8"], "Expected a precision"),
        (["lenet", "--plans", "hed_only"], "hed_only"),
        (["lenet", "--plans", "last(2"], "last(2"),
        (["lenet", "--max-trainable", "many"], "whole number"),
        (["lenet", "--max-trainable", "-1"], "whole number"),
        (["lenet", "--by", "colour"], "colour"),
        (["lenet", "--backend", "theano"], "theano"),
        (["lenet", "--flops", "--input-shape", "3,x"], "3,x"),
        (["lenet", "--input-shape", "3"], "--input_shape only with"),
        (["lenet", "--plans", ""], "Expected plans"),
        (["lenet", "bert_base", "--flops"], "bert_base: Expected every dimension"),
        (["lenet:3,3", "--flops"], "lenet:3,3: Expected a shape that fits"),
        (["lenet", "--csv", "out.txt"], "ends in .csv"),
        (["--layers", "dense"], "--inputs and --units"),
        (["--layers", "dens", "--inputs", "3", "--units", "3"], "Did you mean 'dense'"),
        (["applications:ResNet5"], "Did you mean 'ResNet50'"),
        (["os:getcwd"], "os:getcwd"),
        (["no/such.keras"], "no/such.keras"),
        (["lenet", "--colour"], "--colour"),
        (["lenet", "--fit", "80"], "with its unit, such as 80GiB"),
        (["lenet", "--fit", "1GB", "--batch_size", "3"], "--batch_size only with"),
        (["lenet", "--fit", "1GB", "--max_trainable", "3"], "--fit or --max_trainable"),
        (["lenet", "--fit", "1GB", "--precision", "float32,float8"], "Expected a precision"),
        (["lenet", "--fit", "1GB", "--optimizer", "sgd,"], "names with commas between them"),
        (["--layers", "dense", "--inputs=3", "--units=3", "--fit", "1GB"], "only with models"),
    ],
)
def test_refusals(capsys, arguments, expected):
    assert expected in refused(capsys, *arguments)
