"""What Hugging Face calls the layers of KerasHub's backbones: one table a family of models."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Family:
    """The names of one kind of models.

    The kernel of each layer, seen as a matrix from inputs to outputs, is the transposed `weight`
    of the module: KerasHub does not reorder the numbers of heads, nor those of rotary positions.

    Args:
        backbone: str, the name of KerasHub's class.
        prefix: str, under which Hugging Face's classes with a head hold the bare model.
        block: str, the name of a block of layers, with `{}` for its number.
        layer: str, the path of the same at KerasHub, with `{}`.
        modules: dictionary from names inside a block to paths inside that of KerasHub; where one
            module is several layers whose outputs lie side by side, separated by commas.
        outside: dictionary like `modules`, of what is in no block.
        norms: dictionary like `modules`, of the norms in a block.
        saved: dictionary from names to paths, of what else can be stored whole.
        heads: dictionary like `saved`, of the layers after the backbone, under the names that they
            have in KerasHub's tasks.
        first: int, the number of the first block at KerasHub. Defaults to 0.

    Example:

    >>> FAMILIES[0].block.format(3), FAMILIES[0].layer.format(3)
    ('encoder.layer.3', 'transformer_layer_3')
    """

    backbone: str
    prefix: str
    block: str
    layer: str
    modules: Mapping[str, str]
    outside: Mapping[str, str] = field(default_factory=dict)
    norms: Mapping[str, str] = field(default_factory=dict)
    saved: Mapping[str, str] = field(default_factory=dict)
    heads: Mapping[str, str] = field(default_factory=dict)
    first: int = 0


_BERT_BLOCK = {
    "attention.self.query": "self_attention_layer/query",
    "attention.self.key": "self_attention_layer/key",
    "attention.self.value": "self_attention_layer/value",
    "attention.output.dense": "self_attention_layer/attention_output",
    "intermediate.dense": "feedforward_intermediate_dense",
    "output.dense": "feedforward_output_dense",
}
_DISTILBERT_BLOCK = {
    "attention.q_lin": "self_attention_layer/query",
    "attention.k_lin": "self_attention_layer/key",
    "attention.v_lin": "self_attention_layer/value",
    "attention.out_lin": "self_attention_layer/attention_output",
    "ffn.lin1": "feedforward_intermediate_dense",
    "ffn.lin2": "feedforward_output_dense",
}
_GPT2_BLOCK = {
    "attn.c_attn": "self_attention/query,self_attention/key,self_attention/value",
    "attn.c_proj": "self_attention/attention_output",
    "mlp.c_fc": "feedforward_intermediate_dense",
    "mlp.c_proj": "feedforward_output_dense",
}
_LLAMA_BLOCK = {
    "self_attn.q_proj": "self_attention/query",
    "self_attn.k_proj": "self_attention/key",
    "self_attn.v_proj": "self_attention/value",
    "self_attn.o_proj": "self_attention/attention_output",
    "mlp.gate_proj": "feedforward_gate_dense",
    "mlp.up_proj": "feedforward_intermediate_dense",
    "mlp.down_proj": "feedforward_output_dense",
}
_GEMMA_BLOCK = {
    "self_attn.q_proj": "attention/query",
    "self_attn.k_proj": "attention/key",
    "self_attn.v_proj": "attention/value",
    "self_attn.o_proj": "attention/attention_output",
    "mlp.gate_proj": "ffw_gating",
    "mlp.up_proj": "ffw_gating_2",
    "mlp.down_proj": "ffw_linear",
}
# Transformers before version 5, and since.
_FORMER_VIT_BLOCK = {
    "attention.attention.query": "mha/query",
    "attention.attention.key": "mha/key",
    "attention.attention.value": "mha/value",
    "attention.output.dense": "mha/attention_output",
    "intermediate.dense": "mlp/dense_1",
    "output.dense": "mlp/dense_2",
}
_VIT_BLOCK = {
    "attention.q_proj": "mha/query",
    "attention.k_proj": "mha/key",
    "attention.v_proj": "mha/value",
    "attention.o_proj": "mha/attention_output",
    "mlp.fc1": "mlp/dense_1",
    "mlp.fc2": "mlp/dense_2",
}
_BERT_NORMS = {
    "attention.output.LayerNorm": "self_attention_layer_norm",
    "output.LayerNorm": "feedforward_layer_norm",
}
_DISTILBERT_NORMS = {
    "sa_layer_norm": "self_attention_layer_norm",
    "output_layer_norm": "feedforward_layer_norm",
}
_GPT2_NORMS = {"ln_1": "self_attention_layer_norm", "ln_2": "feedforward_layer_norm"}
_LLAMA_NORMS = {
    "input_layernorm": "self_attention_layernorm",
    "post_attention_layernorm": "feedforward_layernorm",
}
_VIT_NORMS = {"layernorm_before": "ln_1", "layernorm_after": "ln_2"}
_FIRST_NORM = {"embeddings.LayerNorm": "embeddings_layer_norm"}
_LLAMA_SAVED = {"norm": "sequence_output_layernorm"}
_VIT_SAVED = {"layernorm": "vit_encoder/ln"}
_VIT_HEADS = {"classifier": "predictions"}
_VIT_LAYER = "vit_encoder/transformer_block_{}"
_ENCODER = ("encoder.layer.{}", "transformer_layer_{}")
_DECODER = ("layers.{}", "transformer_layer_{}")

FAMILIES = (
    Family(
        "BertBackbone",
        "bert",
        *_ENCODER,
        _BERT_BLOCK,
        outside={"pooler.dense": "pooled_dense"},
        norms=_BERT_NORMS,
        saved=_FIRST_NORM,
        heads={"classifier": "logits"},
    ),
    Family(
        "DistilBertBackbone",
        "distilbert",
        "transformer.layer.{}",
        "transformer_layer_{}",
        _DISTILBERT_BLOCK,
        norms=_DISTILBERT_NORMS,
        saved=_FIRST_NORM,
        heads={"pre_classifier": "pooled_dense", "classifier": "logits"},
    ),
    Family(
        "RobertaBackbone",
        "roberta",
        *_ENCODER,
        _BERT_BLOCK,
        norms=_BERT_NORMS,
        saved=_FIRST_NORM,
        heads={"classifier.dense": "pooled_dense", "classifier.out_proj": "logits"},
    ),
    Family(
        "GPT2Backbone",
        "transformer",
        "h.{}",
        "transformer_layer_{}",
        _GPT2_BLOCK,
        norms=_GPT2_NORMS,
        saved={"ln_f": "layer_norm"},
    ),
    Family(
        "LlamaBackbone", "model", *_DECODER, _LLAMA_BLOCK, norms=_LLAMA_NORMS, saved=_LLAMA_SAVED
    ),
    Family(
        "MistralBackbone", "model", *_DECODER, _LLAMA_BLOCK, norms=_LLAMA_NORMS, saved=_LLAMA_SAVED
    ),
    Family(
        "QwenBackbone", "model", *_DECODER, _LLAMA_BLOCK, norms=_LLAMA_NORMS, saved=_LLAMA_SAVED
    ),
    # The norms in its blocks have other names in its second version.
    Family(
        "GemmaBackbone",
        "model",
        "layers.{}",
        "decoder_block_{}",
        _GEMMA_BLOCK,
        saved={"norm": "final_normalization"},
    ),
    Family(
        "ViTBackbone",
        "vit",
        "layers.{}",
        _VIT_LAYER,
        _VIT_BLOCK,
        norms=_VIT_NORMS,
        saved=_VIT_SAVED,
        heads=_VIT_HEADS,
        first=1,
    ),
    Family(
        "ViTBackbone",
        "vit",
        "encoder.layer.{}",
        _VIT_LAYER,
        _FORMER_VIT_BLOCK,
        norms=_VIT_NORMS,
        saved=_VIT_SAVED,
        heads=_VIT_HEADS,
        first=1,
    ),
)
"""The families whose adapters are exchanged. Of two of one backbone the first is written.

Whole models of ViT are stored under the names of the second by all versions of Transformers.
"""


def families_of(backbone: object) -> list[Family]:
    """Returns the names that a backbone has at Hugging Face.

    Args:
        backbone: any object.

    Returns:
        List of `Family`: none if it is no backbone of KerasHub that is known.

    Example:

    >>> families_of("text")
    []
    """
    for kind in type(backbone).__mro__:
        found = [one for one in FAMILIES if one.backbone == kind.__name__]
        if found and kind.__module__.split(".")[0] == "keras_hub":
            return found
    return []
