"""MixUp and CutMix: images and labels are mixed alike, in training and never otherwise."""

import keras
import numpy as np
import pytest
import scipy

from kerastune.errors import InputError
from kerastune.heads import Classification, attach
from kerastune.models import SampleMixing, SampleMixingModel
from kerastune.tuning.freezing.division import divide

pytestmark = pytest.mark.first_backend

COUNT = 12
LABELS = np.eye(COUNT, dtype="float32")
# Each pixel of image k is the label of k, so that a mixed image shows how it was mixed.
IMAGES = np.tile(LABELS[:, None, None, :], (1, 9, 7, 1))
KINDS = [{"mixup": 0.4}, {"cutmix": 1.0}, {"mixup": 0.4, "cutmix": 1.0}]


def mixed(layer, weights=None):
    images = keras.ops.convert_to_numpy(layer(IMAGES, training=True))
    labels, weights = layer.mixed_labels(IMAGES, LABELS, weights)
    return images, keras.ops.convert_to_numpy(labels), weights


@pytest.mark.each_backend
@pytest.mark.parametrize("kinds", KINDS, ids=["mixup", "cutmix", "both"])
def test_labels_are_mixed_as_the_pixels_are(kinds):
    layer = SampleMixing(**kinds, seed=1)
    own = []
    for _ in range(3):
        images, labels, _ = mixed(layer)
        np.testing.assert_allclose(images.mean(axis=(1, 2)), labels, atol=1e-6)
        np.testing.assert_allclose(labels.sum(axis=1), 1, atol=1e-6)
        own.append(np.diagonal(labels))
    assert np.min(own) >= 0.5
    assert np.mean(np.array(own) < 0.95) > 0.2
    assert not np.array_equal(own[0], own[1])


def test_mixup_mixes_all_pixels_alike_and_cutmix_cuts_a_box():
    images, _, _ = mixed(SampleMixing(mixup=1.0, seed=1))
    assert np.ptp(images, axis=(1, 2)).max() < 1e-6
    images, _, _ = mixed(SampleMixing(cutmix=1.0, seed=1))
    assert set(np.unique(images)) == {0.0, 1.0}
    for number, image in enumerate(images):
        kept = image[..., number] == 1
        # One of the two parts is a box: all positions between its first and its last.
        boxes = [part for part in (kept, ~kept) if part.any()]
        assert any(
            part[np.ix_(part.any(axis=1), part.any(axis=0))].all()
            and np.all(np.diff(np.flatnonzero(part.any(axis=1))) == 1)
            for part in boxes
        )


def test_shares_are_those_of_the_beta_distribution():
    layer = SampleMixing(mixup=0.4, seed=0)
    _, own = layer._draw(4000, 1, 1, layer.generator)
    shares = keras.ops.convert_to_numpy(own).ravel()
    drawn = scipy.stats.beta(0.4, 0.4).rvs(100_000, random_state=0)
    expected = np.maximum(drawn, 1 - drawn)
    for quantile in (0.1, 0.25, 0.5, 0.75):
        assert np.quantile(shares, quantile) == pytest.approx(
            np.quantile(expected, quantile), abs=0.02
        )


@pytest.fixture
def model():
    images = keras.Input((None, None, COUNT))  # As of backbones that take any size.
    layer = SampleMixing(mixup=0.8, cutmix=1.0, seed=2, name="mixing")
    features = keras.layers.GlobalAveragePooling2D()(layer(images))
    logits = keras.layers.Dense(COUNT, kernel_initializer=keras.initializers.RandomNormal(seed=1))
    return SampleMixingModel(images, logits(features))


def compiled(model, **settings):
    loss = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1)
    model.compile(keras.optimizers.SGD(0.5), loss, metrics=["accuracy"], **settings)
    return model


def cross_entropy(logits, labels):
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities = exponentials / exponentials.sum(axis=1, keepdims=True)
    return -(labels * np.log(probabilities)).sum(axis=1)


