"""A student learns what its teacher answers."""

import json
from dataclasses import replace

import keras
import numpy as np
import pytest

import kerastune
from kerastune import recipes
from kerastune.errors import InputError
from tests.tiny import tiny_bert_preset

GENERATOR = np.random.default_rng(0)
ROWS = GENERATOR.normal(size=(160, 6)).astype("float32")
CLASSES = np.array(["low", "middle", "high"])[np.digitize(ROWS[:, 0], [-0.5, 0.5])]
TEXTS = [f"the {word} film {number}" for number in range(8) for word in ("good", "bad")]
SHORT = {"verbose": 0, "batch_size": 16}


@pytest.fixture(scope="module")
def teacher(tmp_path_factory):
    """A run whose teacher gives the labels in an order of its own."""
    folder = tmp_path_factory.mktemp("teacher") / "run"
    recipes.mlp((ROWS, CLASSES), hidden=(16,), epochs=3, run_dir=folder, **SHORT)
    return folder


def test_a_job_learns_what_a_teacher_answers(tmp_path):
    given = {"validation_fraction": 0.0, **SHORT}
    large = recipes.mlp.build((ROWS, CLASSES), hidden=(), **given)
    kernel = np.zeros((6, 3))
    kernel[0] = -4.0, 4.0, 0.0  # It knows the classes by the first number, and never trained.
    large.model.set_weights([*large.model.get_weights()[:-2], kernel, np.zeros(3)])
    job = recipes.mlp.build((ROWS, CLASSES), hidden=(), epochs=8, learning_rate=0.1, **given)
    job.baselines = ()
    job.teacher = kerastune.Teacher.of_job(large, weight=1.0)
    job.teacher = replace(job.teacher, job=None)
    result = job.run(run_dir=tmp_path / "run")
    first, last = (result.history.epochs[place]["teacher_loss"] for place in (0, -1))
    assert last < first / 3
    # In the order of their names: high, low, middle.
    known = np.where(ROWS[:, 0] > 0, "low", "high")
    assert np.mean(np.array(result.predict(ROWS)) == known) > 0.9


@pytest.mark.first_backend
def test_a_student_comes_close_to_its_teacher(teacher, tmp_path):
    result = recipes.distillation(
        (ROWS, CLASSES),
        teacher=str(teacher),
        student="mlp:hidden=[8]",
        teacher_weight=1.0,
        epochs=12,
        learning_rate=1e-2,
        run_dir=tmp_path / "run",
        **SHORT,
    )
    first, last = (result.history.epochs[place]["teacher_loss"] for place in (0, -1))
    assert last < first / 2
    assert result.metrics["teacher_agreement"] > 0.6  # Of three classes.
    written = json.loads((tmp_path / "run" / "metrics.json").read_text())
    assert set(written["baselines"]) == {"student alone", "teacher"}
    assert "teacher" not in written["verdict"][0]
    loaded = kerastune.load(tmp_path / "run")
    assert loaded.targets == ("label",)
    assert loaded.predict(ROWS[:5]) == result.predict(ROWS[:5])
    assert loaded.evaluate((ROWS, CLASSES))["accuracy"] > 0.5


