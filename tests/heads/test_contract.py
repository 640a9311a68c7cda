"""What holds for every head, on this backend."""

import json

import keras
import numpy as np
import pytest
from matplotlib.figure import Figure

from kerastune.data import Column, Source
from kerastune.errors import InputError
from kerastune.heads import (
    Classification,
    Gaussian,
    Multilabel,
    Ordinal,
    Quantile,
    Regression,
    Several,
    attach,
    quantity_head,
)
from tests.heads.fitting import body, features, fitted, read_back

X = features()
KIND = np.digitize(X[:, 0], [-0.5, 0.5])
STARS = 2.0 * np.digitize(X[:, 1], [-0.5, 0.0, 0.5]) + 1
NOISE = np.random.default_rng(1).normal(size=X.shape)
ANGLES = np.stack([100 + 30 * X[:, 2], X[:, 0] - X[:, 1]], axis=1) + NOISE[:, :2] * [5, 0.3]
TAGS = (X[:, :3] > 0.3).astype(int)
SAMPLES = Source(
    {"array": X, "kind": KIND, "stars": STARS, "angles": ANGLES, "tags": TAGS},
    {
        "array": Column("array", shape=(4,)),
        "kind": Column("class", class_names=("low", "middle", "high")),
        "stars": Column("quantity"),
        "angles": Column("quantity", shape=(2,)),
        "tags": Column("multilabel", class_names=("a", "b", "c")),
    },
    ("kind", "stars", "angles", "tags"),
)
HEADS = {
    "classification": (Classification, "kind"),
    "multilabel": (Multilabel, "tags"),
    "regression": (Regression, "angles"),
    "gaussian": (Gaussian, "angles"),
    "quantile": (Quantile, "angles"),
    "ordinal classes": (Ordinal, "kind"),
    "ordinal numbers": (Ordinal, "stars"),
}


# What these learn by is shown on each backend in tests/heads/test_losses.py too.
ON_FIRST = ("gaussian", "ordinal classes", "quantile", "regression")
PARAMS = [
    pytest.param(name, marks=pytest.mark.first_backend) if name in ON_FIRST else name
    for name in HEADS
]


@pytest.fixture(scope="module", params=PARAMS)
def run(request):
    """A head, its targets, a model trained with it, and outputs before and after."""
    kind, column = HEADS[request.param]
    head = kind.for_samples(SAMPLES, column)
    targets = SAMPLES.values[column]
    return head, targets, *fitted(head, X, targets)


def test_training_starts_from_zeros_and_gets_better(run):
    head, targets, _, before, after, history = run
    np.testing.assert_array_equal(before, 0)
    assert after.dtype == np.float32
    assert history["loss"][-1] < history["loss"][0]
    start, end = head.evaluate(targets, before), head.evaluate(targets, after)
    name, higher_is_better = next(iter(end.directions.items()))
    assert end[name] > start[name] if higher_is_better else end[name] < start[name]


def test_what_it_measures_is_plain_data_with_pictures(run):
    head, targets, _, _, after, _ = run
    evaluation = head.evaluate(targets, after)
    json.dumps(evaluation.to_dict(), allow_nan=False)
    assert len(evaluation.directions) == len(evaluation.metrics)
    pictures = head.pictures(targets, after)
    assert pictures
    assert all(isinstance(picture, Figure) for picture in pictures.values())


def test_an_answer_and_an_example_for_each_sample(run):
    head, targets, _, _, after, _ = run
    assert len(head.decode(after[:5])) == 5
    examples = head.examples(targets[:5], after[:5])
    assert len(examples) == 5
    assert all({"predicted", "true"} <= set(row) for row in examples)
    json.dumps(examples)


def test_read_back_it_is_the_same(run):
    head, targets, _, _, after, _ = run
    head = head.calibrated(targets, after)
    again = read_back(head)
    assert again == head
    assert again.evaluate(targets, after).to_dict() == head.evaluate(targets, after).to_dict()


def test_the_model_comes_back_without_the_head(run, tmp_path):
    _, _, model, _, after, _ = run
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras", compile=False)
    np.testing.assert_allclose(again.predict(X, verbose=0), after, atol=1e-6)


@pytest.mark.first_backend
def test_mixed_precision():
    """All heads at once, which costs one compilation instead of seven."""
    heads = {
        name: kind.for_samples(SAMPLES, column, dropout=0.1)
        for name, (kind, column) in HEADS.items()
    }
    targets = {name: SAMPLES.values[column] for name, (_, column) in HEADS.items()}
    keras.config.set_dtype_policy("mixed_bfloat16")
    model, _, after, history = fitted(Several(heads), X, targets, steps=20)
    assert model.get_layer("body").compute_dtype == "bfloat16"
    dropouts = [layer for layer in model.layers if isinstance(layer, keras.layers.Dropout)]
    assert len(dropouts) == len(heads)
    for name in Several(heads).output_names.values():
        assert after[name].dtype == np.float32
        losses = history[f"{name}_loss"]
        assert np.isfinite(losses).all()
        assert losses[-1] < losses[0]


@pytest.mark.parametrize("name", HEADS)
def test_layers_are_named_after_what_is_asked(name):
    kind, column = HEADS[name]
    outputs = kind.for_samples(SAMPLES, column).build(keras.Input((4,)), name="head_of_mine")
    model_name = keras.Model(outputs._keras_history.operation.input, outputs).output_names[0]
    assert model_name.startswith("head_of_mine_")


@pytest.mark.parametrize("name", HEADS)
def test_another_kind_of_target_is_refused(name):
    kind, column = HEADS[name]
    other = next(one for one in SAMPLES.targets if SAMPLES.columns[one].kind not in kind.kinds)
    with pytest.raises(InputError, match=f"of kind {' or '.join(kind.kinds)} in data"):
        kind.for_samples(SAMPLES, other)
    assert kind.column_of(SAMPLES, column) == column


def test_heads_for_quantities_by_name():
    names = {"regression": Regression, "gaussian": Gaussian, "quantile": Quantile}
    for name, kind in {**names, "ordinal": Ordinal}.items():
        assert quantity_head(name) is kind
    with pytest.raises(InputError, match="regression, gaussian, quantile, ordinal.*'quantile'"):
        quantity_head("quantiles")


def test_all_of_them_on_one_backbone():
    heads = {"stars": Ordinal, "angles": Gaussian}
    head = Several.for_samples(SAMPLES, heads=heads, dropout=0.1)
    kinds = [type(one) for one in head.heads.values()]
    assert kinds == [Classification, Ordinal, Gaussian, Multilabel]
    assert all(one.dropout == 0.1 for one in head.heads.values())
    assert set(attach(body(), head).output) == set(SAMPLES.targets)
