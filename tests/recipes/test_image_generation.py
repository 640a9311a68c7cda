"""The recipe that makes images learns, on this backend, and its run can be read back."""

import json
from types import SimpleNamespace

import keras
import numpy as np
import pytest
from PIL import Image

import kerastune
from kerastune import data, preprocessing, recipes
from kerastune.errors import InputError
from kerastune.heads import Denoising
from kerastune.models import Noising, StepEmbedding, diffusion_model, u_net
from kerastune.training import ImageJudge, SampleSheet
from kerastune.training.callback_counts import read_callback, set_callback

CLASSES = ("left", "right")


def halves(count=32):
    """Images of which one half is bright, which their class names."""
    generator = np.random.default_rng(0)
    labels = np.arange(count) % 2
    images = np.full((count, 12, 12, 1), 30.0)
    images[labels == 0, :, :6] = 220
    images[labels == 1, :, 6:] = 220
    noisy = np.clip(images + generator.normal(0, 8, images.shape), 0, 255)
    return noisy.astype("float32"), [CLASSES[label] for label in labels]


IMAGES, LABELS = halves()


def settings(tmp_path, **more):
    return {
        "run_dir": tmp_path / "run",
        "widths": (8,),
        "epochs": 1,
        "batch_size": 16,
        "sampling_steps": 4,
        "generated_images": 0,
        "precision": "float32",
        **more,
    }


def few_layers(image_shape, classes, **sizes):
    """A network in place of the U-Net that is compiled in no time."""
    layers = keras.layers
    inputs = {
        "image": keras.Input(image_shape, name="image"),
        "step": keras.Input((), dtype="int32", name="step"),
        "label": keras.Input((), dtype="int32", name="label"),
    }
    # Where all images of a class are alike, the velocity is a share of the noisy image, and them.
    known = layers.Embedding(classes + 1, 16, "orthogonal")(inputs["label"])
    told = layers.Concatenate()([StepEmbedding(16)(inputs["step"]), known])
    told = layers.Dense(32, activation="silu")(told)
    share = layers.Reshape((1, 1, 1))(layers.Dense(1)(told))
    class_image = layers.Reshape(image_shape)(layers.Dense(int(np.prod(image_shape)))(told))
    outputs = layers.Add()([layers.Multiply()([inputs["image"], share]), class_image])
    return keras.Model(inputs, outputs, name="u_net")


@pytest.mark.quick_on_tensorflow
@pytest.mark.first_backend
@pytest.mark.each_backend
def test_it_learns_what_each_class_looks_like(tmp_path, monkeypatch):
    monkeypatch.setattr("kerastune.models.u_net", few_layers)
    samples = data.open_data((IMAGES, LABELS))
    chosen = settings(tmp_path, epochs=15, learning_rate=3e-2, ema=0.7, test_data=samples)
    result = recipes.image_generation(samples, **chosen)
    # As many as on the sheet, for which the network is compiled.
    found = kerastune.generate_images(result, ["left", "right"], seed=1)
    contrast = found[:, :, :6].mean(axis=(1, 2, 3)) - found[:, :, 6:].mean(axis=(1, 2, 3))
    assert contrast[0] > 60
    assert contrast[1] < -60
    assert (tmp_path / "run" / "samples.png").stat().st_size > 0


@pytest.mark.any_backend
def test_a_run_that_is_loaded_makes_the_same_images(tmp_path):
    first = recipes.image_generation((IMAGES, LABELS), **settings(tmp_path))
    loaded = kerastune.load(tmp_path / "run")
    expected = kerastune.generate_images(first, ["right"])
    np.testing.assert_allclose(kerastune.generate_images(loaded, ["right"]), expected, atol=1e-3)
    other = kerastune.generate_images(loaded, ["right"], guidance=0.0, sampler="ddpm")
    assert np.abs(other - expected).max() > 1
    pairs = {"image": IMAGES, "label": LABELS}
    np.testing.assert_allclose(loaded.predict(pairs), first.predict(pairs), atol=1e-5)
    again = loaded.evaluate((IMAGES, LABELS))["denoising_error"]
    assert again == pytest.approx(float(first.predict(pairs).mean()), abs=1e-5)
    # What goes on from it begins with its weights, and refuses another noising.
    chosen = settings(tmp_path, run_dir=tmp_path / "more", pretrained=str(tmp_path / "run"))
    job = recipes.image_generation.build((IMAGES, LABELS), **chosen)
    kept = {weight.path: np.array(weight) for weight in loaded.model.trainable_variables}
    for weight in job.model.trainable_variables:
        np.testing.assert_array_equal(np.array(weight), kept[weight.path])
    with pytest.raises(InputError, match=r"1000 and 'v'. Received: 1000 and 'noise'"):
        recipes.image_generation.build((IMAGES, LABELS), **{**chosen, "prediction": "noise"})
    with pytest.raises(InputError, match="`widths`"):
        recipes.image_generation.build((IMAGES, LABELS), **{**chosen, "widths": (4,)})


