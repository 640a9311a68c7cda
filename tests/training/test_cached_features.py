"""Training on kept features is training: the same losses, weights and metrics."""

import json
import os
import signal

import keras
import numpy as np
import pytest

import kerastune
from kerastune.backends import random_from
from kerastune.errors import InputError
from kerastune.training import kept_features
from kerastune.training.feature_store import FeatureStore
from kerastune.training.frozen_part import FrozenPart
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


@pytest.mark.quick_on_jax
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


@pytest.mark.first_backend
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

    def write(store, batch, at):
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
        ({"cache_copies": 0}, "`cache_copies` of at least 1. Received: 0"),
        ({"cache_directory": "x", "cache_features": "memory"}, "'auto' or 'disk' with a `cache_d"),
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
def test_files_that_may_not_grow_are_told(tmp_path):
    resource = pytest.importorskip("resource", reason="Windows has no such limits")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    store = FeatureStore(1000, "disk", directory=tmp_path)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2**20, limits[1]))
    try:
        with pytest.raises(InputError, match=r"Expected room on the disk .* File too large"):
            store.write([np.zeros((1, 1000), "float32")])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


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


@pytest.fixture
def make_augmented(make):
    """A function that makes the same model behind an augmentation each time."""

    def made():
        body = make().get_layer("body")
        flip = keras.layers.RandomFlip("horizontal", seed=3, name="flip")
        head = kerastune.heads.Classification(("a", "b", "c"))
        model = kerastune.heads.attach(body, head, before=[flip])
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(loss=loss, metrics=["accuracy"])
        return model

    return made


@pytest.mark.first_backend
def test_copies_of_augmented_samples(make_augmented, capsys):
    plan = Plan("head", (Stage("head", 5, 1e-2, "head"),))
    trained(make_augmented(), plan)
    assert "Features" not in capsys.readouterr().out
    first, weights = trained(make_augmented(), plan, cache_copies=2)
    assert "2 draws of augmentation for each, are computed once for 50" in capsys.readouterr().out
    again, same = trained(make_augmented(), plan, cache_copies=2)
    assert first.step_loss == again.step_loss
    for one, two in zip(weights, same, strict=True):
        np.testing.assert_array_equal(one, two)


@pytest.mark.first_backend
def test_epochs_cycle_through_the_draws(make_augmented):
    """At a rate of next to nothing, the loss of an epoch tells its draws."""
    plan = Plan("head", (Stage("head", 4, 1e-30, "head"),))
    losses = {}
    for seed in (0, 1):
        model = make_augmented()
        kernel = model.layers[-1].kernel
        kernel.assign(np.random.default_rng(0).normal(size=kernel.shape))
        state = keras.ops.convert_to_numpy(model.get_layer("flip").generator.state.value)
        history, _ = trained(model, plan, cache_copies=2, seed=seed)
        # The model's own draws go on as if nothing had been drawn.
        after = keras.ops.convert_to_numpy(model.get_layer("flip").generator.state.value)
        np.testing.assert_array_equal(state, after)
        losses[seed] = [epoch["loss"] for epoch in history.epochs]
        np.testing.assert_allclose(losses[seed][:2], losses[seed][2:], rtol=1e-5)
        assert abs(losses[seed][0] - losses[seed][1]) > 1e-5
        # What is validated on is not augmented.
        held_out = model.evaluate(*HELD_OUT, verbose=0)[0]
        np.testing.assert_allclose(
            [epoch["val_loss"] for epoch in history.epochs], held_out, rtol=1e-5
        )
    assert abs(losses[0][0] - losses[1][0]) > 1e-5


@pytest.mark.first_backend
def test_too_few_epochs_for_the_copies(make_augmented, capsys):
    trained(make_augmented(), cache_copies=3)
    assert "Features" not in capsys.readouterr().out


