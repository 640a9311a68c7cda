"""Several heads on one backbone."""

from dataclasses import dataclass

import keras
import numpy as np
import pytest

from kerastune.data import Column, Source, Splits
from kerastune.errors import InputError
from kerastune.evaluation import Evaluation, Metric
from kerastune.heads import (
    Classification,
    Gaussian,
    Head,
    Multilabel,
    Ordinal,
    Regression,
    Several,
    attach,
)
from kerastune.jobs.job import Job
from tests.heads.fitting import body, features, fitted, read_back

pytestmark = pytest.mark.first_backend

X = features()
KIND = np.digitize(X[:, 0], [-0.5, 0.5])
ANGLE = 100 + 30 * X[:, 2] + 5 * np.random.default_rng(1).normal(size=len(X))
TAGS = (X[:, 1:3] > 0.3).astype(int)
TARGETS = {"kind": KIND, "angle": ANGLE, "tags": TAGS}
KINDS = Classification(("low", "middle", "high"))
WEIGHTED = Classification(("low", "middle", "high"), class_weights=(1.0, 2.0, 5.0))
ANGLES = Gaussian.fitted_to(ANGLE[:, None])
HEAD = Several({"kind": WEIGHTED, "angle": ANGLES, "tags": Multilabel(("a", "b"))})


@keras.saving.register_keras_serializable(package="tests_several")
@dataclass(frozen=True)
class Median(Head):
    """A head from outside, without metrics."""

    kinds = ("quantity",)
    scale: float = 1.0

    def build(self, features, name="head"):
        return keras.layers.Dense(1, name=f"{name}_median")(features)

    def loss(self):
        return keras.losses.MeanAbsoluteError()

    def encode(self, targets):
        return np.asarray(targets, "float32").reshape(-1, 1) / self.scale

    def decode(self, outputs):
        return self.scale * np.asarray(outputs)[:, 0]

    def evaluate(self, targets, outputs):
        error = float(np.abs(self.decode(outputs) - targets).mean())
        return Evaluation([Metric("mean_absolute_error", error, higher_is_better=False)])


@pytest.fixture(scope="module")
def run():
    return fitted(HEAD, X, TARGETS)


def test_every_head_learns(run):
    model, before, after, history = run
    assert set(after) == set(HEAD.heads)
    names = {"head_kind_logits", "head_angle_output", "head_tags_logits"}
    assert names <= {layer.name for layer in model.layers}
    for column, head in HEAD.heads.items():
        name = f"{column}_loss"
        assert history[name][-1] < history[name][0]
        start, end = (head.evaluate(TARGETS[column], one[column]) for one in (before, after))
        first = next(iter(end.directions))
        assert (end[first] > start[first]) == (end.directions[first] is True)
    assert {"kind_accuracy", "angle_r2", "tags_label_accuracy"} <= set(history)


def test_the_loss_is_the_weighted_sum_of_the_losses_of_weighted_samples():
    weights = {"kind": 0.5, "angle": 2.0}
    head = Several(HEAD.heads, weights=weights)
    model = attach(body(), head)
    for layer in model.layers:
        if layer.name.startswith("head_") and layer.weights:
            layer.set_weights(
                [np.random.default_rng(0).normal(size=w.shape) for w in layer.weights]
            )
    model.compile("sgd", head.loss(), loss_weights=head.loss_weights(), metrics=head.metrics())
    encoded, sample_weights = head.encode(TARGETS), head.sample_weights(TARGETS)
    outputs = model.predict(X, verbose=0)
    expected = 0.0
    for column, one in head.heads.items():
        each = one.loss()(encoded[column], outputs[column], one.sample_weights(TARGETS[column]))
        expected += weights.get(column, 1.0) * float(each)
    found = model.evaluate(
        X, encoded, sample_weight=sample_weights, batch_size=len(X), verbose=0, return_dict=True
    )
    assert found["loss"] == pytest.approx(expected, rel=1e-5)


def test_a_step_is_the_step_of_each_head_alone():
    """Class weights in one head and none beside it, on a backbone that stays as it is."""
    stepped = []
    both = Several({"kind": WEIGHTED, "angle": ANGLES})
    targets = {name: TARGETS[name] for name in both.heads}
    for head, labels in ((both, targets), (WEIGHTED, KIND), (ANGLES, ANGLE)):
        backbone = body()
        backbone.set_weights([np.full(weight.shape, 0.1) for weight in backbone.weights])
        backbone.trainable = False
        model = attach(backbone, head)
        model.compile(keras.optimizers.SGD(0.1), head.loss(), loss_weights=head.loss_weights())
        weights = head.sample_weights(labels)
        model.train_on_batch(X, head.encode(labels), sample_weight=weights)
        stepped.append(model)
    together, *alone = stepped
    for model, one in zip(alone, both.output_names.values(), strict=True):
        (layer,) = (layer for layer in model.layers if layer.name.startswith("head_"))
        name = layer.name.replace("head_", f"head_{one}_")
        assert np.abs(layer.get_weights()[0]).max() > 1e-3
        for found, expected in zip(
            together.get_layer(name).get_weights(), layer.get_weights(), strict=True
        ):
            np.testing.assert_allclose(found, expected, atol=1e-6)


