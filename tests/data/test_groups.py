"""Splits by group: the same document is never on both sides, however the data came."""

import numpy as np
import polars
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kerastune.data import Source, open_splits, open_table_splits, text_reader
from kerastune.data.groups import group_split
from kerastune.data.open_splits import open_few_shot_splits
from kerastune.errors import InputError

pytestmark = pytest.mark.any_backend

SIZE = 120
GENERATOR = np.random.default_rng(0)
PAGES = [f"page {GENERATOR.integers(12)}" for _ in range(SIZE)]
TABLE = {
    "text": [f"sentence {at}" for at in range(SIZE)],
    "label": ["yes" if GENERATOR.random() < 0.3 else "no" for _ in range(SIZE)],
    "page": PAGES,
    "stars": GENERATOR.normal(size=SIZE).tolist(),
}
OPTIONS = {"split_by": "page", "test_fraction": 0.25, "validation_fraction": 0.1}
PAGE_OF = dict(zip(TABLE["text"], PAGES, strict=True))
READ = text_reader()


def as_csv(folder):
    polars.DataFrame(TABLE).write_csv(folder / "texts.csv")
    return folder / "texts.csv"


def as_records(_):
    return polars.DataFrame(TABLE).to_dicts()


@pytest.mark.parametrize(
    "make", [as_csv, as_records, lambda _: TABLE, lambda _: polars.DataFrame(TABLE)]
)
def test_no_page_is_on_two_sides(make, tmp_path):
    splits = open_splits(make(tmp_path), OPTIONS, open_with=READ)
    pages = [{PAGE_OF[text] for text in part.values["text"]} for part in splits.parts.values()]
    assert sum(map(len, pages)) == len(set.union(*pages)) == 12
    assert sum(len(part) for part in splits.parts.values()) == SIZE
    assert 0.15 < len(splits.test) / SIZE < 0.35
    assert "groups by 'page' held out" in " ".join(splits.test.notes)


def test_rows_that_cleaning_drops_shift_no_group():
    texts = ["", TABLE["text"][5], *TABLE["text"]]
    table = {"text": texts, "label": ["no", TABLE["label"][5], *TABLE["label"]]}
    table["page"] = ["none", PAGES[5], *PAGES]
    splits = open_splits(table, OPTIONS, open_with=READ)
    pages = [{PAGE_OF[text] for text in part.values["text"]} for part in splits.parts.values()]
    assert sum(map(len, pages)) == len(set.union(*pages))


def test_the_column_is_no_input_of_a_table():
    splits = open_table_splits(
        {name: TABLE[name] for name in ("label", "page", "stars")},
        OPTIONS,
        target="label",
        target_kind="class",
    )
    assert splits.training.inputs == ("stars",)
    by_row = [{PAGES[part.row(at)] for at in range(len(part))} for part in splits.parts.values()]
    assert sum(map(len, by_row)) == len(set.union(*by_row))


def test_few_samples_of_each_class_are_of_other_pages_than_the_test():
    splits = open_few_shot_splits(TABLE, OPTIONS, 5, READ)
    assert len(splits.training) + len(splits.validation) == 10
    pages = [{PAGE_OF[text] for text in part.values["text"]} for part in splits.parts.values()]
    assert not pages[-1] & (pages[0] | pages[1])


@given(
    groups=st.lists(st.integers(0, 5), min_size=4, max_size=40),
    fraction=st.floats(0.05, 0.95),
)
def test_whole_groups_are_held_out_whatever_they_are(groups, fraction):
    values = {"group": groups, "text": [str(at) for at in range(len(groups))]}
    source = Source.of(values["text"], np.arange(float(len(groups))))
    hold_out = group_split(values, "group")
    if len(set(groups)) < 2:
        with pytest.raises(InputError, match="at least 2 groups"):
            hold_out(source, fraction)
        return
    rest, held_out = hold_out(source, fraction)
    first, second = (
        {groups[int(text)] for text in part.values["text"]} for part in (rest, held_out)
    )
    assert first
    assert second
    assert not first & second
    assert len(rest) + len(held_out) == len(groups)


@pytest.mark.parametrize(
    ("data", "column", "message"),
    [
        (TABLE, "pages", r"Expected a column 'pages' .* Did you mean 'page'\?"),
        (TABLE | {"page": ["a", None] * 60}, "page", "none in row 2, and 60 of 120 without"),
        (TABLE | {"page": ["a"] * SIZE}, "page", "at least 2 groups by 'page'"),
        (TABLE | {"page": TABLE["label"]}, "page", "samples of each class in several groups"),
        (([*TABLE["text"]], TABLE["label"]), "page", "a pair of inputs and labels"),
        ("docstrings", "page", "'docstrings', which has no such column"),
    ],
)
def test_what_cannot_be_split_so_is_refused(data, column, message):
    with pytest.raises(InputError, match=message):
        open_splits(data, {"split_by": column}, open_with=READ)
