"""Layer groups are a partition of the weights in the order of depth, for any model."""

import keras
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kerastune.errors import InputError
from kerastune.tuning import layer_groups
from kerastune.tuning.groups.backbone import find_backbone, used_weights

pytestmark = pytest.mark.first_backend

layers = keras.layers


def sizes(model):
    """The names of the groups with the number of variables, after what holds always."""
    groups = layer_groups(model)
    grouped = [id(weight) for weights in groups.values() for weight in weights]
    assert sorted(grouped) == sorted(id(weight) for weight in model.weights)
    assert all(groups.values())
    return {name: len(weights) for name, weights in groups.items()}


def layer_names(weights):
    """The names of the layers that hold some weights."""
    return {weight.path.split("/")[-2] for weight in weights}


def without_memory(build, *arguments, **options):
    """A model as large as the real one that takes no memory."""
    with keras.StatelessScope(initialize_variables=False):
        model = build(*arguments, **options)
    # Keras would initialize its variables with those of the next model.
    keras.utils.clear_session(free_memory=False)
    return model


class Residual(layers.Layer):
    """Two dense layers in a composite layer, under the names that Keras gives."""

    def __init__(self, width):
        super().__init__()
        self.dense = layers.Dense(width)
        self.norm = layers.LayerNormalization()

    def build(self, shape):
        self.dense.build(shape)
        self.norm.build(shape)

    def call(self, x):
        return x + self.norm(self.dense(x))


class Network(keras.Model):
    """A subclassed model with a token of its own, tables, blocks and a classifier."""

    def __init__(self):
        super().__init__()
        self.start = self.add_weight(shape=(1, 1, 4), name="start_token")
        self.embed = layers.Embedding(9, 4)
        self.blocks = [Residual(4) for _ in range(3)]
        self.classifier = layers.Dense(2)

    def call(self, ids):
        x = self.embed(ids) + self.start
        for block in self.blocks:
            x = block(x)
        return self.classifier(x)


def test_a_subclassed_model():
    model = Network()
    model(keras.ops.zeros((1, 3), "int32"))
    names = [block.name for block in model.blocks]
    expected = {"embeddings": 2, **dict.fromkeys(names, 4), "head": 2}
    assert sizes(model) == expected
    assert list(sizes(model)) == list(expected)


def test_names_that_keras_counts_do_not_change_the_groups():
    """A `Residual` made first is `residual`, one made later is `residual_7`."""
    keras.utils.clear_session()
    groups: list[dict[str, int]] = []
    for _ in range(2):
        inputs = keras.Input((4,))
        x = layers.Dense(4, name="wide")(inputs)
        for _ in range(2):
            x = Residual(4)(x)
        groups.append(sizes(keras.Model(inputs, layers.Dense(1)(x))))
    first, second = groups
    assert list(first.values()) == list(second.values()) == [2, 4, 4, 2]
    assert list(first) == ["stem", "residual", "residual_1", "head"]
    assert list(second) == ["stem", "residual_2", "residual_3", "head"]


def test_without_blocks_every_layer_is_a_group_with_its_normalization():
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(2, 3, name="one"),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.Conv2D(2, 3, name="two"),
            layers.Flatten(),
            layers.Dense(3, name="classifier"),
        ]
    )
    assert sizes(model) == {"one": 6, "two": 2, "head": 2}


def test_embedding_tables_are_one_group():
    inputs = [keras.Input(()), keras.Input(())]
    tables = [layers.Embedding(5, 4)(x) for x in inputs]
    x = layers.LayerNormalization()(layers.Concatenate()(tables))
    x = layers.Dense(4, name="wide")(x)
    assert sizes(keras.Model(inputs, layers.Dense(1)(x))) == {"embeddings": 4, "wide": 2, "head": 2}


