"""Five heads that a user might write, each with what other heads do without.

A sequence that is generated, CTC with lengths, a pair without targets, a model with a loss of
its own, and a teacher beside the model.
"""

from dataclasses import dataclass

import keras
import numpy as np
from keras import layers, ops

import kerastune as kt

registered = keras.saving.register_keras_serializable(package="outside")


def halves(samples):
    """The samples for training, and some of them again for the test."""
    return kt.Splits(samples, samples.select(range(0, len(samples), 4)))


def options(epochs, learning_rate=1e-2):
    return kt.RunOptions(epochs=epochs, batch_size=16, learning_rate=learning_rate)


# A sequence, generated token by token: the input backwards.

LENGTH, SYMBOLS = 3, 3
START = SYMBOLS


@registered
class Shifted(kt.Preprocessor):
    """Shows the model the targets so far while it trains, and none of them afterwards."""

    columns = ("array",)

    def prepare(self, inputs):
        source = np.asarray(inputs["array"], "int32")
        return {"source": source, "so_far": np.full_like(source, START)}

    def prepare_both(self, inputs, targets):
        prepared = self.prepare(inputs)
        prepared["so_far"][:, 1:] = np.asarray(targets)[:, :-1]
        return prepared, np.asarray(targets, "int32")


@registered
@dataclass(frozen=True)
class Generation(kt.Head):
    """Generates a sequence: at evaluation the model answers one token after the other."""

    kinds = ("quantity",)

    def build(self, features, name="head"):
        return layers.Dense(SYMBOLS, name=f"{name}_logits")(features)

    def loss(self):
        return keras.losses.SparseCategoricalCrossentropy(from_logits=True)

    def predict(self, model, batches, steps):
        return np.concatenate([self._generate(model, inputs) for (inputs,) in batches])

    def _generate(self, model, inputs):
        so_far = np.concatenate([inputs["so_far"], inputs["so_far"][:, :1]], axis=1)
        for place in range(LENGTH):
            logits = model.predict_on_batch({**inputs, "so_far": so_far[:, :LENGTH]})
            so_far[:, place + 1] = np.asarray(logits)[:, place].argmax(axis=-1)
        return so_far[:, 1:]

    def decode(self, outputs):
        return outputs.tolist()

    def evaluate(self, targets, outputs):
        return kt.Evaluation([kt.Metric("exact", float((targets == outputs).all(axis=1).mean()))])


def generation():
    sequences = np.random.default_rng(0).integers(0, SYMBOLS, (128, LENGTH))
    samples = kt.Source.of(sequences, sequences[:, ::-1].copy())
    names = ("source", "so_far")
    inputs = {name: keras.Input((LENGTH,), dtype="int32", name=name) for name in names}
    source, so_far = (layers.Embedding(SYMBOLS + 1, 8)(inputs[name]) for name in names)
    context = layers.RepeatVector(LENGTH)(layers.Flatten()(source))
    features = layers.GRU(24, return_sequences=True)(layers.Concatenate()([context, so_far]))
    head = Generation()
    model = keras.Model(inputs, head.build(features))
    return kt.Job(
        model, head, halves(samples), Shifted(), options=options(epochs=16, learning_rate=2e-2)
    )


# CTC: runs of symbols in noise, both of many lengths, to the symbols in their order.

BLANK = 0


@registered
class Padded(kt.Preprocessor):
    """Pads frames and labels, and keeps the lengths of both for the loss."""

    columns = ("frames",)

    def __init__(self, longest=12, most_labels=3):
        self.longest = longest
        self.most_labels = most_labels

    def prepare(self, inputs):
        padded = np.zeros((len(inputs["frames"]), self.longest, SYMBOLS), "float32")
        for row, frames in zip(padded, inputs["frames"], strict=True):
            row[: len(frames)] = frames
        return padded

    def prepare_both(self, inputs, targets):
        packed = np.zeros((len(targets), 2 + self.most_labels), "int32")
        for row, frames, labels in zip(packed, inputs["frames"], targets, strict=True):
            row[:2] = len(frames), len(labels)
            row[2 : 2 + len(labels)] = labels
        return self.prepare(inputs), packed

    def align(self, outputs, inputs):
        return [row[: len(frames)] for row, frames in zip(outputs, inputs["frames"], strict=True)]

    def get_config(self):
        return {"longest": self.longest, "most_labels": self.most_labels}


