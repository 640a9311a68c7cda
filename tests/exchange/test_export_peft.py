"""What is written for PEFT: names, ranks and scales; what is refused; and that it reads back."""

import json
import os

import keras
import keras_hub
import numpy as np
import pytest
from safetensors.numpy import load_file

from kerastune import InputError, export_peft, freeze, load_peft
from kerastune.tuning import (
    IA3,
    Bottleneck,
    DoRA,
    LoRA,
    MiSS,
    add_adapters,
    merge_adapters,
    unmerge_adapters,
)
from kerastune.tuning.adapters.adapted import adapted_layers
from tests.exchange.golden import backbone_for

pytestmark = pytest.mark.first_backend

START = "base_model.model."


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "adapters"


def adapted(name, adapter):
    """A backbone with adapters that do something, and nothing else that trains."""
    backbone = backbone_for(name)
    add_adapters(backbone, adapter)
    draws = np.random.default_rng(0)
    for found in adapted_layers(backbone):
        for weight in found.adapters[adapter.name].trainable_weights:
            weight.assign(weight + 0.3 * draws.normal(size=weight.shape))
    freeze(backbone, "all & ~adapters")
    return backbone


def written(folder):
    return (
        json.loads((folder / "adapter_config.json").read_text()),
        load_file(folder / "adapter_model.safetensors"),
    )


def features(backbone):
    tokens = np.arange(3, 13).reshape(2, 5)
    values = {"token_ids": tokens, "padding_mask": tokens * 0 + 1, "segment_ids": tokens * 0}
    outputs = backbone({one.name: values[one.name] for one in backbone.inputs}, training=False)
    outputs = outputs["sequence_output"] if isinstance(outputs, dict) else outputs
    return keras.ops.convert_to_numpy(outputs)


def added(tensors, module, scale):
    """What a module of PEFT adds to its transposed weight."""
    return scale * (
        tensors[f"{START}{module}.lora_B.weight"] @ tensors[f"{START}{module}.lora_A.weight"]
    )


READ_BACK = [
    ("bert", LoRA(rank=3, alpha=5, ranks={"_1/.*query": 2}, alphas={"_0/.*value": 7})),
    ("bert", LoRA(rank=4, rank_stabilized=True, targets="kernels & transformer_layer_*")),
    ("bert", LoRA(rank=2, initialization="pissa", rank_stabilized=True)),
    ("bert", DoRA(rank=2, initialization="pissa")),
    ("bert", IA3()),
    ("gpt2", LoRA(rank=2, ranks={"value": 3}, alphas={"query": 5}, targets="query | value")),
    ("gpt2", DoRA(rank=2, targets="query | feedforward_output_dense")),
    ("gpt2", IA3()),
    ("gemma", LoRA(rank=2, targets="kernels & decoder_block_0")),
]


@pytest.mark.parametrize(("name", "adapter"), READ_BACK)
def test_what_is_written_reads_back(folder, name, adapter):
    backbone = adapted(name, adapter)
    modules = export_peft(backbone, folder)
    _, tensors = written(folder)
    assert {
        one.removeprefix(START).rsplit(".", 1 if "ia3" in one else 2)[0]
        for one in tensors
        if "magnitude" not in one
    } == set(modules)
    other = backbone_for(name)
    load_peft(other, folder)
    np.testing.assert_allclose(features(other), features(backbone), atol=1e-5)


def test_ranks_and_scales(folder):
    backbone = adapted(
        "bert", LoRA(rank=3, alpha=5, ranks={"_1/.*query": 2}, alphas={"_0/.*value": 7})
    )
    assert export_peft(backbone, folder, base_model="bert-base")[0] == (
        "encoder.layer.0.attention.self.query"
    )
    config, tensors = written(folder)
    assert config["peft_type"] == "LORA"
    assert config["base_model_name_or_path"] == "bert-base"
    assert (config["r"], config["lora_alpha"], config["use_rslora"]) == (3, 5, False)
    assert config["rank_pattern"] == {"encoder.layer.1.attention.self.query": 2}
    assert config["alpha_pattern"] == {"encoder.layer.0.attention.self.value": 7}
    assert config["target_modules"] == ["attention.self.query", "attention.self.value"]
    layer = adapted_layers(backbone)[0].adapters["default"]
    assert {value.dtype.name for value in tensors.values()} == {"float32"}
    assert tensors[f"{START}{'encoder.layer.1.attention.self.query'}.lora_A.weight"].shape == (2, 8)
    assert layer.lora_a.shape[0] == 8


def test_pissa_is_twice_the_rank_and_the_difference(folder):
    adapter = LoRA(rank=2, alpha=3, initialization="pissa")
    backbone = adapted("bert", adapter)
    export_peft(backbone, folder)
    config, tensors = written(folder)
    assert (config["r"], config["lora_alpha"]) == (4, 6)
    [held] = [
        one.adapters["default"]
        for one in adapted_layers(backbone)
        if one.layer.path == "transformer_layer_0/self_attention_layer/query"
    ]
    now, start = (
        keras.ops.convert_to_numpy(keras.ops.matmul(*pair))
        for pair in ((held.lora_a, held.lora_b), held.start)
    )
    found = added(tensors, "encoder.layer.0.attention.self.query", 6 / 4)
    np.testing.assert_allclose(found, 1.5 * (now - start).T, atol=1e-6)


