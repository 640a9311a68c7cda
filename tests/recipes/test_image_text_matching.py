"""The recipe for images with captions learns, on this backend, and its run can be read back."""

import json
from types import SimpleNamespace

import keras
import numpy as np
import pytest
from PIL import Image

import kerastune
from kerastune import data, recipes
from kerastune.errors import InputError
from kerastune.models import ImageBackbone

COLOURS = {"black": 0, "white": 250}
CORNERS = {"top left": (0, 0), "top right": (0, 4), "low left": (4, 0), "low right": (4, 4)}


def images_with_captions():
    """A corner of an image in one of two shades, which its caption names, four times each."""
    generator = np.random.default_rng(0)
    images, captions = [], []
    for colour, shade in COLOURS.items():
        for corner, (row, column) in CORNERS.items():
            for _ in range(4):
                image = np.full((8, 8, 1), 125.0)
                image[row : row + 4, column : column + 4] = shade
                images.append(np.clip(image + generator.normal(0, 5, image.shape), 0, 255))
                captions.append(f"{corner} {colour}")
    return np.stack(images).astype("float32"), captions


IMAGES, CAPTIONS = images_with_captions()
NAMES = list(dict.fromkeys(CAPTIONS))


def few_layers():
    """An image tower that is compiled in no time."""
    layers = keras.layers
    shades = [layers.Rescaling(1 / 255), layers.Conv2D(8, 4, strides=4, activation="tanh")]
    return keras.Sequential([keras.Input((8, 8, 1)), *shades, layers.Flatten()], name="few_layers")


def settings(tmp_path, **more):
    return {
        "run_dir": tmp_path / "run",
        "backbone": ImageBackbone(few_layers(), None, (8, 8, 1)),
        "text_encoder": "gru",
        "width": 8,
        "dropout": 0.0,
        "epochs": 1,
        "batch_size": 16,
        "validation_fraction": 0.0,
        "precision": "float32",
        "random": "portable",
        **more,
    }


@pytest.mark.first_backend
def test_it_learns_and_loads(tmp_path):
    samples = data.open_captions((IMAGES, CAPTIONS))
    chosen = settings(tmp_path, epochs=25, learning_rate=2e-2, width=16, test_data=samples)
    result = recipes.image_text_matching(samples, **chosen)
    assert result.metrics["image_to_text_recall_at_1"] > 0.8
    assert result.metrics["text_to_image_recall_at_1"] > 0.8
    # As many rows as in the evaluation, for which it is compiled already.
    scores = kerastune.caption_scores(result, IMAGES, NAMES)
    right = np.array([NAMES.index(caption) for caption in CAPTIONS])
    assert scores.shape == (32, 8)
    assert (scores.argmax(axis=1) == right).mean() == result.metrics["image_to_text_recall_at_1"]
    pairs = {"image": IMAGES, "caption": CAPTIONS}
    own = scores[np.arange(32), right]
    np.testing.assert_allclose(result.predict(pairs), own, atol=1e-4)
    loaded = kerastune.load(tmp_path / "run")
    np.testing.assert_allclose(loaded.predict(pairs), result.predict(pairs), atol=1e-5)
    again = loaded.evaluate((IMAGES, CAPTIONS))
    assert again["image_to_text_recall_at_1"] == result.metrics["image_to_text_recall_at_1"]
    written = json.loads((tmp_path / "run" / "metrics.json").read_text())
    assert "ridge regression on pixels" in written["baselines"]
    its_names_are_known_and_its_weights_gone_on_from(result, chosen)


def its_names_are_known_and_its_weights_gone_on_from(result, chosen):
    """Classes are told apart by their names, also by a model that begins with the weights."""
    labelled = (IMAGES, [caption.replace(" ", "_") for caption in CAPTIONS])
    found = kerastune.evaluate_zero_shot(result, labelled)
    assert found["accuracy"] == result.metrics["image_to_text_recall_at_1"]
    assert found["chance"] == 1 / 8
    given = {**chosen, "test_data": labelled, "pretrained": str(result.run_dir)}
    build = recipes.image_text_matching.build
    job = build(labelled, caption_template="{}", **given)
    before = job.baselines[-1](job.splits)["before training"]
    assert before["image_to_text_recall_at_1"] == found["accuracy"]
    with pytest.raises(InputError, match="Give the run's .*`width`"):
        build(labelled, caption_template="{}", **{**given, "width": 4})


