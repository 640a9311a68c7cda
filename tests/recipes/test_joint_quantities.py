"""Several numbers of an image are predicted at once, such as the edges of a box."""

import numpy as np
import polars
import pytest
from PIL import Image

import kerastune as kt
from kerastune import cli, recipes
from kerastune.errors import InputError

pytestmark = pytest.mark.any_backend


@pytest.fixture
def listing(tmp_path):
    """A table of images with a bright point each, where it is, and a row without a number."""
    generator = np.random.default_rng(0)
    rows = []
    for number in range(12):
        x, y = generator.integers(0, 8, 2)
        pixels = np.zeros((8, 8, 3), "uint8")
        pixels[y, x] = 255
        Image.fromarray(pixels).save(tmp_path / f"{number}.png")
        rows.append(f"{number}.png,{x},{y}.5,dot")
    (tmp_path / "points.csv").write_text("\n".join(["path,x,y,note", *rows, "3.png,,4,dot"]))
    return tmp_path / "points.csv"


def built(data, label_column):
    return recipes.image_regression.build(data, label_column=label_column).splits


@pytest.mark.parametrize("label_column", ["x,y", "x, y", ["x", "y"]])
def test_a_table_of_images_with_several_columns(listing, label_column):
    splits = built(listing, label_column)
    assert sum(map(len, splits.parts.values())) == 12
    assert splits.columns["x,y"] == kt.data.Column("quantity", shape=(2,))
    assert splits.training.notes == (
        "1 of 13 rows dropped: no 'x'",
        "left out, as it is not predicted: 'note'",
    )
    for sample in splits.training:
        x, y = sample["x,y"]
        assert sample["image"][int(y), int(x)].tolist() == [255, 255, 255]


def test_frames_and_records(listing):
    rows = polars.read_csv(listing).drop_nulls()
    rows = rows.with_columns(path=str(listing.parent) + "/" + polars.col("path"))
    arrays = [{"image": np.zeros((8, 8, 3)), "x": n, "y": 0.5 * n} for n in range(8)]
    for data in (rows, rows.to_dicts(), arrays):
        assert built(data, ["y", "x"]).training.target_values.shape[1:] == (2,)
    values = built(arrays, "y,x").training.target_values
    assert values[:, 1].tolist() == (2 * values[:, 0]).tolist()


def test_a_column_whose_name_has_commas(listing):
    listing.write_text(listing.read_text().replace("path,x,y", 'path,"x,y",y'))
    assert built(listing, "x,y").training.target_values.shape == (9,)


@pytest.mark.parametrize(
    ("label_column", "message"),
    [
        ("x,z", "Expected a column 'z' in points.csv"),
        ("x,x", "Expected each column once. Received: 'x' twice"),
        ("x,note", "Expected numbers in column 'note'. Received: 'dot' in row 1"),
        ("x,", "Expected a column ''"),
        ("path,x", "Expected a column 'path' in points.csv. Received: columns 'x', 'y', 'note'"),
    ],
)
def test_what_cannot_be_predicted(listing, label_column, message):
    with pytest.raises(InputError) as error:
        built(listing, label_column)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_folders_have_no_columns(listing):
    (listing.parent / "7").mkdir()
    listing.unlink()
    with pytest.raises(InputError, match="Expected a table that lists images with the columns x,y"):
        built(listing.parent, "x,y")


def test_a_run_and_what_comes_after_it(listing, tmp_path, capsys):
    run = tmp_path / "run"
    arguments = ["--label_column", "x,y", "--image_size", "8", "--epochs", "1", "--quiet"]
    options = ["--data", str(listing), *arguments, "--run_dir", str(run)]
    assert cli.main(["run", "image_regression", *options]) == 0
    assert len(kt.load(run).evaluate(listing)["per_output"]) == 2
    assert cli.main(["evaluate", str(run), "--data", str(listing)]) == 0
    point = {"image": str(listing.parent / "0.png"), "x": 1, "y": 2.5}
    for data in ([point] * 2, {name: [value] * 2 for name, value in point.items()}):
        assert np.isfinite(kt.load(run).evaluate(data)["mean_absolute_error"])
    answers = tmp_path / "answers.csv"
    picture = str(listing.parent / "0.png")
    assert cli.main(["predict", str(run), picture, "--output", str(answers)]) == 0
    assert answers.read_text().startswith("row,path,prediction_1,prediction_2\n")