@pytest.mark.any_backend
def test_what_is_made_is_judged_beside_the_mixture(tmp_path, monkeypatch):
    monkeypatch.setattr("kerastune.models.u_net", few_layers)
    chosen = settings(tmp_path, generated_images=6, mixture_components=1, sampling_steps=1)
    recipes.image_generation((IMAGES, LABELS), **chosen)
    written = json.loads((tmp_path / "run" / "metrics.json").read_text())
    measured = {"class_accuracy", "frechet_distance"}
    assert measured | {"class_accuracy_of_real_images"} <= set(written["metrics"])
    assert set(written["baselines"]["Gaussian mixture of pixels"]) == measured
    assert "Frechet distance" in written["verdict"][0]


@pytest.mark.any_backend
def test_the_judge_tells_classes_and_real_images_from_noise():
    samples = data.open_data((IMAGES, LABELS))
    prepare = preprocessing.ClassImagePreprocessor((12, 12, 1)).fit(samples)
    judge = ImageJudge(data.Splits(samples, samples), prepare, epochs=20)
    labels = samples.values["label"]
    real = judge(IMAGES, labels)
    noise = judge(np.random.default_rng(0).uniform(0, 255, IMAGES.shape), labels)
    assert real["class_accuracy"] == judge.test_accuracy == 1.0
    assert judge(IMAGES, 1 - labels)["class_accuracy"] == 0.0
    assert real["frechet_distance"] < 1e-3 < noise["frechet_distance"]


@pytest.mark.any_backend
def test_a_sheet_goes_on_from_a_checkpoint():
    head = Denoising(CLASSES, steps=1)
    model = diffusion_model(u_net((12, 12, 1), 2, widths=(2,)), Noising(2, seed=0))
    sheet = SampleSheet(head, count=3)
    sheet.set_model(model)
    sheet.set_params({"epochs": 9})
    for epoch in range(6):
        sheet.on_epoch_end(epoch)
    assert [int(epoch) for epoch in sheet.epochs] == [1, 5]
    arrays = {}
    kept = read_callback(sheet, 0, arrays)
    again = SampleSheet(head, count=3)
    set_callback(again, json.loads(json.dumps(kept)), 0, arrays, model)
    assert again.seen == 6
    np.testing.assert_array_equal(again.epochs, sheet.epochs)
    np.testing.assert_array_equal(again.rows, sheet.rows)
    assert set(again.pictures()) == {"samples"}
    assert SampleSheet(head).pictures() == {}


@pytest.mark.any_backend
def test_a_folder_with_a_corrupt_image(tmp_path):
    for number, (image, label) in enumerate(zip(IMAGES, LABELS, strict=True)):
        (tmp_path / label).mkdir(exist_ok=True)
        path = tmp_path / label / f"{number}.png"
        Image.fromarray(image[..., 0].astype("uint8")).save(path)
    job = recipes.image_generation.build(tmp_path, **settings(tmp_path))
    assert job.model.input["image"].shape == (None, 12, 12, 3)
    (tmp_path / "left" / "0.png").write_bytes(b"no image")
    job = recipes.image_generation.build(tmp_path, **settings(tmp_path))
    assert any("the first is left/0.png" in note for note in job.splits.training.notes)


@pytest.mark.any_backend
@pytest.mark.parametrize(
    ("given", "more", "message"),
    [
        ((IMAGES, LABELS), {"image_size": 13}, "multiples of 2.*13 x 13"),
        ((IMAGES[:, :10, :10], LABELS), {}, "at least 12 pixels.*10 x 10.*image_size"),
        ((IMAGES / 255, LABELS), {}, "values from 0 to 255"),
        ((IMAGES, LABELS), {"sampling_steps": 0}, "steps=0"),
        ((IMAGES, LABELS), {"noise_steps": 1}, "Received: 1"),
        ((IMAGES, LABELS), {"class_weights": "balanced"}, "weighs classes.*Denoising"),
        ((IMAGES, np.arange(32) + 0.5), {}, "class"),
    ],
)
def test_what_cannot_be_trained_on_is_told_in_one_line(tmp_path, given, more, message):
    with pytest.raises(InputError, match=message) as caught:
        recipes.image_generation.build(given, **{**settings(tmp_path), **more})
    assert "\n" not in str(caught.value)


@pytest.mark.any_backend
@pytest.mark.parametrize(
    ("head", "classes", "more", "message"),
    [
        (None, ["left"], {}, "makes images.*linear_regression"),
        (Denoising(CLASSES), [], {}, "at least one"),
        (Denoising(CLASSES), "left", {}, "classes='left'"),
        (Denoising(CLASSES), ["up"], {}, "up"),
        (Denoising(CLASSES), ["left"], {"speed": 1}, "'speed'"),
    ],
)
def test_images_that_cannot_be_made(head, classes, more, message):
    result = SimpleNamespace(recipe="linear_regression", head=head, model=None)
    with pytest.raises(InputError, match=message):
        kerastune.generate_images(result, classes, **more)


@pytest.mark.any_backend
def test_it_is_counted_without_reading_anything():
    with data.described_only():
        job = recipes.image_generation.build("digits")
    assert job.splits.training.name == "digits"
