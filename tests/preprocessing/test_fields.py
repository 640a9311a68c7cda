"""Fields of a sparse table: looked up, hashed, in buckets, several at once."""

import zlib
from itertools import pairwise

import numpy as np
import pytest

from kerastune.data import open_table
from kerastune.errors import InputError
from kerastune.preprocessing import FieldPreprocessor, load_preprocessor

pytestmark = pytest.mark.any_backend

TABLE = {
    "user": ["ann", "bob", "ann", "eve", "ann", "bob"],
    "genres": ["Crime|Drama", "Drama", None, "War", "Drama|War|Crime", "Drama"],
    "age": [20, 30, 20, None, 25, 30],
    "time": [1, 2, 3, 4, 5, 6],
    "stars": [4.5, 2, 3, 1, 5, 2.5],
}


def fitted(**settings):
    settings = {"left_out": ("time",), "buckets": 3, **settings}
    return FieldPreprocessor(**settings).fit(open_table(TABLE, target="stars"))


def test_each_category_has_a_code_and_new_ones_share_one():
    fields = fitted()
    assert fields.columns == ("user", "genres", "age")
    assert fields.sizes == {"user": 6, "genres": 6, "age": 3 + 3}
    assert fields.widths == {"user": 1, "genres": 3, "age": 1}
    rows = {
        "user": ["eve", "joe", None],
        "genres": ["War", "Noir|War", None],
        "age": [20, 99, None],
    }
    arrays = fields(rows)
    assert arrays["user"].tolist() == [[5], [2], [1]]
    assert arrays["genres"].tolist() == [[5, 0, 0], [2, 5, 0], [1, 0, 0]]
    assert arrays["age"].tolist() == [[3], [5], [1]]
    assert all(array.dtype == "int32" for array in arrays.values())


def test_rare_categories_and_what_is_cut_are_noted():
    fields = fitted(min_count=2)
    training = open_table(TABLE, target="stars")
    (note,) = fields.notes_for("training", training)
    assert note == (
        "training: samples with categories of fewer than 2 training samples, which share a code: "
        "'user' (1)"
    )
    longer = {**TABLE, "genres": ["Crime|Drama|War|Noir"] * 5 + ["Drama"]}
    notes = fitted().notes_for("test", open_table(longer, target="stars"))
    assert notes[-1].endswith("than any has in training, which are cut: 'genres' (5)")


def test_hashes_are_the_same_everywhere_and_only_of_many_categories():
    fields = fitted(hash_buckets=2)
    assert fields.sizes["user"] == 5
    codes = fields({**TABLE, "user": ["ann", "joe"] * 3})["user"][:2, 0]
    assert codes.tolist() == [
        zlib.crc32(f"user\0{name}".encode()) % 2 + 3 for name in ("ann", "joe")
    ]
    assert fields.sizes["genres"] == 6


def test_one_hot_rows_count_every_field_the_same():
    fields = fitted()
    rows = fields.one_hot(open_table(TABLE, target="stars")).toarray()
    assert rows.shape == (6, sum(fields.sizes.values()))
    starts = np.cumsum([0, *fields.sizes.values()])
    for start, end in pairwise(starts):
        np.testing.assert_allclose(rows[:, start:end].sum(axis=1), 1)
    assert rows[4, starts[1] + 3 : starts[1] + 6].tolist() == pytest.approx([1 / 3] * 3)


def test_it_is_saved_with_what_it_learned(tmp_path):
    for settings in ({}, {"hash_buckets": 2, "buckets": 2}):
        fields = fitted(**settings)
        fields.save(tmp_path / str(len(settings)))
        loaded = load_preprocessor(tmp_path / str(len(settings)))
        assert loaded.get_config() == fields.get_config()
        for name, codes in fields(TABLE).items():
            np.testing.assert_array_equal(loaded(TABLE)[name], codes)


def test_known_fields_keep_their_edges_and_hashes():
    first = fitted(hash_buckets=2)
    other = {**TABLE, "age": [50, 60, 70, 80, 90, 95], "user": list("abcdef")}
    again = FieldPreprocessor(known=first.fields).fit(open_table(other, target="stars"))
    by_name = {field.name: field for field in again.fields}
    assert by_name["age"] == first.fields[2]
    assert by_name["user"] == first.fields[0]


@pytest.mark.parametrize(
    ("settings", "message"),
    [({"min_count": 0}, "min_count=0"), ({"buckets": 0}, "buckets=0"), ({"hash_buckets": 0}, "=0")],
)
def test_bad_settings_are_told_in_one_line(settings, message):
    with pytest.raises(InputError, match=message):
        FieldPreprocessor(**settings)
