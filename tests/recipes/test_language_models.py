"""Language models on this backend: packing, losses, generation, what is read and refused."""

import json
from importlib import import_module

import keras
import numpy as np
import pytest

import kerastune
from kerastune import data, recipes
from kerastune.errors import InputError
from kerastune.heads import NextToken, attach
from kerastune.heads.token_prediction import rows_at
from kerastune.models import PackedLanguageModel, Sampling, decoder, generate
from kerastune.preprocessing import LanguagePreprocessor
from kerastune.preprocessing.packed_rows import as_arrays, next_tokens, packed
from kerastune.tuning import Plan, Stage
from tests.tiny import tiny_gpt2_preset

pytestmark = pytest.mark.first_backend

GENERATOR = np.random.default_rng(0)
WORDS = ("the", "film", "is", "good", "bad", "and", "long")
TEXTS = [f"{' '.join(GENERATOR.choice(WORDS, 5))} {number}." for number in range(60)]
TINY = {"layers": 1, "heads": 2, "width": 16}


def tiny_model(architecture):
    """A model whose weights are large enough for a leak to show, and the same on each backend."""
    backbone = decoder(architecture, 30, sequence_length=32, dropout=0.0, **TINY)
    generator = np.random.default_rng(0)
    for weight in backbone.weights:
        if len(weight.shape) > 1:
            weight.assign(generator.normal(0, 0.5, weight.shape).astype("float32"))
    return PackedLanguageModel(backbone)


def logits_of(model, rows, length):
    """Logits, computed in batches of one shape, which is compiled once."""
    arrays = as_arrays(rows, length, padding=0)
    filled = {name: rows_at(array, 0, 32) for name, array in arrays.items()}
    return np.asarray(model.predict_on_batch(filled))[: len(rows)], arrays


def cross_entropies(logits, targets):
    """The definition, written out."""
    exponentials = np.exp(logits.astype("float64"))
    probabilities = exponentials / exponentials.sum(axis=-1, keepdims=True)
    rows, places = np.nonzero(targets >= 0)
    return -np.log(probabilities[rows, places, targets[rows, places]])


@pytest.mark.each_backend
@pytest.mark.parametrize("architecture", ["gpt2", "llama"])
def test_a_text_in_a_row_of_several_has_the_losses_that_it_has_alone(architecture):
    model = tiny_model(architecture)
    pieces = [GENERATOR.integers(4, 30, length).tolist() for length in (7, 4, 9, 3)]
    in_a_row, arrays = logits_of(model, [pieces], 26)
    alone, alone_arrays = logits_of(model, [(piece,) for piece in pieces], 26)
    targets = [next_tokens(**each) for each in (arrays, alone_arrays)]
    losses = [cross_entropies(*both) for both in zip((in_a_row, alone), targets, strict=True)]
    assert len(losses[0]) == sum(map(len, pieces)) - len(pieces)
    np.testing.assert_allclose(losses[0], losses[1], atol=1e-5)
    leaking = {**arrays, "segment_ids": np.minimum(arrays["segment_ids"], 1)}
    filled = {name: rows_at(array, 0, 32) for name, array in leaking.items()}
    other = np.asarray(model.predict_on_batch(filled))
    assert np.abs(other[0, 7:11] - in_a_row[0, 7:11]).max() > 0.01

    head = NextToken(end=3, longest=26)
    loss = head.loss()(head.encode(targets[0]), in_a_row, head.sample_weights(targets[0]))
    assert float(loss) == pytest.approx(losses[0].mean(), rel=1e-5)


@pytest.mark.quick_on_jax
@pytest.mark.each_backend
def test_a_run_beats_chance_answers_and_is_read_again(tmp_path):
    path = tmp_path / "films.jsonl"
    path.write_text("\n".join(json.dumps({"review": text, "label": 1}) for text in TEXTS))
    result = recipes.causal_language_model(
        str(path),
        text_column="review",
        sequence_length=32,
        vocabulary_size=280,
        dropout=0.0,
        temperature=0.0,
        answer_tokens=6,
        epochs=15,
        # Divides the training samples, so that every step is compiled once.
        batch_size=10,
        learning_rate=2e-2,
        run_dir=tmp_path / "run",
        precision="float32",
        **TINY,
    )
    # Of seven words and two digits by chance, on average at least 1.5 tokens each.
    assert result.metrics["perplexity"] < 20
    assert result.metrics["bits_per_byte"] < 2.5
    written = json.loads((tmp_path / "run" / "metrics.json").read_text())
    assert set(written["baselines"]) == {"5-gram, Kneser-Ney"}
    assert any("rows of 32 tokens" in note for note in written["notes"])

    prompts = ["the film is good and"]
    answers = result.predict(prompts)
    assert answers == [continued(result, prompt, 6) for prompt in prompts]
    loaded = kerastune.load(tmp_path / "run")
    np.testing.assert_allclose(
        loaded.outputs(TEXTS[:2])["nats"][1], result.outputs(TEXTS[:2])["nats"][1], atol=1e-5
    )
    assert loaded.evaluate(str(path))["perplexity"] < 20


