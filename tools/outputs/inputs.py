"""Small files of every kind that `kerastune params` reads, and data for recipes."""

import json
import shutil
import zipfile
from pathlib import Path

import numpy as np
import yaml

BERT = {
    "model_type": "bert",
    "vocab_size": 50,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "hidden_size": 8,
    "intermediate_size": 16,
    "max_position_embeddings": 32,
}

# As `save_to_preset` writes it, without what has a default.
PRESET = {
    "module": "keras_hub.src.models.bert.bert_backbone",
    "class_name": "BertBackbone",
    "config": {
        "vocabulary_size": 50,
        "num_layers": 2,
        "num_heads": 2,
        "hidden_dim": 8,
        "intermediate_dim": 16,
    },
    "registered_name": "keras_hub>BertBackbone",
}

MODULE = '''
import keras


@keras.saving.register_keras_serializable(package="mine")
class Doubled(keras.layers.Dense):
    """A layer of one's own."""

    def call(self, inputs):
        return 2 * super().call(inputs)


def build():
    return keras.Sequential([keras.Input((4,)), Doubled(3, name="doubled")], name="mine")


def waiting():
    return keras.Sequential([keras.layers.Dense(3, name="late")], name="waiting")


def number():
    return 3


def fails():
    raise ValueError("no model today")
'''

RECIPE = '''
"""A recipe of one's own."""

import kerastune as kt


@kt.recipe(epochs=1)
def mine(data="diabetes", **options):
    """Fit a line."""
    splits = kt.data.open_number_splits(data, options)
    rows = kt.preprocessing.NumberRows().fit(splits.training)
    head = kt.heads.Regression.for_samples(splits.training)
    body = kt.models.standardised_columns(rows.prepare(splits.training.values))
    return kt.Job(kt.heads.attach(body, head), head, splits, rows)
'''

PLAN = {
    "name": "mine",
    "stages": [
        {"name": "head", "trainable": "head", "epochs": 1, "learning_rate": 0.1},
        {"name": "momentum", "epochs": 2, "learning_rate": 0.01, "optimizer": "momentum"},
    ],
}


def make_inputs(folder: Path) -> None:
    """Writes all of them into a folder, always the same.

    Args:
        folder: Path of a folder that is there.
    """
    import keras

    keras.utils.set_random_seed(0)
    _texts(folder)
    _keras_files(folder)
    _weights(folder)
    _hubs(folder)
    _runs(folder)
    _data(folder)


def small_model(units: int = 3):
    """A model with a nested one, a normalization, a layer used twice and a frozen one."""
    import keras
    from keras import layers

    inner = keras.Sequential(
        [keras.Input((4,)), layers.Dense(units, name="wide"), layers.BatchNormalization(name="n")],
        name="inner",
    )
    shared = layers.Dense(4, name="shared")
    inputs = keras.Input((4,), name="numbers")
    features = layers.Dropout(0.5, name="dropout")(inner(shared(shared(inputs))))
    features = layers.Dense(5, trainable=False, name="fixed")(features)
    return keras.Model(inputs, layers.Dense(2, name="head")(features), name="small")


def _texts(folder: Path) -> None:
    """Python, YAML and JSON."""
    (folder / "mine.py").write_text(MODULE)
    (folder / "my_recipe.py").write_text(RECIPE)
    (folder / "plan.yaml").write_text(yaml.safe_dump(PLAN))
    options = {"recipe": "image_classification", "data": "photos", "backbone": "small_resnet"}
    (folder / "run.yaml").write_text(yaml.safe_dump(options | {"plan": "head_only"}))
    (folder / "other.json").write_text('{"name": "no model"}')
    (folder / "broken.json").write_text('{"name": ')


def _keras_files(folder: Path) -> None:
    """What Keras saves of whole models."""
    import keras

    model = small_model()
    model.compile("adam", "mse")
    model.optimizer.build(model.trainable_variables)
    model.save(folder / "small.keras")
    keras.saving.save_model(model, folder / "small_folder", zipped=False)
    model.save(folder / "keras_2.h5")
    small_model(units=6).save(folder / "wider.keras")
    (folder / "small.json").write_text(model.to_json())
    adapted, quantized = small_model(), small_model()
    adapted.get_layer("shared").enable_lora(2)
    adapted.save(folder / "adapted.keras")
    quantized.get_layer("shared").quantize("int8")
    quantized.save(folder / "int8.keras")
    half = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, dtype="mixed_bfloat16")])
    half.save(folder / "mixed.keras")
    twice = keras.layers.Lambda(lambda numbers: 2 * numbers)
    keras.Sequential([keras.Input((4,)), twice, keras.layers.Dense(3, name="d")]).save(
        folder / "lambda.keras"
    )
    # As a file of somebody else's class: what it names is not known to this process.
    config = json.loads(half.to_json())
    config["config"]["layers"][1] |= {"class_name": "Doubled", "registered_name": "mine>Doubled"}
    config["config"]["layers"][1]["module"] = "mine"
    (folder / "own_layer.json").write_text(json.dumps(config))


