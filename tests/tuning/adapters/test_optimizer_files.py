"""The optimizer beside adapters in a folder: training goes on as if it had not stopped."""

import json

import keras
import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from kerastune.errors import InputError
from kerastune.tuning import LoRA, add_adapters, freeze, load_adapters, save_adapters, unfreeze
from kerastune.tuning.adapters.attaching import adapters_of

pytestmark = pytest.mark.first_backend

DRAW = np.random.default_rng(0)
BATCHES = [(DRAW.normal(size=(8, 3)), DRAW.normal(size=(8, 2))) for _ in range(4)]
STATE, TOLD = "optimizer.safetensors", "adapters.json"


def _model(optimizer: object = None) -> keras.Model:
    body = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4, name="wide")], name="body")
    model = keras.Sequential([body, keras.layers.Dense(2, name="logits")])
    draw = np.random.default_rng(1)
    for weight in model.weights:
        weight.assign(draw.normal(size=weight.shape))
    model.compile(optimizer or keras.optimizers.Adam(0.1), "mse")
    return model


def _begun(optimizer: object = None) -> keras.Model:
    """A model with adapters, after two steps."""
    model = _model(optimizer)
    add_adapters(model, LoRA(rank=2, targets="wide"))
    freeze(model, "backbone & ~adapters")
    _train(model, BATCHES[:2])
    return model


def _train(model: keras.Model, batches: list) -> None:
    for inputs, targets in batches:
        model.train_on_batch(inputs, targets)


def _values(model: keras.Model) -> list[np.ndarray]:
    return [np.array(keras.ops.convert_to_numpy(one)) for one in model.weights]


@pytest.mark.each_backend
def test_training_goes_on_bit_for_bit(tmp_path):
    model = _begun()
    save_adapters(model, tmp_path, with_optimizer=True)
    names = list(load_file(tmp_path / STATE))
    assert sum("lora_a_momentum" in name or "lora_a_velocity" in name for name in names) == 2
    again = _model()
    assert load_adapters(again, tmp_path, with_optimizer=True) == ["default"]
    trained = [[one.name for one in each.trainable_weights] for each in (model, again)]
    assert trained[0] == trained[1] == ["lora_a", "lora_b", "kernel", "bias"]
    for each in (model, again):
        _train(each, BATCHES[2:])
    for ours, theirs in zip(_values(again), _values(model), strict=True):
        np.testing.assert_array_equal(ours, theirs)


OPTIMIZERS = {
    "average": lambda: keras.optimizers.SGD(0.1, momentum=0.9, use_ema=True),
    "scaled": lambda: keras.optimizers.LossScaleOptimizer(keras.optimizers.AdamW(0.1), 8.0),
    "scheduled": lambda: keras.optimizers.Lion(keras.optimizers.schedules.CosineDecay(0.1, 9)),
}


@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_other_optimizers_go_on_too(kind, tmp_path):
    model, again = _begun(OPTIMIZERS[kind]()), _model(OPTIMIZERS[kind]())
    save_adapters(model, tmp_path, with_optimizer=True)
    load_adapters(again, tmp_path, with_optimizer=True)
    for each in (model, again):
        _train(each, BATCHES[2:])
    for ours, theirs in zip(again.optimizer.variables, model.optimizer.variables, strict=True):
        np.testing.assert_array_equal(*map(keras.ops.convert_to_numpy, (ours, theirs)))


def test_what_the_optimizer_has_seen_before_is_forgotten(tmp_path):
    model, again = _begun(), _model()
    save_adapters(model, tmp_path, with_optimizer=True)
    _train(again, BATCHES[3:])
    load_adapters(again, tmp_path, with_optimizer=True, is_same_base=False)
    for ours, theirs in zip(again.optimizer.variables, model.optimizer.variables, strict=True):
        np.testing.assert_array_equal(*map(keras.ops.convert_to_numpy, (ours, theirs)))


