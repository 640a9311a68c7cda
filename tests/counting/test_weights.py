"""Counting models in memory: against Keras' own count, by kind, each variable once."""

from math import prod

import keras
import keras_hub
import numpy as np
import pytest

from kerastune.backends import build_abstract
from kerastune.counting import KINDS, ModelCount, Weight, count_model
from kerastune.errors import InputError

pytestmark = pytest.mark.first_backend


def seeds(count):
    """The numbers that random generators keep."""
    return sum(weight.parameters for weight in count.weights if weight.kind == "seed")


def nested():
    body = keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(3, name="a"),
            keras.layers.BatchNormalization(name="norm"),
        ],
        name="body",
    )
    inputs = keras.Input((4,))
    x = keras.layers.Dropout(0.1, name="dropout")(body(inputs))
    return keras.Model(inputs, keras.layers.Dense(2, name="b")(x))


@pytest.fixture(params=[lambda build: build(), build_abstract], ids=["real", "abstract"])
def made(request):
    """Builds a model with values, or without."""
    return request.param


class TestTotals:
    def test_equals_keras(self, made):
        model = made(nested)
        count = count_model(model)
        assert count.parameters == model.count_params() == 4 * 3 + 3 + 4 * 3 + 3 * 2 + 2
        assert sum(count.by_kind().values()) == count.parameters
        assert count.stored_bytes == 4 * count.parameters

    def test_kinds(self, made):
        model = made(nested)
        model.get_layer("body").get_layer("a").trainable = False
        assert count_model(model).by_kind() == {
            "trainable": 6 + 8,
            "frozen": 15,
            "adapter": 0,
            "state": 6,
            "unknown": 0,
        }

    def test_flags_are_left_alone(self, made):
        model = made(nested)
        model.get_layer("body").trainable = False
        before = [weight.trainable for weight in model.weights]
        count_model(model)
        assert [weight.trainable for weight in model.weights] == before

    def test_seeds_are_no_parameters(self, made):
        count = count_model(made(nested))
        assert seeds(count) == 2
        assert [w.path for w in count.weights if w.kind == "seed"] == [
            "dropout/seed_generator_state"
        ]

    def test_normalization_statistics_are_state(self):
        layer = keras.layers.Normalization()
        layer.adapt(np.zeros((4, 3), "float32"))
        model = keras.Sequential([keras.Input((3,)), layer])
        assert count_model(model).by_kind()["state"] == model.count_params() == 7

    def test_optimizer_slots_are_in_no_total(self):
        model = nested()
        before = count_model(model)
        model.compile("adam", "mse")
        model.fit(np.zeros((2, 4)), np.zeros((2, 2)), verbose=0)
        assert count_model(model) == before


class TestPaths:
    def test_follow_the_layers(self, made):
        assert [weight.path for weight in count_model(made(nested)).weights][:3] == [
            "body/a/kernel",
            "body/a/bias",
            "body/norm/gamma",
        ]

    def test_shared_layer_counts_once(self, made):
        def build():
            dense = keras.layers.Dense(4, name="tied")
            left = keras.Sequential([keras.Input((4,)), dense], name="left")
            right = keras.Sequential([keras.Input((4,)), dense], name="right")
            inputs = keras.Input((4,))
            return keras.Model(inputs, right(left(inputs)))

        count = count_model(made(build))
        assert count.parameters == 20
        assert [(w.path, w.shared_with) for w in count.weights] == [
            ("left/tied/kernel", ("right/tied/kernel",)),
            ("left/tied/bias", ("right/tied/bias",)),
        ]

    def test_shared_variable_counts_once(self):
        @keras.saving.register_keras_serializable("test_weights")
        class Tied(keras.layers.Layer):
            def __init__(self, other, **options):
                super().__init__(**options)
                self.table = other

            def call(self, x):
                return keras.ops.matmul(x, keras.ops.transpose(self.table))

        embedding = keras.layers.Embedding(7, 3, name="words")
        inputs = keras.Input((5,), dtype="int32")
        x = embedding(inputs)
        model = keras.Model(inputs, Tied(embedding.embeddings, name="logits")(x))
        count = count_model(model)
        assert count.parameters == 21
        assert count.weights[0].shared_with == ("logits/embeddings",)

    def test_tied_layer_is_where_it_is_used_and_shared_with_what_holds_it(self):
        @keras.saving.register_keras_serializable("test_weights")
        class Holds(keras.layers.Layer):
            def __init__(self, other, **options):
                super().__init__(**options)
                self.other = other

            def call(self, x):
                return keras.ops.matmul(x, keras.ops.transpose(self.other.embeddings))

        embedding = keras.layers.Embedding(7, 3, name="words")
        inputs = keras.Input((5,), dtype="int32")
        model = keras.Model(inputs, Holds(embedding, name="logits")(embedding(inputs)))
        (weight,) = count_model(model).weights
        assert weight.path == "words/embeddings"
        assert weight.shared_with == ("logits/words/embeddings",)

    def test_part_that_is_also_an_attribute_is_not_shared(self):
        @keras.saving.register_keras_serializable("test_weights")
        class Holder(keras.layers.Layer):
            def __init__(self, **options):
                super().__init__(**options)
                inner = keras.layers.Dense(2, name="inner")
                self.shortcut = inner
                self.block = keras.Sequential([keras.Input((2,)), inner], name="block")

            def call(self, x):
                return self.block(x)

        model = keras.Sequential([keras.Input((2,)), Holder(name="holder")])
        assert [(w.path, w.shared_with) for w in count_model(model).weights] == [
            ("holder/block/inner/kernel", ()),
            ("holder/block/inner/bias", ()),
        ]


