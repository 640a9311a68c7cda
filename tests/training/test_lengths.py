"""Samples of several lengths are trained on, validated and predicted, whichever come first."""

from itertools import islice

import keras
import numpy as np
import pytest

from kerastune.backends.portable import random_from
from kerastune.data import Column, Source, Splits
from kerastune.heads import Regression, attach
from kerastune.preprocessing import Preprocessor
from kerastune.preprocessing.buckets import bucket_for
from kerastune.training import answer, predict, run_plan
from kerastune.training import samples as samples_module
from kerastune.training.cached_features import FeatureCache
from kerastune.training.feature_store import FeatureStore
from kerastune.training.feeding import Samples
from kerastune.training.frozen_part import FrozenPart
from kerastune.training.open_sides import OpenSides
from kerastune.training.samples import suited_preprocessor
from kerastune.tuning import Plan, Stage, full

BATCH = 4
# Keras looks at the first two batches: in the order of the source they are short.
LENGTHS = [3] * (3 * BATCH) + [5] * BATCH
HEAD = Regression((0.0,), (1.0,))
SHORT, LONG = np.ones((2, 3), "float32"), np.ones((2, 5), "float32")


class Padded(Preprocessor):
    """Pads each batch to its longest sample."""

    columns = ("numbers",)

    def prepare(self, inputs):
        rows = inputs["numbers"]
        wide = max(len(row) for row in rows)
        return {"numbers": np.array([list(row) + [0.0] * (wide - len(row)) for row in rows], "f4")}

    def lengths(self, samples):
        return np.array([len(row) for row in samples.values["numbers"]])


@pytest.fixture
def source():
    rows = [np.ones(length, "float32") for length in LENGTHS]
    targets = np.array(LENGTHS, "float32")
    columns = {"numbers": Column("array"), "count": Column("quantity")}
    return Source({"numbers": rows, "count": targets}, columns, targets=("count",))


def summing_model():
    inputs = keras.Input((None,), name="numbers")
    total = keras.ops.sum(inputs, axis=1, keepdims=True)
    body = keras.Model({"numbers": inputs}, total, name="body")
    model = attach(body, HEAD)
    model.layers[-1].set_weights([np.ones((1, 1)), np.zeros(1)])
    return model


def test_the_first_batches_do_not_say_how_long_the_others_are(source):
    model = summing_model()
    history = run_plan(
        model,
        full(epochs=2, learning_rate=1e-12),
        HEAD,
        Splits(source, source, source),
        Padded(),
        batch_size=BATCH,
        seed=0,
    )
    assert len(history.step_loss) == 2 * len(LENGTHS) // BATCH
    assert history.epochs[-1]["val_loss"] < 1e-6
    outputs = predict(model, {"numbers": source.values["numbers"]}, Padded(), HEAD, batch_size=4)
    np.testing.assert_allclose(outputs[:, 0], LENGTHS, rtol=1e-5)


class Bucketed(Padded):
    """Pads each batch to the first of two lengths that holds it."""

    def __init__(self, seen, buckets=(4, 8)):
        self.seen, self.buckets = seen, buckets

    def prepare(self, inputs):
        numbers = super().prepare(inputs)["numbers"]
        length = bucket_for(numbers.shape[1], self.buckets)
        self.seen.add(length)
        return {"numbers": np.pad(numbers, [(0, 0), (0, length - numbers.shape[1])])}

    def without_buckets(self):
        return Bucketed(self.seen, ())


@pytest.mark.parametrize("stream", ["backend", "portable"])
def test_batches_are_padded_to_buckets_where_each_shape_is_compiled(source, stream):
    is_free = keras.backend.backend() != "jax" and stream == "backend"
    seen = set()
    with random_from(stream):
        run_plan(
            summing_model(),
            full(epochs=1, learning_rate=1e-12),
            HEAD,
            Splits(source, source, source),
            Bucketed(seen),
            batch_size=BATCH,
            seed=0,
        )
        for jit_compile, few in ((True, True), (False, not is_free), ("auto", not is_free)):
            suited = suited_preprocessor(Bucketed(set()), jit_compile)
            assert suited.buckets == ((4, 8) if few else ())
    assert seen == ({3, 5} if is_free else {4, 8})


