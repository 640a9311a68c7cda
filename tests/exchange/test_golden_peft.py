"""Adapters that PEFT has saved compute here what they compute there, gradients included."""

import keras
import keras_hub
import numpy as np
import pytest

from kerastune import InputError, freeze, load_peft
from kerastune.tuning.adapters.adapted import adapted_layers
from kerastune.tuning.adapters.attaching import adapters_of
from tests.exchange.golden import (
    CASES,
    DATA,
    backbone_for,
    base_of,
    computed,
    expected,
    features_around,
    features_of,
    inputs_for,
)

CLASSIFIER = "bert_classifier_saved"
WITH_GRADIENTS = ["bert_lora", "bert_rslora", "bert_dora", "bert_ia3"]
# Each differs from others by numbers that are made in the same way on each backend.
ON_FIRST = ("bert_dora", "bert_rslora", "gpt2_dora", "gpt2_ia3", "qwen_prefix")


def marked(cases):
    """Parameters of a test, some of which run on each backend in `make test-all` only."""
    marks = {case: [pytest.mark.first_backend] for case in ON_FIRST}
    return [pytest.param(case, marks=marks.get(case, [])) for case in cases]


@pytest.mark.parametrize("case", marked([case for case in CASES if case != CLASSIFIER]))
def test_outputs_are_those_of_peft(case):
    backbone = backbone_for(base_of(case))
    paths = load_peft(backbone, DATA / case)
    assert len(paths) == len(adapted_layers(backbone))
    found = computed(backbone, case)
    np.testing.assert_allclose(found, expected(case)["outputs"], atol=1e-5)
    # They are far from what the model gives without.
    assert np.abs(found - expected(case)["outputs without"]).max() > 0.1


def test_modules_that_are_stored_whole_are_set():
    backbone = backbone_for("bert_classifier")
    task = keras_hub.models.BertTextClassifier(backbone, num_classes=3, preprocessor=None)
    load_peft(task, DATA / CLASSIFIER)
    np.testing.assert_allclose(
        computed(task, CLASSIFIER), expected(CLASSIFIER)["outputs"], atol=1e-5
    )


@pytest.mark.parametrize("case", marked(WITH_GRADIENTS))
def test_gradients_are_those_of_peft(case):
    backbone = backbone_for("bert")
    load_peft(backbone, DATA / case)
    values = expected(case)
    model = features_of(backbone)
    freeze(model, "all & ~adapters")
    former = weights_by_name(backbone)

    def sums(weights, outputs):
        return keras.ops.sum(outputs * weights, axis=(1, 2))

    # One step of a rate of one moves each weight by its gradient.
    model.compile(keras.optimizers.SGD(1.0), loss=sums, run_eagerly=True)
    without_dropout(backbone)
    model.train_on_batch(inputs_for(backbone, values["inputs"]), values["weights"])
    moved = weights_by_name(backbone)
    names = [name for name in values if name.startswith("gradient of ")]
    # What pools the features takes no part in them.
    assert len(names) == len([one for one in former if "pooler" not in one[0]]) > 3
    for name in names:
        module, part = module_and_part(name)
        found = former[module, part] - moved[module, part]
        gradient = values[name]
        size = max(1.0, np.abs(gradient).max())
        np.testing.assert_allclose(found, gradient, atol=1e-5 * size, err_msg=name)


def test_what_is_read_is_told_by_the_adapters():
    backbone = backbone_for("bert")
    assert load_peft(backbone, DATA / "bert_patterns", name="mine") == [
        f"transformer_layer_{number}/self_attention_layer/{name}"
        for number in (0, 1)
        for name in ("query", "key")
    ]
    adapter = adapters_of(backbone)["mine"]
    assert (adapter.rank, adapter.alpha) == (2, 3)
    ranks = {one.layer.path: one.adapters["mine"].rank for one in adapted_layers(backbone)}
    assert sorted(ranks.values()) == [1, 2, 3, 3]
    assert ranks["transformer_layer_1/self_attention_layer/query"] == 1


@pytest.mark.first_backend
def test_a_layer_that_takes_no_part():
    """A pooler of which a model makes no use cannot be adapted, and can be left out."""
    model = features_around(backbone_for("bert"))
    with pytest.raises(InputError, match=r"pooled_dense.* take no part.*in `without`"):
        load_peft(model, DATA / "bert_rslora")
    assert len(load_peft(model, DATA / "bert_rslora", without=["pooler"])) == 12


def weights_by_name(backbone):
    """The weights of adapters, in the form and under the names of PEFT."""
    from kerastune.exchange.naming import namings

    found = {}
    for module in namings(backbone)[0].modules.values():
        held = getattr(module.layers[0], "adapter_default", None)
        if held is None:
            continue
        for ours, part in (
            ("lora_a", "lora_A"),
            ("lora_b", "lora_B"),
            ("magnitude", "magnitude"),
            ("scale", "ia3_l"),
        ):
            weight = getattr(held, ours, None)
            if isinstance(weight, keras.Variable):
                value = np.array(keras.ops.convert_to_numpy(weight)).T
                if part == "ia3_l":
                    value = value[None, :] if held.is_feedforward else value[:, None]
                found[module.name, part] = value
    return found


def module_and_part(name):
    """The module of Hugging Face that a gradient belongs to, and of what."""
    module = name.removeprefix("gradient of base_model.model.").removesuffix(".weight")
    module, _, part = module.rpartition(".")
    return module, "magnitude" if "magnitude" in part else part


def without_dropout(backbone):
    """Lets adapters and layers drop nothing, as in PEFT's evaluation mode."""
    for layer in backbone._flatten_layers():
        if isinstance(layer, keras.layers.Dropout):
            layer.rate = 0.0
