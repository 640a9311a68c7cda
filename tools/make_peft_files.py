"""Makes the files of tests/exchange/data with PEFT and Transformers.

PYTHONPATH=FOLDER_OF_THE_PEERS python tools/make_peft_files.py [FOLDER]

The tests read them without either. Made with peft 0.21.2, transformers 5.24.0 and torch 2.13.0:
`versions.json` beside them tells which. For each family there is a tiny model with random weights
that half precision can hold, as KerasHub reads Mistral's in it; for each case the adapters as
`save_pretrained` writes them, and in `expected.safetensors` inputs, outputs, and the gradients of
the mean over samples of the sum of outputs times `weights`.
"""

import json
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np
import peft
import torch
import transformers
from safetensors.numpy import load_file, save_file

DATA = Path(__file__).resolve().parents[1] / "tests" / "exchange" / "data"
SIZES = {
    "vocab_size": 30,
    "hidden_size": 8,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 16,
    "max_position_embeddings": 10,
}
SURE = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
DECODER = {**SIZES, "num_hidden_layers": 1, "num_key_value_heads": 1, "pad_token_id": 0}
TOKENS = {"bos_token_id": 1, "eos_token_id": 1}
BERT = transformers.BertConfig(**SIZES, **SURE, hidden_act="gelu_pytorch_tanh", num_labels=3)
MODELS = {
    "bert": (transformers.BertModel, BERT),
    "bert_classifier": (transformers.BertForSequenceClassification, BERT),
    "distilbert": (
        transformers.DistilBertForSequenceClassification,
        transformers.DistilBertConfig(
            vocab_size=30, dim=8, n_layers=2, n_heads=2, hidden_dim=16, max_position_embeddings=10
        ),
    ),
    "roberta": (
        transformers.RobertaForSequenceClassification,
        # KerasHub's has this epsilon, as the models that were published.
        transformers.RobertaConfig(
            **{**SIZES, "max_position_embeddings": 12}, **SURE, layer_norm_eps=1e-5
        ),
    ),
    "gpt2": (
        transformers.GPT2LMHeadModel,
        transformers.GPT2Config(
            vocab_size=30, n_embd=8, n_layer=2, n_head=2, n_positions=10, **TOKENS
        ),
    ),
    "llama": (transformers.LlamaForCausalLM, transformers.LlamaConfig(**DECODER, **TOKENS)),
    "llama_deep": (
        transformers.LlamaForCausalLM,
        transformers.LlamaConfig(**{**DECODER, "num_hidden_layers": 2}, **TOKENS),
    ),
    "mistral": (transformers.MistralForCausalLM, transformers.MistralConfig(**DECODER, **TOKENS)),
    "qwen": (transformers.Qwen2ForCausalLM, transformers.Qwen2Config(**DECODER, **TOKENS)),
    "gemma": (
        transformers.GemmaForCausalLM,
        transformers.GemmaConfig(**DECODER, **TOKENS, head_dim=4),
    ),
    # KerasHub's has 1e-6, whatever the configuration says.
    "vit": (
        transformers.ViTForImageClassification,
        transformers.ViTConfig(
            **{name: SIZES[name] for name in SIZES if "_size" in name and name != "vocab_size"},
            num_hidden_layers=1,
            num_attention_heads=2,
            image_size=8,
            patch_size=4,
            layer_norm_eps=1e-6,
            **SURE,
        ),
    ),
}
LLAMA_TARGETS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
LORA, IA3 = peft.LoraConfig, peft.IA3Config
CAUSAL = {"task_type": "CAUSAL_LM", "num_virtual_tokens": 3}
CASES = {
    "bert_lora": ("bert", LORA(r=2, lora_alpha=3, target_modules=["query", "value"])),
    "bert_rslora": (
        "bert",
        LORA(r=2, lora_alpha=3, use_rslora=True, target_modules="all-linear", lora_dropout=0.1),
    ),
    "bert_dora": ("bert", LORA(r=2, use_dora=True, target_modules=["query", "output.dense"])),
    "bert_ia3": (
        "bert",
        IA3(
            target_modules=["key", "value", "intermediate.dense"],
            feedforward_modules=["intermediate.dense"],
        ),
    ),
    "bert_patterns": (
        "bert",
        LORA(
            r=2,
            lora_alpha=3,
            target_modules=r".*\.attention\.self\.(query|key)",
            rank_pattern={"layer.1.attention.self.query": 1, "key": 3},
            alpha_pattern={r"encoder\.layer\.\d\.attention\.self\.key": 5},
        ),
    ),
    "bert_classifier_saved": (
        "bert_classifier",
        LORA(r=2, target_modules=["query"], modules_to_save=["classifier", "pooler"]),
    ),
    "distilbert_lora": ("distilbert", LORA(r=2, target_modules=["q_lin", "v_lin", "lin2"])),
    "roberta_lora": ("roberta", LORA(r=2, target_modules=["query", "key", "output.dense"])),
    "gpt2_lora": ("gpt2", LORA(r=2, target_modules=["c_attn", "c_fc"], fan_in_fan_out=True)),
    "gpt2_dora": (
        "gpt2",
        LORA(r=2, use_dora=True, target_modules=["c_attn", "attn.c_proj"], fan_in_fan_out=True),
    ),
    "gpt2_ia3": (
        "gpt2",
        IA3(
            target_modules=["c_attn", "mlp.c_proj"],
            feedforward_modules=["mlp.c_proj"],
            fan_in_fan_out=True,
        ),
    ),
    "llama_lora": ("llama", LORA(r=2, target_modules=LLAMA_TARGETS)),
    "mistral_lora": ("mistral", LORA(r=2, target_modules=LLAMA_TARGETS)),
    "qwen_lora": ("qwen", LORA(r=2, target_modules=LLAMA_TARGETS)),
    "gemma_lora": ("gemma", LORA(r=2, target_modules=LLAMA_TARGETS)),
    "llama_deep_prefix": ("llama_deep", peft.PrefixTuningConfig(**CAUSAL)),
    "qwen_prefix": ("qwen", peft.PrefixTuningConfig(**CAUSAL)),
    "vit_lora": ("vit", LORA(r=2, target_modules=["q_proj", "v_proj", "fc1"])),
}


