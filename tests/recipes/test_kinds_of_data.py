"""Each recipe with each kind of data: it is opened, or one line says what the recipe reads."""

import wave

import numpy as np
import polars
import pytest
from PIL import Image

from kerastune import recipes
from kerastune.errors import InputError
from tests.tiny import tiny_bert_preset

pytestmark = pytest.mark.any_backend

WORDS = ("good", "bad")
CLASSES = list(WORDS) * 6
TEXTS = [f"the {word} film {number}" for number, word in enumerate(CLASSES)]
TOKENS = [["the", "film"]] * 12
GENERATOR = np.random.default_rng(0)
IMAGES = GENERATOR.integers(0, 255, (12, 8, 8, 3)).astype("uint8")
ROWS = GENERATOR.normal(size=(12, 3))
NUMBERS = np.arange(12) + 0.5

READS = {
    "causal_language_model": "text",
    "distillation": "text|class",  # As its default teacher.
    "image_classification": "image|kind class",
    "image_generation": "image|kind class",
    "image_multitask": "image|two targets",
    "image_regression": "image|kind quantity",
    "image_text_matching": "image|caption",
    "lenet": "image|kind class",
    "linear_regression": "numbers|table|quantity",
    "masked_language_model": "text",
    "mlp": "image|rows of numbers|kind class",
    "phoneme_recognition": "ecording|phonemes",
    "object_detection": "boxes|COCO",
    "recommendation": "table|number|column|MovieLens",
    "rnn_classification": "text|class",
    "speech_classification": "ecording|kind class",
    "speech_synthesis": "ecording|phonemes",
    "tabular_classification": "table|classes|target|kind number",
    "tabular_regression": "table|numbers|target|kind number",
    "text_classification": "text|class",
    "text_multilabel": "text|list",
    "text_regression": "text|quantit|number",
    "token_classification": "token|tags",
    "transformer_classification": "text|class",
    "translation": "pairs|Pairs",
}


def text_folder(path):
    for number, (text, label) in enumerate(zip(TEXTS, CLASSES, strict=True)):
        (path / label).mkdir(exist_ok=True)
        (path / label / f"{number}.txt").write_text(text)
    return path


def image_folder(path):
    for number, (image, label) in enumerate(zip(IMAGES, CLASSES, strict=True)):
        (path / label).mkdir(exist_ok=True)
        Image.fromarray(image).save(path / label / f"{number}.png")
    return path


def recording_folder(path):
    for number, label in enumerate(CLASSES):
        (path / label).mkdir(exist_ok=True)
        with wave.open(str(path / label / f"{number}.wav"), "wb") as file:
            file.setparams((1, 2, 8000, 0, "NONE", ""))
            file.writeframes(bytes(800))
    return path


def image_list(path):
    image_folder(path)
    rows = [f"{label}/{n}.png,{label},{n}.5" for n, label in enumerate(CLASSES)]
    (path / "list.csv").write_text("\n".join(["path,label,age", *rows]))
    return path / "list.csv"


def text_table(path):
    polars.DataFrame({"text": TEXTS, "label": CLASSES}).write_csv(path / "a.csv")
    return path / "a.csv"


def number_table(path):
    polars.DataFrame({"size": NUMBERS, "label": np.arange(12) % 2}).write_csv(path / "numbers.csv")
    return path / "numbers.csv"


def conll(path):
    (path / "a.conll").write_text("the O\nfilm B-x\n\n" * 12)
    return path / "a.conll"


def one_image(path):
    Image.fromarray(IMAGES[0]).save(path / "cat.png")
    return path / "cat.png"


