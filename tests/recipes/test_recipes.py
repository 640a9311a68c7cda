"""Each recipe reaches what its docstring says, on this backend."""

from dataclasses import replace

import keras
import numpy as np
import pytest
import yaml
from sklearn.linear_model import LinearRegression
from sklearn.metrics import r2_score

import kerastune
from kerastune import data, recipes
from kerastune.errors import InputError
from tests.tiny import tiny_bert_preset


@pytest.mark.quick_on_jax
def test_linear_regression_reaches_least_squares(tmp_path):
    result = recipes.linear_regression(epochs=60, batch_size=64, run_dir=tmp_path / "run")
    train, test = (part.values for part in data.split(data.diabetes(), 0.25, seed=0))
    exact = LinearRegression().fit(train["array"], train["label"])
    expected = r2_score(test["label"], exact.predict(test["array"]))
    assert abs(result.metrics["r2"] - expected) < 0.005
    assert r2_score(test["label"], result.predict(test["array"])) == pytest.approx(
        result.metrics["r2"]
    )


@pytest.mark.first_backend
def test_lenet_learns_digits(tmp_path):
    result = recipes.lenet("digits", epochs=2, batch_size=32, run_dir=tmp_path / "run")
    assert result.model.count_params() == 225_034
    assert result.metrics["accuracy"] >= 0.9
    _, test = data.split(data.digits(), 0.25, seed=0)
    names = np.array(test.columns["label"].class_names)
    right = np.array(result.predict(test.values["image"])) == names[test.values["label"]]
    assert right.mean() == result.metrics["accuracy"]
    assert result.evaluate(test)["accuracy"] == pytest.approx(result.metrics["accuracy"])
    assert result.probabilities(test.values["image"][:3]).sum(axis=1) == pytest.approx(1)


@pytest.mark.first_backend
def test_lenet_learns_changed_images_and_stops_early(tmp_path):
    # Labels that say nothing of the images: what is learned of them helps with no others.
    images = data.mnist_5000().values["image"][::25]
    labels = np.random.default_rng(0).choice(["a", "b"], len(images))
    result = recipes.lenet(
        (images, labels),
        rotation=10.0,
        shift=0.1,
        zoom=0.1,
        epochs=15,
        batch_size=40,
        validation_fraction=0.2,
        early_stopping=1,
        run_dir=tmp_path / "run",
    )
    changes = result.model.get_layer("augmentation").get_layer("turn_and_crop")
    assert (changes.rotation, changes.shift, changes.zoom, changes.crop) == (10.0, 0.1, 0.1, 0.0)
    losses = [epoch["val_loss"] for epoch in result.history.epochs]
    assert len(losses) < 15
    assert losses[-1] >= min(losses)
    # Where it is measured nothing is changed.
    few = images[::20]
    np.testing.assert_array_equal(result.outputs(few), result.outputs(few))


def test_changes_of_images_leave_how_the_step_of_lenet_is_compiled():
    few = data.mnist_5000().select(range(0, 5000, 50))
    changing, plain = (
        recipes.lenet.build(few, **changes).model
        for changes in ({"rotation": 10.0, "shift": 0.1, "zoom": 0.1}, {})
    )
    for model in (changing, plain):
        model.compile("sgd", "mse")
    assert changing.jit_compile == plain.jit_compile
    assert [layer.name for layer in plain.layers if layer.name == "augmentation"] == []


@pytest.mark.slow
def test_lenet_reaches_what_it_says(tmp_path):
    result = recipes.lenet("digits", run_dir=tmp_path / "run")
    assert result.metrics["accuracy"] >= 0.98


@pytest.mark.slow
def test_lenet_reaches_on_mnist_what_it_says(tmp_path):
    result = recipes.lenet(rotation=10.0, shift=0.1, zoom=0.1, run_dir=tmp_path / "run")
    assert result.metrics["accuracy"] >= 0.98


@pytest.fixture(scope="module")
def preset(tmp_path_factory):
    return str(tiny_bert_preset(tmp_path_factory.mktemp("tiny") / "preset", num_layers=1))


@pytest.fixture(scope="module")
def reviews():
    """Sentences that one word decides."""
    generator = np.random.default_rng(0)
    words = {"good": ["great", "fine", "good"], "bad": ["bad", "poor", "error"]}
    labels = ["good", "bad"] * 40
    texts = [
        f"the film {i} is {' '.join(generator.choice(words[x], 4))}" for i, x in enumerate(labels)
    ]
    return data.from_arrays(texts, labels)


def settings(preset, tmp_path, **more):
    return {
        "backbone": preset,
        "sequence_length": 12,
        "run_dir": tmp_path / "run",
        "epochs": 1,
        # Divides the training samples, so that every step is compiled once.
        "batch_size": 19,
        "learning_rate": 1e-2,
        # What is loaded is compared digit by digit.
        "precision": "float32",
        **more,
    }


