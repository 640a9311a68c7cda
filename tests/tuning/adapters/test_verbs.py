"""Adapters added, mixed, merged and removed, by name; and what is refused."""

import keras
import numpy as np
import pytest

from kerastune.errors import InputError
from kerastune.tuning import (
    DoRA,
    LoRA,
    MiSS,
    NoMatchError,
    Plan,
    Stage,
    add_adapters,
    freeze,
    layer_groups,
    match,
    merge_adapters,
    merge_and_remove_adapters,
    plan_table,
    remove_adapters,
    train_only,
    unfreeze,
    unmerge_adapters,
    use_adapters,
)
from kerastune.tuning.adapters.attaching import adapters_of

pytestmark = pytest.mark.first_backend

INPUTS = np.random.default_rng(0).normal(size=(4, 3)).astype("float32")


def _model() -> keras.Model:
    parts = [keras.layers.Dense(5, name="wide"), keras.layers.Dense(5, name="deep")]
    body = keras.Sequential([keras.Input((3,)), *parts], name="body")
    return keras.Sequential([body, keras.layers.Dense(2, name="logits")], name="model")


def _outputs(model: keras.Model) -> np.ndarray:
    return model.predict(INPUTS, verbose=0)


def _named(model: keras.Model, targets: str) -> None:
    add_adapters(model, LoRA(targets=targets, name="new"))


def _add(model: keras.Model, adapter, seed: int) -> None:
    """Add adapters whose weights are random."""
    add_adapters(model, adapter)
    draw = np.random.default_rng(seed)
    for weight in model.weights:
        if f"/adapter_{adapter.name}/" in weight.path:
            weight.assign(draw.normal(size=weight.shape))


@pytest.mark.each_backend
def test_several_by_name_are_switched_and_mixed():
    model = _model()
    plain = _outputs(model)
    _add(model, LoRA(rank=2, targets="wide", name="news"), 1)
    news = _outputs(model)
    _add(model, MiSS(rank=2, targets="wide | deep", name="mail"), 2)
    both = _outputs(model)
    use_adapters(model, "mail")
    mail = _outputs(model)
    use_adapters(model, "news")
    np.testing.assert_array_equal(_outputs(model), news)
    use_adapters(model, ["news", "mail"])
    np.testing.assert_array_equal(_outputs(model), both)
    use_adapters(model, None)
    np.testing.assert_array_equal(_outputs(model), plain)
    assert len({float(np.abs(one).sum()) for one in (plain, news, both, mail)}) == 4

    use_adapters(model, {"news": 0.25})
    mixed = _outputs(model)
    # Without activations the model is linear in what one adapter adds to one layer.
    np.testing.assert_allclose(mixed, 0.75 * plain + 0.25 * news, rtol=1e-4, atol=1e-4)
    merge_adapters(model)
    np.testing.assert_allclose(_outputs(model), mixed, rtol=1e-4, atol=1e-4)
    unmerge_adapters(model)
    remove_adapters(model, "news")
    use_adapters(model, "mail")
    np.testing.assert_allclose(_outputs(model), mail, rtol=1e-5, atol=1e-5)
    merge_and_remove_adapters(model)
    np.testing.assert_allclose(_outputs(model), mail, rtol=1e-4, atol=1e-4)
    assert adapters_of(model) == {}
    assert len(model.weights) == 6


def test_patterns_roles_and_groups_know_adapters():
    model = _model()
    groups = list(layer_groups(model))
    add_adapters(model, LoRA(rank=2, targets="kernels"))
    assert list(layer_groups(model)) == groups
    assert {weight.name for weight in match(model, "adapters")} == {"lora_a", "lora_b"}
    assert len(match(model, "adapters & backbone")) == 4
    assert [weight.name for weight in match(model, "adapters & head")] == ["lora_a", "lora_b"]
    assert len(match(model, "groups[0] & adapters")) == 2
    with pytest.raises(NoMatchError, match="'adapters'"):
        match(_model(), "adapters")


def test_without_attention_a_backbone_is_adapted_and_a_model_without_one_refused():
    model = _model()
    assert add_adapters(model, LoRA(rank=2)) == ["body/wide", "body/deep"]
    alone = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, name="logits")])
    with pytest.raises(InputError, match="without a backbone and without layers called query"):
        add_adapters(alone, LoRA(rank=2))


def test_a_base_never_trains_whatever_names_it():
    model = _model()
    add_adapters(model, LoRA(rank=2, targets="wide"))
    for pattern in ("all", "backbone", "kernels | adapters"):
        train_only(model, pattern)
        trained = [weight.path for weight in model.trainable_weights]
        assert "body/wide/kernel" not in trained
    unfreeze(model, "all")
    assert not model.get_layer("body").get_layer("wide").kernel.trainable
    with pytest.raises(InputError, match="which names 'body/wide/kernel' and nothing else"):
        unfreeze(model, "wide/kernel")
    remove_adapters(model)
    unfreeze(model, "all")
    assert model.get_layer("body").get_layer("wide").kernel.trainable


