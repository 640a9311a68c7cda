"""Whatever `model.fit` takes, `fine_tune` takes, and it means the same."""

import keras
import numpy as np
import pandas
import polars
import pytest
import scipy.sparse

from kerastune.errors import InputError
from kerastune.training import fine_tune
from kerastune.training.given_arrays import as_arrays, given_data
from kerastune.tuning import Plan, Stage

pytestmark = pytest.mark.first_backend

X = np.arange(12.0).reshape(4, 3)
Y = np.array([0, 1, 1, 0])
ONE_STEP = Plan("one", (Stage("all", epochs=1, learning_rate=0.01, optimizer="momentum"),))


def torch_tensor(values):
    import torch

    return torch.tensor(values, requires_grad=values.dtype.kind == "f")


def tensorflow_tensor(values):
    import tensorflow

    return tensorflow.constant(values)


def jax_array(values):
    import jax

    return jax.numpy.asarray(values)


@pytest.mark.any_backend
class TestAsArrays:
    @pytest.mark.parametrize(
        "make",
        [
            np.ndarray.tolist,
            lambda values: [tuple(row) for row in values.tolist()],
            lambda values: values.astype(object),
            torch_tensor,
            tensorflow_tensor,
            jax_array,
            pandas.DataFrame,
            lambda values: pandas.DataFrame(values).convert_dtypes(),
            lambda values: pandas.DataFrame(values).astype({0: object, 1: "Float64"}),
            polars.DataFrame,
        ],
    )
    def test_one_array(self, make):
        found = as_arrays(make(X))
        assert isinstance(found, np.ndarray)
        assert found.dtype.kind in "fi"
        np.testing.assert_allclose(found, X)

    @pytest.mark.parametrize(
        "make", [list, tuple, np.ndarray.tolist, torch_tensor, tensorflow_tensor, polars.Series]
    )
    def test_labels(self, make):
        np.testing.assert_array_equal(as_arrays(make(Y)), Y)

    def test_a_series_of_pandas_is_a_column_as_in_keras(self):
        found = as_arrays({"a": pandas.Series(Y), "b": pandas.Series(["x", "y"], dtype="string")})
        assert found["a"].shape == (4, 1)
        assert found["b"].tolist() == ["x", "y"]

    @pytest.mark.parametrize(
        "texts",
        [
            ["good", "bad day"],
            np.array(["good", "bad day"]),
            np.array(["good", "bad day"], dtype=object),
            pandas.Series(["good", "bad day"]),
            pandas.Series(["good", "bad day"], dtype="category"),
            polars.Series(["good", "bad day"]),
        ],
    )
    def test_texts(self, texts):
        found = as_arrays(texts)
        assert found.dtype == object
        assert [type(text) for text in found] == [str, str]
        assert found.tolist() == ["good", "bad day"]

    def test_lists_of_arrays_are_several(self):
        for given in ([X, X], (X, X), [X, X.tolist()], [pandas.DataFrame(X), torch_tensor(X)]):
            found = as_arrays(given)
            assert [part.shape for part in found] == [(4, 3), (4, 3)]

    def test_lists_of_lists_are_told_by_the_model(self):
        two = [[0, 1, 1, 0], [1, 1, 0, 0]]
        assert as_arrays(two).shape == (2, 4)
        assert [part.shape for part in as_arrays(two, parts=2)] == [(4,), (4,)]

    @pytest.mark.parametrize(
        ("given", "message"),
        [
            ([[1, 2], [3]], "several lengths"),
            (["a", None], "None, of type NoneType, in sample 1"),
            ([1, {1}], "of type set, in sample 1"),
            (pandas.Series(["2024-01-01"], dtype="datetime64[ns]"), "dates"),
            (pandas.Series(["a", None], dtype="string"), "sample 1"),
        ],
    )
    def test_what_cannot_be_an_array(self, given, message):
        with pytest.raises(InputError, match=message):
            as_arrays(given)

    def test_missing_numbers_are_nan(self):
        found = as_arrays(pandas.Series([1, None, 2], dtype="Int64"))
        np.testing.assert_array_equal(found, [[1.0], [np.nan], [2.0]])

    def test_sparse_tensors(self):
        import jax.experimental.sparse
        import tensorflow

        wanted = np.array([[0.0, 2.0], [1.0, 0.0], [0.0, 0.0]])
        for sparse in (
            scipy.sparse.coo_matrix(wanted),
            tensorflow.sparse.from_dense(wanted),
            jax.experimental.sparse.BCOO.fromdense(wanted),
        ):
            np.testing.assert_allclose(as_arrays(sparse).toarray(), wanted)

    def test_one_weight_for_several_targets(self):
        data = given_data(keras.Sequential([keras.Input((3,))]), (X, [Y, Y], Y))
        assert [weights.tolist() for weights in data[2]] == [Y.tolist()] * 2


def two_inputs():
    left, right = keras.Input((3,)), keras.Input((3,))
    x = keras.layers.Dense(2, name="body")(keras.layers.concatenate([left, right]))
    return keras.Model([left, right], keras.layers.Dense(2, activation="softmax")(x))


def two_outputs():
    inputs = keras.Input((3,))
    x = keras.layers.Dense(2, name="body")(inputs)
    top = [keras.layers.Dense(2, activation="softmax", name=name)(x) for name in "ab"]
    return keras.Model(inputs, top)


