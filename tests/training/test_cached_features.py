"""Training on kept features is training: the same losses, weights and metrics."""

import os
import signal

import keras
import numpy as np
import pytest

import kerastune
from kerastune.errors import InputError
from kerastune.training.feature_store import FeatureStore
from kerastune.tuning import Plan, Stage

DRAWN = np.random.default_rng(0)
IMAGES = DRAWN.normal(size=(40, 8, 8, 3)).astype("float32")
LABELS = DRAWN.integers(0, 3, 40)
HELD_OUT = (IMAGES[:10], LABELS[:10])


@pytest.fixture
def make():
    """A function that makes the same small model each time."""

    def made():
        keras.utils.set_random_seed(1)
        inputs = keras.Input((8, 8, 3))
        x = keras.layers.Conv2D(4, 3, name="first")(inputs)
        x = keras.layers.BatchNormalization(name="norm")(x)
        x = keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(8, 3, name="second")(x))
        head = kerastune.heads.Classification(("a", "b", "c"), dropout=0.3)
        model = kerastune.heads.attach(keras.Model(inputs, x, name="body"), head)
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(loss=loss, metrics=["accuracy"])
        return model

    return made


def head_plan(*stages):
    """A plan that trains the head for three epochs, before other stages."""
    return Plan("head", (Stage("head", 3, 1e-2, "head"), *stages))


def trained(model, plan=None, data=(IMAGES, LABELS), **options):
    """The history of a model, and its weights."""
    history = kerastune.fine_tune(
        model, data, plan=plan or head_plan(), batch_size=16, validation_data=HELD_OUT, **options
    )
    return history, [keras.ops.convert_to_numpy(weight) for weight in model.weights]


@pytest.mark.parametrize("place", ["memory", pytest.param("disk", marks=pytest.mark.first_backend)])
def test_the_result_is_that_of_training_without(make, capsys, place):
    plan = head_plan(Stage("all", 1, 1e-3))
    usual, usual_weights = trained(make(), plan, cache_features="off")
    assert "Features" not in capsys.readouterr().out
    cached, cached_weights = trained(make(), plan, cache_features=place)
    told = {"memory": "kept in memory", "disk": "kept in files"}[place]
    assert told in capsys.readouterr().out
    np.testing.assert_allclose(cached.step_loss, usual.step_loss, atol=1e-5)
    for name in ("val_loss", "val_accuracy", "accuracy"):
        found = [epoch[name] for epoch in cached.epochs]
        np.testing.assert_allclose(found, [epoch[name] for epoch in usual.epochs], atol=1e-5)
    for one, other in zip(cached_weights, usual_weights, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


@pytest.mark.first_backend
@pytest.mark.parametrize("precision", ["float16", "bfloat16"])
def test_features_of_fewer_digits_are_about_the_same(make, precision):
    usual, _ = trained(make(), cache_features="off")
    cached, _ = trained(make(), cache_precision=precision)
    np.testing.assert_allclose(cached.step_loss, usual.step_loss, atol=1e-2)
    assert cached.step_loss != usual.step_loss


def test_a_callback_can_use_the_model_as_ever(make, tmp_path):
    answers = []

    class Watch(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            answers.append(self.model.predict(IMAGES[:2], verbose=0).shape)
            self.model.save(tmp_path / "model.keras")

    model = make()
    trained(model, cache_features="memory", callbacks=[Watch()])
    assert answers == [(2, 3)] * 3
    again = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(
        again.predict(IMAGES, verbose=0), model.predict(IMAGES, verbose=0), atol=1e-6
    )


@pytest.mark.any_backend
def test_features_are_computed_once_for_stages_with_the_same_frozen_part(make, capsys):
    plan = head_plan(Stage("head again", 1, 1e-3, "head"), Stage("more", 2, 1e-3, "second|head"))
    trained(make(), plan)
    assert capsys.readouterr().out.count("Features of the frozen part") == 2


@pytest.mark.any_backend
def test_ctrl_c_while_features_are_computed(make, monkeypatch):
    ends = []

    class Watch(keras.callbacks.Callback):
        def on_train_end(self, logs=None):
            ends.append("end")

    def write(store, batch):
        os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(FeatureStore, "write", write)
    with pytest.raises(kerastune.training.TrainingInterrupted, match="after step 0 of the stage"):
        trained(make(), callbacks=[Watch()])
    assert not ends


@pytest.mark.any_backend
@pytest.mark.parametrize("reason", ["one epoch", "a data set", "off"])
def test_where_nothing_is_kept(make, capsys, reason):
    data, options = (IMAGES, LABELS), {}
    plan = Plan("head", (Stage("head", 1 if reason == "one epoch" else 2, 1e-2, "head"),))
    if reason == "a data set":

        class Batches(keras.utils.PyDataset):
            def __len__(self):
                return 2

            def __getitem__(self, index):
                return IMAGES[index * 16 :][:16], LABELS[index * 16 :][:16]

        data = Batches()
    if reason == "off":
        options["cache_features"] = "off"
    trained(make(), plan, data, **options)
    assert "Features" not in capsys.readouterr().out


@pytest.mark.any_backend
@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"cache_features": "file"}, "auto, memory, disk, off. Received: 'file'"),
        ({"cache_precision": "int8"}, "float32, float16, bfloat16. Received: 'int8'"),
    ],
)
def test_unknown_options(make, options, words):
    with pytest.raises(InputError, match=words):
        trained(make(), **options)


@pytest.mark.any_backend
def test_a_full_disk_is_told(tmp_path):
    store = FeatureStore(10**15, "disk", directory=tmp_path)
    with pytest.raises(InputError, match="bytes of free disk for features of 1,000,000,000,000"):
        store.write([np.zeros((1, 4), "float32")])


@pytest.mark.any_backend
def test_files_are_removed(tmp_path):
    store = FeatureStore(2, "disk", directory=tmp_path)
    store.write([np.zeros((2, 4), "float32")])
    assert len(list(tmp_path.iterdir())) == 1
    store.close()
    assert not list(tmp_path.iterdir())


@pytest.mark.any_backend
def test_rows_of_another_shape_are_refused():
    store = FeatureStore(4, "memory")
    store.write([np.zeros((2, 4))])
    for rows in (np.zeros((2, 1)), np.zeros((3, 4))):
        with pytest.raises(ValueError, match="does not fit"):
            store.write([rows])


@pytest.mark.first_backend
def test_mixed_precision(make, capsys):
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        usual, _ = trained(make(), cache_features="off")
        cached, _ = trained(make())
    finally:
        keras.config.set_dtype_policy("float32")
    assert "Features of the frozen part" in capsys.readouterr().out
    np.testing.assert_allclose(cached.step_loss, usual.step_loss, atol=2e-2)
