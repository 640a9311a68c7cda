"""Where parameters are, and what differs between two models."""

from dataclasses import replace

import keras
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kerastune.counting import (
    BY,
    ModelCount,
    Weight,
    breakdown,
    compare_models,
    count_model,
    difference,
    open_model,
)
from kerastune.counting.tables import parts
from kerastune.errors import InputError

pytestmark = pytest.mark.any_backend


def model(units=3, name="model", extra=False):
    body = keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(units, name="a"),
            keras.layers.BatchNormalization(name="norm"),
            keras.layers.Dropout(0.5),
        ],
        name="body",
    )
    layers = [body, *([keras.layers.Dense(5, name="more")] if extra else [])]
    return count_model(keras.Sequential([*layers, keras.layers.Dense(2, name="b")], name=name))


def _renamed(count):
    """The weights as if the file had kept the layer's own name."""
    return tuple(
        replace(weight, path=f"a/{weight.path.rpartition('/')[2]}") for weight in count.weights
    )


class TestParts:
    @pytest.mark.parametrize("by", BY)
    def test_add_up_to_the_whole(self, by):
        count = model()
        assert sum(part.parameters for part in parts(count, by)) == count.parameters

    @pytest.mark.parametrize(
        ("by", "depth", "names"),
        [
            ("layer", 1, ["body/a", "body/norm", "b"]),
            ("group", 1, ["a", "head"]),
            ("depth", 1, ["body", "b"]),
            ("depth", 2, ["body/a", "body/norm", "b"]),
            ("depth", 9, ["body/a", "body/norm", "b"]),
        ],
    )
    def test_names(self, by, depth, names):
        assert [part.name for part in parts(model(), by, depth)] == names

    def test_unknown_way(self):
        with pytest.raises(InputError, match="Did you mean 'layer'"):
            parts(model(), "layers")

    def test_depth_below_one(self):
        with pytest.raises(InputError, match="depth=0"):
            parts(model(), "depth", 0)


class TestBreakdown:
    def test_row(self):
        table = breakdown(model())
        assert [column.name for column in table.columns] == [
            "layer", "parameters", "trainable", "frozen", "state", "share", "size",
        ]  # fmt: skip
        assert table.rows[1] == ("body/norm", 12, 6, 0, 6, 12 / 35, 48)
        assert table.total == ("total", 35, 29, 0, 6, 1.0, 140)

    def test_shared_layers_are_named(self):
        dense = keras.layers.Dense(4, name="tied")
        left = keras.Sequential([keras.Input((4,)), dense], name="left")
        right = keras.Sequential([keras.Input((4,)), dense], name="right")
        inputs = keras.Input((4,))
        table = breakdown(count_model(keras.Model(inputs, right(left(inputs)))))
        assert table.rows == (("left/tied", 20, 20, 0, 0, 1.0, 80, "right/tied"),)


class TestDifference:
    def test_same_model(self):
        table = difference(model(), model())
        assert all(row[3:] == (0, 0.0, "") for row in table.rows)

    def test_what_changed(self):
        table = difference(model(3, "small"), model(6, "large", extra=True))
        assert table.rows == (
            ("body/a", 15, 30, 15, 1.0, "shape changed"),
            ("body/norm", 12, 24, 12, 1.0, "shape changed"),
            ("more", None, 35, 35, None, "only in B"),
            ("b", 8, 12, 4, 0.5, "shape changed"),
        )
        assert table.total == ("total", 35, 101, 66, 66 / 35, "")

    def test_frozen_in_one(self):
        frozen = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, name="a")])
        first = count_model(frozen, "first")
        frozen.trainable = False
        table = difference(first, count_model(frozen, "second"))
        assert table.rows == (("a", 3, 3, 0, 0.0, "kind changed"),)

    def test_copies_line_up_whatever_numbers_keras_gave_them(self):
        def copy(offset):
            widths = (6, 8, 2)
            layers = [
                keras.layers.Dense(width, name=f"dense_{offset + place}")
                for place, width in enumerate(widths)
            ]
            return count_model(keras.Sequential([keras.Input((4,)), *layers]), str(offset))

        table = difference(copy(1), copy(2))
        assert [row[0] for row in table.rows] == ["dense", "dense:2", "dense:3"]
        assert all(row[-1] == "" for row in table.rows)

    def test_names_that_a_person_gave_keep_their_numbers(self):
        layers = [keras.layers.Dense(3, name="block_2")]
        count = count_model(keras.Sequential([keras.Input((4,)), *layers]))
        assert [row[0] for row in difference(count, count).rows] == ["block_2"]

    def test_weights_do_not_say_what_trains_and_that_is_no_difference(self, tmp_path):
        layers = [keras.Input((4,)), keras.layers.Dense(3, name="a")]
        built = keras.Sequential(layers)
        built.save_weights(tmp_path / "model.weights.h5")
        weights = open_model(tmp_path / "model.weights.h5")
        (row,) = difference(count_model(built), replace(weights, weights=_renamed(weights))).rows
        assert row == ("a", 15, 15, 0, 0.0, "")

    @settings(max_examples=25)
    @given(st.lists(st.integers(0, 9), unique=True), st.lists(st.integers(0, 9), unique=True))
    def test_rows_are_those_of_both(self, first, second):
        def chain(names):
            layers = [keras.layers.Dense(1, name=f"layer_{name}") for name in names]
            return count_model(keras.Sequential([keras.Input((1,)), *layers]), "chain")

        if first and second:
            table = difference(chain(first), chain(second))
            rows = [row[0] for row in table.rows]
            assert sorted(rows) == sorted({f"layer_{name}" for name in first + second})
            assert [row for row in rows if int(row[-1]) in first] == [f"layer_{n}" for n in first]
            assert table.total[3] == sum(row[3] for row in table.rows)


class TestCompareModels:
    def test_adapters_are_among_what_trains(self):
        layer = keras.layers.Dense(6, name="d")
        adapted = keras.Sequential([keras.Input((4,)), layer], name="adapted")
        layer.enable_lora(2)
        row = compare_models([count_model(adapted)]).to_dict()["rows"][0]
        assert (row["trainable"], row["of which adapters"], row["frozen"]) == (26, 20, 24)
        assert row["trainable share"] == 26 / 50

    def test_a_row_each(self):
        table = compare_models([model(3, "small"), model(6, "large")])
        assert [row[0] for row in table.rows] == ["small", "large"]
        assert table.rows[0][1:] == (35, 29, 6, 29 / 35, 140)

    def test_kinds_that_no_model_has_are_left_out(self):
        names = [column.name for column in compare_models([model()]).columns]
        assert names == ["model", "parameters", "trainable", "state", "trainable share", "size"]

    def test_file_of_weights_does_not_say_what_trains(self):
        count = ModelCount("file", (Weight("a/0", (3,), "float32", "unknown", 3, 12),))
        assert compare_models([count]).to_dict()["rows"] == [
            {
                "model": "file",
                "parameters": 3,
                "trainable": None,
                "unknown": 3,
                "trainable share": None,
                "size": 12,
            }
        ]

    def test_nothing(self):
        with pytest.raises(InputError, match="at least one"):
            compare_models([])
