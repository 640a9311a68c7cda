"""Tables of many rows are read in pieces: as those of few rows are, without lists of their rows."""

import gc

import numpy as np
import polars as pl
import pytest

from kerastune.data import (
    TABLE_KINDS,
    Source,
    batch_of,
    delimited_files,
    fingerprint,
    in_pieces,
    mapped,
    open_data,
    open_splits,
    open_table,
    rows_taken,
    scanned,
    text_reader,
)
from kerastune.data.in_pieces import InPieces, Rows
from kerastune.data.mapped import MappedTexts, is_mapped, mapped_texts
from kerastune.errors import InputError

pytestmark = pytest.mark.any_backend

TEXTS = pl.DataFrame(
    {
        "text": [
            " a joy",
            "a bore",
            "a joy",
            None,
            "",
            "été 🙂",
            "so so",
            "so so",
            "a\nbore",
            "NA",
        ],
        "label": ["good", "bad ", "good", "bad", "bad", "good", "good", "bad", "bad", "bad"],
        "other": list(range(10)),
    }
)
CELLS = pl.DataFrame(
    {
        "plain": ["1", "2.5", "", "-3e2", "NA", "7", "8", "9"],
        "thousands": ["1,234.5", "2,000", "3", "4", "5", "6", "7", ""],
        "city": ["Bonn", " Rome", "?", "Rome", "Bonn", "Oslo", "None", "Rome"],
        "mostly": ["1", "2", "3", "4", "5", "6", "7", "eight"],
        "day": ["2024-02-29", "", "2024-03-01", *["2024-03-02"] * 5],
        "id": list("abcdefgh"),
        "same": ["x"] * 8,
        "won": ["yes", "no", "", "yes", "no", "yes", "no", "yes"],
    }
)


@pytest.fixture
def in_small_pieces(monkeypatch):
    """Makes few rows count as many."""

    def switch():
        for module in (in_pieces, mapped, rows_taken, scanned, delimited_files):
            for name, value in {"ROWS_IN_MEMORY": 2, "PIECE": 3, "LARGE": 0}.items():
                if hasattr(module, name):
                    monkeypatch.setattr(module, name, value)

    return switch


def written(frame, path):
    {".csv": frame.write_csv, ".parquet": frame.write_parquet, ".arrow": frame.write_ipc}[
        path.suffix
    ](path)
    return path


def everything(source):
    """What must not depend on how a table is read."""
    values = {name: list(column) for name, column in source.values.items()}
    rows = None if source.rows is None else source.rows.tolist()
    return str(values), dict(source.columns), source.notes, rows, fingerprint.fingerprint(source)


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".arrow"])
def test_texts_in_pieces_are_read_as_those_in_memory(tmp_path, in_small_pieces, suffix):
    path = written(TEXTS, tmp_path / f"texts{suffix}")
    expected = open_data(path, input_kind="text")
    in_small_pieces()
    found = open_data(path, input_kind="text")
    assert everything(found) == everything(expected)
    assert isinstance(found.values["text"], Rows)
    assert isinstance(expected.values["text"], list)


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_columns_in_pieces_are_read_as_those_in_memory(tmp_path, in_small_pieces, suffix):
    typed = CELLS.with_columns(pl.col("mostly").cast(pl.Int64, strict=False), flag=pl.lit(True))
    frame = CELLS if suffix == ".csv" else typed
    path = written(frame, tmp_path / f"cells{suffix}")
    expected = open_table(path, target="won")
    in_small_pieces()
    found = open_table(path, target="won")
    assert everything(found) == everything(expected)
    for name in found.inputs:
        values = found.values[name]
        assert found.columns[name].kind in TABLE_KINDS
        assert isinstance(values, InPieces) or is_mapped(values)


@pytest.mark.parametrize("kind", ["number", "date"])
def test_a_value_that_does_not_fit_is_told_as_in_memory(tmp_path, in_small_pieces, kind):
    path = written(CELLS, tmp_path / "cells.csv")
    messages = []
    for prepare in (lambda: None, in_small_pieces):
        prepare()
        with pytest.raises(InputError) as caught:
            open_table(path, target="won", kinds={"mostly": kind})
        messages.append(str(caught.value))
    assert messages[0] == messages[1]
    if kind == "number":
        assert "'eight' in row 8 (line 9)" in messages[0]


def test_rows_of_another_width_are_told_by_their_line(tmp_path, in_small_pieces):
    path = tmp_path / "texts.csv"
    path.write_text('text,label\n"a\njoy",good\na bore,bad\nso,so,good\n')
    in_small_pieces()
    with pytest.raises(InputError, match=r"2 fields in line 5 of .*texts\.csv\. Received: 3"):
        open_data(path, input_kind="text")


def test_a_broken_parquet_file_is_told(tmp_path, in_small_pieces):
    path = written(TEXTS, tmp_path / "texts.parquet")
    content = bytearray(path.read_bytes())
    content[4:60] = bytes(56)
    path.write_bytes(content)
    in_small_pieces()
    with pytest.raises(InputError, match=r"Expected a Parquet file\. Received: .*texts\.parquet"):
        open_data(path, input_kind="text")


def test_splits_select_rows_and_share_where_they_are(tmp_path, in_small_pieces):
    frame = pl.DataFrame(
        {"a": [f"a{n}" for n in range(20)], "b": [f"b{n % 3}" for n in range(20)], "y": [0, 1] * 10}
    )
    path = written(frame, tmp_path / "table.parquet")
    in_small_pieces()
    source = open_table(path, target="y")
    chosen = source.select([5, 1, 8]).select([2, 0])
    assert chosen.values["a"].positions is chosen.values["b"].positions
    assert batch_of(chosen, [1, 0]) == {
        "a": ["a5", "a8"],
        "b": ["b2", "b2"],
        "y": pytest.approx(np.array([1, 0])),
    }
    joined = chosen.joined(source.select([0]))
    assert list(joined.values["a"]) == ["a8", "a5", "a0"]


@pytest.mark.parametrize("texts", [["", None, "a"], ["é", "", "🙂🙂", None], [], ["\ud800"]])
def test_mapped_texts_come_back(texts):
    found = mapped_texts([texts[:2], texts[2:]])
    assert list(found) == texts
    assert [found[at] for at in range(len(texts))] == texts


def test_a_column_of_texts_is_never_a_list_of_all_rows(tmp_path):
    rows = 100_000
    texts = [f"sentence number {number} of many" for number in range(rows)]
    frame = pl.DataFrame({"text": texts, "label": ["good", "bad"] * (rows // 2)})
    path = written(frame, tmp_path / "texts.parquet")
    del texts, frame
    splits = open_splits(
        path, {"validation_fraction": 0.1}, target_kind="class", open_with=text_reader()
    )
    gc.collect()
    held = max(len(one) for one in gc.get_objects() if type(one) is list and is_texts(one))
    assert held < rows / 2
    assert isinstance(splits.training.values["text"].column, MappedTexts)
    assert splits.training.values["text"].column is splits.test.values["text"].column
    assert isinstance(Source.of(["a"], [0.5]).values["text"], list)


def is_texts(values):
    return bool(values) and isinstance(values[0], str)
