"""Tokenizers in the form of Transformers: the same ids, by the libraries that read them."""

import importlib.util
import json

import keras_hub
import numpy as np
import pytest
import tokenizers
from tokenizers.pre_tokenizers import ByteLevel

from kerastune import InputError, export_hugging_face
from kerastune.exchange.tokenizer_files import tokenizer_files
from kerastune.preprocessing import Tokenizer, load_text_preprocessor
from kerastune.preprocessing.preset_tokenizer import PresetTokenizer

pytestmark = pytest.mark.any_backend

TEXTS = [
    "The quick brown fox, isn't it? It'S 12345 or 3.14!",
    "Émile rêve… 東京 naïve",
    "  two  spaces\n\nand\tlines\r\n ",
    "",
    "unknownword " + "x" * 90,
    "日本語のテスト",
]
# In a text of word pieces they are no tokens; the library alone cannot tell from its file.
SPECIAL = ["[SEP] is a token, <s> and </s> too", "<mask>", "<|endoftext|>"]
PIECES = ["the", "quick", "brown", "fox", "##s", "is", "a", "token", ".", "'", "t", "1", "東"]
NAMES = ["bert", "distilbert", "roberta", "gpt2"]


def _byte_pairs(*special):
    tokens = [*special, *sorted(ByteLevel.alphabet())]
    merges = ["Ġ t", "Ġt h", "Ġth e", "1 2", "12 3", "3 4", "i s", "e s"]
    tokens += [pair.replace(" ", "") for pair in merges]
    return {"vocabulary": {token: place for place, token in enumerate(tokens)}, "merges": merges}


def _made(name):
    """A model with a tokenizer of its own, or a tokenizer to be given, and what ids it gives."""
    models, small = keras_hub.models, {"num_layers": 1, "num_heads": 1, "hidden_dim": 2}
    small["intermediate_dim"] = 4
    if name == "gpt2":
        tokenizer = models.GPT2Tokenizer(**_byte_pairs("<|endoftext|>"))
        backbone = models.GPT2Backbone(tokenizer.vocabulary_size(), **small)
        return backbone, tokenizer, lambda text: np.asarray(tokenizer(text)).tolist()
    kind = {"bert": "Bert", "distilbert": "DistilBert", "roberta": "Roberta"}[name]
    given = _byte_pairs("<s>", "<pad>", "</s>", "<mask>")
    if name != "roberta":
        special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
        given = {"vocabulary": [*special, *PIECES], "lowercase": True}
    tokenizer = getattr(models, f"{kind}Tokenizer")(**given)
    backbone = getattr(models, f"{kind}Backbone")(tokenizer.vocabulary_size(), **small)
    layer = getattr(models, f"{kind}TextClassifierPreprocessor")(tokenizer, sequence_length=300)
    task = getattr(models, f"{kind}TextClassifier")(backbone, 2, preprocessor=layer)

    def ids(text):
        given = layer([text])
        return np.asarray(given["token_ids"])[np.asarray(given["padding_mask"], bool)].tolist()

    return task, None, ids


@pytest.mark.parametrize("name", NAMES)
def test_the_library_gives_the_same_ids(tmp_path, name):
    model, tokenizer, ids = _made(name)
    folder = tmp_path / "model"
    assert "tokenizer.json" in export_hugging_face(model, folder, tokenizer=tokenizer)
    library = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
    for text in [*TEXTS, *SPECIAL * (name in ("roberta", "gpt2"))]:
        assert library.encode(text).ids == ids(text), text
    assert library.get_vocab_size() == getattr(model, "backbone", model).vocabulary_size


def test_what_is_written_is_read_here_too(tmp_path):
    model, _, ids = _made("bert")
    export_hugging_face(model, tmp_path / "model")
    read = load_text_preprocessor(tmp_path / "model", sequence_length=300)
    for text in (*TEXTS, *SPECIAL):
        found = read([text])
        assert found["token_ids"][found["padding_mask"]].tolist() == ids(text)
    # And from there once more.
    settings = json.loads(tokenizer_files(read, 300)["tokenizer_config.json"])
    assert settings["model_max_length"] == 300
    assert settings["do_lower_case"]


def test_tokenizers_of_texts_at_hand_and_of_presets():
    tokenizer = Tokenizer.of_byte_pairs(["a good day, a good evening"], 270)
    library = tokenizers.Tokenizer.from_str(tokenizer_files(tokenizer)["tokenizer.json"].decode())
    assert library.encode("good day").ids == tokenizer.tokenize(["good day"])[0]
    hub = keras_hub.models.GPT2Tokenizer(**_byte_pairs("<|endoftext|>"))
    assert tokenizer_files(PresetTokenizer(hub)) == tokenizer_files(hub)


def test_other_kinds_are_refused_before_anything_is_written(tmp_path):
    model, *_ = _made("bert")
    other = keras_hub.tokenizers.ByteTokenizer()
    with pytest.raises(InputError, match="word pieces or of byte pairs.*ByteTokenizer"):
        export_hugging_face(model, tmp_path / "model", tokenizer=other)
    assert not (tmp_path / "model").exists()
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "vocab.txt").touch()
    with pytest.raises(InputError, match="which has vocab.txt"):
        export_hugging_face(model, tmp_path / "there")


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("transformers") is None, reason="needs transformers")
@pytest.mark.filterwarnings("ignore")  # of theirs
@pytest.mark.parametrize("name", NAMES)
def test_transformers_gives_the_same_ids(tmp_path, name):
    import transformers

    model, tokenizer, ids = _made(name)
    export_hugging_face(model, tmp_path / "model", tokenizer=tokenizer)
    read = transformers.AutoTokenizer.from_pretrained(tmp_path / "model")
    for text in (*TEXTS, *SPECIAL):
        assert read(text)["input_ids"] == ids(text), text