def _weights(folder: Path) -> None:
    """Files of weights alone, whole and broken, and kinds that are not read."""
    import keras
    from safetensors.numpy import save_file

    small_model().save_weights(folder / "small.weights.h5")
    wide = [keras.Input((100,)), keras.layers.Dense(2000, name="split"), keras.layers.Dense(9)]
    keras.Sequential(wide).save_weights(folder / "parts.weights.json", max_shard_size=0.00075)
    tensors = {
        "layer.10.bias": np.zeros((3,), "float16"),
        "layer.2.kernel": np.zeros((3, 5), "float32"),
        "layer.2.qweight": np.zeros((3, 5), "int32"),
        "scalar": np.zeros((), "float64"),
    }
    save_file(tensors, folder / "model.safetensors")
    whole = (folder / "model.safetensors").read_bytes()
    (folder / "cut.safetensors").write_bytes(whole[:-9])
    (folder / "shards").mkdir()
    places = {}
    for number, (name, tensor) in enumerate(tensors.items(), start=1):
        places[name] = f"model-{number:05}-of-{len(tensors):05}.safetensors"
        save_file({name: tensor}, folder / "shards" / places[name])
    index = {"metadata": {"total_size": 134}, "weight_map": places}
    (folder / "shards" / "model.safetensors.index.json").write_text(json.dumps(index))
    index["weight_map"] = places | {"missing": "model-9.safetensors"}
    (folder / "shards" / "missing.safetensors.index.json").write_text(json.dumps(index))
    np.savez(folder / "weights.npz", kernel=np.zeros((3, 5)))
    with zipfile.ZipFile(folder / "weights.pt", "w") as archive:
        archive.writestr("archive/version", "3\n")
    (folder / "notes.txt").write_text("No model.\n")
    (folder / "cut.keras").write_bytes((folder / "small.keras").read_bytes()[:1000])
    (folder / "cut.weights.h5").write_bytes((folder / "small.weights.h5").read_bytes()[:1000])
    (folder / "saved_model" / "variables").mkdir(parents=True)
    (folder / "saved_model" / "saved_model.pb").write_bytes(b"\x08\x01")


def _hubs(folder: Path) -> None:
    """A preset of KerasHub, a configuration of Hugging Face, and both hubs' caches with it."""
    for place, config in {
        "preset": PRESET,
        "hf_bert": BERT,
        "hugging_face/models--owner--bert/snapshots/1": BERT,
        "kaggle/models/owner/bert/keras/tiny/1": BERT,
        "unknown": BERT | {"model_type": "mamba"},
    }.items():
        (folder / place).mkdir(parents=True)
        (folder / place / "config.json").write_text(json.dumps(config))
    references = folder / "hugging_face/models--owner--bert/refs"
    references.mkdir()
    (references / "main").write_text("1")


def _runs(folder: Path) -> None:
    """Run directories, as far as counting reads them."""
    for name in ("finished", "unfinished"):
        (folder / "runs" / name).mkdir(parents=True)
        (folder / "runs" / name / "run.json").write_text('{"recipe": "lenet"}')
        (folder / "runs" / name / "config.yaml").write_text("plan: full\n")
    shutil.copy(folder / "small.keras", folder / "runs" / "finished" / "model.keras")


def _data(folder: Path) -> None:
    """Tables and pictures that are learnt in no time; some labels are wrong."""
    from PIL import Image

    generator = np.random.default_rng(0)
    rows, listed = ["age,colour,pay,bought"], ["image,shade,level"]
    for number in range(48):
        light = number % 2
        shade = ("dark", "light")[light if number % 16 else 1 - light]
        rows.append(f"{20 + 30 * light + number % 9},{'rg'[light]},{number}.5,{shade}")
        pixels = generator.normal((60, 190)[light], 5, (16, 16, 3)).clip(0, 255).astype("uint8")
        file = folder / "photos" / shade / f"{number}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(file)
        listed.append(f"photos/{shade}/{number}.png,{shade},{pixels.mean():.2f}")
    (folder / "people.csv").write_text("\n".join(rows) + "\n")
    (folder / "photos.csv").write_text("\n".join(listed) + "\n")
