"""Fingerprints tell samples apart, and nothing else."""

import hashlib
import struct
from datetime import date, datetime

import numpy as np
import pytest
from PIL import Image

from kerastune.data import Column, Source
from kerastune.data.fingerprint import fingerprint
from kerastune.data.image_folders import read_image_folder

pytestmark = pytest.mark.any_backend


def source(values, kind="something", **changes):
    columns = {"it": Column(kind), "label": Column("quantity")}
    return Source({"it": values, "label": np.zeros(len(values))}, columns, ("label",), **changes)


def told(values):
    return fingerprint(source(values))


def test_it_is_the_same_on_every_machine():
    samples = Source.of(["a", "é"], [0.5, 1.5], name="whatever", notes=("none",))
    hashed = [
        b"l4:s4:texts4:textl0:i0;",
        b"l2:s1:as2:\xc3\xa9",
        b"l4:s5:labels8:quantityl0:i1;",
        b"l1:i2;<f8" + struct.pack("<2d", 0.5, 1.5),
    ]
    assert fingerprint(samples) == hashlib.sha256(b"".join(hashed)).hexdigest()[:16]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (["ab", "c"], ["a", "bc"]),
        (["a", "b"], ["b", "a"]),
        ([["a"], ["b", "c"]], [["a", "b"], ["c"]]),
        ([None, "a"], ["None", "a"]),
        ([True, False], [True, True]),
        ([np.bool_(True)], [np.bool_(False)]),
        ([1.0, float("nan")], [1.0, 2.0]),
        ([10**400], [10**400 + 1]),
        ([datetime(2026, 1, 1)], [datetime(2026, 1, 2)]),
        ([date(2026, 1, 1)], [date(2026, 1, 2)]),
        ([{"a": 1}], [{"a": 2}]),
        ([b"a"], ["a"]),
        (np.zeros((2, 3)), np.zeros((3, 2))[:2]),
        (np.zeros((2, 3)), np.eye(2, 3)),
        (np.array(["a", "b"]), np.array(["a", "c"])),
        (np.array(["2026-01-01"], "M8[D]"), np.array(["2026-01-02"], "M8[D]")),
        ([np.zeros(2)], [np.ones(2)]),
        (range(5), range(1, 6)),
        (range(5), range(6)),
    ],
)
def test_other_values_have_another(one, other):
    assert told(one) != told(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (np.arange(5000, dtype="int32"), np.arange(5000, dtype=">i8")),
        (np.arange(9.0), np.arange(18.0)[::2] / 2),
        (np.array([1.0, np.nan]), np.array([1.0, -np.nan])),
        (np.array([1.5], "<f4"), np.array([1.5], ">f4")),
        ([np.float64(1.5), np.int32(2)], [1.5, 2]),
        ([object()], [object()]),
    ],
)
def test_how_values_are_held_does_not_matter(one, other):
    assert told(one) == told(other)


def test_columns_and_classes_count_and_names_of_data_do_not():
    labels = np.array([0, 1])
    one = Source.of(["a", "b"], labels, class_names=("no", "yes"))
    other = Source.of(["a", "b"], labels, class_names=("yes", "no"))
    assert fingerprint(one) != fingerprint(other)
    assert fingerprint(source(["a"])) != fingerprint(source(["a"], kind="text"))
    assert fingerprint(source(["a"])) == fingerprint(source(["a"], name="other", notes=("x",)))
    assert fingerprint(source(["a"])) != fingerprint(source(["a"]).with_targets())


def image_folder(path, size=4):
    for label in ("cat", "dog"):
        (path / label).mkdir(parents=True)
        for number in range(3):
            Image.new("L", (size, size)).save(path / label / f"{number}.png")
    return read_image_folder(path)


def test_image_files_are_known_by_name_and_size_wherever_they_lie(tmp_path, monkeypatch):
    one, other = (image_folder(tmp_path / name) for name in ("here", "there"))
    larger = image_folder(tmp_path / "larger", size=90)
    monkeypatch.setattr(type(one.values["image"]), "__getitem__", None)  # None is read.
    assert fingerprint(one) == fingerprint(other)
    assert fingerprint(one) != fingerprint(larger)
    few = one.select([2, 0])
    assert fingerprint(few) == fingerprint(other.select([2, 0]))
    assert fingerprint(few) != fingerprint(other.select([0, 2]))
    both = few.joined(one.select([1]))
    assert fingerprint(both) == fingerprint(other.select([2, 0, 1]))


def test_files_that_have_gone_do_not_stop_it(tmp_path):
    source = image_folder(tmp_path / "here")
    (tmp_path / "here" / "cat" / "0.png").unlink()
    assert fingerprint(source) != fingerprint(image_folder(tmp_path / "there"))
