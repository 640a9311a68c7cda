"""A run with adapters without its base: small, read beside the same base, and beside no other."""

import json

import keras
import numpy as np
import pytest

import kerastune
from kerastune import Plan, Stage, load_backbone, recipes
from kerastune.errors import InputError
from kerastune.jobs.model_files import (
    files_of_model,
    kept_base,
    read_model_and_adapters,
    save_model_and_adapters,
)
from kerastune.models.base_references import BaseReference, known_base, refer
from kerastune.params.sources.files import count_path
from kerastune.tuning import LoRA, add_adapters, match, train_only

pytestmark = pytest.mark.first_backend

INPUTS = np.random.default_rng(0).normal(size=(3, 4)).astype("float32")
ADAPTERS = LoRA(rank=2, targets="wide")


def base_file(folder, seed=0, units=200):
    """A base in a file."""
    keras.utils.set_random_seed(seed)
    parts = [keras.layers.Dense(units, "relu", name="wide"), keras.layers.Dense(4, name="deep")]
    path = folder / f"base-{seed}-{units}.keras"
    keras.Sequential([keras.Input((4,)), *parts], name="body").save(path)
    return path


def adapted_model(path):
    """A model on the base in a file, with adapters and all that trains somewhere else."""
    body = load_backbone(path)
    model = keras.Sequential([body, keras.layers.Dense(2, name="answer")], name="whole")
    add_adapters(model, ADAPTERS)
    train_only(model, "adapters | head")
    draw = np.random.default_rng(1)
    for weight in model.trainable_weights:
        weight.assign(draw.normal(size=weight.shape))
    return model


@pytest.mark.each_backend
def test_all_but_the_base_is_written_and_read_back(tmp_path):
    model = adapted_model(base_file(tmp_path))
    # What has trained of a base is no part of what is loaded again, nor is a head that is frozen.
    model.get_layer("body").get_layer("deep").bias.assign(np.ones(4))
    train_only(model, "adapters")
    folder = tmp_path / "kept"
    save_model_and_adapters(model, folder, "adapters")
    assert sorted(path.name for path in folder.iterdir()) == ["adapters", "base.json", "model.json"]
    assert (folder / "adapters" / "adapters.safetensors").stat().st_size < 4 * 600
    read = read_model_and_adapters(folder)
    np.testing.assert_array_equal(read.predict(INPUTS, verbose=0), model.predict(INPUTS, verbose=0))
    # It may be written again as it is, also whole.
    (tmp_path / "again").mkdir()
    save_model_and_adapters(read, tmp_path / "again", "adapters")
    save_model_and_adapters(read, tmp_path / "again", "model")
    assert sorted(path.name for path in (tmp_path / "again").iterdir()) == [
        "adapters",
        "model.keras",
    ]
    again = read_model_and_adapters(tmp_path / "again")
    np.testing.assert_array_equal(
        again.predict(INPUTS, verbose=0), model.predict(INPUTS, verbose=0)
    )


def test_which_form_is_chosen(tmp_path):
    model = adapted_model(base_file(tmp_path))
    assert kept_base(model, "adapters")[0] is known_base(model)
    assert kept_base(model, "model") == (None, "")
    assert "of this machine" in kept_base(model, "auto")[1]
    refer(model.get_layer("body"), BaseReference.of("minilm"))
    assert kept_base(model, "auto")[0] is known_base(model)
    assert files_of_model(model, "auto") == ("model.json", "base.json", "adapters")
    assert files_of_model(model, "model") == ("model.keras", "adapters")
    for weight in model.get_layer("body").weights:
        weight.assign(np.full(weight.shape, 3.0))
    assert kept_base(model, "auto") == (None, "all of its base has trained")
    plain = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2, name="wide")])
    add_adapters(plain, ADAPTERS)
    assert "not loaded by a name" in kept_base(plain, "auto")[1]


@pytest.mark.parametrize("other", ["another", "wider", "none"])
def test_another_base_is_refused(tmp_path, other):
    path = base_file(tmp_path)
    save_model_and_adapters(adapted_model(path), tmp_path / "kept", "adapters")
    path.unlink()
    if other != "none":
        base_file(tmp_path, seed=1, units=300 if other == "wider" else 200).rename(path)
    words = {
        "another": "the base beside which the adapters were trained",
        "wider": "with weights of the shapes that it had",
        "none": "the base '.*base-0-200.keras'.*kerastune.load\\(RUN, base=PATH\\)",
    }
    with pytest.raises(InputError, match=words[other]):
        read_model_and_adapters(tmp_path / "kept")


def test_a_base_that_has_moved(tmp_path):
    path = base_file(tmp_path)
    model = adapted_model(path)
    save_model_and_adapters(model, tmp_path / "kept", "adapters")
    moved = path.rename(tmp_path / "moved.keras")
    read = read_model_and_adapters(tmp_path / "kept", moved)
    np.testing.assert_array_equal(read.predict(INPUTS, verbose=0), model.predict(INPUTS, verbose=0))
    assert known_base(read).reference.preset == str(moved)
    (tmp_path / "whole").mkdir()
    save_model_and_adapters(model, tmp_path / "whole")
    with pytest.raises(InputError, match="Leave out `base`"):
        read_model_and_adapters(tmp_path / "whole", moved)


