"""The head for tokens: what counts in the loss, answers and spans."""

import keras
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from kerastune.data import IGNORED_TAG, Column, Source, tagged_tokens
from kerastune.errors import InputError
from kerastune.heads import Several, TokenAccuracy, TokenClassification, attach
from kerastune.models import load_backbone
from kerastune.preprocessing import load_token_preprocessor
from kerastune.training.samples import predict
from kerastune.tuning import train_only
from tests.tiny import tiny_bert_preset

pytestmark = pytest.mark.first_backend

NAMES = ("B-PER", "I-PER", "O")
HEAD = TokenClassification(NAMES)
PLAIN = TokenClassification(("DET", "NOUN", "VERB"))
NAN = float("nan")


def sequences(width=4):
    return keras.Sequential([keras.Input((None, width)), keras.layers.Identity()], name="body")


def batch(seed=0, samples=5, positions=7, tags=3):
    """Logits, and tags of which about a third is ignored."""
    generator = np.random.default_rng(seed)
    logits = generator.normal(size=(samples, positions, tags)).astype("float32")
    targets = generator.integers(0, tags, (samples, positions))
    return logits, np.where(generator.random(targets.shape) < 0.3, IGNORED_TAG, targets)


def torch_loss(logits, targets, **options):
    """PyTorch's cross-entropy, an implementation of its own."""
    return float(
        torch.nn.functional.cross_entropy(
            torch.from_numpy(logits.reshape(-1, logits.shape[-1])),
            torch.from_numpy(targets.reshape(-1)),
            ignore_index=IGNORED_TAG,
            **options,
        )
    )


class TestLoss:
    @pytest.mark.parametrize("smoothing", [0.0, 0.2])
    @pytest.mark.parametrize("weights", [None, (0.5, 2.0, 1.0)])
    def test_it_is_that_of_pytorch_over_what_is_not_ignored(self, smoothing, weights):
        if smoothing and weights:
            weights = (2.0, 2.0, 2.0)  # PyTorch also weighs the smoothed part by tag.
        head = TokenClassification(NAMES, class_weights=weights, label_smoothing=smoothing)
        logits, targets = batch()
        loss = head.loss()(head.encode(targets), logits, head.sample_weights(targets))
        weight = None if weights is None else torch.tensor(weights)
        expected = torch_loss(logits, targets, label_smoothing=smoothing, weight=weight)
        assert float(loss) == pytest.approx(expected, rel=1e-5)

    def test_compiled_it_is_the_same_however_long_the_padding(self):
        model = attach(sequences(), HEAD, pooling="sequence")
        features, targets = batch(samples=4, tags=4)
        targets = np.where(targets == 3, 2, targets)
        generator = np.random.default_rng(1)
        model.get_layer("head_logits").set_weights(
            [generator.normal(size=(4, 3)), generator.normal(size=3)]
        )
        model.compile("sgd", HEAD.loss(), metrics=HEAD.metrics())
        padded = np.pad(features, ((0, 0), (0, 9), (0, 0)), constant_values=7.0)
        longer = np.pad(targets, ((0, 0), (0, 9)), constant_values=IGNORED_TAG)
        expected = torch_loss(model.predict(features, verbose=0), targets)
        for inputs, tags in ((features, targets), (padded, longer)):
            weights = HEAD.sample_weights(tags)
            found = model.evaluate(
                inputs, HEAD.encode(tags), 4, sample_weight=weights, verbose=0, return_dict=True
            )
            assert found["loss"] == pytest.approx(expected, rel=1e-5)
            is_right = model.predict(inputs, verbose=0).argmax(axis=-1) == tags
            assert found["accuracy"] == pytest.approx(is_right[tags >= 0].mean())

    def test_a_batch_with_nothing_to_learn_changes_nothing(self):
        logits, targets = batch()
        targets[:] = IGNORED_TAG
        assert float(HEAD.loss()(HEAD.encode(targets), logits, HEAD.sample_weights(targets))) == 0

    def test_ignored_positions_have_no_gradient(self):
        """A step of descent leaves what only ignored positions depend on as it was."""
        table = keras.layers.Embedding(3, 2)
        model = keras.Sequential([keras.Input((2,), dtype="int32"), table])
        model = attach(model, HEAD, pooling="sequence")
        model.get_layer("head_logits").set_weights([np.ones((2, 3)) * [1, 2, 3], np.zeros(3)])
        before = np.array(table.get_weights()[0])
        model.compile(keras.optimizers.SGD(1.0), HEAD.loss())
        targets = np.array([[0, IGNORED_TAG], [IGNORED_TAG, 1]])
        model.fit(
            np.array([[0, 1], [1, 2]]),
            HEAD.encode(targets),
            sample_weight=HEAD.sample_weights(targets),
            verbose=0,
        )
        moved = np.abs(table.get_weights()[0] - before).max(axis=1) > 1e-6
        assert moved.tolist() == [True, False, True]