@registered
class LengthsCTC(keras.losses.Loss):
    """CTC of targets that hold both lengths before the labels."""

    def call(self, y_true, y_pred):
        packed = ops.cast(y_true, "int32")
        return ops.ctc_loss(packed[:, 2:], y_pred, packed[:, 1], packed[:, 0], mask_index=BLANK)


@registered
@dataclass(frozen=True)
class Transcription(kt.Head):
    """Reads off symbols by CTC."""

    kinds = ("symbols",)

    def build(self, features, name="head"):
        return layers.Dense(SYMBOLS, name=f"{name}_logits")(features)

    def loss(self):
        return LengthsCTC()

    def decode(self, outputs):
        best = [np.asarray(rows).argmax(axis=-1) for rows in outputs]
        return [
            [int(s) for s, last in zip(row, [BLANK, *row], strict=False) if s not in (BLANK, last)]
            for row in best
        ]

    def evaluate(self, targets, outputs):
        right = [list(a) == b for a, b in zip(targets, self.decode(outputs), strict=True)]
        return kt.Evaluation([kt.Metric("exact", float(np.mean(right)))])


def transcription():
    generator = np.random.default_rng(0)
    frames, labels = [], []
    for _ in range(96):
        symbols = generator.permutation(np.arange(1, SYMBOLS))[: generator.integers(1, SYMBOLS)]
        runs = np.repeat(np.eye(SYMBOLS)[symbols], generator.integers(2, 5, len(symbols)), axis=0)
        frames.append(runs + generator.normal(0, 0.1, runs.shape))
        labels.append(symbols.tolist())
    columns = {
        "frames": kt.data.Column("array", shape=(None, SYMBOLS)),
        "label": kt.data.Column("symbols"),
    }
    samples = kt.Source({"frames": frames, "label": labels}, columns, ("label",))
    inputs = keras.Input((12, SYMBOLS))
    features = layers.Conv1D(16, 3, padding="same", activation="relu")(inputs)
    head = Transcription()
    model = keras.Model(inputs, head.build(features))
    return kt.Job(
        model, head, halves(samples), Padded(), options=options(epochs=16, learning_rate=5e-2)
    )


# Pairs without targets: two noisy views of one thing are near each other.

VIEW = 6


@registered
class NearestPair(keras.losses.Loss):
    """InfoNCE: each left view against the right views of the batch."""

    def call(self, y_true, y_pred):
        left, right = (ops.normalize(y_pred[:, side], axis=-1) for side in (0, 1))
        logits = ops.matmul(left, ops.transpose(right)) / 0.1
        return -ops.diagonal(ops.log_softmax(logits, axis=-1))


@registered
@dataclass(frozen=True)
class Retrieval(kt.Head):
    """Finds the other half of a pair."""

    def build(self, features, name="head"):
        return layers.Dense(4, name=f"{name}_embedding")(features)

    def loss(self):
        return NearestPair()

    def decode(self, outputs):
        left, right = outputs[:, 0], outputs[:, 1]
        lengths = np.linalg.norm(left, axis=1) * np.linalg.norm(right, axis=1)
        return (left * right).sum(axis=1) / lengths

    def evaluate(self, targets, outputs):
        assert targets is None
        unit = outputs / np.linalg.norm(outputs, axis=2, keepdims=True)
        found = (unit[:, 0] @ unit[:, 1].T).argmax(axis=1) == np.arange(len(unit))
        return kt.Evaluation([kt.Metric("found", float(found.mean()))])