def test_a_compiled_model_goes_on_with_its_optimizer():
    model = _model()
    model.compile(keras.optimizers.Adam(0.1), "mse")
    model.fit(INPUTS, np.ones((4, 2)), verbose=0)
    add_adapters(model, LoRA(rank=2, targets="wide"))
    freeze(model, "all & ~adapters")
    kernel = keras.ops.convert_to_numpy(model.weights[0]).copy()
    before = model.evaluate(INPUTS, np.ones((4, 2)), verbose=0)
    model.fit(INPUTS, np.ones((4, 2)), epochs=20, verbose=0)
    assert model.evaluate(INPUTS, np.ones((4, 2)), verbose=0) < before
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(model.weights[0]), kernel)


def test_a_plan_adds_what_it_trains_and_its_table_leaves_the_model():
    model = _model()
    adapters = LoRA(rank=2, targets="wide | deep")
    stages = [
        Stage("head", 1, 0.1, "head"),
        Stage("adapters", 1, 0.1, "adapters | head", rates={"lora_b": 16.0}, adapters=adapters),
    ]
    plan = Plan("mine", stages)
    table = plan_table(model, plan)
    assert [row.trainable for row in table.rows] == [0, 0, 12, 16, 20, 12]
    assert [row.learning_rate for row in table.rows][3:] == [1.6, 1.6, 0.1]
    assert adapters_of(model) == {}
    assert Plan.from_yaml(plan.to_yaml()) == plan
    assert "method: lora" in plan.to_yaml()


@pytest.mark.parametrize("method", ["clone", "config", "save", "json"])
def test_what_would_leave_adapters_out_is_refused(method, tmp_path):
    model = _model()
    add_adapters(model, LoRA(rank=2, targets="wide"))
    calls = {
        "clone": lambda: keras.models.clone_model(model),
        "config": lambda: model.get_layer("body").get_config(),
        "save": lambda: model.save(tmp_path / "model.keras"),
        "json": model.to_json,
    }
    (tmp_path / "model.keras").write_text("an earlier one")
    with pytest.raises(InputError, match="Keras would leave them out.*`save_adapters`"):
        calls[method]()
    assert (tmp_path / "model.keras").read_text() == "an earlier one"
    remove_adapters(model)
    calls[method]()


@pytest.mark.each_backend
def test_a_merged_model_is_saved_whole(tmp_path):
    model = _model()
    _add(model, DoRA(rank=2, targets="wide"), 1)
    adapted = _outputs(model)
    merge_adapters(model)
    model.save(tmp_path / "model.keras")
    read = keras.saving.load_model(tmp_path / "model.keras", compile=False)
    np.testing.assert_allclose(_outputs(read), adapted, rtol=1e-4, atol=1e-4)
    assert len(read.weights) == 6
    unmerge_adapters(model)
    np.testing.assert_array_equal(_outputs(model), adapted)


@pytest.mark.parametrize(
    ("bits", "adapter"),
    [
        pytest.param("int8", LoRA(rank=2), id="int8"),
        pytest.param("int4", DoRA(rank=2), id="int4", marks=pytest.mark.each_backend),
    ],
)
def test_a_quantized_base_stays_and_its_adapters_learn(bits, adapter):
    parts = [
        keras.layers.EinsumDense("abc,cde->abed", (None, 4, 2), bias_axes="ed", name="query"),
        keras.layers.EinsumDense("abed,dec->abc", (None, 6), name="value"),
    ]
    model = keras.Sequential([keras.Input((4, 6)), *parts], name="model")
    for part in parts:
        part.quantize(bits)
    add_adapters(model, adapter)
    train_only(model, "adapters")
    base = {
        weight.path: keras.ops.convert_to_numpy(weight).copy()
        for weight in model.weights
        if "adapter" not in weight.path
    }
    inputs = np.random.default_rng(0).normal(size=(8, 4, 6)).astype("float32")
    model.compile(keras.optimizers.Adam(0.05), "mse")
    losses = model.fit(inputs, inputs[..., ::-1], epochs=8, verbose=0).history["loss"]
    assert losses[-1] < 0.9 * losses[0]
    for weight in model.weights:
        if weight.path in base:
            np.testing.assert_array_equal(keras.ops.convert_to_numpy(weight), base[weight.path])
    with pytest.raises(InputError, match=f"quantized to {bits}"):
        merge_adapters(model)


