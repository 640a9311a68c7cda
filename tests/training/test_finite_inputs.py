"""Inputs in memory that are not finite are refused before the first step, with their place."""

import keras
import numpy as np
import pandas
import polars
import pytest
import scipy.sparse

from kerastune.errors import InputError
from kerastune.training import fine_tune
from kerastune.training.finite_inputs import check_finite
from kerastune.training.given_arrays import given_data
from kerastune.tuning import Plan, Stage

ONE_STEP = Plan("one", (Stage("all", epochs=1, learning_rate=0.01, optimizer="momentum"),))
Y = np.zeros(4)


def broken(value=np.nan, at=(2, 1)):
    x = np.arange(12.0).reshape(4, 3)
    x[at] = value
    return x


def model_of(*names):
    inputs = [keras.Input((3,), name=name) for name in names]
    joined = keras.layers.Concatenate()(inputs) if len(inputs) > 1 else inputs[0]
    model = keras.Model(inputs, keras.layers.Dense(1)(joined))
    model.compile(loss="mse")
    return model


def refused(data, model=None):
    model = model or keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    with pytest.raises(InputError, match="Expected finite numbers") as error:
        check_finite(model, data, given_data(model, data))
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_model_is_not_touched(value):
    model = model_of("a")
    before = [np.array(weight) for weight in model.get_weights()]
    for options in (
        {"data": (broken(value), Y)},
        {"data": (np.ones((4, 3)), Y), "validation_data": (broken(value), Y)},
        {"data": (keras.ops.convert_to_tensor(broken(value), "float32"), Y)},
    ):
        what = "validation_data" if "validation_data" in options else "data"
        found = "NaN" if np.isnan(value) else "inf"
        with pytest.raises(InputError, match=rf"'a' of {what}. Received: {found} in column 1 of"):
            fine_tune(model, plan=ONE_STEP, verbose=0, **options)
    for weight, old in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, old)


def test_a_layer_that_imputes_takes_gaps_from_batches():
    @keras.saving.register_keras_serializable("tests")
    class Filled(keras.layers.Layer):
        def call(self, x):
            return keras.ops.where(keras.ops.isnan(x), keras.ops.zeros_like(x), x)

    class Batches(keras.utils.PyDataset):
        def __len__(self):
            return 1

        def __getitem__(self, index):
            return broken().astype("float32"), Y[:, None]

    model = keras.Sequential([keras.Input((3,)), Filled(), keras.layers.Dense(1)])
    model.compile(loss="mse")
    history = fine_tune(model, Batches(), plan=ONE_STEP, verbose=0)
    assert np.isfinite(history.epochs[-1]["loss"])
    with pytest.raises(InputError, match=r"give the data as batches, such as a keras.utils.PyData"):
        fine_tune(model, (broken(), Y), plan=ONE_STEP, verbose=0)


@pytest.mark.any_backend
class TestPlaces:
    def test_the_first_of_several(self):
        x = broken(-np.inf)
        x[3] = np.nan
        message = refused((x, Y))
        assert "Received: -inf in column 1 of row 2; 2 of 4 rows have such. Leave" in message

    @pytest.mark.parametrize(
        "frame",
        [
            lambda x: pandas.DataFrame(x, columns=["a", "age", "b"]),
            lambda x: pandas.DataFrame(x, columns=["a", "age", "b"], index=[9, 8, 7, 6]),
            lambda x: pandas.DataFrame(x, columns=["a", "age", "b"]).convert_dtypes(),
            lambda x: pandas.DataFrame(x, columns=["a", "age", "b"]).astype(object),
            lambda x: polars.DataFrame(x, schema=["a", "age", "b"]),
            lambda x: polars.DataFrame(x, schema=["a", "age", "b"]).fill_nan(None),
        ],
    )
    def test_columns_of_frames_by_name(self, frame):
        assert "NaN in column 'age' of row 2; 1 of 4 rows has such" in refused((frame(broken()), Y))

    def test_inputs_by_name(self):
        model = model_of("first", "second")
        for x in ([np.ones((4, 3)), broken()], {"first": np.ones((4, 3)), "second": broken()}):
            assert "in the input 'second' of data. Received: NaN in" in refused((x, Y), model)

    @pytest.mark.parametrize("make", [np.ndarray.tolist, scipy.sparse.csr_array])
    def test_lists_and_sparse_arrays(self, make):
        assert "NaN in column 1 of row 2; 1 of 4 rows" in refused((make(broken()), Y))

    def test_images_by_their_place(self):
        images = np.ones((4, 2, 2, 3), "float16")
        images[3, 1, 0, 2] = np.inf
        assert "inf at (1, 0, 2) of row 3;" in refused((images, Y))

    def test_a_series_of_numbers(self):
        assert "NaN in column 0 of row 1;" in refused((pandas.Series([1.0, None, 2, 3]), Y))

    def test_numbers_that_are_infinite_for_keras(self):
        assert "1e+300 (infinite as float32) in column 1 of row 2;" in refused((broken(1e300), Y))

    def test_half_precision_of_other_libraries(self):
        import jax
        import torch

        for x in (
            torch.tensor(broken(), dtype=torch.bfloat16),
            jax.numpy.asarray(broken(), "bfloat16"),
        ):
            assert "NaN in column 1 of row 2;" in refused((x, Y))

    def test_ragged_tensors(self):
        import tensorflow

        ragged = tensorflow.ragged.constant([[1.0], [2.0, 3.0], [float("nan")], []])
        assert "NaN of row 2; 1 of 4 rows has such" in refused((ragged, Y))
        deeper = tensorflow.ragged.constant([[[1.0]], [], [[2.0], [3.0, float("inf")]], []])
        assert "inf of row 2; 1 of 4 rows has such" in refused((deeper, Y))

    def test_sample_weights(self):
        weights = np.array([1.0, np.nan, 1, 1])
        assert "the sample weights of data. Received: NaN of row 1;" in refused(
            (np.ones((4, 3)), Y, weights)
        )

    def test_what_has_no_gaps(self):
        model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
        for x in (np.ones((4, 3), "int32"), ["a", "b", "c", "d"], np.ones((4, 3), bool)):
            data = (x, Y, None)
            check_finite(model, data, given_data(model, data))
        check_finite(model, "batches", "batches")