def retrieval():
    generator = np.random.default_rng(0)
    things = generator.normal(size=(96, VIEW))
    turn = generator.normal(size=(VIEW, VIEW))
    views = {"left": things + generator.normal(0, 0.05, things.shape), "right": things @ turn}
    columns = dict.fromkeys(views, kt.data.Column("array", shape=(VIEW,)))
    samples = kt.Source({name: v.astype("float32") for name, v in views.items()}, columns)
    inputs = {name: keras.Input((VIEW,), name=name) for name in views}
    towers = [
        layers.Dense(16, activation="relu", name=f"{name}_tower")(inputs[name]) for name in views
    ]
    both = layers.Reshape((2, 16))(layers.Concatenate()(towers))
    head = Retrieval()
    model = keras.Model(inputs, head.build(both))
    return kt.Job(model, head, halves(samples), options=options(epochs=20, learning_rate=2e-2))


# A model with a loss of its own.


@registered
class Ridge(keras.Model):
    """Squared error and a penalty on the outputs, by the model's own `compute_loss`."""

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        return ops.mean(ops.square(ops.cast(y, y_pred.dtype) - y_pred)) + 1e-3 * ops.mean(
            ops.square(y_pred)
        )


@registered
@dataclass(frozen=True)
class Plain(kt.Head):
    """Numbers as they are, and no loss: the model has one."""

    kinds = ("quantity",)

    def build(self, features, name="head"):
        return layers.Dense(1, name=f"{name}_output")(features)

    def loss(self):
        return None

    def encode(self, targets):
        return np.asarray(targets, "float32").reshape(-1, 1)

    def decode(self, outputs):
        return outputs[:, 0]

    def evaluate(self, targets, outputs):
        error = float(np.abs(outputs[:, 0] - np.ravel(targets)).mean())
        return kt.Evaluation([kt.Metric("mean_absolute_error", error, higher_is_better=False)])


def line(noise=0.0):
    generator = np.random.default_rng(0)
    x = generator.normal(size=(96, 3)).astype("float32")
    y = x @ np.array([1.0, -2.0, 0.5]) + noise * generator.normal(size=96)
    return kt.Source.of(x, y.astype("float32"))


def own_loss():
    inputs = keras.Input((3,))
    head = Plain()
    model = Ridge(inputs, head.build(layers.Dense(8, name="body")(inputs)))
    return kt.Job(model, head, halves(line()), options=options(epochs=20, learning_rate=3e-2))


# A teacher beside the model, which learns from its answers and never sees a target.


class Beside:
    """Holds a model that is no part of the one that holds this."""

    def __init__(self, model):
        self.model = model


@registered
class Student(keras.Model):
    """Learns what a teacher answers; the teacher is neither trained nor saved with it."""

    def taught_by(self, teacher):
        self.teacher = Beside(teacher)
        return self

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        answers = self.teacher.model(x, training=False)
        return ops.mean(ops.square(ops.stop_gradient(answers) - y_pred))


def distillation():
    samples = line(noise=3.0)
    teacher = keras.Sequential([keras.Input((3,)), layers.Dense(1, name="knows")], name="teacher")
    teacher.layers[0].set_weights([np.array([[1.0], [-2.0], [0.5]]), np.zeros(1)])
    inputs = keras.Input((3,))
    head = Plain()
    model = Student(inputs, head.build(layers.Dense(8, name="body")(inputs))).taught_by(teacher)
    test = line().select(range(40))
    splits = kt.Splits(samples, test)
    return kt.Job(model, head, splits, options=options(epochs=20, learning_rate=3e-2))


JOBS = {
    "generation": (generation, "exact", 0.8),
    "transcription": (transcription, "exact", 0.8),
    "retrieval": (retrieval, "found", 0.8),
    "own_loss": (own_loss, "mean_absolute_error", -0.3),
    "distillation": (distillation, "mean_absolute_error", -0.3),
}
"""Functions that build a job, the metric that it reaches, and how far; below 0, at most."""
