"""Counting the operations of a whole model."""

import keras
import pytest
from keras import layers

from kerastune.backends import build_abstract
from kerastune.counting.operations.count import count_operations
from kerastune.errors import InputError

pytestmark = pytest.mark.first_backend


def test_an_abstract_model_counts_like_a_real_one():
    def build():
        norm, dense = layers.BatchNormalization(name="norm"), layers.Dense(5, name="dense")
        stack = [keras.Input((8, 8, 3)), layers.Conv2D(4, 3, name="conv"), norm]
        return keras.Sequential([*stack, layers.Flatten(name="flat"), dense], name="model")

    assert count_operations(build_abstract(build)) == count_operations(build())


def test_everything_grows_with_the_batch():
    model = keras.Sequential([keras.Input((8, 8, 3)), layers.Conv2D(4, 3, activation="relu")])
    one, many = count_operations(model), count_operations(model, batch_size=16)
    for number in ("macs", "flops", "backward_macs", "backward_flops", "activation_bytes"):
        assert getattr(many, number) == 16 * getattr(one, number)


def test_rows_add_up_and_are_named_by_their_place():
    inner = keras.Sequential([keras.Input((8,)), layers.Dense(8, name="dense")], name="inner")
    model = keras.Sequential([inner, layers.Dense(2, name="last")], name="outer")
    model.build((None, 8))
    operations = count_operations(model)
    assert {row.layer: row.macs for row in operations.rows if row.macs} == {
        "inner/dense": 64,
        "last": 16,
    }
    assert operations.macs == 80


def test_what_is_not_known_is_listed_with_its_layer_and_in_the_table():
    model = keras.Sequential([keras.Input((4, 4)), layers.Lambda(keras.ops.cholesky, name="odd")])
    operations = count_operations(model)
    assert operations.unknown == ("cholesky in odd",)
    assert operations.table().notes == ("Not counted, because it is not known: cholesky in odd",)


def test_the_table_has_a_row_a_layer_and_the_totals():
    model = keras.Sequential([keras.Input((8,)), layers.Dense(2, name="last")])
    table = count_operations(model, batch_size=3).table()
    (row,) = (row for row in table.to_dict()["rows"] if row["layer"] == "last")
    assert row == {
        "layer": "last",
        "MACs": 48,
        "FLOPs": 102,
        "backward MACs": 48,
        "backward FLOPs": 96 + 2 * 6,
        "saved activations": 96,
    }
    assert table.total[1:6] == (48, 102, 48, 108, 96)


def test_a_layer_alone_and_a_subclassed_model_need_shapes():
    layer = layers.Dense(4)
    layer.build((None, 8))
    with pytest.raises(InputError, match=r"does not say what it takes.*input_shapes"):
        count_operations(layer)
    assert count_operations(layer, input_shapes=(8,)).macs == 32


class TwoInputs(keras.Model):
    """A subclassed model that takes a dictionary."""

    def __init__(self):
        super().__init__()
        self.left, self.right = layers.Dense(3), layers.Dense(3)

    def call(self, inputs):
        return self.left(inputs["a"]) + self.right(inputs["b"])


def test_a_subclassed_model_takes_a_structure_of_shapes():
    model = TwoInputs()
    model({"a": keras.ops.ones((1, 4)), "b": keras.ops.ones((1, 5))})
    assert count_operations(model, input_shapes={"a": (4,), "b": (5,)}).macs == 27


def open_model():
    """A model of two inputs that leaves the length of both open."""
    first, second = (keras.Input((None, 4), name=name) for name in ("first", "second"))
    return keras.Model({"first": first, "second": second}, layers.Add()([first, second]))


def test_open_dimensions_are_filled():
    by_name = count_operations(open_model(), input_shapes={"first": (7, 4), "second": (7, 4)})
    assert by_name.flops == count_operations(open_model(), input_shapes=(7, 4)).flops == 28


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, r"every dimension of the input 'first'.*Received: \(None, 4\).*Give input_shapes"),
        ({"input_shapes": (7, 5)}, r"fits the input 'first', \(None, 4\).*Received: \(7, 5\)"),
        ({"input_shapes": (7,)}, r"fits the input 'first'"),
        ({"input_shapes": (0, 4)}, r"fits the input 'first'"),
        ({"input_shapes": [(7, 4)]}, r"one for each of: first, second"),
        ({"input_shapes": "7,4"}, r"one for each of: first, second"),
        ({"input_shapes": {"frist": (7, 4)}}, r"Received: 'frist'. Did you mean 'first'\?"),
        ({"input_shapes": {"first": (7, 4)}}, r"every dimension of the input 'second'"),
        ({"batch_size": 0}, r"batch size of at least 1. Received: 0"),
    ],
)
def test_inputs_that_do_not_fit(arguments, message):
    with pytest.raises(InputError, match=message):
        count_operations(open_model(), **arguments)


def test_a_fixed_batch_is_the_only_one():
    model = keras.Sequential([keras.Input(batch_shape=(2, 8)), layers.Dense(2)])
    with pytest.raises(InputError, match="Expected batch_size=2"):
        count_operations(model)
    assert count_operations(model, batch_size=2).macs == 32


def test_a_model_that_cannot_run_says_why():
    model = keras.Sequential([keras.Input((4,)), layers.Dense(4)])

    def fail(x):
        raise ArithmeticError("on purpose")

    model.layers[0].activation = fail
    with pytest.raises(InputError, match=r"runs on abstract tensors.*fails: on purpose"):
        count_operations(model)


class OfTwo(keras.Model):
    """A model that is called on two tensors."""

    def __init__(self):
        super().__init__()
        self.dense = layers.Dense(2)

    def call(self, x, y):
        return self.dense(x + y)


def test_a_model_is_called_on_one_structure():
    model = OfTwo()
    model(keras.ops.ones((1, 3)), keras.ops.ones((1, 3)))
    with pytest.raises(InputError, match="which fails: .*missing .*'y'"):
        count_operations(model, input_shapes=[(3,), (3,)])


def test_a_model_that_is_not_built_is_refused():
    for model in (keras.Sequential([layers.Dense(2)]), layers.Dense(2)):
        with pytest.raises(InputError, match="Expected a built model"):
            count_operations(model, input_shapes=(3,))
        assert not model.built


class Late(keras.Model):
    """A model that is said to be built before its second layer is."""

    def __init__(self, calls_second):
        super().__init__()
        self.first, self.second = layers.Dense(2), layers.Dense(2)
        self.calls_second = calls_second
        self.first.build((None, 3))
        self.built = True

    def call(self, x):
        x = self.first(x)
        return self.second(x) if self.calls_second else x


def test_a_layer_that_is_not_built_is_refused_where_it_is_called():
    model = Late(calls_second=True)
    with pytest.raises(InputError, match="Call the model on a batch first"):
        count_operations(model, input_shapes=(3,))
    assert not model.second.built
    model = Late(calls_second=False)
    assert count_operations(model, input_shapes=(3,)).macs == 3 * 2
    assert not model.second.built


def test_a_layer_counts_like_a_model():
    layer = layers.Dense(2)
    layer.build((None, 3))
    assert count_operations(layer, input_shapes=(3,), batch_size=4).macs == 4 * 3 * 2
