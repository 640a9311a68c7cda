"""The parts of an export, each by itself."""

import keras
import numpy as np
import pytest

from kerastune import heads, preprocessing
from kerastune.exporting.batches import largest_difference
from kerastune.exporting.decoding import decoding
from kerastune.exporting.faults import known_fault
from kerastune.exporting.forward import by_name, computed, forward_model, in_float32
from kerastune.exporting.raw_inputs import raw_batches, raw_columns, why_not_included

pytestmark = pytest.mark.first_backend


@pytest.mark.each_backend
def test_inputs_and_outputs_have_names_whatever_the_model_takes():
    """A dictionary, a list, nested outputs."""
    image, ids = keras.Input((2,), name="image"), keras.Input((1,), dtype="int32", name="ids")
    total = keras.layers.Add()([image, keras.ops.cast(ids, "float32")])
    batch = {"image": np.ones((3, 2)), "ids": np.ones((3, 1)), "more": np.ones(3)}
    for given, inputs, outputs in (
        ({"image": image, "ids": ids}, batch, {"sum": total, "parts": [total, image]}),
        ([image, ids], [batch["image"], batch["ids"]], {"sum": total, "parts": [total, image]}),
    ):
        model = keras.Model(given, outputs)
        forward = forward_model(model)
        named = by_name(model, inputs)
        assert {name: str(one.dtype) for name, one in named.items()} == {
            "image": "float32",
            "ids": "int32",
        }
        found = computed(forward, named)
        assert set(found) == {"sum", "parts_outputs_0", "parts_outputs_1"}
        assert (found["sum"] == 2).all()


@pytest.mark.each_backend
def test_what_computed_in_bfloat16_computes_in_float32():
    layers = [keras.layers.Dense(3, activation="tanh"), keras.layers.Dense(1, dtype="float32")]
    keras.config.set_dtype_policy("mixed_bfloat16")
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3), *layers])
    keras.config.set_dtype_policy("float32")
    exact = in_float32(model)
    assert exact is not model
    rows = np.random.default_rng(0).normal(size=(5, 4)).astype("float32")
    right = rows
    for layer in exact.layers:
        kernel, bias = layer.get_weights()
        right = right @ kernel + bias
        right = np.tanh(right) if layer.activation is keras.activations.tanh else right
    np.testing.assert_allclose(exact.predict(rows, verbose=0), right, atol=1e-6)
    assert in_float32(exact) is exact


def test_a_difference_is_infinite_where_one_is_not_finite():
    right = [{"y": np.array([1.0, np.inf, np.nan])}]
    assert largest_difference([{"y": np.array([1.5, np.inf, np.nan])}], right) == (0.5, 1.0)
    assert largest_difference([{"y": np.array([1.0, np.inf, 1.0])}], right)[0] == np.inf
    with pytest.raises(ValueError, match=r"has the shape \(1,\), and that of Keras \(3,\)"):
        largest_difference([{"y": np.ones(1)}], right)
    with pytest.raises(ValueError, match="its outputs are called x, and those of Keras y"):
        largest_difference([{"x": np.ones(3)}], right)


@pytest.mark.parametrize(
    ("name", "said", "told"),
    [
        ("onnx", "[ONNXRuntimeError] : 9 : Could not find an implementation for Erfc(9)", "Erfc"),
        ("torch", "Constraints violated (batch)! ...", "fixes the number of samples"),
        ("savedmodel", "Could not find an implementation for Erfc", "run: Could not find"),
    ],
)
def test_known_faults_are_told_in_words(name, said, told):
    assert told in known_fault(name, "run", said)


def test_answers_are_described_without_keras():
    """The description, followed by hand, gives the answers of the head."""
    names, logits = ("a", "b", "c"), np.array([[0.1, 2.0, -1.0], [3.0, 0.0, 0.0]])
    head = heads.Classification(names)
    told = decoding(head)
    assert [told["class_names"][at] for at in logits.argmax(axis=1)] == head.decode(logits)
    ordinal = heads.Ordinal(names)
    above = np.cumprod(1 / (1 + np.exp(-logits[:, :2])), axis=1) > 0.5
    told = decoding(ordinal)
    assert [told["class_names"][at] for at in above.sum(axis=1)] == ordinal.decode(logits[:, :2])
    quantity = heads.Regression((2.0,), (3.0,))
    told = decoding(quantity)
    units = logits[:, :1] * told["standard_deviation"] + told["mean"]
    np.testing.assert_allclose(units, quantity.decode(logits[:, :1]))
    several = heads.Several({"x": head, "y": quantity})
    assert decoding(several)["columns"]["y"]["mean"] == [2.0]
    assert "not in the file" in decoding(heads.MaskedToken())["how"]


def test_raw_images_are_also_larger_than_the_model_takes():
    preprocessor = preprocessing.ImagePreprocessor((4, 4, 3))
    grey = np.arange(16, dtype="float32").reshape(1, 4, 4, 1)
    batches = raw_batches(preprocessor, {"image": grey})
    assert [batch["image"].shape for batch in batches] == [(1, 4, 4, 3), (1, 8, 12, 3)]
    columns = raw_columns(preprocessor, batches[1])
    assert preprocessor.prepare(columns).shape == (1, 4, 4, 3)


def test_what_has_no_layers_is_named():
    assert "tokenizer" in why_not_included(preprocessing.WordPreprocessor(100, 8))
    assert raw_batches(preprocessing.WordPreprocessor(100, 8), {"text": ["a"]}) is None
    assert "AudioPreprocessor" in why_not_included(preprocessing.AudioPreprocessor(8000))


def test_names_of_columns_become_names_that_every_format_takes():
    names = ["area (m²)", "area  m", "1"]
    inputs = {name: keras.Input((1,), name=name) for name in names}
    outputs = {"the sum": keras.ops.add(inputs["1"], inputs["area (m²)"])}
    model = keras.Model(inputs, outputs)
    forward = forward_model(model)
    assert list(forward.input) == ["area_m", "area_m_2", "in_1"]
    given = {
        "1": np.full((2, 1), 1.0),
        "area (m²)": np.full((2, 1), 3.0),
        "area  m": np.ones((2, 1)),
    }
    np.testing.assert_allclose(computed(forward, by_name(model, given))["the_sum"], 4.0)