@pytest.mark.any_backend
def test_a_teacher_is_trained_first_and_a_run_goes_on(tmp_path):
    def run(folder, **options):
        given = {"teacher": "mlp:hidden=[16]", "student": "mlp:hidden=[4]", "epochs": 2, **SHORT}
        job = recipes.distillation.build((ROWS, CLASSES), resume="auto", **given, **options)
        job.baselines, job.teacher.job.options["epochs"] = (), 1
        return job.run(run_dir=tmp_path / folder)

    class Cut(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            if "teacher_loss" in logs:
                raise RuntimeError("cut")

    whole = run("whole")
    with pytest.raises(RuntimeError, match="cut"):
        run("cut", callbacks=[Cut()])
    again = run("cut")
    for one, other in zip(whole.model.get_weights(), again.model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.any_backend
def test_classes_in_another_order_are_matched(teacher):
    job = recipes.distillation.build(
        (ROWS, CLASSES), teacher=str(teacher), student="mlp:hidden=[4]", **SHORT
    )
    known, (target,) = job.teacher, job.splits.training.targets
    taught = known.taught(job).splits.training
    answers = taught.values["answers_of_the_teacher"]
    outputs = kerastune.load(teacher).probabilities(list(taught.values["array"]))
    places = [known.head.class_names.index(name) for name in job.head.class_names]
    np.testing.assert_allclose(np.exp(answers), outputs[:, places], atol=1e-5)
    assert taught.targets == (target, "answers_of_the_teacher")


@pytest.mark.any_backend
def test_the_teacher_alone_labels_transfer_samples(teacher, tmp_path):
    more = kerastune.Source.of(ROWS + 1, np.zeros(160), class_names=("none",))
    options = {"student": "mlp:hidden=[4]", "epochs": 1, "run_dir": tmp_path / "run", **SHORT}
    job = recipes.distillation.build(
        (ROWS, CLASSES), teacher=str(teacher), transfer=more, teacher_weight=0.0, **options
    )
    labelled = len(job.splits.training)
    taught = job.teacher.taught(job)
    samples = taught.splits.training
    assert len(samples) == labelled + 160
    assert np.sum(samples.values["has_a_label"]) == labelled
    # The labels that they came with are not read.
    names = np.array(job.head.class_names)[samples.values["label"][labelled:]]
    assert names.tolist() == kerastune.load(teacher).predict(ROWS + 1)
    assert "transfer: 160 samples without labels from data" in job.splits.training.notes
    job.baselines = ()
    job.run()


@pytest.mark.any_backend
def test_quantities_are_given_in_the_units_of_the_student():
    quantities = ROWS[:, 0] * 100 + 3
    large = recipes.linear_regression.build((ROWS, quantities), **SHORT)
    job = recipes.linear_regression.build((ROWS[:80], quantities[:80] / 2), **SHORT)
    taught = kerastune.Teacher.of_job(large).taught(job)
    samples = taught.splits.training
    known = large.head.decode(large.model.predict(np.stack(samples.values["array"]), verbose=0))
    np.testing.assert_allclose(
        job.head.decode(samples.values["answers_of_the_teacher"]), known, rtol=1e-4, atol=1e-3
    )
    assert isinstance(taught.head.loss()["teacher"], keras.losses.MeanSquaredError)


@pytest.mark.any_backend
def test_a_shallower_student_has_blocks_of_its_teacher(tmp_path):
    preset = tiny_bert_preset(tmp_path / "preset")
    labels = ["good" if "good" in text else "bad" for text in TEXTS]
    job = recipes.distillation.build(
        (TEXTS, labels), teacher=f"text_classification:backbone={preset}", layers=1, **SHORT
    )
    deep, shallow = (
        next(layer for layer in model.layers if hasattr(layer, "num_layers"))
        for model in (job.teacher.model, job.model)
    )
    assert (deep.num_layers, shallow.num_layers) == (2, 1)
    blocks = [
        layer.get_weights()
        for model, name in ((deep, "transformer_layer_1"), (shallow, "transformer_layer_0"))
        for layer in [model.get_layer(name)]
    ]
    for one, other in zip(*blocks, strict=True):
        np.testing.assert_array_equal(one, other)
    assert job.model.input.keys() == job.teacher.model.input.keys()


@pytest.mark.any_backend
@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"teacher": "no_such"}, "Expected a recipe out of"),
        ({"teacher": "runs/none"}, "Received: 'runs/none', which is neither"),
        ({"teacher": "mlp:hidden"}, "'hidden' is no argument"),
        ({"teacher": "mlp", "student": None}, "Name a recipe for the student"),
        ({"teacher": "mlp", "temperature": 0.0}, "`temperature` above 0"),
        ({"teacher": "mlp", "teacher_weight": 2.0}, "from 0 to 1"),
        ({"teacher": "mlp", "student": "linear_regression"}, "rows of numbers|class"),
        ({"teacher": "mlp:widht=3"}, "Received: 'widht'"),
    ],
)
def test_what_cannot_be_taught_is_told_in_one_line(given, message, tmp_path):
    options = {"student": "mlp:hidden=[4]", **given}
    with pytest.raises(InputError, match=message) as caught:
        recipes.distillation((ROWS, CLASSES), run_dir=tmp_path / "run", **options)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "run").exists()


@pytest.mark.any_backend
def test_other_classes_are_refused_before_anything_is_trained(teacher, tmp_path):
    others = np.where(CLASSES == "low", "lowest", CLASSES)
    with pytest.raises(InputError, match="learns what its teacher does"):
        recipes.distillation(
            (ROWS, others), teacher=str(teacher), student="mlp", run_dir=tmp_path / "run"
        )
    assert not (tmp_path / "run").exists()


@pytest.mark.any_backend
def test_a_run_of_a_file_is_not_imported(teacher, tmp_path):
    hostile = tmp_path / "hostile"
    hostile.mkdir()
    for file in teacher.iterdir():
        if file.is_file():
            (hostile / file.name).write_bytes(file.read_bytes())
    (tmp_path / "mine.py").write_text(f"open({str(tmp_path / 'touched')!r}, 'w')")
    text = (hostile / "config.yaml").read_text()
    (hostile / "config.yaml").write_text(
        text.replace("recipe: mlp", f"recipe: {tmp_path / 'mine.py'}:mine")
    )
    with pytest.raises(InputError, match="recipe by name"):
        recipes.distillation((ROWS, CLASSES), teacher=str(hostile))
    assert not (tmp_path / "touched").exists()


@pytest.mark.parametrize(
    "layer_mapping",
    [
        pytest.param(None, marks=pytest.mark.quick_on_tensorflow),
        pytest.param([0, 1], marks=pytest.mark.quick_on_jax),
    ],
)
def test_blocks_of_a_student_learn_from_those_of_their_teacher(teacher, tmp_path, layer_mapping):
    result = recipes.distillation(
        (ROWS, CLASSES),
        teacher=str(teacher),  # One block, 16 wide.
        student="mlp:hidden=[8,8]",
        feature_weight=1.0,
        layer_mapping=layer_mapping,
        epochs=6,
        learning_rate=1e-2,
        run_dir=tmp_path / "run",
        **SHORT,
    )
    first, last = (result.history.epochs[place]["features_loss"] for place in (0, -1))
    assert last < first / 2
    assert kerastune.load(tmp_path / "run").predict(ROWS[:5]) == result.predict(ROWS[:5])