def test_a_folder_without_it_is_read_as_before_and_forgets_an_earlier_one(tmp_path):
    model = _begun()
    save_adapters(model, tmp_path, with_optimizer=True)
    load_adapters(_model(), tmp_path)
    save_adapters(model, tmp_path)
    assert not (tmp_path / STATE).exists()
    with pytest.raises(InputError, match="Expected a folder that `save_adapters` wrote"):
        load_adapters(_model(), tmp_path, with_optimizer=True)


def test_what_has_no_optimizer_of_its_own_is_refused(tmp_path):
    model = _begun()
    for weight in model.trainable_weights[:1]:
        weight.trainable = False
    with pytest.raises(InputError, match="one that differs in '?body.*lora_a"):
        save_adapters(model, tmp_path, with_optimizer=True)
    unfreeze(model, "adapters | head")
    save_adapters(model, tmp_path, with_optimizer=True)
    plain = keras.Sequential(_model().layers)
    with pytest.raises(InputError, match="Expected a compiled model.*Call `compile` first"):
        load_adapters(plain, tmp_path, with_optimizer=True)
    add_adapters(plain, LoRA(rank=2, targets="wide"))
    with pytest.raises(InputError, match="Expected a compiled model.*Call `compile` first"):
        save_adapters(plain, tmp_path, with_optimizer=True)


def _with_state(folder, change):
    arrays = load_file(folder / STATE)
    change(arrays)
    save_file(arrays, folder / STATE)


def _with_trained(folder, trained):
    told = json.loads((folder / TOLD).read_text())
    (folder / TOLD).write_text(json.dumps({**told, "trained": trained}))


def _of(arrays: dict, end: str) -> str:
    return next(name for name in arrays if name.endswith(end))


HOSTILE = {
    "cut short": (
        lambda f: (f / STATE).write_bytes((f / STATE).read_bytes()[:-3]),
        "cut short or broken",
    ),
    "nothing": (lambda f: (f / STATE).unlink(), "Expected a folder that `save_adapters` wrote"),
    "a slot less": (
        lambda f: _with_state(f, lambda a: a.pop(_of(a, "lora_b_momentum"))),
        "Expected the state of an optimizer with '.*lora_b_momentum'",
    ),
    "a name without a place": (
        lambda f: _with_state(f, lambda a: a.update({"more": np.zeros(1)})),
        "Received: one with ''",
    ),
    "another shape": (
        lambda f: _with_state(f, lambda a: a.update({_of(a, "lora_b_momentum"): np.zeros(3)})),
        "Expected an array of shape",
    ),
    "no number": (
        lambda f: _with_state(
            f, lambda a: a.update({_of(a, "lora_b_momentum"): np.full((2, 4), np.nan, "float32")})
        ),
        "Expected finite numbers",
    ),
    "other weights": (
        lambda f: _with_trained(f, [4, 5]),
        "Expected the state of an optimizer with",
    ),
    "frozen ones": (lambda f: _with_trained(f, [0]), "Expected"),
    "none": (lambda f: _with_trained(f, []), "no weights trained"),
    "more than there are": (lambda f: _with_trained(f, [99]), "others than there are"),
    "words": (lambda f: _with_trained(f, "all"), "others than there are"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_nothing_wrong_is_read(case, tmp_path):
    save_adapters(_begun(), tmp_path, with_optimizer=True)
    change, message = HOSTILE[case]
    change(tmp_path)
    model = _model()
    before, trainable = _values(model), [one.path for one in model.trainable_weights]
    optimizer = model.optimizer
    with pytest.raises(InputError, match=message):
        load_adapters(model, tmp_path, with_optimizer=True)
    assert adapters_of(model) == {}
    assert model.optimizer is optimizer
    assert [one.path for one in model.trainable_weights] == trainable
    for ours, theirs in zip(_values(model), before, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_another_optimizer_is_refused(tmp_path):
    save_adapters(_begun(), tmp_path, with_optimizer=True)
    with pytest.raises(InputError, match="with 'sgd/iteration'. Received: one with 'adam/iterat"):
        load_adapters(_model(keras.optimizers.SGD(0.1)), tmp_path, with_optimizer=True)