def continued(result, prompt, count):
    """What goes on from a prompt by its most probable tokens, computed without a cache."""
    (piece,) = result.preprocessor.pieces({"review": [prompt]})[0]
    tokens = list(piece[:-1])
    length = len(tokens)
    for _ in range(count):
        logits, _ = logits_of(result.model, [(tokens,)], 32)
        tokens.append(int(logits[0, len(tokens) - 1].argmax()))
        if tokens[-1] == result.head.end:
            break
    return result.preprocessor.tokenizer.detokenize([tokens[length:]])[0]


def test_llama_goes_on_with_a_cache_as_it_does_without():
    model = tiny_model("llama")
    prompts = [[2, 5, 6], [2, 9, 9, 4, 11]]
    added = generate(
        model.backbone, prompts, end=3, most_tokens=5, sampling=Sampling(0), longest=32
    )
    for prompt, found in zip(prompts, added, strict=True):
        tokens = list(prompt)
        while len(tokens) < len(prompt) + 5:
            logits, _ = logits_of(model, [(tokens,)], 16)
            tokens.append(int(logits[0, len(tokens) - 1].argmax()))
        expected = tokens[len(prompt) :]
        assert found == (expected[: expected.index(3)] if 3 in expected else expected)


@pytest.mark.parametrize(
    "sampling", [Sampling(), Sampling(0.7, top_k=3), Sampling(top_p=0.5), Sampling(2, 4, 0.9)]
)
def test_what_is_drawn_depends_on_the_seed_and_stays_in_the_bounds(sampling):
    backbone = tiny_model("gpt2").backbone
    settings = {"end": 3, "most_tokens": 4, "longest": 32}
    one, again = (generate(backbone, [[2, 5]] * 8, sampling=sampling, **settings) for _ in range(2))
    assert one == again
    assert len({tuple(tokens) for tokens in one}) > 1
    if sampling.top_k is not None:
        logits, _ = logits_of(PackedLanguageModel(backbone), [([2, 5],)], 2)
        likely = set(np.argsort(-logits[0, 1])[: sampling.top_k].tolist())
        assert {tokens[0] if tokens else 3 for tokens in one} <= likely


def test_a_tied_model_of_each_architecture_stays_tied_when_saved(tmp_path):
    for architecture in ("gpt2", "llama"):
        model = tiny_model(architecture)
        model.save(tmp_path / "model.keras")
        again = keras.saving.load_model(tmp_path / "model.keras")
        assert again.count_params() == model.count_params()
        rows = [([2, 5, 6],)]
        np.testing.assert_allclose(
            logits_of(again, rows, 3)[0], logits_of(model, rows, 3)[0], atol=1e-6
        )


def test_a_pretrained_model_keeps_its_tokenizer_and_trains_in_part(tmp_path):
    preset = str(tiny_gpt2_preset(tmp_path / "preset"))
    last = Plan("last", (Stage("last block", 1, 1e-2, "last(2)"),))
    job = recipes.causal_language_model.build(TEXTS, backbone=preset, sequence_length=16, plan=last)
    tokenizer = job.preprocessor.tokenizer
    assert tokenizer.detokenize(tokenizer.tokenize(["the film is bad"])) == ["the film is bad"]
    before = {weight.path: keras.ops.convert_to_numpy(weight) for weight in job.model.weights}
    result = job.run(run_dir=tmp_path / "run")
    changed = {
        weight.path
        for weight in result.model.weights
        if not np.array_equal(keras.ops.convert_to_numpy(weight), before[weight.path])
    }
    assert changed
    # The table of tokens is in the first group, although the logits are computed by it too.
    assert not any("embedding" in path or "layer_0" in path for path in changed)
    loaded = kerastune.load(tmp_path / "run")
    assert loaded.evaluate(TEXTS[:5])["perplexity"] == pytest.approx(
        result.evaluate(TEXTS[:5])["perplexity"], rel=1e-5
    )
    with pytest.raises(InputError, match="at most 32"):
        recipes.causal_language_model.build(TEXTS, backbone=preset, sequence_length=64)