def main() -> None:
    """Writes all files anew."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else DATA
    shutil.rmtree(folder, ignore_errors=True)
    for name in MODELS:
        write_base(folder / "bases" / name, name)
    for case, (name, config) in CASES.items():
        write_case(folder / case, base_model(name), config)
        source = folder / case / "base.txt"
        source.write_text(name + "\n")
    versions = {one.__name__: one.__version__ for one in (peft, transformers, torch)}
    (folder / "versions.json").write_text(json.dumps(versions, indent=2) + "\n")


def base_model(name: str) -> torch.nn.Module:
    """Returns a model with weights that half precision can hold."""
    kind, config = MODELS[name]
    torch.manual_seed(0)
    model = kind(config).eval()
    with torch.no_grad():
        for path, weight in model.named_parameters():
            own = weight + 0.1 * torch.randn_like(weight)
            drawn = own if weight.ndim == 1 else 0.3 * torch.randn_like(weight)
            # KerasHub's RoBERTa has no types of tokens: they are zero in real weights too.
            is_type = "roberta" in path and "token_type" in path
            weight.copy_(torch.zeros_like(weight) if is_type else drawn.half().float())
    return model


def write_base(folder: Path, name: str) -> None:
    """Writes a directory of Hugging Face in half precision."""
    base_model(name).half().save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)


def write_case(folder: Path, model: torch.nn.Module, config: peft.PeftConfig) -> None:
    """Writes adapters with random weights, and what the model computes with them."""
    with tempfile.TemporaryDirectory() as temporary:
        adapted = peft.get_peft_model(model, config).eval()
        generator = torch.Generator().manual_seed(1)
        with torch.no_grad():
            for weight in adapted.parameters():
                if weight.requires_grad:
                    weight.add_(0.3 * torch.randn(weight.shape, generator=generator))
        adapted.save_pretrained(temporary)
        folder.mkdir(parents=True)
        for name in ("adapter_config.json", "adapter_model.safetensors"):
            shutil.copy(Path(temporary, name), folder / name)
    draws = np.random.default_rng(2)
    if hasattr(model.config, "image_size"):
        given = draws.normal(size=(2, 8, 8, 3)).astype("float32")
        inputs = {"pixel_values": torch.tensor(given.transpose(0, 3, 1, 2))}
    else:
        given = draws.integers(3, 30, (2, 5)).astype("int32")
        inputs = {
            "input_ids": torch.tensor(given).long(),
            "attention_mask": torch.ones(2, 5).long(),
        }
    outputs = outputs_of(adapted, inputs, config)
    with torch.no_grad(), adapted.disable_adapter():
        without = outputs_of(adapted, inputs, config)
    weights = draws.normal(size=outputs.shape).astype("float32")
    (outputs * torch.tensor(weights)).sum(dim=tuple(range(1, outputs.ndim))).mean().backward()
    found = {"inputs": given, "outputs": outputs.detach().numpy(), "weights": weights}
    found["outputs without"] = without.numpy()
    saved = load_file(folder / "adapter_model.safetensors")
    for path, weight in adapted.named_parameters():
        name = path.replace(".default", "").replace("magnitude_vector.weight", "magnitude_vector")
        if weight.grad is not None and name in saved:
            found[f"gradient of {name}"] = weight.grad.numpy().copy()
    save_file(
        {name: np.ascontiguousarray(value) for name, value in found.items()},
        folder / "expected.safetensors",
    )


def outputs_of(
    adapted: peft.PeftModel, inputs: dict[str, torch.Tensor], config: peft.PeftConfig
) -> torch.Tensor:
    """Returns features of all places, or logits where a head is among what is saved."""
    if config.is_prompt_learning:  # What PEFT does is in its own model, and not in the base.
        return adapted(**inputs, output_hidden_states=True).hidden_states[-1]
    base = adapted.get_base_model()
    if config.modules_to_save:
        return base(**inputs).logits
    return getattr(base, base.base_model_prefix, base)(**inputs).last_hidden_state


if __name__ == "__main__":
    main()
