"""`kerastune predict` and `kerastune evaluate`, as a person types them."""

import io
import json
import re
import sys

import numpy as np
import polars
import pytest
from PIL import Image

from kerastune.cli import main
from tests.jobs.small_runs import image_run, several_run, table_run, text_run

pytestmark = pytest.mark.any_backend


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Folders of runs by name."""
    folder = tmp_path_factory.mktemp("runs")
    made = {"text": text_run, "image": image_run, "table": table_run, "several": several_run}
    for name, make in made.items():
        make(folder / name).save()
    return folder


@pytest.fixture
def command(runs, tmp_path, monkeypatch, capsys):
    """A function that runs the command, and gives the lines of both outputs."""
    monkeypatch.chdir(tmp_path)

    def run(name, run_name, *arguments, given="", status=0):
        monkeypatch.setattr(sys, "stdin", io.StringIO(given))
        assert main([name, str(runs / run_name), *map(str, arguments)]) == status
        captured = capsys.readouterr()
        return captured.out.splitlines(), captured.err.splitlines()

    return run


def test_lines_of_the_standard_input(command):
    out, err = command("predict", "text", "-", given="a bore\n\na\n")
    assert out[0] == "row,text,prediction,probability"
    assert [line.split(",")[:3] for line in out[1:]] == [
        ["1", "a bore", "long"],
        ["2", "", ""],
        ["3", "a", "short"],
    ]
    assert err == ["1 of 3 rows have no prediction; the first is row 2: no text in 'text'"]


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
def test_rows_keep_their_places_in_a_file(command, tmp_path, suffix):
    count = 2500
    ages = ["20"] * count
    ages[2200], ages[2300] = "old", "NA"
    (tmp_path / "rows.csv").write_text("shop,age\n" + "".join(f"Rome,{age}\n" for age in ages))
    output = tmp_path / f"answers{suffix}"
    _, err = command("predict", "table", "rows.csv", "--output", output)
    assert err[0] == "left out, as the training data lacks it: 'shop'"
    assert err[1].startswith("1 of 2,500 rows have no prediction; the first is row 2201: Expected")
    assert err[2] == f"Wrote 2,500 rows to {output}"
    reader = {".csv": polars.read_csv, ".jsonl": polars.read_ndjson}
    found = reader.get(suffix, polars.read_parquet)(output)
    assert found["row"].to_list() == list(range(1, count + 1))
    predictions = found["prediction"].to_list()
    assert (predictions[2200], predictions[2300]) == (None, pytest.approx(60.0, abs=1e-4))
    np.testing.assert_allclose(predictions[:2200], 40.0, rtol=1e-6)
    _, err = command("predict", "table", "rows.csv", "--output", output, status=2)
    assert "which exists. Choose another, or add --overwrite" in err[0]
    command("predict", "table", "rows.csv", "--output", output, "--overwrite")


def test_images(command, tmp_path):
    for name, value in (("a.png", 40), ("b.PNG", 200)):
        Image.fromarray(np.full((9, 8, 3), value, "uint8")).save(tmp_path / name)
    (tmp_path / "c.jpg").write_text("broken")
    out, err = command("predict", "image", tmp_path, "--top", "1")
    assert out[0] == "row,path,prediction,probability,top_1,top_1_probability"
    answers = [(row[1], row[2]) for row in (line.split(",") for line in out[1:])]
    names = [str(tmp_path / name) for name in ("a.png", "b.PNG", "c.jpg")]
    assert answers == list(zip(names, ("dark", "light", ""), strict=True))
    assert "the first is row 3: Expected an image that can be read" in err[0]
    assert command("predict", "image", "b.PNG")[0][1].startswith("1,b.PNG,light,")
    (tmp_path / "list.csv").write_text("file,id\nb.PNG,7\n,8\n")
    out, _ = command("predict", "image", "list.csv", "--image_column", "file")
    assert [line.split(",")[2] for line in out[1:]] == ["light", ""]


def test_several_targets_and_probabilities(command):
    out, _ = command("predict", "several", "-", "--probabilities", given="a bore\n")
    assert out[0].split(",")[2:] == [
        *("size_prediction", "size_probability", "size_probability_short", "size_probability_long"),
        "letters_prediction",
    ]
    assert out[1].split(",")[-1] == "60"


def test_a_table_for_people(command, monkeypatch):
    monkeypatch.setattr("kerastune.commands.predict._is_terminal", lambda: True)
    monkeypatch.setenv("COLUMNS", "80")
    out, _ = command("predict", "text", "-", given="a [bold]bore\n")
    assert "prediction" in out[0]
    assert "a [bold]bore" in out[2]
    assert max(map(len, out)) <= 80


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("text", "no.csv"), "'no.csv', which does not exist. This run reads texts"),
        (("text", "rows.csv"), "a column 'text' in rows.csv. Received: columns 'age'.*--text_col"),
        (("image", "rows.csv"), "a column of images or of their paths in rows.csv"),
        (("text", "-", "--image_column", "a"), "one input of kind image for --image_column"),
        (("table", "rows.csv", "--top", "2"), "gives probabilities for --top"),
        (("table", "rows.csv", "--top", "-1"), "--top of 0 or more"),
        (("table", "rows.csv", "--output", "a.xlsx"), "an output of type .csv"),
        (("none", "rows.csv"), "the directory of a finished run"),
        (("table", "-"), "Expected a table with rows. Received: the stream"),
        (("text", "-"), "at least one input. Received: none in the stream"),
    ],
)
def test_what_is_refused(command, tmp_path, arguments, message):
    (tmp_path / "rows.csv").write_text("age\n20\n")
    _, err = command("predict", *arguments, status=2)
    assert len(err) == 1
    assert re.search(message, err[0]), err[0]


class TestEvaluate:
    def test_beside_the_test_of_the_run(self, command, tmp_path):
        rows = ["a bore,long", "a,short", "me,long", ",short", "a,"]
        (tmp_path / "more.csv").write_text("review,size\n" + "\n".join(rows) + "\n")
        names = ("--text_column", "review", "--label_column", "size")
        out, err = command("evaluate", "text", "--data", "more.csv", *names, "--output", "m.json")
        assert out[3].split() == ["accuracy", "↑", "0.6667", "0.5000"]
        assert any(line.startswith("long ") for line in out)
        assert err == [
            "1 of 5 samples dropped: no label",
            "1 of 4 samples dropped: no text",
            "Wrote m.json",
        ]
        assert json.loads((tmp_path / "m.json").read_text())["accuracy"] == pytest.approx(2 / 3)
        _, err = command(
            "evaluate", "text", "--data", "more.csv", *names, "--output", "m.json", status=2
        )
        assert "--overwrite" in err[0]

    def test_quantities(self, command, tmp_path):
        (tmp_path / "more.csv").write_text("id,pay,age\n1,40,20\n2,70,40\n3,,30\n")
        out, err = command("evaluate", "table", "--data", "more.csv")
        assert "mean absolute error" in out[3]
        assert "5.0000" in out[3]
        assert err == [
            "1 of 3 rows dropped: no 'pay'",
            "left out, as the training data lacks it: 'id'",
        ]

    def test_images_that_a_table_lists(self, command, tmp_path):
        for name, value in (("a.png", 40), ("b.png", 200)):
            Image.fromarray(np.full((9, 8, 3), value, "uint8")).save(tmp_path / name)
        (tmp_path / "more.csv").write_text("file,kind\na.png,dark\nb.png,dark\nc.png,light\n")
        names = ("--image_column", "file", "--label_column", "kind")
        for more in (names, ()):
            out, err = command("evaluate", "image", "--data", "more.csv", *more)
            assert out[3].split()[:3] == ["accuracy", "↑", "0.5000"]
            assert "1 of 3 rows dropped: no such image, the first is 'c.png' in row 3" in err[0]

    def test_unknown_labels(self, command, tmp_path):
        (tmp_path / "more.csv").write_text("text,label\na,short\nb,tiny\n")
        _, err = command("evaluate", "text", "--data", "more.csv", status=2)
        assert err == [
            "kerastune: Expected labels among the known classes ('short', 'long'). Received: "
            "'tiny' in sample 1 of more.csv."
        ]
        _, err = command("evaluate", "several", "--data", "a", "--label_column", "b", status=2)
        assert "Expected a run with one target for --label_column" in err[0]
