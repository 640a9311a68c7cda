"""The recipe for boxes learns, on this backend, and its run can be read back."""

import json

import keras
import numpy as np
import pytest
from PIL import Image

import kerastune
from kerastune import data, recipes, training
from kerastune.errors import InputError
from kerastune.models import ImageBackbone

pytestmark = pytest.mark.first_backend

SIDE = 32


def images_with_boxes(count=24):
    """A square on each image, in one of two shades, which are the classes."""
    generator = np.random.default_rng(0)
    images = np.full((count, SIDE, SIDE, 1), 125.0) + generator.normal(0, 3, (count, SIDE, SIDE, 1))
    answers = []
    for row in range(count):
        # Of the size and nearly at the place of an anchor, so that little has to be learned.
        left, top = 8 * generator.integers(0, 3, 2) + generator.integers(2, 5, 2)
        images[row, top : top + 10, left : left + 10] = (20, 230)[row % 2]
        box = [left, top, left + 10, top + 10]
        answers.append({"boxes": [box], "classes": [("dark", "light")[row % 2]]})
    return images.clip(0, 255).astype("uint8"), answers


IMAGES, ANSWERS = images_with_boxes()


def backbone(shape=(SIDE, SIDE, 1), levels=(3,)):
    """Feature maps of few levels, which are compiled in no time."""
    images = keras.Input(shape)
    scaled = keras.layers.Rescaling(1 / 128, -1)(images)
    maps = {}
    for level in levels:
        layer = keras.layers.Conv2D(
            8 * level, 2 ** (level + 1), strides=2**level, padding="same", activation="relu"
        )
        maps[f"P{level}"] = layer(scaled)
    return ImageBackbone(keras.Model(images, maps, name="few_levels"), None, shape)


def settings(tmp_path, **more):
    return {
        "run_dir": tmp_path / "run",
        "levels": (3, 3),
        "anchor_size": 1.25,
        "scales": 1,
        "ratios": (1.0,),
        "layers": 0,
        "epochs": 1,
        "batch_size": 12,
        "precision": "float32",
        **more,
    }


@pytest.mark.quick_on_tensorflow
@pytest.mark.each_backend
def test_it_learns(tmp_path):
    """What a run does on the backend, without its report, which any writes alike."""
    samples = (IMAGES, ANSWERS)
    more = {"batch_size": 24, "epochs": 40, "learning_rate": 1e-2, "test_data": samples}
    job = recipes.object_detection.build(samples, **settings(tmp_path, backbone=backbone(), **more))
    training.run_plan(
        job.model, job.chosen_plan, job.head, job.splits, job.prepare, batch_size=24, seed=0
    )
    samples = job.splits.training
    outputs = training.predict(job.model, samples.values, job.prepare, job.head)
    judged = job.head.evaluate(samples.target_values, outputs)
    assert judged["average_precision_at_50"] > 0.8


def test_a_run_loads(tmp_path):
    samples = (IMAGES, ANSWERS)
    chosen = settings(
        tmp_path, backbone=backbone(), epochs=25, learning_rate=1e-2, test_data=samples, crop=0.1
    )
    result = recipes.object_detection(samples, **chosen)
    assert result.metrics["average_precision_at_50"] > 0.8
    answers = result.predict(IMAGES)
    right = [
        answer["classes"] == true["classes"] for answer, true in zip(answers, ANSWERS, strict=True)
    ]
    assert np.mean(right) > 0.7
    loaded = kerastune.load(tmp_path / "run")
    # Of another size: boxes are in its pixels.
    large = IMAGES[:1].repeat(2, axis=1).repeat(3, axis=2)
    found = loaded.predict(large)[0]
    assert found["classes"] == answers[0]["classes"]
    np.testing.assert_allclose(
        found["boxes"], np.array(answers[0]["boxes"]) * [3, 2, 3, 2], atol=2.0
    )
    again = loaded.evaluate(samples)
    assert again["mean_average_precision"] == pytest.approx(
        result.metrics["mean_average_precision"], abs=1e-6
    )
    written = json.loads((tmp_path / "run" / "metrics.json").read_text())
    assert "class templates" in written["baselines"]
    assert (tmp_path / "run" / "detections.png").is_file()
    assert loaded.mistakes(samples, count=2) is not None


@pytest.mark.any_backend
def test_a_folder_of_images_and_its_roles(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    rows = []
    for row, (image, answer) in enumerate(zip(IMAGES, ANSWERS, strict=True)):
        Image.fromarray(image[..., 0]).save(folder / f"{row}.png")
        left, top, right, bottom = map(int, answer["boxes"][0])
        box = [left, top, right - left, bottom - top]
        rows.append({"image_id": row, "category_id": row % 2, "bbox": box})
    content = {
        "images": [{"id": row, "file_name": f"{row}.png"} for row in range(len(IMAGES))],
        "categories": [{"id": 0, "name": "dark"}, {"id": 1, "name": "light"}],
        "annotations": rows,
    }
    (folder / "boxes.json").write_text(json.dumps(content))
    job = recipes.object_detection.build(
        folder,
        plan="linear_probe_then_fine_tune",
        backbone="efficientnet_lite0:none",
        width=8,
    )
    assert job.head.class_names == ("dark", "light")
    # The encoder is the backbone; the pyramid and the towers are new, and learn first.
    first = job.chosen_plan.stages[0].name
    trains = {row.group: row.trainable for row in job.plan_table().rows if row.stage == first}
    assert [group for group, is_trained in trains.items() if is_trained] == ["head"]
    assert len(trains) > 5
    assert job.prepare.image_shape == (32, 32, 3)


@pytest.mark.any_backend
@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"shape": (40, 40, 1), "levels": (3, 4)}, "divide by 16.*40 x 40"),
        ({"crop": 1.0}, "`crop` from 0"),
        ({"width": 0}, "width=0"),
        ({"class_weights": "balanced"}, "weighs classes"),
    ],
)
def test_what_cannot_be_trained_on_is_told_in_one_line(tmp_path, more, message):
    shape = more.pop("shape", (SIDE, SIDE, 1))
    more["backbone"] = backbone(shape, more.get("levels", (3,)))
    with pytest.raises(InputError, match=message) as caught:
        recipes.object_detection.build((IMAGES, ANSWERS), **{**settings(tmp_path), **more})
    assert "\n" not in str(caught.value)


@pytest.mark.any_backend
def test_it_is_counted_without_reading_anything():
    with data.described_only():
        job = recipes.object_detection.build(backbone=backbone((128, 128, 3), (3, 4)))
    assert job.model.output_shape == (None, len(job.head.anchors.boxes), 4 + 10)
    assert job.splits.training.name == "scenes:train"