DATA = {
    "a pair of texts": lambda _: (TEXTS, CLASSES),
    "texts with numbers": lambda _: (TEXTS, NUMBERS),
    "a pair of images": lambda _: (IMAGES, CLASSES),
    "images with numbers": lambda _: (IMAGES, NUMBERS),
    "a pair of rows": lambda _: (ROWS, CLASSES),
    "rows with numbers": lambda _: (ROWS, NUMBERS),
    "a pair of tokens": lambda _: (TOKENS, [["O", "B-x"]] * 12),
    "records of texts": lambda _: [
        {"text": text, "label": label} for text, label in zip(TEXTS, CLASSES, strict=True)
    ],
    "a frame of texts": lambda _: polars.DataFrame({"text": TEXTS, "label": CLASSES}),
    "columns": lambda _: {"size": NUMBERS, "label": [0, 1] * 6},
    "a table of texts": text_table,
    "a table of numbers": number_table,
    "a list of images": image_list,
    "a folder of texts": text_folder,
    "a folder of images": image_folder,
    "a folder of recordings": recording_folder,
    "a CoNLL file": conll,
    "an image": one_image,
    "nothing": lambda path: path,
    "a name": lambda _: "python_source",
    "a number": lambda _: 5,
}
TEXT_KINDS = {
    "records of texts",
    "a frame of texts",
    "a table of texts",
    "a pair of texts",
    "a folder of texts",
}
IMAGE_KINDS = {"a pair of images", "a list of images", "a folder of images"}
TABLES = {"records of texts", "a frame of texts", "columns", "a table of texts"}
OPENED = {
    "causal_language_model": (TABLES - {"columns"}) | {"a folder of texts"},
    "distillation": TEXT_KINDS,
    "image_classification": IMAGE_KINDS,
    "image_generation": IMAGE_KINDS,
    "lenet": IMAGE_KINDS,
    "image_regression": {"images with numbers", "a list of images"},
    "image_multitask": {"a list of images"},
    "image_text_matching": {"a pair of images", "a list of images"},
    "linear_regression": {"rows with numbers", "columns", "a table of numbers"},
    "masked_language_model": (TABLES - {"columns"}) | {"a folder of texts"},
    "mlp": {*IMAGE_KINDS, "a pair of rows"},
    "phoneme_recognition": set(),  # Files of phonemes, which tests/data/test_timit.py gives it.
    "object_detection": set(),  # Which tests/data/test_detection_data.py gives it.
    "recommendation": {"columns", "a table of numbers"},
    "rnn_classification": TEXT_KINDS,
    "speech_classification": {"a folder of recordings"},
    "speech_synthesis": set(),  # Likewise.
    "tabular_classification": {*TABLES, "a table of numbers", "a list of images"},
    "tabular_regression": {"columns", "a table of numbers"},
    "text_classification": TEXT_KINDS,
    "text_multilabel": set(),  # Lists of labels, which tests/data/test_text_targets.py gives it.
    "text_regression": {"texts with numbers"},
    "token_classification": {"a pair of tokens", "a CoNLL file", "a name"},
    "transformer_classification": TEXT_KINDS,
    # Of any two columns of texts, if they are named.
    "translation": (TABLES - {"columns"}) | {"a pair of texts"},
}


class Opened(Exception):  # noqa: N818
    """The data were taken: a model would be built now."""


@pytest.fixture(scope="module")
def preset(tmp_path_factory):
    return str(tiny_bert_preset(tmp_path_factory.mktemp("tiny") / "preset"))


@pytest.fixture
def outcome(preset, tmp_path, monkeypatch):
    """What comes of a recipe and data: None if they are opened, else the message."""

    def opened(*_, **__):
        raise Opened

    for name in (
        "load_backbone",
        "load_image_backbone",
        "load_pyramid_backbone",
        "lenet",
        "mlp",
        "recurrent_encoder",
        "speech_encoder",
        "frame_encoder",
        "tabular_mlp",
        "u_net",
        "deep_fm",
        "transformer_encoder",
        "encoder_decoder",
        "language_model",
    ):
        monkeypatch.setattr(f"kerastune.models.{name}", opened)
    monkeypatch.setattr("kerastune.models.standardised_columns", opened)

    def run(recipe, kind):
        options = {"backbone": preset, "validation_fraction": 0.0} if "text" in recipe else {}
        if recipe == "distillation":
            options = {"teacher": f"text_classification:backbone={preset}"}
        if recipe == "text_multilabel":
            options["label_column"] = "label"
        if recipe == "image_text_matching":
            options = {"caption_column": "label", "validation_fraction": 0.0}
        if recipe == "token_classification":
            options = {"backbone": preset, "validation_fraction": 0.0}
        if recipe == "translation":
            options = {"source_column": "text", "target_column": "label"}
        if recipe == "recommendation":
            options = {"target": "label", "split": "order", "scale": (0.0, 100.0)}
        if recipe.startswith("tabular"):
            options = {"target": "label"}
        if recipe == "linear_regression" and kind != "rows with numbers":
            options = {"target": "label"}
        if (recipe, kind) == ("image_regression", "a list of images"):
            options = {"label_column": "age"}
        folder = tmp_path / recipe / str(list(DATA).index(kind))
        folder.mkdir(parents=True)
        try:
            getattr(recipes, recipe).build(DATA[kind](folder), **options)
        except Opened:
            return None
        except InputError as error:
            return str(error)
        raise AssertionError("no model was asked for")

    return run


@pytest.mark.parametrize("recipe", sorted(OPENED))
def test_each_kind_is_opened_or_refused_in_one_line(outcome, recipe):
    messages = {kind: outcome(recipe, kind) for kind in DATA}
    assert {kind for kind, message in messages.items() if message is None} == OPENED[recipe]
    for kind, message in messages.items():
        if message is None:
            continue
        place = (recipe, kind, message)
        assert "\n" not in message, place
        expected, received, _ = message.partition("Received")
        assert received, place
        assert any(word in message for word in READS[recipe].split("|")), place
        if not recipe.startswith(
            ("text", "token", "trans", "causal", "masked", "rnn", "image_text", "distillation")
        ):
            assert "text" not in expected, place
        if "image" not in recipe and recipe not in ("lenet", "mlp", "object_detection"):
            assert "image" not in expected, place


def test_every_recipe_is_in_the_matrix():
    assert sorted(OPENED) == list(recipes.__all__)
