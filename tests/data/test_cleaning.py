import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kerastune.data import clean
from kerastune.data.cleaning import labelled_texts
from kerastune.errors import InputError

pytestmark = pytest.mark.any_backend

TEXTS = st.sampled_from([None, "", " ", "a", "b", "c", "a "])
LABELS = st.sampled_from([None, "", "\t", float("nan"), "x", "y"])
ROWS = st.lists(st.tuples(TEXTS, LABELS), max_size=12)


def cleaned(rows):
    return clean([text for text, _ in rows], [label for _, label in rows])


@given(ROWS)
@settings(max_examples=60)
def test_what_is_kept_is_complete_unique_and_not_contradicted(rows):
    positions, _ = cleaned(rows)
    kept = [rows[position] for position in positions]
    assert positions.tolist() == sorted(positions)
    assert all(text.strip() and label in ("x", "y") for text, label in kept)
    assert len({text for text, _ in kept}) == len(kept)
    for text, label in kept:
        assert {other for same, other in rows if same == text} & {"x", "y"} == {label}


@given(ROWS)
@settings(max_examples=60)
def test_every_row_is_kept_or_counted(rows):
    positions, notes = cleaned(rows)
    assert len(positions) + sum(int(note.split()[0]) for note in notes) == len(rows)
    assert all(f" of {len(rows)} rows dropped: " in note for note in notes)


@given(ROWS)
@settings(max_examples=60)
def test_cleaning_again_changes_nothing(rows):
    positions, _ = cleaned(rows)
    again, notes = cleaned([rows[position] for position in positions])
    assert again.tolist() == list(range(len(positions)))
    assert notes == ()


def test_each_reason_is_told():
    texts = [None, " ", "a", "b", "b", "c", "c", "c"]
    labels = ["x", "y", None, "x", "y", "x", "x", "x"]
    positions, notes = clean(texts, labels, unit="files")
    assert positions.tolist() == [5]
    assert notes == (
        "2 of 8 files dropped: no text",
        "1 of 8 files dropped: no label",
        "2 of 8 files dropped: the same text has different labels",
        "2 of 8 files dropped: the same text and label came before",
    )


def labelled(texts, labels, class_names=None):
    return labelled_texts(
        texts,
        labels,
        class_names=class_names,
        name="ours",
        where=lambda position: f"line {position}",
        unit="rows",
        notes=("1 line skipped",),
    )


def test_labelled_texts_encodes_what_is_left():
    source = labelled(["a", "", "b"], [" yes ", "no", "no"])
    assert source.values["text"] == ["a", "b"]
    assert source.values["label"].tolist() == [1, 0]
    assert source.columns["label"].class_names == ("no", "yes")
    assert source.notes == ("1 line skipped", "1 of 3 rows dropped: no text")


def test_labelled_texts_tells_where_an_unknown_label_was_before_cleaning():
    with pytest.raises(InputError, match=r"Received: 'maybe' in line 2\."):
        labelled(["a", "", "b"], ["yes", "no", "maybe"], class_names=("no", "yes"))


def test_labelled_texts_refuses_nothing_left():
    with pytest.raises(InputError, match="Received: 1 line skipped; 1 of 1 rows dropped: no text"):
        labelled([""], ["yes"])
