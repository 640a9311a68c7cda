"""The table of largest batches, against the memory model that it follows from."""

import keras
import pytest

from kerastune.batch_sizes import compare_batch_sizes
from kerastune.counting import open_model, training_memory
from kerastune.errors import InputError
from kerastune.models import language_model

pytestmark = pytest.mark.any_backend


def model(batch=None):
    inputs = keras.Input((16,), batch_size=batch)
    hidden = keras.layers.Dense(64, "relu", name="body")(inputs)
    return keras.Model(inputs, keras.layers.Dense(4, name="head")(hidden), name="small")


def rows(*arguments, **options):
    return compare_batch_sizes(*arguments, **options).to_dict()["rows"]


class TestRows:
    def test_one_for_each_combination(self):
        found = rows(model(), "1MB", optimizer="adamw, sgd", precision=["float32", "bfloat16"])
        told = [(row["plan"], row["precision"], row["optimizer"]) for row in found]
        assert told == [
            (plan, precision, optimizer)
            for plan in ("full", "head_only")
            for precision in ("float32", "bfloat16")
            for optimizer in ("adamw", "sgd")
        ]

    def test_optimizers_are_those_of_the_plans(self):
        assert [row["optimizer"] for row in rows(model(), "1MB", plans="full")] == ["adamw"] * 2

    def test_largest_is_the_last_that_fits(self):
        for row in rows(model(), 200_000, plans="full", optimizer="adamw,sgd,adafactor"):
            options = {name: row[name] for name in ("precision", "optimizer")}
            totals = [
                training_memory(model(), batch_size=row["largest batch"] + more, **options).total
                for more in (0, 1)
            ]
            assert totals[0] <= 200_000 < totals[1]
            assert row["rounded"] == row["largest batch"] // 8 * 8

    def test_head_only_takes_less(self):
        whole, head = rows(model(), "1MB", precision="float32", optimizer="adamw")
        assert head["gradients"] < whole["gradients"]
        assert head["a sample"] < whole["a sample"]
        assert head["largest batch"] > whole["largest batch"]

    def test_adapters(self):
        (row,) = rows(model(), "1MB", plans="lora(2, body)", precision="float32")
        assert row["largest batch"] > 0
        assert row["gradients"] == 4 * (2 * (16 + 64))

    def test_what_does_not_fit_says_what_it_lacks(self):
        (row,) = rows(model(), 10_000, plans="full", precision="float32")
        assert (row["largest batch"], row["rounded"]) == (0, 0)
        assert row["missing"] == training_memory(model()).total - 10_000

    def test_missing_is_left_out_where_all_fit(self):
        assert "missing" not in rows(model(), "1MB", plans="full", precision="float32")[0]

    def test_the_model_is_the_same_afterwards(self):
        given = model()
        given.layers[1].trainable = False
        rows(given, "1MB", precision="float32")
        assert [layer.trainable for layer in given.layers] == [True, False, True]


class TestModels:
    @pytest.mark.parametrize(("memory", "largest"), [("1MB", 8), (20_000, 0)])
    def test_of_a_fixed_batch(self, memory, largest):
        table = compare_batch_sizes(model(batch=8), memory, plans="full", precision="float32")
        (row,) = table.to_dict()["rows"]
        assert (row["largest batch"], row["rounded"]) == (largest, largest)
        assert "The model is built for batches of 8 and no others." in table.notes

    def test_nothing_grows_with_the_batch(self):
        given = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        given.trainable = False
        (row,) = rows(given, "1kB", plans="full", precision="float32", optimizer="sgd")
        assert row["largest batch"] > 0

    def test_open_dimensions(self):
        given = keras.Sequential([keras.Input((None, 4)), keras.layers.Dense(3)])
        with pytest.raises(InputError, match="every dimension"):
            rows(given, "1MB")
        few = {"plans": "full", "precision": "float32"}
        assert rows(given, "1MB", input_shapes=(7, 4), **few)[0]["largest batch"] > 0

    def test_weights_alone(self, tmp_path):
        path = tmp_path / "some.weights.h5"
        model().save_weights(path)
        with pytest.raises(InputError, match="layers are known"):
            rows(open_model(path), "1MB")


@pytest.mark.parametrize(
    "options",
    [
        {"memory": "80"},
        {"memory": "1GB", "precision": "float33"},
        {"memory": "1GB", "optimizer": "adamz"},
        {"memory": "1GB", "optimizer": ""},
        {"memory": "1GB", "plans": "full,"},
        {"memory": "1GB", "plans": "no_such_layer"},
    ],
)
def test_refused(options):
    with pytest.raises(InputError, match="Expected"):
        rows(model(), **options)


def test_free_memory_of_this_machine():
    (row,) = rows(model(), "auto", plans="full", precision="float32")
    assert row["largest batch"] > 10_000


def test_a_language_model_has_no_head_that_trains_alone():
    decoder = language_model(vocabulary_size=300, layers=1, heads=1, width=8)
    assert {row["plan"] for row in rows(decoder, "1GiB", input_shapes=(16,))} == {"full"}
    with pytest.raises(InputError, match="'head_only'"):
        rows(decoder, "1GiB", plans="head_only", input_shapes=(16,))
