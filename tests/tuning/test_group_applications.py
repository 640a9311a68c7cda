"""The layer groups of all networks in `keras.applications`."""

import keras
import pytest

from kerastune.tuning import layer_groups
from tests.applications import NETWORKS
from tests.tuning.test_groups import layer_names, sizes, without_memory

# Every family of `keras.applications`, and how many groups there are: the stem if there is
# one, the blocks of the paper, and the head.
pytestmark = pytest.mark.any_backend

FAMILIES = {
    "ResNet50": 1 + 16 + 1,
    "ResNet50V2": 1 + 16 + 1,
    "InceptionV3": 1 + 11 + 1,
    "InceptionResNetV2": 1 + (1 + 10 + 1 + 20 + 1 + 10) + 1,
    "EfficientNetB0": 1 + 16 + 1,
    "EfficientNetV2B0": 1 + 21 + 1,
    "MobileNet": 1 + 13 + 1,
    "MobileNetV2": 1 + 17 + 1,
    "MobileNetV3Small": 1 + 11 + 1,
    "DenseNet121": 1 + (6 + 12 + 24 + 16) + 1,
    "VGG16": 5 + 1,
    "Xception": 14 + 1,
    "ConvNeXtTiny": 1 + (3 + 3 + 9 + 3) + 1,
    "NASNetLarge": 1 + (2 + 18 + 2) + 1,
}


def application(name):
    return without_memory(NETWORKS[name], weights=None)


LARGE = ("InceptionResNetV2", "DenseNet121", "NASNetLarge", "EfficientNetV2B0", "InceptionV3")


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=pytest.mark.slow) if name in LARGE else name for name in FAMILIES],
)
def test_families_of_keras_applications(name):
    model = application(name)
    groups = layer_groups(model)
    assert len(sizes(model)) == FAMILIES[name]
    assert list(groups)[-1] == "head"
    assert next(iter(groups)) == ("block1" if name in ("VGG16", "Xception") else "stem")
    classifier = [layer for layer in model.layers if layer.weights][-1]
    assert layer_names(classifier.weights) <= layer_names(groups["head"])
    places = {
        id(weight): place for place, layer in enumerate(model.layers) for weight in layer.weights
    }
    means = [
        sum(places[id(weight)] for weight in weights) / len(weights) for weights in groups.values()
    ]
    assert means == sorted(means)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(NETWORKS))
def test_all_of_keras_applications(name):
    groups = sizes(application(name))
    assert list(groups)[-1] == "head"
    assert len(groups) >= 6


@pytest.mark.parametrize(
    ("name", "suffix"),
    [("InceptionV3", ""), ("ResNet50", "_out"), ("DenseNet121", "_concat")],
)
def test_the_groups_up_to_a_block_are_what_its_output_depends_on(name, suffix):
    """Asked of Keras itself, which follows the graph back from the block's output."""
    model = application(name)
    groups = layer_groups(model)
    members: set[int] = set()
    for group, weights in groups.items():
        members.update(id(weight) for weight in weights)
        if group not in ("stem", "head"):
            output = model.get_layer(group + suffix).output
            with keras.StatelessScope(initialize_variables=False):
                needed = {id(weight) for weight in keras.Model(model.input, output).weights}
            assert members == needed, group


def test_a_shortcut_belongs_to_the_block_that_it_bypasses():
    model = application("Xception")
    shortcuts = [layer for layer in model.layers if layer.name.startswith("conv2d")]
    groups = layer_groups(model)
    homes = [
        next(name for name in groups if any(shortcut.kernel is weight for weight in groups[name]))
        for shortcut in shortcuts
    ]
    assert homes == ["block2", "block3", "block4", "block13"]
