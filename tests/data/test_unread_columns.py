"""A name of a column that no part of the data has is refused; one that some part has is not."""

import numpy as np
import pytest

from kerastune import data
from kerastune.errors import InputError

pytestmark = pytest.mark.any_backend

PAIR = ([f"text {number}" for number in range(8)], ["good", "bad"] * 4)
TABLE = {"review": PAIR[0], "stars": PAIR[1]}
READ = data.text_reader("review", "stars")


@pytest.mark.parametrize(
    ("opened", "expected"),
    [
        (lambda: data.open_splits("docstrings", open_with=READ), "'review' in docstring sentences"),
        (lambda: data.open_splits(PAIR, open_with=READ), "Expected a column 'review' in arrays"),
        (
            lambda: data.open_splits("digits", open_with=data.image_reader("pixels")),
            "a column 'pixels' in digits",
        ),
        (
            lambda: data.open_splits("dates:en:de", open_with=data.text_pair_reader("day")),
            "a column 'day' in dates:en:de",
        ),
        (
            lambda: data.open_caption_splits("glyphs", caption_column="name"),
            "a column 'name' in glyphs",
        ),
        (
            lambda: data.open_text_splits("docstring_prose:5", text_column="review"),
            "a column 'review' in docstring_prose",
        ),
        (lambda: data.open_number_splits("diabetes", target="y"), "Received: target='y'. Leave"),
        (lambda: data.open_number_splits("diabetes", drop=["y"]), r"Received: drop=\['y'\]"),
        (lambda: data.open_number_splits("diabetic", target="y"), "no such file or data set"),
    ],
)
def test_no_part_has_it(opened, expected):
    with pytest.raises(InputError, match=expected):
        opened()


def test_what_is_there_or_usual():
    assert len(data.open_splits(TABLE, {"test_fraction": 0.25}, open_with=READ).test) == 2
    reader = data.text_reader("text", "labels")
    assert len(data.open_splits(PAIR, {"test_fraction": 0.25}, open_with=reader).test) == 2


def test_a_run_reads_data_that_name_their_columns_otherwise():
    columns = {
        "picture": data.Column("image", shape=(8, 8, 1)),
        "species": data.Column("class", class_names=tuple("0123456789")),
    }
    samples = data.open_as("digits", columns, ("species",))
    assert np.asarray(samples.values["species"]).max() == 9