@pytest.mark.parametrize("steps_worth_shapes", [1, 1000])
def test_outputs_of_samples_grouped_by_length_come_in_the_order_of_the_samples(
    monkeypatch, steps_worth_shapes
):
    monkeypatch.setattr(samples_module, "_STEPS_WORTH_SHAPES", steps_worth_shapes)
    lengths = [3, 7, 2, 3, 8, 3, 7, 1, 2]
    rows = [np.full(length, place / length) for place, length in enumerate(lengths)]
    is_jax = keras.backend.backend() == "jax"
    shapes = []

    class Watched(Bucketed):
        def prepare(self, inputs):
            prepared = super().prepare(inputs)
            shapes.append(prepared["numbers"].shape)
            return prepared

        def without_buckets(self):
            return Watched(set(), ())

    for compute in (predict, answer):
        shapes.clear()
        outputs = compute(summing_model(), {"numbers": rows}, Watched(set()), HEAD, batch_size=4)
        np.testing.assert_allclose(outputs[:, 0], np.arange(9), rtol=1e-5)
        read = {shape for shape in shapes if shape[0] == 4}
        if is_jax:
            assert read == ({(4, 8), (4, 4)} if steps_worth_shapes == 1 else {(4, 8)})
        else:
            assert read == {(4, 8), (4, 3)}


def test_answers_that_are_no_arrays_are_computed_in_the_order_of_the_samples():
    class InWords(Regression):
        def answers(self, model, batches, steps):
            sums = [np.asarray(model.predict_on_batch(x))[:, 0] for (x,) in islice(batches, steps)]
            return [f"{value:.0f}" for value in np.concatenate(sums)]

    rows = [np.ones(length) for length in (1, 4, 2, 3)]
    head = InWords((0.0,), (1.0,))
    found = answer(summing_model(), {"numbers": rows}, Bucketed(set()), head, batch_size=2)
    assert found == ["1", "4", "2", "3"]


def convolutions():
    """Convolutions over numbers that may be padded, of which the last trains."""
    keras.utils.set_random_seed(1)
    inputs = keras.Input((None,), name="numbers")
    mask = keras.ops.cast(keras.ops.not_equal(inputs, 0.0), "float32")[..., None]
    x = keras.layers.Conv1D(16, 1, name="first")(inputs[..., None])
    x = keras.layers.Conv1D(16, 1, name="next")(x) * mask
    x = keras.layers.Conv1D(4, 1, name="last", use_bias=False)(x)
    pooled = keras.ops.sum(keras.ops.tanh(x), axis=1)
    return attach(keras.Model({"numbers": inputs}, pooled, name="body"), HEAD)


@pytest.mark.parametrize("stays", [False, pytest.param(True, marks=pytest.mark.first_backend)])
def test_features_are_as_long_as_their_batch(source, tmp_path, capsys, monkeypatch, stays):
    plan = Plan("upper", (Stage("upper", 3, 1e-2, "last | head"),))
    found, lengths = {}, set()
    cut = OpenSides.cut

    def watched(sides, features, sizes):
        features = cut(sides, features, sizes)
        lengths.add(features[0].shape[1])
        return features

    monkeypatch.setattr(OpenSides, "cut", watched)
    stays_in = tmp_path if stays else None
    for place in ("off", "memory", "read")[: 3 if stays else 2]:
        model = convolutions()
        features = FeatureCache("off") if place == "off" else FeatureCache(stays_in=stays_in)
        splits = Splits(source, source, source)
        settings = {"batch_size": BATCH, "seed": 0, "features": features}
        history = run_plan(model, plan, HEAD, splits, Padded(), **settings)
        found[place] = history.step_loss, history.epochs[-1]["val_loss"]
        told = capsys.readouterr().out
        assert ("Features of the frozen part, 5 x 16 a sample" in told) == (place != "off")
        assert ("were computed before" in told) == (place == "read")
    assert lengths == {3, 5}
    for place in found:
        np.testing.assert_allclose(found[place][0], found["off"][0], rtol=1e-5)
        np.testing.assert_allclose(found[place][1], found["off"][1], rtol=1e-5)


@pytest.mark.any_backend
def test_no_features_where_targets_are_as_long_as_their_batch(source):
    def prepared(batch):
        numbers = Padded().prepare(batch)
        return numbers, numbers["numbers"]

    samples = Samples(source, prepared, BATCH, Padded().lengths(source))
    frozen = FrozenPart(convolutions().get_layer("body"), copies=0, seed=0)
    store = FeatureStore(frozen.rows(samples), "memory")
    batches = []
    assert frozen.fill(store, samples, lambda: batches.append(1)) is None
    assert len(batches) == 2  # The longest is followed by a shorter one.