def test_blocks_that_are_models_themselves():
    blocks = [
        keras.Sequential([layers.Dense(width), layers.BatchNormalization()], name=f"part_{width}")
        for width in (4, 8, 16)
    ]
    model = keras.Sequential([keras.Input((4,)), *blocks, layers.Dense(1)])
    assert find_backbone(model) is None
    assert sizes(model) == {"part_4": 6, "part_8": 6, "part_16": 6, "head": 2}


def test_blocks_named_by_number_with_layers_between_and_after():
    inputs = keras.Input((4,))
    x = layers.Dense(4, name="first")(inputs)
    for index in range(2):
        x = layers.Dense(4, name=f"block{index}_a")(x)
        x = layers.Dense(4, name=f"block{index}_b")(x)
        x = layers.Dense(4, name=f"between_{index}")(x)
    model = keras.Model(inputs, layers.Dense(1, name="last")(x))
    groups = layer_groups(model)
    assert {name: layer_names(weights) for name, weights in groups.items()} == {
        "stem": {"first"},
        "block0": {"block0_a", "block0_b"},
        "block1": {"between_0", "block1_a", "block1_b"},
        "head": {"between_1", "last"},
    }


def test_a_shared_weight_is_in_the_first_group_only():
    inputs = keras.Input((3,))
    shared = layers.Dense(3, name="shared")
    backbone = keras.Model(inputs, shared(shared(inputs)), name="body")
    assert sizes(keras.Model(inputs, shared(backbone(inputs)))) == {"shared": 2}


def test_a_layer_may_have_the_name_of_another_group():
    model = keras.Sequential(
        [keras.Input((4,)), layers.Dense(3, name="head"), layers.Dense(2, name="stem")]
    )
    assert sizes(model) == {"head_2": 2, "head": 2}


def test_a_model_around_a_single_model_is_looked_into():
    inner = keras.Sequential(
        [keras.Input((4,)), layers.Dense(3, name="one"), layers.Dense(2)], name="inner"
    )
    flip = keras.Sequential([keras.Input((4,)), layers.GaussianNoise(0.1)])
    model = keras.Sequential([keras.Input((4,)), flip, inner])
    assert find_backbone(model) is None
    assert sizes(model) == {"one": 2, "head": 2}


def test_looking_does_not_touch_the_model():
    keras.utils.clear_session()
    inputs = keras.Input((4,))
    dense = layers.Dense(4)
    model = keras.Model(inputs, layers.Dense(1)(dense(dense(inputs))))
    model.compile("adam", "mse")
    before = (model.get_config(), dense.output, model.optimizer)
    layer_groups(model)
    used_weights(model)
    assert (model.get_config(), dense.output, model.optimizer) == before
    assert keras.Model(inputs, model.output).name == "functional_1"


@pytest.mark.parametrize("model", [keras.Sequential([layers.Dense(1)]), keras.Sequential()])
def test_a_model_without_weights_is_an_error(model):
    with pytest.raises(InputError, match="Build it"):
        layer_groups(model)


@given(st.lists(st.sampled_from(["dense", "norm", "block", "skip"]), min_size=1, max_size=7))
@settings(max_examples=25)
def test_groups_are_a_partition_in_the_order_of_depth(kinds):
    inputs = keras.Input((4,))
    x = earlier = inputs
    for index, kind in enumerate(kinds):
        before = x
        if kind == "skip":
            x = layers.Add(name=f"skip_{index}")([x, layers.Dense(4, name=f"s{index}")(earlier)])
        elif kind == "norm":
            x = layers.LayerNormalization(name=f"norm_{index}")(x)
        else:
            x = layers.Dense(4, name=f"{kind}_{index}")(x)
        earlier = before
    model = keras.Model(inputs, layers.Dense(1, name="last")(x))
    names = list(sizes(model))
    assert names[-1] == "head"
    numbers = [int(name.rsplit("_", 1)[1]) for name in names if name.startswith("block_")]
    assert numbers == sorted(numbers)
    assert len(numbers) == kinds.count("block")
