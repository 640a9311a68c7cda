"""Heads: shapes, losses, encoding and decoding."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from kerastune.data import Source
from kerastune.errors import InputError
from kerastune.heads import Classification, Regression, attach, balanced_class_weights

pytestmark = pytest.mark.first_backend

BINARY = Classification(("no", "yes"))
THREE = Classification(("a", "b", "c"))


def vectors(width=4):
    return keras.Sequential([keras.Input((width,)), keras.layers.Identity()], name="vectors")


class TestClassification:
    @pytest.mark.parametrize(("head", "units"), [(BINARY, 1), (THREE, 3)])
    def test_training_starts_from_equal_probabilities(self, head, units):
        model = attach(vectors(), head)
        outputs = model.predict(np.random.normal(size=(5, 4)), verbose=0)
        assert outputs.shape == (5, units)
        np.testing.assert_allclose(head.probabilities(outputs), 1 / len(head.class_names))

    @pytest.mark.parametrize("smoothing", [0.0, 0.2])
    @pytest.mark.parametrize("head", [BINARY, THREE])
    def test_loss_is_cross_entropy_with_smoothed_labels(self, head, smoothing):
        head = Classification(head.class_names, label_smoothing=smoothing)
        classes = len(head.class_names)
        generator = np.random.default_rng(0)
        logits = generator.normal(size=(6, 1 if head.is_binary else classes))
        labels = generator.integers(0, classes, 6)
        target = np.eye(classes)[labels] * (1 - smoothing) + smoothing / classes
        expected = -(target * np.log(head.probabilities(logits))).sum(axis=1).mean()
        loss = head.loss()(head.encode(labels), logits.astype("float32"))
        assert float(loss) == pytest.approx(expected, rel=1e-5)

    @pytest.mark.parametrize("head", [BINARY, THREE])
    def test_accuracy_is_of_the_most_probable_class(self, head):
        labels = np.array([0, 1, 1])
        logits = (head.encode(labels) * 4 - 1).astype("float32")
        (metric,) = head.metrics()
        metric.update_state(head.encode(labels), logits)
        assert float(metric.result()) == 1.0
        metric.update_state(head.encode(1 - labels), logits)
        assert float(metric.result()) == 0.5
        assert head.decode(logits) == [head.class_names[label] for label in labels]

    @given(arrays("float64", (4, 3), elements=st.floats(-500, 500)))
    @settings(max_examples=30)
    def test_probabilities_add_up_and_keep_the_order(self, logits):
        probabilities = THREE.probabilities(logits)
        np.testing.assert_allclose(probabilities.sum(axis=1), 1)
        best = probabilities[np.arange(4), logits.argmax(axis=1)]
        np.testing.assert_array_equal(best, probabilities.max(axis=1))

    def test_class_weights_weigh_samples(self):
        head = Classification(("a", "b", "c"), class_weights=(1.0, 2.0, 3.0))
        assert head.sample_weights(np.array([2, 0])).tolist() == [3.0, 1.0]
        assert THREE.sample_weights(np.array([2, 0])) is None

    def test_balanced_weights_give_every_class_the_same_sum(self):
        labels = np.array([0] * 6 + [1] * 3 + [2])
        weights = np.array(
            balanced_class_weights(Source.of(list(labels), labels, class_names=("a", "b", "c")))
        )
        np.testing.assert_allclose(weights * np.bincount(labels), 10 / 3)

    def test_balancing_an_absent_class_is_an_error(self):
        with pytest.raises(InputError, match=r"none of \['b'\]"):
            balanced_class_weights(Source.of(["x"], np.array([0]), class_names=("a", "b")))

    @pytest.mark.parametrize(
        "settings",
        [
            {"class_names": ("one",)},
            {"class_names": ("a", "a", "b")},
            {"class_names": ("a", "b"), "label_smoothing": 1.0},
            {"class_names": ("a", "b"), "dropout": -0.1},
            {"class_names": ("a", "b"), "class_weights": (1.0,)},
        ],
    )
    def test_bad_settings(self, settings):
        with pytest.raises(InputError, match="Received: "):
            Classification(**settings)


class TestRegression:
    targets = np.array([[0.0, 100.0], [2.0, 300.0], [4.0, 200.0]])

    @given(arrays("float64", (5, 2), elements=st.floats(-1e4, 1e4)))
    @settings(max_examples=30)
    def test_decode_undoes_encode(self, values):
        head = Regression.fitted_to(self.targets)
        np.testing.assert_allclose(head.decode(head.encode(values)), values, rtol=1e-4, atol=1e-2)

    def test_targets_are_standardised(self):
        encoded = Regression.fitted_to(self.targets).encode(self.targets)
        np.testing.assert_allclose(encoded.mean(axis=0), 0, atol=1e-6)
        np.testing.assert_allclose(encoded.std(axis=0), 1, atol=1e-6)

    def test_training_starts_from_the_mean(self):
        head = Regression.fitted_to(self.targets)
        outputs = attach(vectors(), head).predict(np.ones((1, 4)), verbose=0)
        np.testing.assert_allclose(head.decode(outputs), [[2.0, 200.0]])

    def test_output_range_holds_in_units(self):
        head = Regression.fitted_to(self.targets, output_range=(-10.0, 500.0))
        model = attach(vectors(), head)
        for bias, expected in ((-100.0, -10.0), (0.0, 245.0), (100.0, 500.0)):
            model.get_layer("head_output").bias.assign(np.full(2, bias))
            predicted = head.decode(model.predict(np.ones((1, 4)), verbose=0))
            np.testing.assert_allclose(predicted, [[expected, expected]], rtol=1e-5)

    def test_target_that_never_varies(self):
        with pytest.raises(InputError, match="targets that vary"):
            Regression.fitted_to(np.ones((3, 1)))

    @pytest.mark.parametrize(
        "settings",
        [
            {"mean": (0.0,), "standard_deviation": (0.0,)},
            {"mean": (0.0,), "standard_deviation": ()},
            {"mean": (0.0,), "standard_deviation": (1.0,), "output_range": (1.0, 0.0)},
            {"mean": (0.0,), "standard_deviation": (1.0,), "dropout": 1.0},
        ],
    )
    def test_bad_settings(self, settings):
        with pytest.raises(InputError, match="Received: "):
            Regression(**settings)


class TestAttach:
    sequence = np.arange(24, dtype="float32").reshape(2, 3, 4)
    mask = np.array([[True, True, False], [True, False, False]])

    def pooled(self, pooling, backbone, inputs):
        """The features that reach the head."""
        model = attach(backbone, THREE, pooling=pooling)
        features = keras.Model(model.input, model.get_layer("head_logits").input)
        return features.predict(inputs, verbose=0)

    def text_backbone(self):
        """A backbone with inputs and outputs as KerasHub's text backbones have them."""
        inputs = {
            "embedded": keras.Input((3, 4), name="embedded"),
            "padding_mask": keras.Input((3,), dtype="bool", name="padding_mask"),
        }
        outputs = {"sequence_output": keras.layers.Identity()(inputs["embedded"])}
        return keras.Model(inputs, outputs, name="text")

    def test_mean_leaves_padding_out(self):
        inputs = {"embedded": self.sequence, "padding_mask": self.mask}
        pooled = self.pooled("mean", self.text_backbone(), inputs)
        expected = [self.sequence[0, :2].mean(axis=0), self.sequence[1, 0]]
        np.testing.assert_allclose(pooled, expected)

    def test_first_token(self):
        inputs = {"embedded": self.sequence, "padding_mask": self.mask}
        pooled = self.pooled("first", self.text_backbone(), inputs)
        np.testing.assert_allclose(pooled, self.sequence[:, 0])

    def test_mean_over_an_image(self):
        backbone = keras.Sequential([keras.Input((2, 2, 3)), keras.layers.Identity()])
        images = np.arange(24, dtype="float32").reshape(2, 2, 2, 3)
        np.testing.assert_allclose(
            self.pooled("mean", backbone, images), images.mean(axis=(1, 2)), rtol=1e-6
        )

    @pytest.mark.parametrize("shape", [(4,), (2, 2, 4), (3, 4)])
    def test_auto_gives_one_vector_a_sample(self, shape):
        backbone = keras.Sequential([keras.Input(shape), keras.layers.Identity()])
        inputs = np.random.normal(size=(2, *shape)).astype("float32")
        expected = inputs.reshape(2, -1, 4).mean(axis=1)
        np.testing.assert_allclose(self.pooled("auto", backbone, inputs), expected, rtol=1e-5)

    def test_what_comes_before_the_backbone_runs_in_order(self):
        before = (keras.layers.Rescaling(2.0), None, keras.layers.Rescaling(1.0, offset=3.0))
        model = attach(vectors(), THREE, before=before)
        features = keras.Model(model.input, model.get_layer("head_logits").input)
        np.testing.assert_allclose(features.predict(np.ones((1, 4)), verbose=0), [[5.0] * 4])
        assert model.get_layer("vectors") is not None

    @pytest.mark.parametrize("pooling", ["first", "mean", "max"])
    def test_pooling_that_does_not_fit(self, pooling):
        with pytest.raises(InputError, match=f"Received: '{pooling}'"):
            attach(vectors(), THREE, pooling=pooling)

    def test_saved_without_custom_objects(self, tmp_path):
        model = attach(self.text_backbone(), THREE, pooling="mean")
        for weight in model.get_layer("head_logits").weights:
            weight.assign(np.random.normal(size=weight.shape))
        model.save(tmp_path / "model.keras")
        loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
        inputs = {"embedded": self.sequence, "padding_mask": self.mask}
        outputs = model.predict(inputs, verbose=0)
        assert len(np.unique(outputs)) == outputs.size
        np.testing.assert_allclose(loaded.predict(inputs, verbose=0), outputs, rtol=1e-6)

    def test_head_computes_in_float32_under_mixed_precision(self):
        keras.config.set_dtype_policy("mixed_bfloat16")
        assert attach(vectors(), THREE).output.dtype == "float32"