class TestTokenAccuracy:
    def test_weights_of_samples_count(self):
        metric = TokenAccuracy(name="weighted")
        true = HEAD.encode(np.array([[0, 1, IGNORED_TAG], [2, 0, 0]]))
        predicted = HEAD.encode(np.array([[0, 2, 1], [2, 0, 1]]))
        metric.update_state(true, predicted, np.array([[1.0, 1.0, 5.0], [2.0, 0.0, 0.0]]))
        assert float(metric.result()) == pytest.approx(3 / 4)
        metric.update_state(true, predicted)
        assert float(metric.result()) == pytest.approx((3 + 3) / (4 + 5))

    def test_it_is_read_back_from_its_configuration(self):
        metric = keras.saving.deserialize_keras_object(
            keras.saving.serialize_keras_object(TokenAccuracy(name="own"))
        )
        assert (type(metric), metric.name) == (TokenAccuracy, "own")

    def test_callbacks_know_that_more_is_better(self):
        model = attach(sequences(), HEAD, pooling="sequence")
        model.compile("sgd", HEAD.loss(), metrics=HEAD.metrics())
        stopping = keras.callbacks.EarlyStopping("accuracy")
        logits, targets = batch(tags=4)
        targets = np.where(targets == 3, 2, targets)
        model.fit(
            logits,
            HEAD.encode(targets),
            sample_weight=HEAD.sample_weights(targets),
            callbacks=[stopping],
            verbose=0,
        )
        assert stopping.monitor_op(1.0, 0.0)


class TestModel:
    def test_training_starts_from_equal_probabilities(self):
        model = attach(sequences(), HEAD, pooling="sequence")
        outputs = model.predict(np.random.normal(size=(5, 6, 4)), verbose=0)
        assert outputs.shape == (5, 6, 3)
        for rows in HEAD.probabilities(outputs):
            np.testing.assert_allclose(rows, 1 / 3)

    def test_features_without_positions_are_refused(self):
        flat = keras.Sequential([keras.Input((4,)), keras.layers.Identity()])
        with pytest.raises(InputError, match=r"Received: \(None, 4\).*pooling='sequence'"):
            attach(flat, HEAD)

    def test_mixed_precision_gives_float32(self):
        keras.config.set_dtype_policy("mixed_bfloat16")
        model = attach(sequences(), TokenClassification(NAMES, dropout=0.1), pooling="sequence")
        assert model.output.dtype == "float32"
        assert [layer.name for layer in model.layers[-2:]] == ["head_dropout", "head_logits"]


class TestEncoding:
    def test_tags_become_rows_and_weights(self):
        head = TokenClassification(NAMES, class_weights=(1.0, 2.0, 3.0))
        targets = np.array([[2, IGNORED_TAG], [0, 1]], "int32")
        assert head.encode(targets).tolist() == [[[0, 0, 1], [0, 0, 0]], [[1, 0, 0], [0, 1, 0]]]
        assert head.sample_weights(targets).tolist() == [[3.0, 0.0], [1.0, 2.0]]
        assert HEAD.sample_weights(targets).tolist() == [[1.0, 0.0], [1.0, 1.0]]

    @pytest.mark.parametrize(
        ("targets", "received"),
        [
            ([[0, 1], [2]], "Received: from 1 to 2. Give the job a TokenPreprocessor"),
            ([0, 1], r"Received: int64 of shape \(2,\)"),
            (np.zeros((2, 2)), "Received: float64"),
            ([[0, 3]], "Received: from 0 to 3"),
            ([[0, -2]], "Received: from -2 to 0"),
        ],
    )
    def test_tags_that_do_not_fit_are_refused(self, targets, received):
        for method in (HEAD.encode, HEAD.sample_weights):
            with pytest.raises(InputError, match=received) as caught:
                method(targets)
            assert "\n" not in str(caught.value)


