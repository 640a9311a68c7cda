"""Beam search against plain greedy decoding and against all sequences there are."""

import itertools

import keras
import numpy as np
import pytest

from kerastune.errors import InputError
from kerastune.models import BeamSearch, EncoderDecoder, encoder_decoder

START, END = 2, 3
SIZE, SOURCE, TARGET = 7, 5, 3


def network(target=TARGET, seed=0):
    """A model with weights so large that its answers differ by source, and its parts."""
    body = encoder_decoder(SIZE, SOURCE, target, width=8, layers=1, attention_heads=2, dropout=0.0)
    logits = keras.layers.Dense(SIZE)
    model = keras.Model(body.input, logits(body.output))
    generator = np.random.default_rng(seed)
    for weight in model.weights:
        if len(weight.shape) > 1:
            weight.assign(generator.normal(0, 0.7, weight.shape))
    return model, EncoderDecoder.of(body), logits


def sources(count=6):
    rows = np.random.default_rng(1).integers(4, SIZE, (count, SOURCE)).astype("int32")
    rows[count // 2 :, -2:] = 0
    return rows


def next_log_probabilities(model, source, written):
    """Of the tokens behind what is written, without a cache; those that never come are left out."""
    target = model.input["target_ids"].shape[1]
    given = np.zeros((len(written), target), "int32")
    rows = [[START, *row][:target] for row in written]
    for place, row in zip(given, rows, strict=True):
        place[: len(row)] = row
    outputs = model.predict_on_batch({"source_ids": source, "target_ids": given})
    logits = np.asarray(outputs, "float64")[:, len(rows[0]) - 1]
    found = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    found[:, [0, START]] = -np.inf
    return found


def test_a_beam_of_one_with_a_cache_is_greedy_decoding_without():
    target = 6
    model, layers, logits = network(target)
    source = sources()
    written = np.zeros((len(source), 0), "int32")
    for _ in range(target):
        best = next_log_probabilities(model, source, written).argmax(axis=1)
        has_ended = (written == END).any(axis=1)
        written = np.column_stack([written, np.where(has_ended, 0, best)])
    search = BeamSearch(layers, logits, start=START, end=END, beam_size=1)
    np.testing.assert_array_equal(search.predict_on_batch(source), written)
    assert len({tuple(row) for row in written.tolist()}) > 1


@pytest.mark.first_backend
@pytest.mark.parametrize("power", [0.0, 1.0])
def test_a_beam_as_wide_as_all_sequences_finds_the_best(power):
    model, layers, logits = network(seed=3)
    source = sources(3)
    open_tokens = [token for token in range(SIZE) if token not in (0, START, END)]
    scores = [{} for _ in source]
    for length in range(TARGET):
        for begun in itertools.product(open_tokens, repeat=length):
            rows = np.array([begun] * len(source), "int32").reshape(len(source), length)
            before = _log_probability(model, source, rows)
            each = next_log_probabilities(model, source, rows)
            for at, found in enumerate(scores):
                found[(*begun, END)] = (before[at] + each[at, END]) / (length + 1) ** power
                if length == TARGET - 1:
                    for token in open_tokens:
                        found[(*begun, token)] = (before[at] + each[at, token]) / TARGET**power
    search = BeamSearch(
        layers, logits, start=START, end=END, beam_size=100, length_normalization=power
    )
    for row, found in zip(search.predict_on_batch(source), scores, strict=True):
        best = max(found, key=found.get)
        assert tuple(row.tolist()) == (*best, *[0] * (TARGET - len(best)))


def _log_probability(model, source, rows):
    """Of whole beginnings, the same for all sources but in their probabilities."""
    total = np.zeros(len(source))
    for length in range(rows.shape[1]):
        found = next_log_probabilities(model, source, rows[:, :length])
        total += found[np.arange(len(source)), rows[:, length]]
    return total


@pytest.mark.first_backend
def test_padding_changes_nothing():
    body = encoder_decoder(SIZE, SOURCE, TARGET, width=8, layers=1, attention_heads=2, dropout=0.0)
    longer = encoder_decoder(SIZE, 9, TARGET, width=8, layers=1, attention_heads=2, dropout=0.0)
    generator = np.random.default_rng(0)
    for weight, wide in zip(body.weights, longer.weights, strict=True):
        values = generator.normal(0, 0.7, wide.shape)
        wide.assign(values)
        weight.assign(values[tuple(map(slice, weight.shape))])
    source, target = sources(), np.full((6, TARGET), 5, "int32")
    found = [
        model.predict_on_batch({"source_ids": given, "target_ids": target})
        for model, given in ((body, source), (longer, np.pad(source, ((0, 0), (0, 4)))))
    ]
    np.testing.assert_allclose(found[0], found[1], atol=1e-6, rtol=0)
    # What stands behind a position does not change it.
    target[:, 1:] = 0
    cut = body.predict_on_batch({"source_ids": source, "target_ids": target})
    np.testing.assert_allclose(cut[:, 0], found[0][:, 0], atol=1e-6, rtol=0)
    assert np.abs(cut[:, 1] - found[0][:, 1]).max() > 1e-3


@pytest.mark.any_backend
@pytest.mark.parametrize(
    ("settings", "message"),
    [({"beam_size": 0}, "beam_size=0"), ({"length_normalization": -1.0}, "normalization=-1.0")],
)
def test_what_is_no_beam(settings, message):
    _, layers, logits = network()
    with pytest.raises(InputError, match=message):
        BeamSearch(layers, logits, start=START, end=END, **settings)


@pytest.mark.any_backend
@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"width": 10}, "attention_heads=4"),
        ({"layers": 0}, "layers=0"),
        ({"dropout": 1}, "dropout"),
    ],
)
def test_what_is_no_network(settings, message):
    with pytest.raises(InputError, match=message):
        encoder_decoder(SIZE, SOURCE, TARGET, **settings)


@pytest.mark.any_backend
def test_another_model_has_no_encoder_and_decoder():
    with pytest.raises(InputError, match="encoder_decoder"):
        EncoderDecoder.of(keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]))