def test_text_classification_learns_and_loads(preset, reviews, tmp_path):
    result = recipes.text_classification(reviews, **settings(preset, tmp_path, epochs=8))
    assert result.metrics["accuracy"] == 1.0
    unseen = ["the film 90 is fine great fine good", "the film 91 is poor bad poor error"]
    assert result.predict(unseen) == ["good", "bad"]
    loaded = kerastune.load(tmp_path / "run")
    sentences = ["a great film", "a", "poor poor error"]
    np.testing.assert_allclose(loaded.outputs(sentences), result.outputs(sentences), atol=1e-5)
    assert loaded.metrics == result.metrics
    assert loaded.plan == result.plan
    assert loaded.history == result.history


def test_text_classification_says_how_many_sentences_are_cut(preset, reviews, tmp_path):
    job = recipes.text_classification.build(
        reviews, **settings(preset, tmp_path, sequence_length=6)
    )
    for use, part in job.splits.parts.items():
        assert part.notes == (f"{use}: {len(part)} of {len(part)} texts cut to 6 tokens",)


@pytest.mark.parametrize(
    "more",
    [
        {"pooling": "first", "balance_classes": True, "label_smoothing": 0.0},
        {"validation_fraction": 0.0, "plan": "head_only", "dropout": 0.0},
        {"precision": "mixed_bfloat16"},
    ],
)
@pytest.mark.first_backend
def test_text_classification_options(preset, reviews, tmp_path, more):
    result = recipes.text_classification(reviews, **settings(preset, tmp_path, **more))
    assert 0 <= result.metrics["accuracy"] <= 1
    assert np.isfinite(result.history.step_loss).all()
    assert ("val_loss" in result.history.epochs[0]) == (more.get("validation_fraction") != 0.0)


@pytest.fixture(params=["table", pytest.param("text", marks=pytest.mark.slow)])
def run_with_seed(request, tmp_path, preset, reviews):
    """A function that trains a small model with dropout, in another order for each seed."""

    def run(name, seed):
        options = {"plan": "full", "validation_fraction": 0.0, "seed": seed}
        if request.param == "text":
            return recipes.text_classification(
                reviews, **settings(preset, tmp_path / name, **options)
            )
        numbers = np.random.default_rng(0).normal(size=(80, 3)).round(2)
        rows = [
            {"a": a, "b": b, "c": c, "label": "good" if a > b else "bad"}
            for a, b, c in numbers.tolist()
        ]
        result = recipes.tabular_classification.build(
            rows, target="label", epochs=1, widths=(8,), run_dir=tmp_path / name, **options
        )
        return replace(result, baselines=()).run()

    return run


@pytest.mark.first_backend
def test_the_seed_decides_the_run_and_not_the_test_samples(run_with_seed):
    first, again, other = (
        run_with_seed(name, seed) for name, seed in (("a", 4), ("b", 4), ("c", 5))
    )
    # The times of the stages differ.
    assert first.history.step_loss == again.history.step_loss
    assert first.history.epochs == again.history.epochs
    for one, same in zip(first.model.weights, again.model.weights, strict=True):
        np.testing.assert_array_equal(
            keras.ops.convert_to_numpy(one), keras.ops.convert_to_numpy(same)
        )
    assert first.history.step_loss != other.history.step_loss
    supports = {run.metrics["per_class"]["good"]["support"] for run in (first, other)}
    assert len(supports) == 1


@pytest.mark.any_backend
@pytest.mark.parametrize(
    ("data", "more", "message"),
    [
        ("diabetes", {}, "an input of kind text"),
        ("digits", {}, "input of kind text"),
        (["!" * (number + 1) for number in range(20)], {}, "words"),
        (None, {"sequence_length": 1000}, "sequence_length=1000"),
        (None, {"pooling": "max"}, "'max'"),
        (None, {"dropout": 2.0}, "dropout=2.0"),
        (None, {"label_smoothing": 1.0}, "label_smoothing=1.0"),
        (None, {"test_fraction": 1.5}, "1.5"),
        (None, {"plan": "no.yaml"}, "no.yaml"),
    ],
)
def test_what_cannot_be_trained_on_writes_nothing(preset, reviews, tmp_path, data, more, message):
    if isinstance(data, list):
        data = (data, ["a", "b"] * 10)
    with pytest.raises(InputError, match=message):
        recipes.text_classification(data or reviews, **settings(preset, tmp_path, **more))
    assert not (tmp_path / "run").exists()


@pytest.mark.any_backend
def test_lenet_wants_images(tmp_path):
    with pytest.raises(InputError, match="image"):
        recipes.lenet("docstrings", run_dir=tmp_path / "run")
    with pytest.raises(InputError, match="`data` with `test_data`"):
        recipes.lenet(test_data="digits", run_dir=tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.any_backend
def test_a_run_with_a_plan_of_its_own_can_be_started_again(preset, reviews, tmp_path):
    stage = kerastune.Stage("top", 1, 0.01, "transformer_layer_0")
    plan = kerastune.Plan("mine", (stage,))
    given = settings(preset, tmp_path, plan=plan)
    del given["epochs"], given["learning_rate"]  # The plan brings them.
    recipes.text_classification(reviews, **given)
    configuration = yaml.safe_load((tmp_path / "run" / "config.yaml").read_text())
    assert configuration["backend"] == keras.config.backend()
    assert kerastune.tuning.named_plan(configuration["plan"], epochs=9, learning_rate=9.0) == plan