@pytest.mark.any_backend
def test_each_token_of_a_corpus_is_predicted_once():
    samples = data.open_texts([*TEXTS, " ".join(TEXTS)])
    preprocessor = LanguagePreprocessor(280, sequence_length=32).fit(samples)
    splits = preprocessor.packed(data.Splits(samples, samples, samples))
    assert "1 of 61 texts cut into pieces of 32 tokens" in splits.test.notes[-1]
    lengths = [
        len(tokens) + 1 for tokens in preprocessor.tokenizer.tokenize([*TEXTS, " ".join(TEXTS)])
    ]
    for part in splits.parts.values():
        arrays, targets = preprocessor.prepare_both(part.values, None)
        assert (targets >= 0).sum() == sum(lengths)
        assert arrays["token_ids"].shape[1] == 32
    rows = packed([[1] * n for n in (9, 3, 8, 5, 5, 2)], 10)
    assert sorted(sum(map(len, row)) for row in rows) == [3, 9, 10, 10]


@pytest.mark.any_backend
@pytest.mark.parametrize(
    ("given", "more", "message"),
    [
        (["one line"], {}, "at least 2 samples"),
        (TEXTS, {"vocabulary_size": 1}, "at least 260 tokens"),
        (TEXTS, {"sequence_length": 1}, "sequence_length of at least 2"),
        ([{"label": "a"}, {"label": "b"}], {}, "Expected a column 'text'.*--text_column"),
        ([" ", ""], {}, "Expected texts in texts. Received: 2 of 2 texts dropped: empty"),
        (TEXTS, {"width": 15}, "even multiple of the heads"),
        (TEXTS, {"architecture": "rnn"}, "gpt2 or llama"),
        (TEXTS, {"temperature": -1.0}, "temperature of at least 0"),
        (TEXTS, {"answer_tokens": 0}, "answer_tokens of at least 1"),
        (TEXTS, {"unit": "word"}, "Expected a unit"),
        pytest.param(
            *(TEXTS, {"backbone": "minilm"}, "start and end a text|causal language models"),
            marks=pytest.mark.slow,
        ),
        ((TEXTS, [1] * 60), {}, "Texts are read"),
        (5, {}, "Texts are read"),
    ],
)
def test_what_cannot_be_trained_on_is_told_in_one_line(given, more, message):
    settings = {"validation_fraction": 0.0, "heads": 2, "width": 16, **more}
    with pytest.raises(InputError, match=message) as caught:
        recipes.causal_language_model.build(given, **settings)
    assert "\n" not in str(caught.value)


@pytest.mark.any_backend
def test_files_of_texts_stay_in_one_part(tmp_path):
    for number in range(12):
        (tmp_path / f"{number}.txt").write_text(f"A {number}\nb\n\nC {number}\n")
    (tmp_path / "notes.csv").write_text("x")
    by_file = data.open_texts(tmp_path)
    assert len(by_file) == 12
    assert by_file.values["text"][0] == "A 0\nb\n\nC 0"
    splits = data.open_text_splits(tmp_path, unit="paragraph")
    assert splits.training.inputs == ("text",)
    firsts = [
        {text.split("\n")[0].split()[1] for text in part.values["text"] if text[0] == "A"}
        for part in (splits.training, splits.test)
    ]
    assert all(firsts)
    assert not firsts[0] & firsts[1]
    single = data.open_texts(str(tmp_path / "3.txt"))
    assert single.values["text"] == ["A 3\nb", "C 3"]
    assert len(data.open_texts(tmp_path / "3.txt", unit="line")) == 3


@pytest.mark.any_backend
def test_the_modules_of_docstrings_stay_in_one_part(tmp_path, monkeypatch):
    prose = "Returns a thing that is described at some length, for the {n}th time, in module {m}."
    for module in range(8):
        functions = [f'def f{n}():\n    """{prose.format(n=n, m=module)}"""\n' for n in range(3)]
        (tmp_path / "numpy" / "tests").mkdir(parents=True, exist_ok=True)
        (tmp_path / "numpy" / f"m{module}.py").write_text("\n".join(functions))
    (tmp_path / "numpy" / "tests" / "test_m.py").write_text(f'"""{prose}"""')
    folders = {"numpy": tmp_path / "numpy", "scipy": None}
    module = import_module("kerastune.data.docstring_texts")
    monkeypatch.setattr(module, "package_folder", folders.get)
    source = data.docstring_texts()
    assert len(source) == 24
    training, test = data.split(source, 0.25, seed=0)
    assert not set(training.values["module"]) & set(test.values["module"])
    assert len(test) == 6


@pytest.mark.any_backend
def test_a_prompt_that_is_too_long_is_refused():
    samples = data.open_texts(TEXTS)
    preprocessor = LanguagePreprocessor(280, sequence_length=16).fit(samples)
    backbone = decoder("gpt2", 280, sequence_length=16, **TINY)
    head = NextToken(end=preprocessor.tokenizer.end, longest=16)
    model = attach(PackedLanguageModel(backbone), head, pooling="sequence")
    batches = [(preprocessor(["good " * 30]),)]
    with pytest.raises(InputError, match="Give its last part"):
        head.answers(model, batches, 1)