def test_sample_weights_are_none_or_for_all():
    found = HEAD.sample_weights(TARGETS)
    assert found["kind"].tolist() == [WEIGHTED.class_weights[label] for label in KIND]
    assert found["angle"].tolist() == [1.0] * len(X)
    assert set(found) == set(TARGETS)
    unweighted = Several({"kind": KINDS, "angle": ANGLES, "tags": Multilabel(("a", "b"))})
    assert unweighted.sample_weights(TARGETS) is None


def test_one_report_of_all(run):
    _, _, after, _ = run
    found = HEAD.evaluate(TARGETS, after)
    assert found.metrics[0].name == "kind_accuracy"
    kind = WEIGHTED.evaluate(KIND, after["kind"])
    assert found["kind_log_loss"] == kind["log_loss"]
    assert found.tables["kind_per_class"] == kind.tables["per_class"]
    assert found.directions["angle_coverage_90"] is None
    count = sum(
        len(head.evaluate(TARGETS[column], after[column]).metrics)
        for column, head in HEAD.heads.items()
    )
    assert len(found.directions) == count
    names = set(HEAD.pictures(TARGETS, after))
    assert names == {
        "kind_confusion",
        "kind_calibration",
        "angle_predictions",
        "angle_calibration",
        "tags_calibration",
    }


def test_answers_and_examples_by_column(run):
    _, _, after, _ = run
    few = {column: values[:3] for column, values in after.items()}
    answers = HEAD.decode(few)
    assert [answer["kind"] for answer in answers] == WEIGHTED.decode(few["kind"])
    assert answers[1]["angle"] == ANGLES.decode(few["angle"])[1]
    examples = HEAD.examples({name: values[:3] for name, values in TARGETS.items()}, few)
    assert len(examples) == 3
    kind = WEIGHTED.examples(KIND[:3], few["kind"])[0]
    assert {f"kind_{name}": value for name, value in kind.items()}.items() <= examples[0].items()
    assert {"angle_predicted", "angle_true", "tags_predicted"} <= set(examples[0])
    assert set(HEAD.probabilities(few)) == {"kind", "tags"}
    assert HEAD.intervals(few)["angle"].shape == (3, 1, 2)


def test_each_head_is_calibrated(run):
    _, _, after, _ = run
    tuned = HEAD.calibrated(TARGETS, after)
    alone = {
        name: HEAD.heads[name].calibrated(TARGETS[name], after[name]) for name in ("angle", "tags")
    }
    assert tuned.heads == HEAD.heads | alone
    assert HEAD.heads["tags"].thresholds is None


def test_read_back_with_a_head_from_outside():
    head = Several({"z": KINDS, "class_name": Median(2.0), "config": ANGLES}, {"class_name": 3.0})
    again = read_back(head)
    assert again == head
    assert list(again.heads) == ["z", "class_name", "config"]
    assert again.loss_weights() == {"z": 1.0, "class_name": 3.0, "config": 1.0}


def test_the_model_comes_back(run, tmp_path):
    model, _, after, _ = run
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras", compile=False)
    found = again.predict(X, verbose=0)
    for column, outputs in after.items():
        np.testing.assert_allclose(found[column], outputs, atol=1e-6)


def test_a_head_from_outside_without_metrics_learns():
    head = Several({"angle": Median(100.0), "kind": KINDS})
    targets = {"angle": ANGLE, "kind": KIND}
    assert set(head.metrics()) == {"kind"}
    _, before, after, _ = fitted(head, X, targets)
    name = "angle_mean_absolute_error"
    assert head.evaluate(targets, after)[name] < 0.5 * head.evaluate(targets, before)[name]


def test_columns_whose_names_no_layer_can_have():
    targets = {"the kind/today": KIND, "the kind today": KIND, "größe (°)": ANGLE, "価格": ANGLE}
    head = Several(dict(zip(targets, (WEIGHTED, KINDS, ANGLES, ANGLES), strict=True)))
    assert list(head.output_names.values()) == [
        "the_kind_today",
        "the_kind_today_2",
        "gr_e",
        "target",
    ]
    model, _, after, history = fitted(head, X, targets, steps=3)
    assert "head_the_kind_today_2_logits" in {layer.name for layer in model.layers}
    assert "the_kind_today_2_accuracy" in history
    assert "target_predictions" in head.pictures(targets, after)
    assert "the kind/today_accuracy" in head.evaluate(targets, after)
    assert set(head.decode(after)[0]) == set(targets)


