"""Golden numbers: KerasHub's own list of presets, and the model cards at Hugging Face."""

import json
import subprocess
import sys

import keras_hub
import pytest

from kerastune.backends import is_abstract
from kerastune.errors import InputError
from kerastune.params.sources.keras_hub import published_models, published_parameters
from kerastune.params.sources.open import open_model
from kerastune.params.sources.texts import SHORT_NAMES

pytestmark = pytest.mark.first_backend

PRESETS = keras_hub.models.Backbone.presets
TINY = (
    "BertBackbone(vocabulary_size=99, num_layers=2, num_heads=2, hidden_dim=8, intermediate_dim=16)"
)

# The sums over the safetensors files at Hugging Face, as its API gives them: BERT base is
# the model without the head of its pretraining, GPT-2 with tied embeddings.
MODEL_CARDS = {
    "bert_base": 109_482_240,
    "bert_large": 335_141_888,
    "gpt2": 124_439_808,
    "llama3_8b": 8_030_261_248,
    "llama3_70b": 70_553_706_496,
    "llama3_405b": 405_853_388_800,
}


@pytest.mark.parametrize(("name", "parameters"), MODEL_CARDS.items())
def test_the_count_is_that_of_the_model_card(name, parameters):
    count = open_model(name)
    assert count.parameters == count.trainable == parameters
    assert count.name == name
    assert is_abstract(count.model)
    assert count.notes == (f"as published ({published_parameters(name)[1]})",)


def test_every_name_in_the_catalogue_is_a_preset_of_keras_hub_or_a_short_name():
    assert {name for name in published_models() if name not in PRESETS} <= set(SHORT_NAMES)


@pytest.mark.slow
@pytest.mark.any_backend
def test_every_model_in_the_catalogue_is_counted_as_published():
    for name in published_models():
        assert open_model(f"keras_hub:{name}").parameters == published_parameters(name)[0], name


@pytest.mark.parametrize(
    "name", ["bert_tiny_en_uncased", "gpt2_base_en", "vit_base_patch16_224_imagenet"]
)
def test_a_preset_in_the_catalogue_needs_no_network(name, monkeypatch):
    monkeypatch.setattr("kerastune.models.hubs.is_reachable", None)
    assert open_model(f"keras_hub:{name}").parameters == PRESETS[name]["metadata"]["params"]


def test_a_published_number_that_is_not_the_counted_one_is_told(monkeypatch):
    wrong = dict.fromkeys(["bert_tiny_en_uncased"], (5, "a list"))
    monkeypatch.setattr("kerastune.params.sources.keras_hub._MODEL_CARDS", wrong)
    (note,) = open_model("keras_hub:bert_tiny_en_uncased").notes
    assert note == "published: 5 parameters (a list)"


def test_a_class_with_arguments_is_counted_as_built_with_memory():
    count = open_model(f"keras_hub:{TINY}")
    real = keras_hub.models.BertBackbone(99, 2, 2, 8, 16)
    assert count.parameters == real.count_params()


@pytest.fixture
def preset(tmp_path):
    """A directory with a preset of KerasHub, its weights taken away."""
    keras_hub.models.BertBackbone(99, 2, 2, 8, 16).save_to_preset(str(tmp_path / "bert"))
    (tmp_path / "bert" / "model.weights.h5").unlink()
    return tmp_path / "bert"


def test_a_preset_directory_needs_no_weights(preset):
    expected = open_model(f"keras_hub:{TINY}").parameters
    for text in (f"keras_hub:{preset}", str(preset), preset, preset / "config.json"):
        count = open_model(text)
        assert count.parameters == expected
        assert count.notes == ("BertBackbone of KerasHub, without a head for a task",)


def test_a_cached_preset_needs_no_network(preset, tmp_path, monkeypatch):
    handle = PRESETS["bert_tiny_en_uncased_sst2"]["kaggle_handle"]
    monkeypatch.setenv("KAGGLEHUB_CACHE", str(tmp_path))
    monkeypatch.setattr("kerastune.models.hubs.is_reachable", None)
    cached = tmp_path / "models" / handle.removeprefix("kaggle://")
    cached.mkdir(parents=True)
    preset.joinpath("config.json").rename(cached / "config.json")
    count = open_model("keras_hub:bert_tiny_en_uncased_sst2")
    assert count.parameters == open_model(f"keras_hub:{TINY}").parameters


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("keras_hub:bert_bse_en", "Did you mean 'bert_base_en'"),
        ("keras_hub:", "none of them"),
        ("keras_hub:BertBakbone(num_layers=1)", "Did you mean 'BertBackbone'"),
        ("keras_hub:BertBackbone(num_layers=1)", "missing"),
        ("keras_hub:BertBackbone(vocabulary_size=len('x'))", "Expected NAME"),
        ("keras_hub:BertTextClassifier(num_classes=2)", "Expected a backbone"),
        ("keras_hub:Backbone.presets(a=1)", "Expected a backbone"),
        ("keras_hub:ftp://a/b", "kaggle:// or hf://"),
    ],
)
def test_bad_input_is_one_line(text, said):
    with pytest.raises(InputError, match="Received") as error:
        open_model(text)
    assert said in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "change",
    [
        {"registered_name": "keras_hub>Nothing"},
        {"registered_name": "keras_hub>", "class_name": "system", "module": "os"},
        {"config": {"num_layers": 2}},
        {"config": None},
        {"registered_name": "keras_hub>BertTokenizer", "class_name": "BertTokenizer"},
    ],
)
def test_a_configuration_that_is_no_backbone_is_refused(preset, change):
    config = json.loads((preset / "config.json").read_text())
    (preset / "config.json").write_text(json.dumps(config | change))
    with pytest.raises(InputError, match="Received") as error:
        open_model(preset)
    assert "\n" not in str(error.value)


# Not `resource.getrusage`, whose peak is at least that of the process that started this one.
COUNT_LARGEST = """
import pathlib, re
from kerastune.params.sources.open import open_model
parameters = open_model("llama3_405b").parameters
status = pathlib.Path("/proc/self/status").read_text()
print(parameters, re.search(r"VmHWM:\\s+(\\d+) kB", status)[1])
"""


@pytest.mark.any_backend
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
@pytest.mark.slow
def test_405_billion_parameters_take_less_than_one_and_a_half_gigabytes():
    result = subprocess.run(
        [sys.executable, "-c", COUNT_LARGEST], capture_output=True, text=True, check=True
    )
    parameters, kibibytes = map(int, result.stdout.split())
    assert parameters == MODEL_CARDS["llama3_405b"]
    assert kibibytes * 1024 < 1.5e9