@pytest.mark.each_backend
def test_halves_are_computed_in_halves_and_kept_in_whole():
    keras.config.set_dtype_policy("mixed_bfloat16")
    model = _model()
    add_adapters(model, LoRA(rank=2, targets="wide"))
    train_only(model, "adapters")
    assert {str(weight.dtype) for weight in model.trainable_weights} == {"float32"}
    assert keras.backend.standardize_dtype(model(INPUTS).dtype) == "bfloat16"
    model.compile(keras.optimizers.Adam(0.05), "mse")
    losses = model.fit(INPUTS, np.ones((4, 2)), epochs=8, verbose=0).history["loss"]
    assert losses[-1] < losses[0]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda m: add_adapters(m, "lora"), "Expected adapters such as `LoRA.* Received: 'lora'"),
        (
            lambda m: add_adapters(m, LoRA(targets="wide | deeep", name="new")),
            "Did you mean 'deep'",
        ),
        (
            lambda m: add_adapters(m, LoRA(targets="biases", name="new")),
            "which names none. It has wide, deep",
        ),
        (lambda m: use_adapters(m, "news"), "which has default. Received: 'news'"),
        (lambda m: use_adapters(m, {"default": "much"}), "Expected a number .* Received: 'much'"),
        (lambda m: remove_adapters(m, "defaut"), "Did you mean 'default'"),
        (unmerge_adapters, "Expected a model whose adapters are merged"),
        (lambda m: add_adapters(m, LoRA(targets="deep")), "without adapters called 'default'"),
    ],
)
def test_errors_speak(call, message):
    model = _model()
    if "such as" not in message and "`targets`" not in message:
        add_adapters(model, LoRA(rank=2, targets="wide"))
    with pytest.raises(InputError, match=message):
        call(model)


def test_merged_adapters_are_left_alone():
    model = _model()
    add_adapters(model, LoRA(rank=2, targets="wide"))
    merge_adapters(model)
    for call in (merge_adapters, remove_adapters, lambda m: use_adapters(m, None)):
        with pytest.raises(InputError, match="whose are. Call `unmerge_adapters` first"):
            call(model)


def test_what_does_more_than_add_is_not_weighted():
    model = _model()
    add_adapters(model, DoRA(rank=2, targets="wide"))
    with pytest.raises(InputError, match="a weight of 1 for adapters of 'dora'"):
        use_adapters(model, {"default": 0.5})


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"rank": 0}, "Expected a rank"),
        ({"rank": 10**9}, "Expected a rank, a whole number from 1 to 65,536"),
        ({"rank": True}, "Expected a rank"),
        ({"alpha": -1}, "Expected `alpha`"),
        ({"dropout": 1.5}, "Expected `dropout` as a number from 0 to 1"),
        ({"initialization": "zero"}, "Expected `initialization` out of default"),
        ({"name": "a/b"}, "Expected a `name`"),
        ({"targets": ""}, "Expected `targets`"),
        ({"ranks": {"(": 2}}, "Expected `ranks` by regular expressions"),
        ({"ranks": {"a": 0}}, "Expected a rank"),
        ({"rank_stabilized": 1}, "Expected `rank_stabilized`"),
    ],
)
def test_settings_out_of_range(settings, message):
    with pytest.raises(InputError, match=message):
        LoRA(**settings)


def test_ranks_and_alphas_of_their_own():
    model = _model()
    adapter = LoRA(rank=1, targets="wide | deep", ranks={"deep/": 3}, alphas={"deep/": 6})
    add_adapters(model, adapter)
    assert [tuple(one.shape) for one in match(model, "lora_a")] == [(3, 1), (5, 3)]


def test_a_method_of_ones_own_is_one_class():
    from dataclasses import dataclass
    from typing import ClassVar

    from kerastune.tuning.adapters.adapter import Adapter, AdapterLayer
    from kerastune.tuning.adapters.reading import adapter_from

    class ShiftLayer(AdapterLayer):
        def build(self, input_shape=None):
            self.shift = self.add_weight(name="shift", shape=(), initializer="zeros")

        def adapt(self, inputs, linear):
            return linear(inputs) + self.shift

    @dataclass(frozen=True)
    class Shift(Adapter):
        method: ClassVar[str] = "shift"

        def layer(self, linear_map, path, linear):
            return ShiftLayer(self, linear_map)

    assert adapter_from({"method": "shift", "targets": "wide"}) == Shift(targets="wide")
    model = _model()
    add_adapters(model, Shift(targets="wide"))
    assert [weight.path for weight in match(model, "adapters")] == [
        "body/wide/adapter_default/shift"
    ]
    with pytest.raises(InputError, match="no part of a kernel"):
        merge_adapters(model)
    with pytest.raises(InputError, match="Did you mean 'shift'"):
        adapter_from({"method": "shft"})
    with pytest.raises(InputError, match="settings of 'shift' out of"):
        adapter_from({"method": "shift", "rank": 2})