def test_a_job_learns_all_targets(tmp_path):
    columns = {
        "array": Column("array", shape=(4,)),
        "kind": Column("class", class_names=WEIGHTED.class_names),
        "tags": Column("multilabel", class_names=("a", "b")),
    }
    samples = Source({"array": X, "kind": KIND, "tags": TAGS}, columns, ("kind", "tags"))
    splits = Splits(samples, samples.select(range(40)), samples.select(range(40, 96)))
    head = Several({"kind": WEIGHTED, "tags": HEAD.heads["tags"]})
    job = Job(attach(body(), head), head, splits, options={"epochs": 10, "learning_rate": 0.05})
    result = job.run(run_dir=tmp_path / "run")
    assert result.metrics["kind_accuracy"] > 0.7
    assert result.metrics["tags_micro_f1"] > 0.7
    assert set(result.metrics["kind_per_class"]) == set(WEIGHTED.class_names)
    assert result.head.heads["tags"].thresholds is not None
    answers = result.predict(samples.select(range(3)))
    assert [set(answer) for answer in answers] == [{"kind", "tags"}] * 3
    assert (tmp_path / "run" / "kind_confusion.png").is_file()
    assert (tmp_path / "run" / "tags_calibration.png").is_file()


@pytest.mark.any_backend
def test_for_samples_chooses_by_kind():
    samples = Source(
        {"array": X, "kind": KIND, "stars": 1.0 + KIND},
        {
            "array": Column("array", shape=(4,)),
            "kind": Column("class", class_names=("low", "middle", "high")),
            "stars": Column("quantity"),
        },
        ("kind", "stars"),
    )
    assert [type(head) for head in Several.for_samples(samples).heads.values()] == [
        Classification,
        Regression,
    ]
    head = Several.for_samples(samples, heads={"stars": Ordinal}, weights={"stars": 2.0})
    assert head.heads["stars"].values == (1.0, 2.0, 3.0)
    assert head.loss_weights() == {"kind": 1.0, "stars": 2.0}
    with pytest.raises(InputError, match="out of \\['kind', 'stars'\\]. Received: \\['star'\\]"):
        Several.for_samples(samples, heads={"star": Ordinal})
    with pytest.raises(InputError, match="Expected no column"):
        Several.for_samples(samples, "kind")
    with pytest.raises(InputError, match="'array' of kind array.*in `heads`"):
        Several.for_samples(samples.with_targets("kind", "array"))


@pytest.mark.any_backend
def test_targets_must_be_those_of_the_heads():
    for wrong in (KIND, {"kind": KIND}, {**TARGETS, "more": KIND}):
        for call in (HEAD.encode, HEAD.sample_weights, lambda one: HEAD.evaluate(one, {})):
            with pytest.raises(InputError, match="Expected targets in the columns"):
                call(wrong)


@pytest.mark.any_backend
def test_what_no_head_gives():
    head = Several({"angle": Regression((0.0,), (1.0,)), "other": Regression((0.0,), (1.0,))})
    for method in (head.probabilities, head.intervals):
        with pytest.raises(InputError, match="Received: Regression, Regression, which do not"):
            method({})


class Generating(Median):
    def predict(self, model, batches, steps):
        return np.zeros((1, 1))


class Lossless(Median):
    def loss(self):
        return None


@pytest.mark.any_backend
@pytest.mark.parametrize(
    ("heads", "weights"),
    [
        ({}, None),
        ({"kind": KINDS}, None),
        ({"kind": KINDS, "all": HEAD}, None),
        ({"kind": KINDS, "angle": "regression"}, None),
        ({"kind": KINDS, "text": Generating()}, None),
        ({"kind": KINDS, "angle": ANGLES}, {"angel": 1.0}),
        ({"kind": KINDS, "angle": ANGLES}, {"angle": 0.0}),
        ({"kind": KINDS, "angle": ANGLES}, {"angle": float("nan")}),
    ],
)
def test_bad_settings(heads, weights):
    with pytest.raises(InputError, match="Received: "):
        Several(heads, weights=weights)


@pytest.mark.any_backend
def test_a_head_that_lacks_a_method_cannot_stand_beside_others():
    lacking = type("Lacking", (Head,), {"build": Median.build, "loss": Median.loss})()
    with pytest.raises(InputError, match="method `decode`.*Lacking without"):
        Several({"kind": KINDS, "angle": lacking})


def test_a_head_without_one_loss_cannot_stand_beside_others():
    with pytest.raises(InputError, match="one loss for 'angle'. Received: Lossless with None"):
        Several({"kind": KINDS, "angle": Lossless()}).loss()