@pytest.mark.first_backend
def test_features_stay_for_the_next_run(make, tmp_path, capsys):
    first, weights = trained(make(), cache_directory=tmp_path)
    assert f"are computed once for 50 samples and kept in {tmp_path}" in capsys.readouterr().out
    again, same = trained(make(), cache_directory=tmp_path)
    assert "were computed before for 50" in capsys.readouterr().out
    assert again.step_loss == first.step_loss
    for one, two in zip(weights, same, strict=True):
        np.testing.assert_array_equal(one, two)
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.first_backend
@pytest.mark.parametrize("change", ["weights", "configuration", "data", "precision"])
def test_features_are_computed_anew_where_something_changed(make, tmp_path, capsys, change):
    trained(make(), cache_directory=tmp_path)
    capsys.readouterr()
    model, data, options = make(), (IMAGES, LABELS), {}
    first = model.get_layer("body").get_layer("first")
    if change == "weights":
        first.bias.assign(np.full(first.bias.shape, 1e-7))
    if change == "configuration":
        first.activation = keras.activations.relu
    if change == "data":
        changed = IMAGES.copy()
        changed[7, 0, 0, 0] += 1e-6
        data = (changed, LABELS)
    if change == "precision":
        options["cache_precision"] = "float16"
    trained(model, data=data, cache_directory=tmp_path, **options)
    assert "are computed once" in capsys.readouterr().out


@pytest.mark.any_backend
def test_another_head_uses_them(make, tmp_path, capsys):
    trained(make(), cache_directory=tmp_path)
    model = make()
    head = kerastune.heads.Classification(("a", "b", "c"))
    other = kerastune.heads.attach(model.get_layer("body"), head)
    other.compile(loss=model.loss)
    trained(other, cache_directory=tmp_path)
    assert "were computed before" in capsys.readouterr().out


@pytest.mark.any_backend
@pytest.mark.parametrize(
    "harm", ["truncated", "changed", "no about", "text", "huge", "another type", "other shape"]
)
def test_files_that_are_damaged_or_hostile(make, tmp_path, capsys, harm):
    usual, _ = trained(make(), cache_directory=tmp_path)
    for folder in tmp_path.iterdir():
        about = folder / "about.json"
        value = json.loads(about.read_text())
        if harm == "truncated":
            (folder / "0").write_bytes((folder / "0").read_bytes()[:-4])
        elif harm == "changed":
            (folder / "0").write_bytes(bytes(1) + (folder / "0").read_bytes()[1:])
        elif harm == "no about":
            about.unlink()
        elif harm == "text":
            about.write_text('{"format": 1, "arrays": [3]}')
        else:
            key, to = {
                "huge": ("shape", [2**40, 2**40]),
                "another type": ("kept_as", "object"),
                "other shape": ("shape", [*value["arrays"][0]["shape"], 1]),
            }[harm]
            value["arrays"][0][key] = to
            about.write_text(json.dumps(value))
    capsys.readouterr()
    again, _ = trained(make(), cache_directory=tmp_path)
    printed = capsys.readouterr().out
    assert "cannot be used, and are computed anew" in printed
    assert "are computed once" in printed
    assert again.step_loss == usual.step_loss
    trained(make(), cache_directory=tmp_path)
    assert "were computed before" in capsys.readouterr().out


@pytest.mark.any_backend
def test_the_directory_is_bounded(make, tmp_path, monkeypatch):
    left = tmp_path / "features-unfinished-x"
    left.mkdir()
    os.utime(left, (0, 0))
    trained(make(), cache_directory=tmp_path)
    assert not left.exists()
    size = sum(file.stat().st_size for file in tmp_path.rglob("*") if file.is_file())
    monkeypatch.setattr(kept_features, "MOST_BYTES", size)
    before = set(tmp_path.iterdir())
    for folder in before:
        os.utime(folder, (1, 1))
    trained(make(), data=(IMAGES + 1, LABELS), cache_directory=tmp_path)
    after = set(tmp_path.iterdir())
    assert len(after) <= 2
    assert after - before


@pytest.mark.any_backend
def test_a_file_in_the_place_of_the_directory(make, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="Expected a directory as `cache_directory`. Received"):
        trained(make(), cache_directory=tmp_path / "file")


@pytest.mark.any_backend
def test_features_of_another_stream_are_others():
    model = keras.Sequential([keras.Input((4, 4, 1)), keras.layers.RandomFlip(seed=1)])
    part = FrozenPart(model, copies=2, seed=0)
    before = part.fingerprint()
    with random_from("portable"):
        assert part.fingerprint() != before
    assert part.fingerprint() == before
