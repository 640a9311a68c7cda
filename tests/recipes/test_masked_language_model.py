"""Masked language models on this backend: what is hidden, losses, learning, going on from a run."""

import json
from itertools import product

import keras
import numpy as np
import pytest

import kerastune
from kerastune import baselines, data, recipes
from kerastune.errors import InputError
from kerastune.heads import MaskedToken
from kerastune.heads.token_prediction import logits_in_parts
from kerastune.models import MaskedLanguageModel, transformer_encoder
from kerastune.preprocessing import MaskedLanguagePreprocessor
from kerastune.preprocessing.masking import MASK, masked, masked_tokens
from kerastune.preprocessing.tokenizer import SPECIAL_TOKENS

pytestmark = pytest.mark.first_backend

GENERATOR = np.random.default_rng(0)
COLOURS = ("red", "green", "blue", "white", "black")
# Six words of nine are told by where they stand.
TEXTS = [
    f"the {first} film and the {second} book of the {third} day"
    for first, second, third in product(COLOURS, repeat=3)
][:120]
LABELS = ["fine", "poor"] * 60
TINY = {"layers": 1, "heads": 2, "width": 16}
SMALL = {**TINY, "vocabulary_size": 300, "sequence_length": 16, "dropout": 0.0}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A finished run, trained for as long as it takes to beat the frequencies of tokens."""
    folder = tmp_path_factory.mktemp("masked") / "run"
    path = folder.parent / "films.jsonl"
    # As many as make whole batches, so that every step is compiled once.
    path.write_text("\n".join(json.dumps({"review": text, "label": 1}) for text in TEXTS[:112]))
    return recipes.masked_language_model(
        str(path),
        text_column="review",
        epochs=9,
        maskings=4,
        learning_rate=1e-2,
        run_dir=folder,
        precision="float32",
        **SMALL,
    )


@pytest.mark.quick_on_tensorflow
@pytest.mark.each_backend
def test_a_run_learns_what_stands_around_a_token_and_is_read_again(run):
    written = json.loads((run.run_dir / "metrics.json").read_text())
    frequent = written["baselines"]["most frequent token"]
    assert set(written["baselines"]) == {"most frequent token", "between the same neighbours"}
    # What the frequencies of tokens leave unknown is their entropy.
    assert run.metrics["cross_entropy"] < 0.75 * frequent["cross_entropy"]
    assert run.metrics["accuracy"] > frequent["accuracy"] + 0.2
    assert run.metrics["perplexity"] == pytest.approx(np.exp(run.metrics["cross_entropy"]))
    assert any("each masked 4 times" in note for note in written["notes"])

    loaded = kerastune.load(run.run_dir)
    assert loaded.predict(TEXTS[:9]) == run.predict(TEXTS[:9])
    assert loaded.model.count_params() == run.model.count_params()
    ours, theirs = (each.outputs(TEXTS[:9])["nats"] for each in (run, loaded))
    np.testing.assert_allclose(np.concatenate(theirs), np.concatenate(ours), atol=1e-5)
    # The same is hidden of a text whatever it is measured with.
    alone = np.concatenate([run.outputs([text])["nats"][0] for text in TEXTS[:9]])
    np.testing.assert_allclose(alone, np.concatenate(ours), atol=1e-5)


@pytest.mark.each_backend
def test_a_classifier_begins_with_the_weights_of_a_run(run):
    settings = {**TINY, "pretrained": str(run.run_dir), "sequence_length": 12}
    job = recipes.transformer_classification.build((TEXTS, LABELS), **settings)
    (trained,) = (layer for layer in run.model.layers if isinstance(layer, MaskedLanguageModel))
    ours = {weight.path: weight for weight in job.model.get_layer("transformer_encoder").weights}
    theirs = {weight.path: weight for weight in trained.backbone.weights}
    assert ours.keys() == theirs.keys()
    assert len(ours) > 15
    for path, weight in ours.items():
        values = keras.ops.convert_to_numpy(weight)
        first = keras.ops.convert_to_numpy(theirs[path])[: len(values)]
        np.testing.assert_array_equal(values, first, err_msg=path)
    tokens, expected = (
        preprocessor.tokenizer.tokenize(TEXTS[:3])
        for preprocessor in (job.preprocessor, run.preprocessor)
    )
    assert tokens == expected
    np.testing.assert_array_equal(job.preprocessor(TEXTS[:1])["token_ids"][0, :5], tokens[0][:5])
    free = recipes.transformer_classification.build(
        ([f"{text} " * 4 for text in TEXTS], LABELS), **{**settings, "sequence_length": None}
    )
    assert free.preprocessor.sequence_length == 16


@pytest.mark.each_backend
def test_the_loss_is_the_mean_cross_entropy_of_the_hidden_tokens_alone():
    model = MaskedLanguageModel(transformer_encoder(30, 20, layers=1, heads=2, width=8))
    generator = np.random.default_rng(0)
    for weight in model.weights:
        weight.assign(generator.normal(0, 0.5, weight.shape).astype("float32"))
    inputs, targets = made_rows([20, 7, 3])
    ((_, logits),) = logits_in_parts(model, [(inputs,)], 1)
    exponentials = np.exp(logits.astype("float64"))
    probabilities = exponentials / exponentials.sum(axis=-1, keepdims=True)
    rows, places = np.nonzero(targets >= 0)
    expected = -np.log(probabilities[rows, places, targets[rows, places]])
    assert len(expected) == 3 + 1 + 1

    head = MaskedToken()
    loss = head.loss()(head.encode(targets), logits, head.sample_weights(targets))
    assert float(loss) == pytest.approx(expected.mean(), rel=1e-5)
    outputs = head.predict(model, [(inputs,)], 1)
    np.testing.assert_allclose(outputs[rows, places, 0], expected, rtol=1e-4)
    assert np.isnan(outputs[..., 0]).sum() == targets.size - len(expected)
    np.testing.assert_array_equal(outputs[..., 1], logits.argmax(axis=-1))
    (accuracy,) = head.metrics()
    accuracy.update_state(head.encode(targets), logits)
    is_right = logits.argmax(axis=-1)[rows, places] == targets[rows, places]
    assert float(accuracy.result()) == pytest.approx(is_right.mean())

    # What is hidden cannot be seen: another token in its place changes nothing.
    is_changed = inputs["replacements"] == MASK
    others = {**inputs, "token_ids": np.where(is_changed, 29, inputs["token_ids"])}
    ((_, same),) = logits_in_parts(model, [(others,)], 1)
    np.testing.assert_array_equal(same, logits)
    shown = {**inputs, "replacements": np.full_like(inputs["replacements"], -1)}
    ((_, other),) = logits_in_parts(model, [(shown,)], 1)
    assert np.abs(other - logits).max() > 0.01


def made_rows(lengths):
    """Rows of a model of 30 tokens and 20 positions, and the tokens that are hidden of them."""
    token_ids = np.zeros((len(lengths), 20), "int32")
    replacements = np.full((len(lengths), 20), -1, "int32")
    positions = np.zeros((len(lengths), 3), "int32")
    for row, length in enumerate(lengths):
        token_ids[row, :length] = GENERATOR.integers(4, 30, length)
        replacements[row, :length] = masked(token_ids[row, :length], 0.15, 30, GENERATOR)
        places = np.flatnonzero(replacements[row] >= 0)
        positions[row, : len(places)] = places
    inputs = {
        "token_ids": token_ids,
        "padding_mask": token_ids > 0,
        "replacements": replacements,
        "mask_positions": positions,
    }
    return inputs, masked_tokens(token_ids, replacements, positions)


@pytest.mark.any_backend
@pytest.mark.parametrize("share", [0.05, 0.15, 0.5])
def test_tokens_are_hidden_in_the_shares_of_the_paper(share):
    generator = np.random.default_rng(0)
    tokens = generator.integers(0, 1000, 200_000)
    found = masked(tokens, share, 1000, generator)
    is_chosen, is_special = found >= 0, tokens < len(SPECIAL_TOKENS)
    assert not (is_chosen & is_special).any()
    assert is_chosen.sum() == round(share * (~is_special).sum())
    chosen, before = found[is_chosen], tokens[is_chosen]
    is_mask, stays = chosen == MASK, chosen == before
    is_other = ~is_mask & ~stays
    # Five standard deviations of such a share.
    near = 2.5 / np.sqrt(len(chosen))
    shares = [is_mask.mean(), is_other.mean(), stays.mean()]
    np.testing.assert_allclose(shares, [0.8, 0.1, 0.1], atol=near)
    assert chosen[is_other].min() >= len(SPECIAL_TOKENS)
    assert chosen[is_other].max() < 1000
    # None is chosen for where it stands.
    halves = np.array_split(is_chosen, 2)
    assert halves[0].mean() == pytest.approx(halves[1].mean(), abs=5 * (share / 2e5) ** 0.5)


@pytest.mark.any_backend
def test_rows_hide_other_tokens_each_time_and_tell_the_true_ones():
    samples = data.open_texts([*TEXTS, " ".join(TEXTS)])
    preprocessor = MaskedLanguagePreprocessor(280, sequence_length=16, maskings=3).fit(samples)
    splits = preprocessor.masked(data.Splits(samples, samples, samples))
    assert "1 of 121 texts cut into pieces of 16 tokens" in splits.test.notes[-1]
    pieces = [piece for text in preprocessor.pieces(samples) for piece in text]
    assert sum(map(len, pieces)) == sum(
        map(len, preprocessor.tokenizer.tokenize(samples.values["text"]))
    )
    assert len(splits.training) == 3 * len(pieces)
    assert len(splits.validation) == len(pieces)

    arrays, targets = preprocessor.prepare_both(splits.training.values, None)
    assert {values.shape[0] for values in arrays.values()} == {3 * len(pieces)}
    is_chosen = arrays["replacements"] >= 0
    assert arrays["padding_mask"][is_chosen].all()
    np.testing.assert_array_equal(targets[targets >= 0], arrays["token_ids"][is_chosen])
    first, second, third = np.split(is_chosen, 3)
    assert (first != second).any(axis=1).mean() > 0.5
    assert (second != third).any(axis=1).mean() > 0.5
    again = preprocessor.prepare(splits.training.values)
    np.testing.assert_array_equal(again["replacements"], arrays["replacements"])
    # Those of the validation are those of the texts themselves.
    held_out, texts = (preprocessor.prepare(part.values) for part in (splits.validation, samples))
    np.testing.assert_array_equal(held_out["replacements"], texts["replacements"])
    other = MaskedLanguagePreprocessor(280, sequence_length=16, seed=1).fit(samples)
    assert (other.prepare(samples.values)["replacements"] != texts["replacements"]).any()
    # Of a text without any token nothing is hidden.
    assert preprocessor([""])["replacements"].tolist() == [[-1] * 16]
    assert len(preprocessor.hidden(splits.training)) == len(pieces)


@pytest.mark.any_backend
def test_the_neighbours_tell_more_than_frequencies_where_they_can():
    pieces = [([5, 6, 7, 8, 9], np.array([-1, 1, -1, 1, -1]))] * 4 + [([9] * 9, np.full(9, -1))]
    texts = data.open_texts(["a"])
    found = baselines.hidden_tokens(lambda _: pieces, 10)(data.Splits(texts, texts))
    between = found["between the same neighbours"]
    assert between["accuracy"] == 1.0
    assert found["most frequent token"]["accuracy"] == 0.0
    # Counts, written out: 6 and 8 are four of 29 tokens of five kinds each, out of ten. Beside 5
    # and 7 stand no others, and before 9 stands 9 itself eight times.
    frequency = (4 + 5 / 10) / (29 + 5)
    alone, before_9 = (4 + frequency) / (4 + 1), (4 + 2 * frequency) / (12 + 2)
    of_6, of_8 = (4 + alone) / (4 + 1), (4 + (alone + before_9) / 2) / (4 + 1)
    assert between["cross_entropy"] == pytest.approx(-np.log([of_6, of_8]).mean())
    assert found["most frequent token"]["cross_entropy"] == pytest.approx(-np.log(frequency))


@pytest.mark.any_backend
@pytest.mark.parametrize(
    ("given", "more", "message"),
    [
        (["one line"], {}, "at least 2 samples"),
        (TEXTS, {"vocabulary_size": 1}, "at least 260 tokens"),
        (TEXTS, {"masked_share": 0.0}, "masked_share between 0 and 1.*Received: 0.0"),
        (TEXTS, {"masked_share": 1.0}, "masked_share between 0 and 1.*Received: 1.0"),
        (TEXTS, {"masked_share": float("nan")}, "masked_share between 0 and 1"),
        (TEXTS, {"maskings": 0}, "maskings of at least 1"),
        (TEXTS, {"sequence_length": 1}, "sequence_length of at least 2"),
        (TEXTS, {"heads": 3}, "heads=3, width=16"),
        ((TEXTS, LABELS), {}, "Texts are read"),
    ],
)
def test_what_cannot_be_trained_on_is_told_in_one_line(given, more, message):
    settings = {**SMALL, "validation_fraction": 0.0, **more}
    with pytest.raises(InputError, match=message) as caught:
        recipes.masked_language_model.build(given, **settings)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"width": 32}, r"'embeddings/.*' has the shape \(\d+, 16\).*Received: \(\d+, 32\)"),
        ({"heads": 4}, "Give the run's `width` and `heads`"),
        ({"layers": 2}, "transformer_layer_1/.* is in the new network alone"),
        ({"normalize_first": False}, "final_norm/.* is in the run alone"),
        ({"sequence_length": 17}, "a `sequence_length` that is not longer"),
        ({"pretrained": "no/such/run"}, "directory of a finished run"),
    ],
)
def test_a_run_that_does_not_fit_is_told_in_one_line(run, more, message):
    settings = {**TINY, "sequence_length": 16, "pretrained": str(run.run_dir), **more}
    with pytest.raises(InputError, match=message) as caught:
        recipes.transformer_classification.build((TEXTS, LABELS), **settings)
    assert "\n" not in str(caught.value)


def test_a_run_without_an_encoder_is_told_in_one_line(tmp_path):
    recipes.linear_regression(epochs=1, run_dir=tmp_path / "line", verbose=0)
    with pytest.raises(InputError, match="a run of linear_regression") as caught:
        recipes.transformer_classification.build(
            (TEXTS, LABELS), pretrained=str(tmp_path / "line"), **TINY
        )
    assert "\n" not in str(caught.value)