def _changed(folder, name, change):
    held = json.loads((folder / name).read_text())
    change(held)
    (folder / name).write_text(json.dumps(held))


def _layer(held):
    """The first layer of the base in a configuration."""
    body = next(one for one in held["config"]["layers"] if one["class_name"] == "Sequential")
    return next(one for one in body["config"]["layers"] if one["class_name"] == "Dense")


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("base.json", lambda held: held.update(format=2), "format 2"),
        ("base.json", lambda held: held["base"].update(kind="os"), "no known kind"),
        ("base.json", lambda held: held["base"].update(preset=["x"]), "no known kind"),
        ("base.json", lambda held: held.pop("base"), "'base'"),
        ("base.json", lambda held: held.update(weights=[0, 0, 1, 2]), "a weight twice"),
        ("base.json", lambda held: held.update(weights=[0, 1, 2, 99]), "otherwise"),
        ("base.json", lambda held: held.update(weights=[-1]), "list of the places"),
        ("model.json", lambda held: _layer(held).update(class_name="Lambda"), "has Lambda"),
        (
            "model.json",
            lambda held: _layer(held).update(module="os", registered_name="os>system"),
            "of 'os'",
        ),
        ("model.json", lambda held: _layer(held)["config"].update(units=10**10), "numbers or more"),
    ],
)
def test_hostile_files_are_refused(tmp_path, name, change, words):
    save_model_and_adapters(adapted_model(base_file(tmp_path)), tmp_path / "kept", "adapters")
    _changed(tmp_path / "kept", name, change)
    with pytest.raises(InputError, match=words) as raised:
        read_model_and_adapters(tmp_path / "kept")
    assert "\n" not in str(raised.value)


def test_a_link_out_of_the_folder_is_refused(tmp_path):
    save_model_and_adapters(adapted_model(base_file(tmp_path)), tmp_path / "kept", "adapters")
    elsewhere = (tmp_path / "kept" / "model.json").rename(tmp_path / "elsewhere.json")
    (tmp_path / "kept" / "model.json").symlink_to(elsewhere)
    with pytest.raises(InputError, match="a link that leads out"):
        read_model_and_adapters(tmp_path / "kept")


def _images(folder):
    """A base of images in a file."""
    keras.utils.set_random_seed(0)
    parts = [
        keras.layers.Conv2D(8, 3, name="stem"),
        keras.layers.Conv2D(64, 3, activation="relu", name="wide"),
        keras.layers.GlobalAveragePooling2D(),
    ]
    keras.Sequential([keras.Input((8, 8, 1)), *parts], name="body").save(folder / "images.keras")
    return folder / "images.keras"


def _run(folder, base, **options):
    draw = np.random.default_rng(0)
    data = draw.integers(0, 255, (24, 8, 8, 1)).astype("uint8"), ["dark", "light"] * 12
    plan = Plan("mine", [Stage("all", 1, 0.01, "adapters | head", adapters=LoRA(rank=2))])
    settings = {"backbone": str(base), "plan": plan, "run_dir": folder, **options}
    return recipes.image_classification(data=data, **settings), data


def _without_adapters(result):
    adapters = {id(weight) for weight in match(result.model, "adapters")}
    return [weight for weight in result.model.weights if id(weight) not in adapters]


def test_a_run_is_stored_without_its_base(tmp_path):
    base = _images(tmp_path)
    result, (images, _) = _run(tmp_path / "run", base, store="adapters", verbose=0)
    listed = json.loads((tmp_path / "run" / "run.json").read_text())["files"]
    assert {"model.json", "base.json", "adapters"} < set(listed)
    assert not (tmp_path / "run" / "model.keras").exists()
    loaded = kerastune.load(tmp_path / "run")
    np.testing.assert_array_equal(loaded.predict(images), result.predict(images))
    assert len(match(loaded.model, "adapters")) == len(match(result.model, "adapters")) > 0
    counted = count_path(tmp_path / "run", "run", trust=False)
    assert counted.parameters == sum(keras.ops.size(one) for one in _without_adapters(loaded))
    moved = loaded.save(tmp_path / "moved", store="model")
    np.testing.assert_array_equal(kerastune.load(moved).predict(images), result.predict(images))
    base = base.rename(tmp_path / "elsewhere.keras")
    loaded = kerastune.load(tmp_path / "run", base=base)
    np.testing.assert_array_equal(loaded.predict(images), result.predict(images))


@pytest.mark.slow
def test_what_only_this_machine_has_is_stored_too_and_that_is_said(tmp_path, capsys):
    _run(tmp_path / "whole", _images(tmp_path))
    assert (tmp_path / "whole" / "model.keras").is_file()
    printed = " ".join(capsys.readouterr().out.split())
    assert "whole model is stored beside its adapters: its base is of this machine" in printed


@pytest.mark.any_backend
@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"store": "some"}, "store out of auto, adapters, model. Received: store='some'"),
        ({"store": "adapters", "plan": "head_only"}, "for a model and a plan without"),
        ({"store": "adapters", "backbone": "small_resnet"}, "whose base was loaded by"),
    ],
)
def test_what_cannot_be_asked_for(tmp_path, options, words):
    with pytest.raises(InputError, match=words):
        _run(tmp_path / "run", _images(tmp_path), **options)
    assert not (tmp_path / "run").exists()