def test_three_layers_are_one_of_gpt2(folder):
    backbone = adapted("gpt2", LoRA(rank=2, targets="query | value", alphas={"value": 4}))
    assert export_peft(backbone, folder, base_model_prefix="transformer") == [
        "transformer.h.0.attn.c_attn",
        "transformer.h.1.attn.c_attn",
    ]
    config, tensors = written(folder)
    assert config["fan_in_fan_out"]
    assert (config["r"], config["target_modules"]) == (4, ["attn.c_attn"])
    held = {one.layer.path: one.adapters["default"] for one in adapted_layers(backbone)}
    whole = added(tensors, "transformer.h.0.attn.c_attn", config["lora_alpha"] / config["r"])
    query, key, value = np.split(whole, 3)
    for found, name in ((query, "query"), (value, "value")):
        layer = held[f"transformer_layer_0/self_attention/{name}"]
        product = keras.ops.convert_to_numpy(keras.ops.matmul(*layer.factors()))
        np.testing.assert_allclose(found, product.T, atol=1e-6)
    assert not key.any()


def test_one_name_of_several_that_end_alike(folder):
    export_peft(adapted("bert", LoRA(rank=1, targets="feedforward_output_dense")), folder)
    # `output.dense` would mean the attention's too.
    assert written(folder)[0]["target_modules"] == [
        "encoder.layer.0.output.dense",
        "encoder.layer.1.output.dense",
    ]


def test_what_else_trains_is_told(folder):
    backbone = backbone_for("bert")
    add_adapters(backbone, LoRA(rank=1))
    freeze(backbone, "all & ~adapters & ~pooled_dense & ~embeddings_layer_norm")
    with pytest.warns(UserWarning, match=r"2 other weights .*train, .*: pooled_dense/kernel"):
        export_peft(backbone, folder, modules_to_save=["embeddings.LayerNorm"])


def test_modules_that_are_stored_whole(folder):
    def classifier():
        backbone = backbone_for("bert")
        return keras_hub.models.BertTextClassifier(backbone, num_classes=3, preprocessor=None)

    task = classifier()
    add_adapters(task, LoRA(rank=1))
    freeze(task, "all & ~adapters & ~logits & ~pooled_dense")
    export_peft(
        task, folder, base_model_prefix="bert", modules_to_save=["classifier", "bert.pooler"]
    )
    config, tensors = written(folder)
    assert config["modules_to_save"] == ["classifier", "bert.pooler"]
    kernel = keras.ops.convert_to_numpy(task.get_layer("logits").kernel)
    np.testing.assert_array_equal(tensors[f"{START}classifier.weight"], kernel.T)
    assert f"{START}bert.pooler.dense.bias" in tensors
    other = classifier()
    load_peft(other, folder)
    np.testing.assert_array_equal(
        keras.ops.convert_to_numpy(other.get_layer("logits").kernel), kernel
    )


class TestWhatIsRefused:
    def refused(self, folder, model, **options):
        with pytest.raises(InputError) as caught:
            export_peft(model, folder, **options)
        assert "\n" not in str(caught.value)
        assert not folder.exists()
        return str(caught.value)

    def test_no_adapters(self, folder):
        assert "'default'" in self.refused(folder, backbone_for("bert"))

    @pytest.mark.parametrize("adapter", [MiSS(rank=2), Bottleneck(targets="query")])
    def test_methods(self, folder, adapter):
        assert f"Received: {adapter.method!r}" in self.refused(folder, adapted("bert", adapter))

    def test_layers_without_a_counterpart(self, folder):
        backbone = adapted("bert", LoRA(rank=1, targets="token_embedding | query"))
        assert "token_embedding. Leave" in self.refused(folder, backbone)

    def test_models_of_no_family(self, folder):
        model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2, name="dense")])
        add_adapters(model, LoRA(rank=1, targets="dense"))
        assert "one backbone of KerasHub" in self.refused(folder, model)
        assert "one backbone of KerasHub" in self.refused(folder, "bert")

    def test_merged_adapters(self, folder):
        backbone = adapted("bert", LoRA(rank=1))
        merge_adapters(backbone)
        assert "not merged" in self.refused(folder, backbone)
        unmerge_adapters(backbone)

    def test_modules_that_are_not_there(self, folder):
        message = self.refused(folder, adapted("bert", LoRA(rank=1)), modules_to_save=["score"])
        assert "Received: 'score'" in message

    def test_a_directory_that_has_some(self, folder):
        backbone = adapted("bert", LoRA(rank=1))
        export_peft(backbone, folder)
        former = {path: path.read_bytes() for path in folder.iterdir()}
        with pytest.raises(InputError, match="without such files"):
            export_peft(backbone, folder)
        assert former == {path: path.read_bytes() for path in folder.iterdir()}

    def test_scales_that_one_module_cannot_have(self, folder):
        backbone = adapted("gpt2", IA3(targets="query", feedforward="query"))
        assert "'h.0.attn.c_attn'" in self.refused(folder, backbone)


@pytest.mark.parametrize("is_there", [True, False])
def test_a_disk_that_is_full(folder, monkeypatch, is_there):
    if is_there:
        folder.mkdir()
        (folder / "README.md").write_text("mine")
    backbone, real = adapted("bert", LoRA(rank=1)), os.replace

    def replaced(source, target):
        if str(target).endswith(".json"):
            raise OSError(28, "No space left on device")
        real(source, target)

    monkeypatch.setattr(os, "replace", replaced)
    with pytest.raises(InputError, match="No space left"):
        export_peft(backbone, folder)
    monkeypatch.undo()
    left = [path.name for path in folder.parent.rglob("*")]
    assert left == (["adapters", "README.md"] if is_there else [])
    export_peft(backbone, folder)
    load_peft(backbone_for("bert"), folder)