class TestAnswers:
    outputs = (np.array([[5.0, 0, 0], [0, 5, 0], [NAN] * 3]), np.zeros((0, 3)))
    targets = ([0, 1, 2], [])

    def test_decoding(self):
        assert HEAD.decode(self.outputs) == [["B-PER", "I-PER", "O"], []]
        assert PLAIN.decode(self.outputs) == [["DET", "NOUN", None], []]
        assert HEAD.spans(self.outputs) == [[("PER", 0, 2)], []]
        with pytest.raises(InputError, match="Received: DET, NOUN, VERB"):
            PLAIN.spans(self.outputs)

    def test_probabilities(self):
        rows, empty = HEAD.probabilities(self.outputs)
        np.testing.assert_allclose(rows[:2].sum(axis=1), 1)
        np.testing.assert_allclose(rows[0, 0], np.exp(5) / (np.exp(5) + 2))
        assert np.isnan(rows[2]).all()
        assert empty.shape == (0, 3)

    def test_evaluating(self):
        found = HEAD.evaluate(self.targets, self.outputs)
        assert (found["span_f1"], found["token_accuracy"]) == (1.0, 1.0)
        # Both answers are right, with the probability above.
        assert found["calibration_error"] == pytest.approx(1 - np.exp(5) / (np.exp(5) + 2))
        assert found["answered_tokens"] == pytest.approx(2 / 3)
        assert found.directions["calibration_error"] is False

    def test_without_an_answer_a_plain_tag_is_wrong(self):
        found = PLAIN.evaluate(self.targets, self.outputs)
        assert found["token_accuracy"] == pytest.approx(2 / 3)
        assert "span_f1" not in found
        complete = PLAIN.evaluate([[0, 1]], [self.outputs[0][:2]])
        assert "answered_tokens" not in complete

    def test_nothing_has_an_answer(self):
        found = HEAD.evaluate([[0, 2]], [np.full((2, 3), NAN)])
        assert (found["answered_tokens"], found["calibration_error"]) == (0.0, 0.0)
        assert found["token_accuracy"] == 0.5

    def test_arrays_of_one_length_will_do(self):
        logits, _ = batch()
        targets = logits.argmax(axis=-1)
        assert HEAD.evaluate(targets, logits)["token_accuracy"] == 1.0
        assert HEAD.decode(logits)[1][2] == NAMES[targets[1, 2]]

    def test_examples_and_pictures(self):
        first, second = HEAD.examples(self.targets, self.outputs)
        assert first == {"predicted": "PER 1-2", "true": "PER 1-2"}
        assert second == {"predicted": "no spans", "true": "no spans"}
        assert HEAD.examples([[2, 0]], [np.eye(3)[[0, 2]]]) == [
            {"predicted": "PER 1", "true": "PER 2"}
        ]
        assert PLAIN.examples(self.targets, self.outputs)[0] == {
            "predicted": "DET NOUN ?",
            "true": "DET NOUN VERB",
        }
        pictures = HEAD.pictures(self.targets, self.outputs)
        assert pictures["calibration"].axes[0].get_xlabel() == "confidence"

    @pytest.mark.parametrize(
        ("targets", "outputs", "received"),
        [
            ([[0, 1]], [np.zeros((3, 3))], r"tags of shape \(2,\) and predictions of shape \(3,\)"),
            ([[0]], [np.zeros((1, 4))], r"\(tokens, 3\) for each sample. Received: \(1, 4\)"),
            ([[0]], np.zeros((1, 3)), r"Received: \(3,\)"),
            ([[0], [1]], [np.zeros((1, 3))], "2 samples. Received: 1"),
            ([0], [np.zeros((1, 3))], r"tags of shape \(\)"),
        ],
    )
    def test_answers_that_do_not_fit_are_refused(self, targets, outputs, received):
        with pytest.raises(InputError, match=received) as caught:
            HEAD.evaluate(targets, outputs)
        assert "\n" not in str(caught.value)


