"""The smallest real things that tests train on."""

import json
from pathlib import Path

_WORDS = """
the a an of and to in is are was for with on from by that this it as not one two
good bad fine great poor film book story plot actor music red blue green small large
function matrix vector value error noise signal filter solve compute return
##s ##ed ##ing ##ly . , ! ? '
"""
TINY_WORDS = _WORDS.split()


def tiny_bert_preset(
    directory: Path, *, max_sequence_length: int = 32, num_layers: int = 2
) -> Path:
    """Writes a KerasHub BERT preset: layers of width 8 with random, seeded weights.

    The vocabulary is lower case English of about 50 words and pieces (`TINY_WORDS`).
    The dropout is 0.1, as in every BERT preset.

    Args:
        directory: Path, where the preset is written. Made when it is missing.
        max_sequence_length: int, the most tokens the backbone takes.
        num_layers: int, the number of transformer layers.

    Returns:
        `directory`.
    """
    import keras_hub
    import numpy as np

    backbone = keras_hub.models.BertBackbone(
        vocabulary_size=5 + len(TINY_WORDS),
        num_layers=num_layers,
        num_heads=2,
        hidden_dim=8,
        intermediate_dim=16,
        max_sequence_length=max_sequence_length,
        dtype="float32",
    )
    generator = np.random.default_rng(0)
    for variable in backbone.weights:
        # A layer normalization scales by its gamma: near zero it would erase the input.
        mean = 1.0 if variable.path.endswith("gamma") else 0.0
        variable.assign(generator.normal(mean, 0.1, variable.shape).astype("float32"))
    tokenizer = keras_hub.models.BertTokenizer(
        vocabulary=["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *TINY_WORDS], lowercase=True
    )
    preprocessor = keras_hub.models.BertTextClassifierPreprocessor(
        tokenizer, sequence_length=max_sequence_length
    )
    backbone.save_to_preset(str(directory))
    preprocessor.save_to_preset(str(directory))
    return directory


def tiny_hugging_face_bert(directory: Path, **config: object) -> Path:
    """Writes a Hugging Face BERT directory: 1 layer of width 8 with random, seeded weights.

    The weights are large enough for the exact GELU and its approximation to differ.

    Args:
        directory: Path, where the directory is written. Made when it is missing.
        **config: entries of `config.json` to change or add.

    Returns:
        `directory`.
    """
    import numpy as np
    from safetensors.numpy import save_file

    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *TINY_WORDS]
    width, inner = 8, 16
    block, attention = "encoder.layer.0", "encoder.layer.0.attention"
    shapes = {
        "embeddings.word_embeddings.weight": (len(vocabulary), width),
        "embeddings.position_embeddings.weight": (16, width),
        "embeddings.token_type_embeddings.weight": (2, width),
    }
    dense = {f"{attention}.self.{name}": (width, width) for name in ("query", "key", "value")}
    dense |= {f"{attention}.output.dense": (width, width), "pooler.dense": (width, width)}
    dense |= {
        f"{block}.intermediate.dense": (inner, width),
        f"{block}.output.dense": (width, inner),
    }
    norms = ["embeddings.LayerNorm", f"{attention}.output.LayerNorm", f"{block}.output.LayerNorm"]
    for name, shape in {**dense, **dict.fromkeys(norms, (width,))}.items():
        shapes |= {f"{name}.weight": shape, f"{name}.bias": shape[:1]}
    generator = np.random.default_rng(0)
    tensors = {
        name: generator.normal(size=shape).astype("float32") for name, shape in shapes.items()
    }
    directory.mkdir(parents=True, exist_ok=True)
    save_file(tensors, directory / "model.safetensors")
    settings = {
        "model_type": "bert",
        "architectures": ["BertModel"],
        "hidden_act": "gelu",
        "hidden_dropout_prob": 0.1,
        "hidden_size": width,
        "intermediate_size": inner,
        "max_position_embeddings": 16,
        "num_attention_heads": 2,
        "num_hidden_layers": 1,
        "vocab_size": len(vocabulary),
    }
    (directory / "config.json").write_text(json.dumps({**settings, **config}))
    (directory / "vocab.txt").write_text("\n".join(vocabulary) + "\n")
    tokenizer = {"tokenizer_class": "BertTokenizer", "do_lower_case": True, "strip_accents": None}
    (directory / "tokenizer_config.json").write_text(json.dumps(tokenizer))
    return directory


