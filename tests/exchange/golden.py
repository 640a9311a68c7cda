"""What `tools/make_peft_files.py` has made with PEFT, and models for it."""

from functools import cache
from pathlib import Path

import keras
import keras_hub
import numpy as np
from safetensors.numpy import load_file

DATA = Path(__file__).parent / "data"
CASES = sorted(path.parent.name for path in DATA.glob("*/adapter_config.json"))
BACKBONES = {
    "bert": keras_hub.models.BertBackbone,
    "bert_classifier": keras_hub.models.BertBackbone,
    "distilbert": keras_hub.models.DistilBertBackbone,
    "gemma": keras_hub.models.GemmaBackbone,
    "gpt2": keras_hub.models.GPT2Backbone,
    "llama": keras_hub.models.Llama3Backbone,
    "llama_deep": keras_hub.models.Llama3Backbone,
    "mistral": keras_hub.models.MistralBackbone,
    "qwen": keras_hub.models.QwenBackbone,
    "roberta": keras_hub.models.RobertaBackbone,
    "vit": keras_hub.models.ViTBackbone,
}


def base_of(case):
    """The name of the model of a case."""
    return (DATA / case / "base.txt").read_text().strip()


@cache
def expected(case):
    """Inputs, outputs and gradients of PEFT."""
    return load_file(DATA / case / "expected.safetensors")


def backbone_for(name):
    """The backbone of KerasHub with the weights of the model that PEFT had."""
    return BACKBONES[name].from_preset(str(DATA / "bases" / name), dtype="float32")


def inputs_for(backbone, given):
    """Inputs of a backbone: tokens that are all there, or images."""
    if "images" in [one.name for one in backbone.inputs]:
        return given
    values = {
        "token_ids": given,
        "padding_mask": np.ones_like(given),
        "segment_ids": np.zeros_like(given),
    }
    return {one.name: values[one.name] for one in backbone.inputs}


def features_of(backbone):
    """A model around a backbone that gives the features of all places."""
    outputs = backbone.output
    if isinstance(outputs, dict):
        outputs = outputs["sequence_output"]
    return keras.Model(backbone.input, outputs, name="features")


def features_around(backbone):
    """The same of a model that calls the backbone, as those that are built around one do."""
    inputs = {one.name: keras.Input(one.shape[1:], name=one.name) for one in backbone.inputs}
    return keras.Model(inputs, backbone(inputs)["sequence_output"], name="around")


def computed(model, case):
    """What a backbone, or a task around one, gives for the inputs of a case, as an array."""
    backbone = getattr(model, "backbone", model)
    outputs = model(inputs_for(backbone, expected(case)["inputs"]), training=False)
    if isinstance(outputs, dict):
        outputs = outputs["sequence_output"]
    return keras.ops.convert_to_numpy(outputs)