@pytest.mark.each_backend
def test_the_loss_is_that_of_both_labels_with_the_weight_of_each(model):
    compiled(model)
    weights = np.linspace(0.5, 2, COUNT).astype("float32")
    seen = keras.Model(model.inputs[0], model.get_layer("mixing").output)
    state = model.get_layer("mixing").generator.state
    start = keras.ops.convert_to_numpy(state.value)
    shares = keras.ops.convert_to_numpy(seen(IMAGES, training=True)).mean(axis=(1, 2))
    state.assign(start)
    logits = keras.ops.convert_to_numpy(model(IMAGES, training=True))
    loss = model.compute_loss(IMAGES, LABELS, logits, weights)
    # Entropy against every one-hot label in turn, each with its own weight, in its share.
    smooth = LABELS * 0.9 + 0.1 / COUNT
    by_label = np.stack([cross_entropy(logits, np.tile(row, (COUNT, 1))) for row in smooth], axis=1)
    expected = (shares * weights[None, :] * by_label).sum(axis=1).mean()
    assert float(loss) == pytest.approx(expected, rel=1e-5)


@pytest.mark.each_backend
def test_fit_stays_compiled_mixes_nothing_else_and_can_be_repeated(model):
    # Where XLA is not the default, it is asked for: Keras' own layers fail there.
    compiled(model, jit_compile=True if keras.config.backend() == "tensorflow" else "auto")
    plain = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    plain.compile("sgd", "mse")
    assert model.jit_compile >= plain.jit_compile
    variables = [*model.weights, *model.non_trainable_variables]
    start = [keras.ops.convert_to_numpy(variable.value) for variable in variables]
    histories = []
    for _ in range(2):
        for variable, value in zip(variables, start, strict=True):
            variable.assign(value)
        history = model.fit(
            IMAGES, LABELS, batch_size=6, epochs=2, shuffle=False, verbose=0,
            validation_data=(IMAGES, LABELS), validation_batch_size=6,
        ).history  # fmt: skip
        histories.append(history)
    assert histories[0] == histories[1]
    logits = model.predict(IMAGES, verbose=0)
    expected = cross_entropy(logits, LABELS * 0.9 + 0.1 / COUNT).mean()
    accuracy = (logits.argmax(axis=1) == np.arange(COUNT)).mean()
    assert histories[1]["val_loss"][-1] == pytest.approx(expected, rel=1e-4)
    assert histories[1]["val_accuracy"][-1] == pytest.approx(accuracy)


def test_two_classes_with_one_logit_and_saving(tmp_path):
    body = keras.Sequential([keras.Input((9, 7, 3)), keras.layers.Conv2D(4, 3)], name="body")
    head = Classification(("no", "yes"))
    made = attach(body, head, pooling="auto", before=(None, SampleMixing(0.2, seed=0)))
    assert isinstance(made, SampleMixingModel)
    made.compile("sgd", head.loss(), metrics=head.metrics())
    images, labels = IMAGES[..., :3], head.encode(np.arange(COUNT) % 2)
    history = made.fit(images, labels, verbose=0).history
    assert np.isfinite(history["loss"][0])
    made.save(tmp_path / "made.keras")
    loaded = keras.saving.load_model(tmp_path / "made.keras", safe_mode=True)
    assert isinstance(loaded, SampleMixingModel)
    np.testing.assert_allclose(
        loaded.predict(images, verbose=0), made.predict(images, verbose=0), atol=1e-6
    )


@pytest.mark.any_backend
def test_features_of_what_is_frozen_are_not_kept():
    body = keras.Sequential([keras.Input((9, 7, 3)), keras.layers.Conv2D(40, 3)], name="body")
    body.trainable = False
    head = Classification(("no", "yes"))
    assert divide(attach(body, head, pooling="auto")) is not None
    mixing = attach(body, head, pooling="auto", before=(SampleMixing(0.2, seed=0),))
    assert divide(mixing) is None
    assert divide(mixing, but_for_augmentation=True) is None


@pytest.mark.any_backend
@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, "Received: 0 for both"),
        ({"mixup": -0.1}, "mixup=-0.1"),
        ({"cutmix": float("nan")}, "cutmix=nan"),
    ],
)
def test_values_out_of_range(settings, message):
    with pytest.raises(InputError, match=message):
        SampleMixing(**settings, seed=0)


@pytest.mark.any_backend
def test_what_cannot_be_mixed(model):
    compiled(model)
    model(IMAGES, training=True)
    with pytest.raises(InputError, match="labels in one tensor.*dict"):
        model.compute_loss(IMAGES, {"a": LABELS}, LABELS)
