"""Multipliers are those of the published rules, and bad input is refused in one line."""

import keras
import keras_hub
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kerastune.backends.optimizers import variable_settings_of
from kerastune.errors import InputError
from kerastune.tuning import NoMatchError, layer_groups, layerwise
from kerastune.tuning.rates.multipliers import by_pattern, decayed, spread

pytestmark = pytest.mark.first_backend


def abstract(build):
    """A model of real size without its weights."""
    with keras.StatelessScope(initialize_variables=False):
        model = build()
    # Or Keras would make all its variables after all, with the next model.
    keras.utils.clear_session(free_memory=False)
    return model


def bert_base():
    return keras_hub.models.BertBackbone(30522, 12, 12, 768, 3072)


def vit_base_16():
    return keras_hub.models.ViTBackbone(
        image_shape=(224, 224, 3), patch_size=(16, 16), num_layers=12, num_heads=12,
        hidden_dim=768, mlp_dim=3072,
    )  # fmt: skip


def by_group(model, multipliers):
    """The multiplier of each layer group, and that there is just one."""
    found = {id(variable): multiplier for variable, multiplier in multipliers}
    groups = {}
    for name, variables in layer_groups(model).items():
        (groups[name],) = {found[id(variable)] for variable in variables}
    return groups


@pytest.mark.parametrize("build", [bert_base, vit_base_16])
def test_layer_decay_of_beit(build):
    """https://github.com/microsoft/unilm beit, `LayerDecayValueAssigner`, as timm has it:
    0.75^13 for the embeddings, 0.75^(12 - i) for block i, 1 for the final norm and the head.
    """
    model = abstract(build)
    found = list(by_group(model, decayed(model, 0.75)).values())
    expected = [0.75**13, *(0.75 ** (12 - block) for block in range(12)), 1.0]
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    multipliers = {variable.path: value for variable, value in decayed(model, 0.75)}
    for path, value in multipliers.items():
        if "position_embedding" in path or "class_token" in path:
            assert value == 0.75**13, path
    if build is vit_base_16:
        last = [path for path in multipliers if path.endswith(("ln/gamma", "norm/gamma"))][-1]
        assert multipliers[last] == 1.0


def dense(count):
    layers = [keras.layers.Dense(2, name=f"dense_{index}") for index in range(count)]
    return keras.Sequential([keras.Input((2,)), *layers])


def test_the_rule_of_ulmfit():
    """The rate of layer l - 1 is that of layer l divided by 2.6."""
    model = dense(4)
    values = list(by_group(model, decayed(model, 1 / 2.6)).values())
    np.testing.assert_allclose(values, [2.6**-3, 2.6**-2, 2.6**-1, 1.0])


@given(st.floats(1e-8, 1e-2), st.floats(1, 1e4), st.integers(2, 6))
@settings(max_examples=15)
def test_the_slice_of_fastai(lowest, ratio, count):
    """`even_mults(start, stop, n)`: the same factor from each group to the next."""
    model = dense(count)
    rates = np.array(list(by_group(model, spread(model, lowest, lowest * ratio)).values()))
    np.testing.assert_allclose(rates * lowest * ratio, np.geomspace(lowest, lowest * ratio, count))


def test_the_lowest_scale():
    model = dense(4)
    values = list(by_group(model, decayed(model, 0.1, min_scale=0.05)).values())
    np.testing.assert_allclose(values, [0.05, 0.05, 0.1, 1.0])


def test_patterns_overlap_in_their_order():
    model = dense(3)
    found = {
        variable.path.split("/", 1)[-1]: multiplier
        for variable, multiplier in by_pattern(model, {"first(2)": 0.1, "biases": 2.0})
    }
    assert found["dense_0/kernel"] == 0.1
    assert found["dense_0/bias"] == 2.0
    assert found["dense_2/kernel"] == 1.0


def test_tied_weights_have_one_multiplier():
    backbone = keras_hub.models.GPT2Backbone(20, 2, 2, 8, 16, max_sequence_length=6)
    task = keras_hub.models.GPT2CausalLM(backbone, preprocessor=None)
    pairs = decayed(task, 0.5)
    assert len({id(variable) for variable, _ in pairs}) == len(pairs) == len(task.weights)