class TestAdaptersAndQuantization:
    def test_lora(self):
        model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(6, name="d")])
        model.get_layer("d").enable_lora(2)
        kinds = count_model(model).by_kind()
        assert (kinds["adapter"], kinds["frozen"], kinds["trainable"]) == (2 * (4 + 6), 24, 6)
        assert count_model(model).trainable == 26

    def test_frozen_adapters_do_not_train(self):
        model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(6, name="d")])
        model.get_layer("d").enable_lora(2)
        model.trainable = False
        assert count_model(model).trainable == 0
        assert count_model(model).by_kind()["frozen"] == 24 + 6 + 20

    def test_ranges_of_float8_are_state(self):
        model = keras.Sequential([keras.Input((8,)), keras.layers.Dense(6)])
        model.layers[0].quantize("float8")
        count = count_model(model)
        assert count.trainable == 8 * 6 + 6
        assert count.by_kind()["state"] == model.count_params() - 54

    @pytest.mark.parametrize("units", [6, 7])
    @pytest.mark.parametrize(
        "make",
        [
            lambda units: keras.layers.Dense(units, use_bias=False),
            lambda units: keras.layers.EinsumDense("ab,bc->ac", (units,)),
        ],
    )
    def test_int4_counts_what_it_stands_for(self, make, units):
        layer = make(units)
        model = keras.Sequential([keras.Input((5,)), layer])
        layer.quantize("int4")
        count = count_model(model)
        kernel = next(weight for weight in count.weights if weight.path.endswith("/kernel"))
        assert (kernel.kind, kernel.parameters) == ("frozen", 5 * units)
        # Two numbers a byte.
        assert kernel.stored_bytes == 5 * ((units + 1) // 2)

    def test_int4_embedding(self):
        layer = keras.layers.Embedding(9, 4)
        model = keras.Sequential([keras.Input((3,), dtype="int32"), layer])
        layer.quantize("int4")
        table = count_model(model).weights[0]
        assert (table.parameters, table.stored_bytes, table.kind) == (36, 18, "frozen")

    def test_int8_has_one_byte_a_number_and_scales_beside(self):
        layer = keras.layers.Dense(6, use_bias=False)
        model = keras.Sequential([keras.Input((5,)), layer])
        layer.quantize("int8")
        kinds = count_model(model).by_kind()
        assert (kinds["frozen"], kinds["state"]) == (30, 6)
        assert count_model(model).stored_bytes == 30 + 6 * 4

    def test_half_precision(self):
        keras.config.set_dtype_policy("bfloat16")
        model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(6)])
        assert count_model(model).stored_bytes == 2 * 36


class TestBadInput:
    def test_unbuilt(self):
        with pytest.raises(InputError, match="weights are not made yet"):
            count_model(keras.Sequential([keras.layers.Dense(3)]))

    def test_layers_that_were_never_called(self):
        # `Model.build` only marks such a model as built, and its count would be nothing.
        class Silent(keras.Model):
            def __init__(self):
                super().__init__()
                self.dense = keras.layers.Dense(3)

            def build(self, input_shape):
                self.built = True

            def call(self, x):
                return self.dense(x)

        model = Silent()
        model.build((None, 4))
        with pytest.raises(InputError, match="weights are not made yet"):
            count_model(model)

    def test_one_layer_that_was_never_called_is_noted(self):
        class Forgetful(keras.Model):
            def __init__(self):
                super().__init__()
                self.used = keras.layers.Dense(3, name="used")
                self.unused = keras.layers.Dense(3, name="unused")

            def build(self, input_shape):
                self.used.build(input_shape)

            def call(self, x):
                return self.used(x)

        model = Forgetful()
        model(np.zeros((1, 4)))
        assert count_model(model).notes == ("not built, and so without weights: unused",)

    def test_of_many_layers_that_were_never_called_a_few_are_named(self):
        class Wide(keras.layers.Layer):
            def __init__(self):
                super().__init__()
                self.unused = [keras.layers.Dense(3, name=f"unused_{i}") for i in range(9)]

            def build(self, input_shape):
                """Leaves its layers as they are."""

            def call(self, x):
                return x

        model = keras.Sequential([keras.Input((4,)), Wide(), keras.layers.Dense(2)])
        (note,) = count_model(model).notes
        assert note.count("unused_") == 4
        assert note.endswith(", and 5 more")

    def test_nothing_is_counted_twice(self):
        weight = Weight("a/kernel", (1,), "float32", "trainable", 1, 4)
        with pytest.raises(RuntimeError, match="counted twice"):
            ModelCount("wrong", (weight, weight))

    def test_kinds_are_known(self):
        weight = Weight("a/kernel", (1,), "float32", "other", 1, 4)
        with pytest.raises(RuntimeError, match="unknown kinds"):
            ModelCount("wrong", (weight,))


@pytest.mark.parametrize(
    "build",
    [
        lambda: keras.applications.MobileNetV3Small(weights=None),
        lambda: keras.applications.EfficientNetV2B0(weights=None),
        lambda: keras_hub.models.BertBackbone(100, 2, 2, 8, 16),
        lambda: keras_hub.models.GPT2Backbone(100, 2, 2, 8, 16, max_sequence_length=8),
    ],
    ids=["MobileNetV3Small", "EfficientNetV2B0", "BERT", "GPT-2"],
)
def test_real_architectures(build):
    model = build_abstract(build)
    count = count_model(model)
    assert count.parameters == sum(prod(weight.shape) for weight in model.weights)
    assert count.trainable == sum(prod(weight.shape) for weight in model.trainable_weights)
    assert set(count.by_kind()) == set(KINDS)
