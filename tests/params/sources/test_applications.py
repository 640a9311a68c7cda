"""Golden numbers: the table at https://keras.io/api/applications/, in millions."""

import keras
import pytest

from kerastune.errors import InputError
from kerastune.models.applications import application_names
from kerastune.params.sources.networks import count_application
from kerastune.params.sources.open import open_model, open_models

pytestmark = pytest.mark.first_backend

PUBLISHED = {
    "ConvNeXtBase": 88.5,
    "ConvNeXtLarge": 197.7,
    "ConvNeXtSmall": 50.2,
    "ConvNeXtTiny": 28.6,
    "ConvNeXtXLarge": 350.1,
    "DenseNet121": 8.1,
    "DenseNet169": 14.3,
    "DenseNet201": 20.2,
    "EfficientNetB0": 5.3,
    "EfficientNetB1": 7.9,
    "EfficientNetB2": 9.2,
    "EfficientNetB3": 12.3,
    "EfficientNetB4": 19.5,
    "EfficientNetB5": 30.6,
    "EfficientNetB6": 43.3,
    "EfficientNetB7": 66.7,
    "EfficientNetV2B0": 7.2,
    "EfficientNetV2B1": 8.2,
    "EfficientNetV2B2": 10.2,
    "EfficientNetV2B3": 14.5,
    "EfficientNetV2L": 119.0,
    "EfficientNetV2M": 54.4,
    "EfficientNetV2S": 21.6,
    "InceptionResNetV2": 55.9,
    "InceptionV3": 23.9,
    "MobileNet": 4.3,
    "MobileNetV2": 3.5,
    "NASNetLarge": 88.9,
    "NASNetMobile": 5.3,
    "ResNet101": 44.7,
    "ResNet101V2": 44.7,
    "ResNet152": 60.4,
    "ResNet152V2": 60.4,
    "ResNet50": 25.6,
    "ResNet50V2": 25.6,
    "VGG16": 138.4,
    "VGG19": 143.7,
    "Xception": 22.9,
}
# Not in the table: the papers' numbers, Howard et al., 2019, https://arxiv.org/abs/1905.02244.
PAPER = {"MobileNetV3Large": 5.4, "MobileNetV3Small": 2.5}

# JAX compiles an initializer for every shape.
SMALL = [
    ("MobileNet", {"alpha": 0.25, "input_shape": (128, 128, 1)}),
    pytest.param("MobileNetV2", {}, marks=pytest.mark.slow),
    pytest.param("DenseNet121", {"classes": 7}, marks=pytest.mark.slow),
    pytest.param(
        "EfficientNetB0",
        {"include_top": False, "input_shape": (64, 64, 3)},
        marks=pytest.mark.slow,
    ),
]


@pytest.mark.any_backend
@pytest.mark.parametrize(("name", "arguments"), SMALL)
def test_the_total_is_that_of_the_model_built_with_memory(name, arguments):
    written = ", ".join(f"{key}={value!r}" for key, value in arguments.items())
    count = count_application(f"applications:{name}({written})")
    real = getattr(keras.applications, name)(weights=None, **arguments)
    assert count.parameters == real.count_params()
    assert [weight.shape for weight in count.model.weights] == [
        weight.shape for weight in real.weights
    ]


@pytest.mark.slow
def test_every_total_is_the_published_one():
    counts, notes = open_models(["applications:all"])
    assert len(counts) + len(notes) == len(application_names())
    published = {f"applications:{name}": number for name, number in (PUBLISHED | PAPER).items()}
    assert published.keys() >= {count.name for count in counts}
    # The table rounds some numbers and cuts others off.
    wrong = {
        count.name: count.parameters
        for count in counts
        if abs(count.parameters / 1e6 - published[count.name]) > 0.1
    }
    wrong.pop("applications:MobileNetV3Large", None)  # 5.5 in Keras, 5.4 in the paper.
    assert not wrong
    for note in notes:
        assert "NASNetMobile" in note
        assert "\n" not in note


def test_weights_are_never_loaded(monkeypatch):
    monkeypatch.setattr(keras.utils, "get_file", None)
    with pytest.raises(InputError, match="Leave `weights` out"):
        open_model("applications:MobileNetV2(weights='imagenet')")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("applications:ResNet5", "Did you mean 'ResNet50'"),
        ("applications:", "Received: 'applications:'"),
        ("applications:imagenet_utils", "Received"),
        ("applications:ResNet50(clases=3)", "clases"),
        ("applications:ResNet50(input_shape=(8, 8, 3), include_top=False)", "at least 32"),
        ("applications:ResNet50(classes=open('x'))", "Expected NAME"),
        ("applications:all", "Did you mean"),
    ],
)
def test_bad_input_is_one_line(text, said):
    with pytest.raises(InputError, match="Received") as error:
        open_model(text)
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_what_is_refused_is_a_note_for_all_and_an_error_by_name(monkeypatch):
    def refuse(**_):
        raise ValueError("not today\nbecause")

    monkeypatch.setattr(
        "kerastune.params.sources.open.application_names", lambda: ["MobileNetV2", "VGG16"]
    )
    monkeypatch.setattr(keras.applications, "VGG16", refuse)
    counts, notes = open_models(["applications:all"])
    assert [count.name for count in counts] == ["applications:MobileNetV2"]
    assert len(notes) == 1
    assert "'applications:VGG16': not today" in notes[0]
    with pytest.raises(InputError, match="'applications:VGG16': not today"):
        open_models(["lenet", "applications:VGG16"])