class TestLayerwise:
    def test_a_slice_sets_the_rate(self):
        model = dense(3)
        optimizer = layerwise(keras.optimizers.SGD(0.5), model, slice(1e-5, 1e-3))
        assert float(optimizer.learning_rate) == pytest.approx(1e-3)

    def test_a_slice_leaves_a_schedule(self):
        model = dense(3)
        schedule = keras.optimizers.schedules.CosineDecay(0.5, 10)
        optimizer = layerwise(keras.optimizers.SGD(schedule), model, slice(1e-5, 1e-3))
        assert float(optimizer.learning_rate) == pytest.approx(0.5)

    def test_the_lowest_rate_is_said_as_in_a_stage(self):
        """The same multipliers as those of the slice, up to the optimizer's own rate."""
        model = dense(3)
        by_slice = layerwise(keras.optimizers.SGD(0.5), model, slice(1e-5, 1e-3))
        optimizer = layerwise(keras.optimizers.SGD(1e-3), model, lowest_learning_rate=1e-5)
        assert float(optimizer.learning_rate) == pytest.approx(1e-3)
        found, expected = (
            [settings.multiplier for settings in variable_settings_of(made, model).values()]
            for made in (optimizer, by_slice)
        )
        assert found == pytest.approx(expected)
        assert min(found) == pytest.approx(0.01)

    def test_a_schedule_has_no_one_rate_to_spread_up_to(self):
        schedule = keras.optimizers.schedules.CosineDecay(0.5, 10)
        with pytest.raises(InputError, match="number. Received: CosineDecay. .* `layer_decay`"):
            layerwise(keras.optimizers.SGD(schedule), dense(2), lowest_learning_rate=1e-5)

    @pytest.mark.parametrize("exclude", ["biases", "one_dimensional"])
    def test_weight_decay_leaves_out_what_is_excluded(self, exclude):
        model = dense(2)
        optimizer = layerwise(
            keras.optimizers.AdamW(0.1, weight_decay=0.5),
            model,
            layer_decay=0.5,
            exclude_from_weight_decay=exclude,
        )
        for variable in model.weights:
            variable.assign(np.ones(variable.shape))
        optimizer.build(model.trainable_variables)
        zeros = [keras.ops.zeros(variable.shape) for variable in model.weights]
        optimizer.apply(zeros, model.trainable_variables)
        kernels = [value.flat[0] for value in model.get_weights()[::2]]
        np.testing.assert_allclose(kernels, [1 - 0.05 / 2, 1 - 0.05], rtol=1e-6)
        assert all((value == 1).all() for value in model.get_weights()[1::2])

    def test_a_built_optimizer_goes_on(self):
        model = dense(2)
        model.compile(keras.optimizers.Adam(0.1), "mse")
        model.fit(np.ones((4, 2)), np.ones((4, 2)), verbose=0)
        optimizer = layerwise(model.optimizer, model, layer_decay=0.5)
        assert int(keras.ops.convert_to_numpy(optimizer.iterations)) == 1
        again = layerwise(optimizer, model, rates={"all": 0.25})
        assert type(again) is type(optimizer)
        assert {settings.multiplier for settings in again.variable_settings.values()} == {0.25}

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ({}, "none of them"),
            ({"layer_decay": 0.5, "rates": {"all": 1.0}}, "layer_decay.*rates"),
            ({"layer_decay": 0.0}, "layer_decay=0.0"),
            ({"layer_decay": 1.5}, "layer_decay=1.5"),
            ({"layer_decay": 0.5, "min_scale": 2}, "min_scale=2"),
            ({"rates": {"all": -1.0}}, "-1.0"),
            ({"learning_rates": slice(1e-3)}, r"slice\(lowest, highest\)"),
            ({"learning_rates": slice(1e-3, 1e-5)}, "the lower first"),
            ({"lowest_learning_rate": 0.2}, "the lower first. Received: 0.2 and 0.1"),
            ({"lowest_learning_rate": 0.0}, "above 0"),
            ({"learning_rates": 0.1}, r"slice\(lowest, highest\)"),
        ],
    )
    def test_bad_input(self, arguments, message):
        with pytest.raises(InputError, match=message) as caught:
            layerwise(keras.optimizers.SGD(0.1), dense(2), **arguments)
        assert "\n" not in str(caught.value)

    @pytest.mark.parametrize(
        "arguments",
        [{"rates": {"dens_1": 1.0}}, {"layer_decay": 0.5, "exclude_from_weight_decay": "norms"}],
    )
    def test_patterns_that_match_nothing(self, arguments):
        with pytest.raises(NoMatchError):
            layerwise(keras.optimizers.SGD(0.1), dense(2), **arguments)