def loss_of_fit(model, data):
    """The loss of the first step of `model.fit`."""
    model.compile("sgd", "sparse_categorical_crossentropy")
    weights = model.get_weights()
    arguments = dict(zip(("x", "y", "sample_weight"), data, strict=False))
    history = model.fit(**arguments, shuffle=False, verbose=0)
    model.set_weights(weights)
    return history.history["loss"][0]


@pytest.mark.parametrize(
    ("build", "data", "as_keras_takes_it"),
    [
        pytest.param(
            *(two_inputs, ([X, X.tolist()], Y.tolist()), ([X, X], Y)),
            marks=pytest.mark.each_backend,
        ),
        (two_inputs, ((pandas.DataFrame(X), polars.DataFrame(X)), pandas.Series(Y)), ([X, X], Y)),
        (two_outputs, (X, [Y, 1 - Y]), (X, [Y, 1 - Y])),
        (two_outputs, (X, {"a": Y, "b": pandas.Series(Y)}, Y + 1.0), (X, [Y, Y], Y + 1.0)),
        (two_outputs, (X, [Y, Y], {"b": Y, "a": 1.0 - Y}), (X, [Y, Y], [1.0 - Y, Y])),
    ],
)
def test_it_means_the_same_as_in_fit(build, data, as_keras_takes_it):
    model = build()
    expected = loss_of_fit(model, as_keras_takes_it)
    history = fine_tune(model, data, plan=ONE_STEP, validation_data=data)
    assert history.step_loss[0] == pytest.approx(expected, rel=1e-5)
    assert np.isfinite(history.epochs[0]["val_loss"])


def test_weights_of_the_classes_of_outputs_given_by_name():
    data = X, {"a": Y.tolist(), "b": Y}
    losses = [
        fine_tune(
            two_outputs(), data, plan=ONE_STEP, loss="sparse_categorical_crossentropy", **options
        ).step_loss[0]
        for options in ({"class_weights": {"a": {0: 2.0, 1: 2.0}, "b": {0: 2.0, 1: 2.0}}}, {})
    ]
    assert losses[0] > losses[1]


@pytest.mark.each_backend
def test_tensors_of_the_backend_and_sparse_features():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, activation="softmax")])
    expected = loss_of_fit(model, (X, Y))
    data = scipy.sparse.coo_matrix(X), keras.ops.convert_to_tensor(Y)
    history = fine_tune(model, data, plan=ONE_STEP, validation_data=data)
    assert history.step_loss[0] == pytest.approx(expected, rel=1e-5)


def tf_data(x, y):
    import tensorflow

    return tensorflow.data.Dataset.from_tensor_slices((x, y)).batch(2)


def data_loader(x, y):
    import torch

    data = torch.utils.data.TensorDataset(torch.tensor(x), torch.tensor(y))
    return torch.utils.data.DataLoader(data, batch_size=2)


@pytest.mark.parametrize("make", [tf_data, data_loader])
def test_data_sets_of_other_libraries(make):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, activation="softmax")])
    data = make(X.astype("float32"), Y)
    history = fine_tune(
        model, data, epochs=1, loss="sparse_categorical_crossentropy", validation_data=data
    )
    assert [stage["steps"] for stage in history.stages] == [2, 2]
    assert all(np.isfinite(epoch["val_loss"]) for epoch in history.epochs)


TEXTS = ["good day", "bad day", "good", "bad bad"]


def test_texts_for_a_model_with_a_text_layer():
    """TensorFlow alone has tensors of texts; elsewhere `fit` fails, and here it is said why."""
    inputs = keras.Input((3,))
    if keras.backend.backend() != "tensorflow":
        with pytest.raises(InputError, match=r"no tensors of texts. Received: texts such as 'good"):
            fine_tune(keras.Model(inputs, keras.layers.Dense(2)(inputs)), (TEXTS, Y), loss="mse")
        return
    layer = keras.layers.TextVectorization(9, output_sequence_length=2)
    layer.adapt(TEXTS)
    embedded = [layer, keras.layers.Embedding(9, 2), keras.layers.Flatten()]
    top = keras.layers.Dense(2, activation="softmax")
    model = keras.Sequential([keras.Input((), dtype="string"), *embedded, top])
    expected = loss_of_fit(model, (np.array(TEXTS, dtype=object), Y))
    for texts in (TEXTS, pandas.Series(TEXTS)):
        weights = model.get_weights()
        history = fine_tune(model, (texts, Y), plan=ONE_STEP, validation_data=(texts, Y))
        model.set_weights(weights)
        assert history.step_loss[0] == pytest.approx(expected, rel=1e-5)


def test_texts_for_a_task_of_keras_hub():
    import keras_hub

    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "good", "bad", "day"]
    sizes = {"num_layers": 1, "num_heads": 2, "hidden_dim": 4, "intermediate_dim": 4, "dropout": 0}
    task = keras_hub.models.BertTextClassifier(
        keras_hub.models.BertBackbone(len(words), max_sequence_length=4, **sizes),
        num_classes=2,
        preprocessor=keras_hub.models.BertTextClassifierPreprocessor(
            keras_hub.models.BertTokenizer(vocabulary=words), sequence_length=4
        ),
        dropout=0.0,
    )
    tokens = task.preprocessor(TEXTS)
    logits = keras.ops.convert_to_numpy(task(tokens))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    expected = float(keras.ops.convert_to_numpy(loss(Y, logits)))
    history = fine_tune(task, (TEXTS, Y.tolist()), plan=ONE_STEP, loss=loss)
    assert history.step_loss[0] == pytest.approx(expected, rel=1e-4)
