"""What a layer keeps frozen stays frozen, whatever a pattern says."""

import keras
import keras_hub
import numpy as np
import pytest

from kerastune.errors import InputError
from kerastune.training import fine_tune
from kerastune.tuning import Plan, Stage, freeze, plan_table, train_only, unfreeze

pytestmark = pytest.mark.first_backend


class Adapted(keras.layers.Layer):
    """An adapter as people write them, around a layer that it freezes."""

    def __init__(self, base, **options):
        super().__init__(**options)
        self.base = base
        self.base.trainable = False
        self.low = keras.layers.Dense(2, use_bias=False, name="low")
        self.high = keras.layers.Dense(base.units, use_bias=False, name="high")

    def call(self, x):
        return self.base(x) + self.high(self.low(x))


class FrozenKernel(keras.layers.Dense):
    """A layer that freezes a weight of its own."""

    def build(self, shape):
        super().build(shape)
        self.kernel.trainable = False


class AtConstruction(keras.layers.Layer):
    """A layer that makes a frozen one."""

    def __init__(self, **options):
        super().__init__(**options)
        self.base = keras.layers.Dense(6, trainable=False, name="base")
        self.low = keras.layers.Dense(6, name="low")

    def call(self, x):
        return self.base(x) + self.low(x)


def with_lora(layer):
    if not layer.built:
        layer.build((None, 4))
    layer.enable_lora(2)
    return layer


def quantized(layer):
    layer.build((None, 4))
    layer.quantize("int8")
    return layer


def quantized_with_lora(layer):
    return with_lora(quantized(layer))


def dense():
    return keras.layers.Dense(6, name="part")


LAYERS = {
    "lora": (lambda: with_lora(dense()), ["kernel"]),
    "int8": (lambda: quantized(dense()), ["kernel", "kernel_scale"]),
    "int8 and lora": (lambda: quantized_with_lora(dense()), ["kernel", "kernel_scale"]),
    "einsum": (lambda: with_lora(keras.layers.EinsumDense("ab,bc->ac", 6)), ["kernel"]),
    "around": (lambda: Adapted(dense()), ["kernel", "bias"]),
    "own kernel": (lambda: FrozenKernel(6), ["kernel"]),
    "made frozen": (AtConstruction, ["kernel", "bias"]),
}


def make(layer):
    keras.utils.set_random_seed(0)
    layer.name = "part"
    return keras.Sequential(
        [keras.Input((4,)), layer, keras.layers.Dense(2, name="head")], name="model"
    )


def frozen(model):
    """The names of what does not train in the first layer, of its base where it has one."""
    training = {id(weight) for weight in model.trainable_variables}
    return [weight.name for weight in model.layers[0].weights if id(weight) not in training]


@pytest.mark.parametrize("name", LAYERS)
def test_all_leaves_it_frozen(name):
    build, expected = LAYERS[name]
    model = make(build())
    assert sorted(frozen(model)) == sorted(expected)
    for change in (
        lambda: unfreeze(model),
        lambda: freeze(model, "part"),
        lambda: unfreeze(model, "part"),
        lambda: plan_table(model, Plan("p", [Stage("h", 1, 0.1, "head"), Stage("a", 1, 0.1)])),
        lambda: freeze(model, "biases"),
        lambda: unfreeze(model),
        lambda: train_only(model, "all"),
    ):
        change()
    assert sorted(frozen(model)) == sorted(expected)


@pytest.mark.parametrize(
    "name",
    [pytest.param("lora", marks=pytest.mark.each_backend), "int8 and lora", "around", "own kernel"],
)
def test_a_plan_trains_the_rest(name, capsys):
    build, _ = LAYERS[name]
    model = make(build())
    names = frozen(model)
    part = model.layers[0]
    training = {id(weight) for weight in model.trainable_variables}
    held = [weight for weight in part.weights if id(weight) not in training]
    rest = [weight for weight in part.weights if id(weight) in training]
    before = [keras.ops.convert_to_numpy(weight).copy() for weight in (*held, *rest)]
    x = np.random.default_rng(0).normal(size=(32, 4)).astype("float32")
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    fine_tune(model, (x, np.arange(32) % 2), epochs=2, loss=loss, learning_rate=0.1)
    assert frozen(model) == names
    after = [keras.ops.convert_to_numpy(weight) for weight in (*held, *rest)]
    same = [np.array_equal(one, other) for one, other in zip(before, after, strict=True)]
    assert same == [True] * len(held) + [False] * len(rest)


def test_an_embedding_with_lora():
    table = keras.layers.Embedding(9, 4)
    table.build(())
    table.enable_lora(2)
    model = keras.Sequential([keras.Input((3,)), table, keras.layers.Flatten(), dense()])
    unfreeze(model)
    assert frozen(model) == ["embeddings"]


def test_a_backbone_of_keras_hub_keeps_all_but_its_adapters():
    backbone = keras_hub.models.BertBackbone(20, 1, 2, 8, 16, max_sequence_length=6)
    model = keras_hub.models.BertTextClassifier(backbone, num_classes=2, preprocessor=None)
    backbone.enable_lora(2)
    before = {weight.path for weight in model.trainable_variables}
    assert any("lora" in path for path in before)
    unfreeze(model)
    assert {weight.path for weight in model.trainable_variables} == before


def test_also_after_someone_set_everything_trainable():
    model = make(with_lora(dense()))
    model.trainable = False
    model.trainable = True  # Keras overrides its own freeze.
    assert frozen(model) == []
    unfreeze(model)
    assert frozen(model) == ["kernel"]


def test_lora_that_comes_later():
    model = make(dense())
    freeze(model, "part/kernel")
    unfreeze(model)
    model.layers[0].enable_lora(2)
    unfreeze(model)
    assert frozen(model) == ["kernel"]


def test_what_users_freeze_is_theirs_to_unfreeze():
    model = make(dense())
    model.layers[0].kernel.trainable = False
    unfreeze(model)
    assert frozen(model) == []
    model.layers[0].trainable = False
    unfreeze(model)
    assert frozen(model) == []


def test_parts_of_an_adapter_that_a_pattern_froze_are_not_its_own_freeze():
    model = make(Adapted(dense()))
    freeze(model, "part/low")
    assert len(frozen(model)) == 3
    unfreeze(model)
    assert len(frozen(model)) == 2


@pytest.mark.parametrize("verb", [unfreeze, train_only])
def test_nothing_but_what_is_held_is_refused(verb):
    model = make(with_lora(dense()))
    with pytest.raises(InputError, match=r"Received: 'part/kernel'.*'re:lora_'"):
        verb(model, "part/kernel")