def tiny_gpt2_preset(directory: Path) -> Path:
    """Writes a KerasHub GPT-2 preset: two layers of width 8 with random, seeded weights.

    Its byte pairs are single letters, with a space before them or none.

    Args:
        directory: Path, where the preset is written. Made when it is missing.

    Returns:
        `directory`.
    """
    import keras_hub
    import numpy as np

    letters = "abcdefghijklmnopqrstuvwxyz0123456789.Ġ"
    vocabulary = {token: number for number, token in enumerate(["<|endoftext|>", *letters, "th"])}
    backbone = keras_hub.models.GPT2Backbone(
        vocabulary_size=len(vocabulary),
        num_layers=2,
        num_heads=2,
        hidden_dim=8,
        intermediate_dim=16,
        max_sequence_length=32,
        dtype="float32",
    )
    generator = np.random.default_rng(0)
    for variable in backbone.weights:
        mean = 1.0 if variable.path.endswith("gamma") else 0.0
        variable.assign(generator.normal(mean, 0.1, variable.shape).astype("float32"))
    tokenizer = keras_hub.models.GPT2Tokenizer(vocabulary=vocabulary, merges=["t h"])
    backbone.save_to_preset(str(directory))
    tokenizer.save_to_preset(str(directory))
    return directory


def tiny_clip_preset(directory: Path) -> Path:
    """Writes a KerasHub CLIP preset: two layers of width 8 for images of 8 x 8 pixels.

    Weights are random and seeded. Its byte pairs are single letters, and the word `cat`.

    Args:
        directory: Path, where the preset is written. Made when it is missing.

    Returns:
        `directory`.
    """
    import keras_hub
    import numpy as np
    from tokenizers import pre_tokenizers

    # As in CLIP: the first is also the padding, and the last ends a text.
    letters = ["!", *sorted(set(pre_tokenizers.ByteLevel.alphabet()) - {"!"})]
    ends = [f"{letter}</w>" for letter in letters]
    special = ["<|startoftext|>", "<|endoftext|>"]
    tokens = [*letters, *ends, "at</w>", "cat</w>", *special]
    vocabulary = {token: number for number, token in enumerate(tokens)}
    sizes = {"hidden_dim": 8, "num_layers": 2, "num_heads": 2, "intermediate_dim": 8}
    backbone = keras_hub.models.CLIPBackbone(
        keras_hub.models.CLIPVisionEncoder(patch_size=4, image_shape=(8, 8, 3), **sizes),
        keras_hub.models.CLIPTextEncoder(
            vocabulary_size=len(tokens), embedding_dim=8, max_sequence_length=12, **sizes
        ),
        projection_dim=6,
        dtype="float32",
    )
    generator = np.random.default_rng(0)
    for variable in backbone.weights:
        if variable.path.endswith("logit_scale"):
            variable.assign(2.0)
        elif "int" not in str(variable.dtype):
            mean = 1.0 if variable.path.endswith("gamma") else 0.0
            variable.assign(generator.normal(mean, 0.2, variable.shape).astype("float32"))
    backbone.save_to_preset(str(directory))
    tokenizer = keras_hub.models.CLIPTokenizer(
        vocabulary=vocabulary, merges=["a t</w>", "c at</w>"]
    )
    tokenizer.save_to_preset(str(directory))
    converter = keras_hub.layers.CLIPImageConverter(
        image_size=(8, 8), scale=[1 / 51] * 3, offset=[-2.0] * 3
    )
    converter.save_to_preset(str(directory))
    return directory
