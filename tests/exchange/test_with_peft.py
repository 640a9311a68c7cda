"""PEFT itself reads what is written: outputs are the same, for each family and method.

It needs `peft` and `transformers`, which nothing else here does.
"""

import importlib.util
import json

import numpy as np
import pytest

from kerastune import export_peft, freeze
from kerastune.tuning import IA3, DoRA, LoRA, add_adapters
from kerastune.tuning.adapters.adapted import adapted_layers
from tests.exchange.golden import CASES, DATA, backbone_for, base_of, computed, expected

pytestmark = [
    pytest.mark.slow,
    pytest.mark.first_backend,
    pytest.mark.skipif(
        not all(importlib.util.find_spec(name) for name in ("peft", "transformers")),
        reason="needs peft and transformers",
    ),
    pytest.mark.filterwarnings("ignore"),  # of theirs
]

CLASSES = {
    "bert": "BertForSequenceClassification",
    "distilbert": "DistilBertModel",
    "roberta": "RobertaModel",
    "gpt2": "GPT2LMHeadModel",
    "llama": "LlamaForCausalLM",
    "mistral": "MistralForCausalLM",
    "qwen": "Qwen2Model",
    "gemma": "GemmaForCausalLM",
    "vit": "ViTForImageClassification",
}
LAYERS = "kernels & (transformer_layer_* | decoder_block_* | transformer_block_*)"
ADAPTERS = [
    LoRA(rank=3, alpha=5, targets=LAYERS, ranks={"[_][12]/.*query": 2}, alphas={"value": 2}),
    LoRA(rank=2, rank_stabilized=True),
    LoRA(rank=2, initialization="pissa"),
    DoRA(rank=2, targets=LAYERS),
    IA3(
        targets="key | value | feedforward_output_dense | ffw_linear | dense_2",
        feedforward="feedforward_output_dense|ffw_linear|dense_2",
    ),
]


def case_of(name):
    return next(case for case in CASES if base_of(case) == name)


@pytest.mark.parametrize("adapter", ADAPTERS, ids=["lora", "rslora", "pissa", "dora", "ia3"])
@pytest.mark.parametrize("name", CLASSES)
def test_peft_computes_the_same(name, adapter, tmp_path):
    import peft
    import torch
    import transformers

    case, backbone = case_of(name), backbone_for(name)
    there = {part for weight in backbone.weights for part in weight.path.split("/")}
    if adapter.method == "ia3":
        parts = [one for one in adapter.targets.split(" | ") if one in there]
        adapter = IA3(targets=" | ".join(parts), feedforward=adapter.feedforward)
    elif adapter.targets == LAYERS:
        blocks = [
            one
            for one in ("transformer_layer_*", "decoder_block_*", "transformer_block_*")
            if any(part.startswith(one[:-1]) for part in there)
        ]
        adapter = type(adapter)(**{**vars(adapter), "targets": f"kernels & ({' | '.join(blocks)})"})
    add_adapters(backbone, adapter)
    freeze(backbone, "all & ~adapters")
    draws = np.random.default_rng(0)
    for found in adapted_layers(backbone):
        for weight in found.adapters["default"].trainable_weights:
            weight.assign(weight + 0.2 * draws.normal(size=weight.shape))
    kind = getattr(transformers, CLASSES[name])
    model = kind.from_pretrained(DATA / "bases" / name, dtype=torch.float32)
    inside = getattr(model, model.base_model_prefix, None) is not None
    prefix = model.base_model_prefix if inside else ""
    export_peft(backbone, tmp_path / "adapters", base_model_prefix=prefix)
    read = peft.PeftModel.from_pretrained(model, tmp_path / "adapters").eval()
    given = expected(case)["inputs"]
    if name == "vit":
        inputs = {"pixel_values": torch.tensor(given.transpose(0, 3, 1, 2))}
    else:
        inputs = {
            "input_ids": torch.tensor(given).long(),
            "attention_mask": torch.ones(2, 5).long(),
        }
    base = read.get_base_model()
    with torch.no_grad():
        theirs = getattr(base, base.base_model_prefix, base)(**inputs).last_hidden_state.numpy()
    np.testing.assert_allclose(computed(backbone, case), theirs, atol=1e-5)
    assert np.abs(theirs - computed(backbone_for(name), case)).max() > 0.01


def test_every_setting_of_peft_is_known():
    """What PEFT writes without being asked changes nothing that is not followed."""
    import peft

    from kerastune.exchange.peft_settings import read_settings

    for config in (
        peft.LoraConfig(target_modules=["query"]),
        peft.IA3Config(target_modules=["query"], feedforward_modules=[]),
    ):
        plain = json.loads(json.dumps(config.to_dict(), default=list))
        plain["peft_type"] = config.peft_type.value
        assert read_settings(plain).method == plain["peft_type"]