class TestSettings:
    @pytest.mark.parametrize(
        "settings",
        [
            {"class_names": ("one",)},
            {"class_names": ("a", "a", "b")},
            {"class_names": NAMES, "label_smoothing": 1.0},
            {"class_names": NAMES, "dropout": -0.1},
            {"class_names": NAMES, "class_weights": (1.0,)},
            {"class_names": NAMES, "class_weights": (1.0, 0.0, 1.0)},
        ],
    )
    def test_bad_ones_are_refused(self, settings):
        with pytest.raises(InputError, match="Received: "):
            TokenClassification(**settings)

    def test_for_samples(self):
        samples = tagged_tokens([["Ada", "ran"]], [["B-PER", "O"]])
        head = TokenClassification.for_samples(samples, dropout=0.5)
        assert head == TokenClassification(("B-PER", "O"), dropout=0.5)
        texts = Source.of(["a", "b"], [0, 1], class_names=("x", "y"))
        with pytest.raises(InputError, match="a target of kind tags"):
            TokenClassification.for_samples(texts)

    def test_it_is_read_back_from_its_configuration(self):
        head = TokenClassification(NAMES, class_weights=(1.0, 2.0, 3.0), label_smoothing=0.1)
        config = keras.saving.serialize_keras_object(head)
        assert keras.saving.deserialize_keras_object(config) == head


def test_two_tags_a_token_are_learned_at_once(tmp_path):
    words, pos = [["good", "films"], ["a", "poor", "book"]], [[0, 1], [2, 0, 1]]
    samples = tagged_tokens(words, [["B-X", "I-X"], ["O", "B-X", "I-X"]], tags_name="spans")
    column = Column("tags", class_names=("ADJ", "NOUN", "DET"))
    samples = samples.with_column("pos", pos, column).with_targets("spans", "pos")
    preset = tiny_bert_preset(tmp_path / "preset")
    preprocessor = load_token_preprocessor(preset, sequence_length=6).fit(samples)
    head = Several.for_samples(samples)
    model = attach(load_backbone(preset, dropout=0.0), head, pooling="sequence")
    train_only(model, "all")
    model.compile("adam", head.loss(), loss_weights=head.loss_weights(), metrics=head.metrics())
    inputs, targets = {"tokens": words}, {"spans": samples.values["spans"], "pos": pos}
    x, t = preprocessor.prepare_both(inputs, targets)
    model.train_on_batch(x, head.encode(t), head.sample_weights(t))
    outputs = predict(model, inputs, preprocessor, head)
    assert [rows.shape for rows in outputs["pos"]] == [(2, 3), (3, 3)]
    found = head.evaluate(targets, outputs)
    assert {"spans_span_f1", "pos_token_accuracy"} <= set(found.to_dict())
    assert [set(answer) for answer in head.decode(outputs)] == [{"spans", "pos"}] * 2


@given(st.lists(st.lists(st.integers(0, 2), max_size=6), min_size=1, max_size=4))
@settings(max_examples=20)
def test_from_tokens_to_answers_and_back(tmp_path_factory, tags):
    """Logits that are the encoded targets give the tags back, through the pieces."""
    folder = tmp_path_factory.getbasetemp() / "preset"
    if not folder.exists():
        tiny_bert_preset(folder)
    preprocessor = load_token_preprocessor(folder, sequence_length=16)
    inputs = {"tokens": [["films"] * len(codes) for codes in tags]}
    arrays, targets = preprocessor.prepare_both(inputs, tags)
    assert arrays["token_ids"].shape == targets.shape
    answers = HEAD.decode(preprocessor.align(HEAD.encode(targets), inputs))
    assert answers == [[NAMES[code] for code in codes] for codes in tags]