@pytest.mark.any_backend
def test_the_image_tower_of_a_run_is_a_backbone(tmp_path):
    chosen = settings(tmp_path, backbone="small_resnet")
    del chosen["run_dir"]
    towers = recipes.image_text_matching.build((IMAGES, CAPTIONS), **chosen)
    towers.model.save(tmp_path / "model.keras")
    job = recipes.image_classification.build((IMAGES, CAPTIONS), backbone=tmp_path / "model.keras")
    trained = towers.model.get_layer("two_towers").get_layer("image_tower").get_weights()
    for one, other in zip(trained, job.model.get_layer("small_resnet").get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.any_backend
def test_towers_of_another_recipe_are_refused(tmp_path):
    recipes.linear_regression(epochs=1, run_dir=tmp_path / "line", verbose=0)
    with pytest.raises(InputError, match="matches images and captions.*linear_regression"):
        kerastune.PretrainedTowers.of_run(tmp_path / "line")


@pytest.mark.any_backend
def test_a_folder_of_images(tmp_path):
    (tmp_path / "photos").mkdir()
    for number, image in enumerate(IMAGES):
        Image.fromarray(image[..., 0].astype("uint8")).save(tmp_path / "photos" / f"{number}.png")
    rows = [f"{number}.png,{caption}" for number, caption in enumerate(CAPTIONS)]
    (tmp_path / "photos" / "captions.csv").write_text("\n".join(["path,caption", *rows]))
    job = recipes.image_text_matching.build(
        tmp_path / "photos", **settings(tmp_path, backbone="small_resnet")
    )
    assert job.prepare.words.sequence_length == 3
    assert job.model.input["image"].shape == (None, 8, 8, 3)
    tests = set(job.splits.test.values["caption"])
    assert tests.isdisjoint(job.splits.training.values["caption"])


@pytest.mark.any_backend
def test_one_tower_can_be_trained_by_itself(tmp_path):
    stage = {"name": "texts", "epochs": 1, "trainable": "text_tower | head", "learning_rate": 1e-3}
    options = settings(tmp_path, backbone="small_resnet")
    del options["epochs"]
    job = recipes.image_text_matching.build(
        (IMAGES, CAPTIONS), plan={"name": "one tower", "stages": [stage]}, **options
    )
    trained = {row.group for row in job.plan_table().rows if row.trainable}
    assert trained == {
        "embeddings + conv2_block1",
        "recurrent + conv3_block1",
        "attention_pooling + conv4_block1",
        "head",
    }


@pytest.mark.any_backend
@pytest.mark.parametrize(
    ("given", "more", "message"),
    [
        ((IMAGES, CAPTIONS), {"width": 0}, "width=0"),
        ((IMAGES, CAPTIONS), {"sequence_length": 0}, "sequence_length"),
        ((IMAGES[:4], CAPTIONS[:4]), {}, "at least 2 groups"),
        ((IMAGES / 255, CAPTIONS), {}, "values from 0 to 255"),
        ((IMAGES, CAPTIONS), {"text_encoder": "bert"}, "text_encoder|cell"),
    ],
)
def test_what_cannot_be_trained_on_is_told_in_one_line(tmp_path, given, more, message):
    with pytest.raises(InputError, match=message) as caught:
        recipes.image_text_matching(given, **{**settings(tmp_path), **more})
    assert "\n" not in str(caught.value)


@pytest.mark.any_backend
def test_scores_of_another_recipe_are_refused():
    job = recipes.linear_regression.build()
    result = SimpleNamespace(
        recipe=job.name, preprocessor=job.prepare, columns=job.splits.test.columns
    )
    with pytest.raises(InputError, match="takes images and captions.*linear_regression"):
        kerastune.caption_scores(result, IMAGES, NAMES)


@pytest.mark.any_backend
def test_it_is_counted_without_reading_anything(tmp_path):
    with data.described_only():
        job = recipes.image_text_matching.build()
    assert job.splits.training.name == "glyphs"
