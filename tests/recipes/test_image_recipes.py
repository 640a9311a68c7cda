"""The recipes on images, on this backend: what they train, and what they accept."""

from dataclasses import replace

import keras
import numpy as np
import pytest
from PIL import Image

import kerastune
from kerastune import data, recipes
from kerastune.errors import InputError
from kerastune.models import small_resnet

GENERATOR = np.random.default_rng(0)
LABELS = np.array(["dark", "light"] * 16)


def picture(label, size=(8, 8)):
    """Noise around a brightness that tells the class."""
    mean = 60 if label == "dark" else 190
    return np.clip(GENERATOR.normal(mean, 5, (*size, 3)), 0, 255).astype("uint8")


@pytest.fixture(scope="module")
def arrays():
    return np.stack([picture(label) for label in LABELS]), LABELS


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The same task in files of several sizes."""
    path = tmp_path_factory.mktemp("folder")
    for number, label in enumerate(LABELS):
        (path / label).mkdir(exist_ok=True)
        image = picture(label, (8 + number % 3, 9))
        Image.fromarray(image).save(path / label / f"{number}.png")
    return path


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """A backbone that is compiled in no time, for images of 8 x 8 pixels."""
    layers = [
        keras.Input((8, 8, 3)),
        keras.layers.Rescaling(1 / 255),
        keras.layers.Conv2D(4, 3, activation="relu", name="conv"),
        keras.layers.BatchNormalization(momentum=0.5, name="norm"),
    ]
    path = tmp_path_factory.mktemp("tiny") / "tiny.keras"
    keras.Sequential(layers, name="tiny").save(path)
    return str(path)


def settings(backbone, run_dir, **more):
    return {"backbone": backbone, "epochs": 1, "batch_size": 8, "run_dir": run_dir, **more}


@pytest.mark.quick_on_tensorflow
def test_a_classifier_learns_and_loads(folder, tiny, tmp_path):
    result = recipes.image_classification(
        str(folder),
        **settings(
            tiny, tmp_path / "run", plan="full", epochs=8, learning_rate=3e-2, flip="horizontal"
        ),
    )
    assert result.metrics["accuracy"] == 1.0
    files = [folder / "dark" / "0.png", str(folder / "light" / "1.png")]
    sizes = [picture("dark", (20, 5)), picture("light", (8, 9))]
    assert result.predict(files) == ["dark", "light"]
    assert result.predict(sizes) == ["dark", "light"]
    assert result.predict(np.stack([picture("light")] * 2)) == ["light", "light"]

    loaded = kerastune.load(tmp_path / "run")
    assert loaded.preprocessor == result.preprocessor
    np.testing.assert_allclose(loaded.outputs(sizes), result.outputs(sizes), atol=1e-5)


@pytest.mark.first_backend
def test_images_that_are_changed_and_mixed(arrays, tiny, tmp_path, capsys):
    result = recipes.image_classification(
        arrays,
        **settings(
            tiny,
            tmp_path / "run",
            plan="linear_probe_then_fine_tune",
            rand_augment=0.3,
            mixup=0.2,
            cutmix=1.0,
            class_weights="balanced",
        ),
    )
    # Of mixed images no features can be kept, nor a label be told.
    assert "Features of the frozen part" not in capsys.readouterr().out
    assert all(np.isfinite(epoch["loss"]) for epoch in result.history.epochs)
    images, _ = arrays
    loaded = kerastune.load(tmp_path / "run")
    np.testing.assert_allclose(loaded.outputs(images), result.outputs(images), atol=1e-5)


@pytest.mark.slow
@pytest.mark.any_backend
def test_a_frozen_resnet50_with_a_new_head_for_two_classes(arrays, tmp_path):
    """The textbook case, with random weights: what is frozen stays bitwise the same."""
    built = []
    load_image_backbone = kerastune.models.load_image_backbone

    def remember(*arguments, **options):
        base = load_image_backbone(*arguments, **options)
        built.append((base, base.model.get_weights()))
        return base

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kerastune.models, "load_image_backbone", remember)
        result = recipes.image_classification(
            arrays,
            **settings(
                "applications:ResNet50:none",
                tmp_path / "run",
                image_size=32,
                plan="head_only",
                learning_rate=1e-2,
            ),
        )
    ((base, before),) = built
    for one, same in zip(base.model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(one, same)
    head = result.model.get_layer("head_logits")
    assert head.kernel.shape == (2048, 1)
    assert np.abs(keras.ops.convert_to_numpy(head.kernel)).max() > 0
    assert result.model.get_layer("scaling").input_shape == (None, None, None, 3)
    assert result.preprocessor.image_shape == (32, 32, 3)


@pytest.mark.any_backend
def test_a_run_becomes_the_backbone_of_another(arrays, tiny, tmp_path):
    first = recipes.image_classification(arrays, **settings(tiny, tmp_path / "first", plan="full"))
    tuned = recipes.image_classification(
        arrays,
        **settings(str(tmp_path / "first" / "model.keras"), tmp_path / "second"),
        plan="head_only",
    )
    one, same = (run.model.get_layer("tiny").get_weights() for run in (first, tuned))
    assert len(one) == 6
    for weight, other in zip(one, same, strict=True):
        np.testing.assert_array_equal(weight, other)


@pytest.mark.any_backend
def test_everything_at_once(arrays, tiny, tmp_path):
    result = recipes.image_classification(
        arrays,
        test_data=data.from_arrays(*arrays),
        **settings(
            tiny,
            tmp_path / "run",
            samples_per_class=6,
            validation_fraction=0.34,
            image_size=8,
            flip="horizontal_and_vertical",
            rotation=20.0,
            crop=0.2,
            zoom=0.2,
            contrast=0.2,
            dropout=0.2,
            label_smoothing=0.0,
            precision="mixed_bfloat16",
        ),
    )
    assert result.metrics["per_class"]["dark"]["support"] == 16
    assert result.preprocessor.image_shape == (8, 8, 3)
    assert np.isfinite(result.history.step_loss).all()
    assert "val_loss" in result.history.epochs[0]


@pytest.mark.slow
@pytest.mark.first_backend
def test_the_default_trains_its_backbone_on_other_digits(tmp_path, capsys):
    job = recipes.image_classification.build(epochs=1, batch_size=64)
    pretraining = replace(job.pretraining, options={**job.pretraining.options, "epochs": 1})
    result = replace(job, pretraining=pretraining).run(run_dir=tmp_path / "run")
    printed = capsys.readouterr().out
    assert "901 samples of digits:0-4" in printed
    assert "100 samples of digits:5-9" in printed
    assert result.head.class_names == ("5", "6", "7", "8", "9")
    backbone = kerastune.load_backbone(tmp_path / "run" / "backbone.keras")
    assert backbone.count_params() == small_resnet().count_params()
    tuned = result.model.get_layer("small_resnet").get_weights()
    assert any((one != two).any() for one, two in zip(backbone.get_weights(), tuned, strict=True))


@pytest.mark.slow
def test_the_default_reaches_what_it_says(tmp_path):
    result = recipes.image_classification(run_dir=tmp_path / "run")
    assert result.metrics["accuracy"] >= 0.95


class TestRegression:
    @pytest.mark.first_backend
    def test_the_angle_of_a_digit(self, tmp_path):
        few = data.rotated_digits(size=14).select(range(0, 1797, 4))
        result = recipes.image_regression(few, epochs=8, run_dir=tmp_path / "run")
        assert result.metrics["r2"] > 0.8
        assert (tmp_path / "run" / "predictions.png").is_file()
        images = few.values["image"][:3]
        predicted = result.predict(images)
        assert predicted.shape == (3, 1)
        loaded = kerastune.load(tmp_path / "run")
        np.testing.assert_allclose(loaded.predict(images), predicted, atol=1e-2)

    @pytest.mark.first_backend
    def test_several_quantities_and_test_data(self, arrays, tiny, tmp_path):
        images, _ = arrays
        quantities = np.stack([images.mean(axis=(1, 2, 3)), GENERATOR.normal(size=32)], axis=1)
        result = recipes.image_regression(
            (images, quantities),
            test_data=(images, quantities),
            **settings(tiny, tmp_path / "run", validation_fraction=0.25),
        )
        assert len(result.metrics["per_output"]) == 2
        assert result.predict(images).shape == (32, 2)

    @pytest.mark.any_backend
    def test_the_baseline_is_the_mean(self, arrays, tiny, tmp_path):
        import json

        images, _ = arrays
        recipes.image_regression(
            (images, images.mean(axis=(1, 2, 3))), **settings(tiny, tmp_path / "run")
        )
        written = json.loads((tmp_path / "run" / "metrics.json").read_text())
        assert written["baselines"]["mean"]["r2"] < 0.1


@pytest.mark.any_backend
@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"data": "docstrings"}, "input of kind image"),
        ({"data": "rotated_digits"}, "Choose a recipe for regression"),
        ({"data": None, "test_data": "digits"}, "`data` with `test_data`"),
        ({"backbone": "applications:ResNet5"}, "Did you mean 'ResNet50'"),
        ({"backbone": "applications:VGG16:none", "image_size": 16}, "at least 32x32"),
        ({"backbone": "minilm"}, "Give a model of images"),
        ({"flip": "sideways"}, "flip='sideways'"),
        ({"rotation": 200.0}, "rotation from 0 to 180"),
        ({"samples_per_class": 100}, "Received: 16 of 'dark'"),
        ({"plan": "fulll"}, "Did you mean 'full'"),
    ],
)
def test_what_cannot_be_trained_on_writes_nothing(arrays, tiny, tmp_path, more, message):
    with pytest.raises(InputError, match=message) as caught:
        recipes.image_classification(**{"data": arrays, **settings(tiny, tmp_path / "run"), **more})
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "run").exists()


@pytest.mark.any_backend
def test_no_samples_of_the_usual_digits_are_refused():
    with pytest.raises(InputError, match="at least 1 sample of each class. Received: 0"):
        recipes.image_classification.build(samples_per_class=0)


def test_regression_wants_quantities(arrays, tiny, tmp_path):
    with pytest.raises(InputError, match="Choose a recipe for classification"):
        recipes.image_regression(arrays, **settings(tiny, tmp_path / "run"))
    assert not (tmp_path / "run").exists()
