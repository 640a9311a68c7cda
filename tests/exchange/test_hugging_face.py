"""Whole models in the form of Transformers: read back, they compute the same."""

import importlib.util
import json

import keras
import keras_hub
import numpy as np
import pytest
from safetensors.numpy import load_file

from kerastune import InputError, export_hugging_face
from kerastune.backends import use_exact_gelu
from kerastune.tuning import LoRA, add_adapters
from kerastune.tuning.adapters.adapted import adapted_layers
from tests.exchange.golden import BACKBONES, CASES, DATA, backbone_for, base_of, computed, expected

OURS = ["bert", "distilbert", "roberta", "vit"]
OWN_SETTINGS = ("architectures", "dtype", "type_vocab_size")
THEIRS = ["gemma", "gpt2", "llama", "mistral", "qwen"]
needs_transformers = [
    pytest.mark.slow,
    pytest.mark.skipif(
        importlib.util.find_spec("transformers") is None, reason="needs transformers"
    ),
    pytest.mark.filterwarnings("ignore"),  # of theirs
]
pytestmark = pytest.mark.first_backend


def case_of(name):
    return next(case for case in CASES if base_of(case) == name)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "model"


@pytest.mark.each_backend
@pytest.mark.parametrize("name", OURS)
def test_tensors_are_those_that_transformers_wrote(folder, name):
    assert export_hugging_face(backbone_for(name), folder) == ["model.safetensors", "config.json"]
    found = without_prefix(load_file(folder / "model.safetensors"))
    base = without_prefix(load_file(DATA / "bases" / name / "model.safetensors"))
    wanted = {key: value.astype("float32") for key, value in base.items() if is_backbone(key, name)}
    assert found.keys() == wanted.keys()
    for key, value in wanted.items():
        if "position_embeddings" in key and name == "roberta":
            value[:2] = 0
        if "token_type" in key and name == "roberta":
            value = value[:1]
        np.testing.assert_array_equal(found[key], value, err_msg=key)
    config = json.loads((folder / "config.json").read_text())
    base_config = json.loads((DATA / "bases" / name / "config.json").read_text())
    # KerasHub reads no rates of dropout, and not how many types RoBERTa has, or which tokens pad.
    own = {key for key in config if "drop" in key or "token" in key or key in OWN_SETTINGS}
    for key in config.keys() - own:
        assert config[key] == base_config[key], key


def without_prefix(tensors):
    starts = ("bert.", "distilbert.", "roberta.", "vit.")
    return {
        next((key.removeprefix(one) for one in starts if key.startswith(one)), key): value
        for key, value in tensors.items()
    }


def is_backbone(key, name):
    return "classifier" not in key and (name == "bert" or not key.startswith("pooler"))


def test_adapters_are_folded_into_what_is_written(folder):
    backbone = backbone_for("bert")
    add_adapters(backbone, LoRA(rank=2))
    for found in adapted_layers(backbone):
        found.adapters["default"].lora_b.assign(np.full((2, 8), 0.3))
    former = [np.array(weight) for weight in backbone.weights]
    export_hugging_face(backbone, folder)
    for value, weight in zip(former, backbone.weights, strict=True):
        np.testing.assert_array_equal(value, np.array(weight))
    again = BACKBONES["bert"].from_preset(str(folder))
    np.testing.assert_allclose(
        computed(again, "bert_lora"), computed(backbone, "bert_lora"), atol=1e-5
    )


def test_both_kinds_of_gelu(folder, tmp_path):
    backbone = backbone_for("bert")
    export_hugging_face(backbone, folder)
    use_exact_gelu(backbone)
    export_hugging_face(backbone, tmp_path / "exact")
    for place, name in ((folder, "gelu_pytorch_tanh"), (tmp_path / "exact", "gelu")):
        assert json.loads((place / "config.json").read_text())["hidden_act"] == name


def test_what_is_refused_or_told(folder):
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    with pytest.raises(InputError, match="one backbone of KerasHub"):
        export_hugging_face(model, folder)
    backbone = backbone_for("bert")
    inputs = {one.name: keras.Input(one.shape[1:], name=one.name) for one in backbone.inputs}
    head = keras.layers.Dense(2, name="head")(backbone(inputs)["pooled_output"])
    with pytest.warns(UserWarning, match="2 weights .* are outside of its backbone.*head/kernel"):
        export_hugging_face(keras.Model(inputs, head), folder)
    with pytest.raises(InputError, match="without such files"):
        export_hugging_face(backbone, folder)


@pytest.mark.parametrize("name", THEIRS)
def test_what_keras_hub_writes(folder, name):
    backbone = backbone_for(name)
    assert {"config.json", "model.safetensors"} <= set(export_hugging_face(backbone, folder))
    found = load_file(folder / "model.safetensors")
    base = load_file(DATA / "bases" / name / "model.safetensors")
    assert found.keys() <= base.keys() | {"lm_head.weight"}
    for key, value in found.items():
        np.testing.assert_array_equal(value, base[key].astype("float32"), err_msg=key)


@pytest.mark.parametrize("name", [pytest.param(one, marks=needs_transformers) for one in OURS])
def test_transformers_computes_the_same(folder, tmp_path, name):
    import torch
    import transformers

    case, backbone = case_of(name), backbone_for(name)
    for weight in backbone.weights:
        weight.assign(weight + 0.01)
    export_hugging_face(backbone, folder)
    options = {} if name in ("bert", "distilbert") else {"add_pooling_layer": False}
    model, said = transformers.AutoModel.from_pretrained(
        folder, output_loading_info=True, **options
    )
    assert not said["missing_keys"]
    assert not said["unexpected_keys"]
    given = expected(case)["inputs"]
    with torch.no_grad():
        if name == "vit":
            theirs = model.eval()(torch.tensor(given.transpose(0, 3, 1, 2)))
        else:
            theirs = model.eval()(torch.tensor(given).long(), torch.ones(2, 5).long())
    np.testing.assert_allclose(
        computed(backbone, case), theirs.last_hidden_state.numpy(), atol=1e-5
    )


CLASSIFIERS = {
    "bert": keras_hub.models.BertTextClassifier,
    "distilbert": keras_hub.models.DistilBertTextClassifier,
    "roberta": keras_hub.models.RobertaTextClassifier,
    "vit": keras_hub.models.ViTImageClassifier,
}


@pytest.mark.parametrize("name", [pytest.param(one, marks=needs_transformers) for one in OURS])
def test_transformers_classifies_the_same(folder, name):
    import torch
    import transformers

    case = case_of(name)
    task = CLASSIFIERS[name](
        backbone=backbone_for(name), num_classes=3, preprocessor=None, activation=None
    )
    export_hugging_face(task, folder)
    given = expected(case)["inputs"]
    with torch.no_grad():
        if name == "vit":
            model = transformers.AutoModelForImageClassification.from_pretrained(folder)
            theirs = model.eval()(torch.tensor(given.transpose(0, 3, 1, 2)))
        else:
            model = transformers.AutoModelForSequenceClassification.from_pretrained(folder)
            theirs = model.eval()(torch.tensor(given).long(), torch.ones(2, 5).long())
    np.testing.assert_allclose(computed(task, case), theirs.logits.numpy(), atol=1e-5)
