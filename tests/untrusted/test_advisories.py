"""Each public advisory for Keras, with a file of its kind: nothing runs or leaves its place."""

import base64
import json
import stat
import zipfile

import h5py
import keras
import numpy as np
import pytest

import kerastune
from kerastune.cli import main
from kerastune.comparison.specification import Specification
from kerastune.comparison.work.given_models import file_subject
from kerastune.errors import InputError
from kerastune.models import load_backbone
from kerastune.params.sources.open import open_model
from tests.jobs.test_result import HEADS, make
from tests.untrusted.hostile_files import (
    archive,
    lambda_layer,
    legacy_h5,
    opened_files,
    pickled,
    plain_config,
    plain_weights,
    with_layer,
)

pytestmark = pytest.mark.any_backend

SECRET = "what nobody may read"


@pytest.fixture(scope="module")
def finished_run(tmp_path_factory):
    """The files of a run."""
    directory = tmp_path_factory.mktemp("saved") / "run"
    make(directory, HEADS[0]).save()
    return directory


class Place:
    """A folder with a run, a file outside of it that nobody may read, and one nobody may write.

    Args:
        folder: Path.
        run: Path of a finished run, of which the small files are linked.
    """

    def __init__(self, folder, run):
        self.canary = folder / "canary"
        self.secret = folder / "secret.txt"
        self.secret.write_text(SECRET)
        self.run = folder / "runs" / "one"
        self.run.mkdir(parents=True)
        for path in run.rglob("*"):
            if path.is_file() and path.suffix != ".keras":
                copy = self.run / path.relative_to(run)
                copy.parent.mkdir(exist_ok=True)
                copy.write_bytes(path.read_bytes())
        self.model = self.run / "model.keras"


@pytest.fixture
def place(tmp_path, finished_run):
    return Place(tmp_path, finished_run)


def layer(module, name, config=None, **more):
    return {"module": module, "class_name": name, "config": config or {"name": "evil"}, **more}


def function(module, name):
    return layer(module, "function", name, registered_name=name)


def typed(module, name, place):
    """A layer that calls a function of some module with the path of the canary."""
    activation = function(module, name)
    config = {"name": "evil", "activation": activation, "path": str(place.canary)}
    return layer("keras.layers", "Activation", config)


def bytecode(place):
    archive(place.model, with_layer(lambda_layer(place.canary)))


def any_function(place):
    archive(place.model, with_layer(layer("os", "system", {"command": f"touch {place.canary}"})))


def any_function_inside(place):
    archive(place.model, with_layer(typed("os", "mkdir", place)))


def function_of_keras(place):
    archive(place.model, with_layer(typed("keras.utils", "get_file", place)))


def function_of_keras_by_a_path(place):
    archive(place.model, with_layer(typed("keras", "utils.get_file", place)))


def safe_mode_off(place):
    off = layer("keras.config", "enable_unsafe_deserialization", {"name": "off"})
    archive(place.model, with_layer(off, lambda_layer(place.canary)))


def pickle_of_torch(place):
    config = {"name": "torch", "module": base64.b64encode(pickled(place.canary)).decode()}
    archive(place.model, with_layer(layer("keras.layers", "TorchModuleWrapper", config)))


def legacy(place):
    legacy_h5(place.model, with_layer(lambda_layer(place.canary)))


def vocabulary(place):
    config = {"name": "words", "vocabulary": str(place.secret)}
    archive(place.model, with_layer(layer("keras.layers", "StringLookup", config)))


def vocabulary_of_text(place):
    config = {"name": "words", "vocabulary": f"file://{place.secret}"}
    archive(place.model, with_layer(layer("keras.layers", "TextVectorization", config)))


def member_above(place):
    archive(place.model, more=[("assets/a", "a"), ("../../canary", "written")])


def member_absolute(place):
    archive(place.model, more=[("assets/a", "a"), (str(place.canary), "written")])


def member_with_backslashes(place):
    archive(place.model, more=[("assets/a", "a"), ("..\\..\\canary", "written")])


def member_link(place):
    link = zipfile.ZipInfo("assets")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    archive(place.model, more=[(link, str(place.secret)), ("other", "")])


def claimed_shape(place):
    def claims(weights):
        weights.create_dataset("0", (10**9, 10**4), "float32", chunks=(10**5, 100))

    archive(place.model, weights=plain_weights(make=claims))


def configured_shape(place):
    units = layer("keras.layers", "Dense", {"name": "wide", "units": 10**12})
    archive(place.model, with_layer(units))


def configured_shape_in_steps(place):
    wide = [
        layer("keras.layers", "Dense", {"name": f"wide_{number}", "units": 10**5})
        for number in range(2)
    ]
    archive(place.model, with_layer(*wide))


def external_storage(place):
    def elsewhere(weights):
        weights.create_dataset("0", (3, 1), "float32", external=[(str(place.secret), 0, 12)])

    archive(place.model, weights=plain_weights(make=elsewhere))


def external_link(place):
    with h5py.File(place.secret.with_suffix(".h5"), "w") as file:
        file["kernel"] = np.ones((3, 1), "float32")

    def link(weights):
        weights["0"] = h5py.ExternalLink(str(place.secret.with_suffix(".h5")), "/kernel")

    archive(place.model, weights=plain_weights(make=link))


def virtual_dataset(place):
    with h5py.File(place.secret.with_suffix(".h5"), "w") as file:
        file["kernel"] = np.ones((3, 1), "float32")

    def virtual(weights):
        layout = h5py.VirtualLayout((3, 1), "float32")
        layout[:] = h5py.VirtualSource(str(place.secret.with_suffix(".h5")), "kernel", (3, 1))
        weights.create_virtual_dataset("0", layout)

    archive(place.model, weights=plain_weights(make=virtual))


def saved_model(place):
    config = {"name": "graph", "filepath": str(place.run), "call_endpoint": "serve"}
    archive(place.model, with_layer(layer("keras.layers", "TFSMLayer", config)))


def layer_name(place):
    config = {"name": "../../../canary", "vocabulary": None, "max_tokens": 5}
    lookup = layer("keras.layers", "StringLookup", config)
    archive(place.model, with_layer(lookup), more=[("assets/canary/vocabulary.txt", "a")])


def bomb(place):
    weights = plain_weights() + bytes(2**21)
    archive(place.model, weights=weights, compression=zipfile.ZIP_DEFLATED)


def nested(place):
    archive(place.model, b'{"a":' * 100_000 + b"1" + b"}" * 100_000)


def nested_a_little(place):
    config = plain_config()
    for _ in range(120):
        config = {"class_name": "Sequential", "config": {"layers": [config]}}
    archive(place.model, config)


def type_description(place):
    config = layer("os", "__typespec__", ["x"], spec_name="system", registered_name="system")
    archive(place.model, with_layer(config))


def key_twice(place):
    text = json.dumps(plain_config()).encode()
    hidden = json.dumps(with_layer(lambda_layer(place.canary))["config"]).encode()
    archive(place.model, text[:-1] + b', "config": ' + hidden + b"}")


HOSTILE = {
    "CVE-2024-3660 bytecode": (bytecode, "Lambda"),
    "CVE-2025-1550 any function": (any_function, "'os'"),
    "CVE-2025-1550 any function inside": (any_function_inside, "'os'"),
    "CVE-2025-1550 a function of Keras": (function_of_keras, "no part of a model"),
    "CVE-2025-1550 by a path": (function_of_keras_by_a_path, "no part of a model"),
    "CVE-2025-9906 safe mode off": (safe_mode_off, "no part of a model|Lambda"),
    "CVE-2025-9905 legacy h5": (legacy, "something else"),
    "CVE-2025-49655 pickle": (pickle_of_torch, "TorchModuleWrapper"),
    "CVE-2025-12058 vocabulary": (vocabulary, "a file to be opened"),
    "CVE-2025-12058 address": (vocabulary_of_text, "a file to be opened"),
    "CVE-2025-12638 above": (member_above, "outside of its folder"),
    "CVE-2025-12638 absolute": (member_absolute, "outside of its folder"),
    "CVE-2025-12638 backslashes": (member_with_backslashes, "outside of its folder"),
    "CVE-2025-12060 link": (member_link, "a link or a device"),
    "CVE-2026-0897 claimed": (claimed_shape, "claims"),
    "CVE-2026-1669 external storage": (external_storage, "stored elsewhere"),
    "CVE-2026-1669 external link": (external_link, "a link to what is elsewhere"),
    "CVE-2026-1669 virtual": (virtual_dataset, "stored elsewhere"),
    "CVE-2026-1462 TFSMLayer": (saved_model, "TFSMLayer"),
    "CVE-2026-12479 layer name": (layer_name, "a name that is a path"),
    "decompression bomb": (bomb, "would become"),
    "nested": (nested, "nested too deeply"),
    "nested a little": (nested_a_little, "nested too deeply"),
    "type description": (type_description, "__typespec__"),
    "key twice": (key_twice, "twice"),
}


def by_load(place):
    kerastune.load(place.run)


def by_backbone(place):
    load_backbone(place.model)


def by_params(place):
    open_model(str(place.model))


def by_compare(place):
    file_subject(place.model, Specification(str(place.model), "torch", "", ""))


ENTRIES = {"load": by_load, "backbone": by_backbone, "params": by_params, "compare": by_compare}


@pytest.mark.parametrize("enter", ENTRIES.values(), ids=ENTRIES)
@pytest.mark.parametrize("kind", HOSTILE)
def test_what_an_advisory_is_about_is_refused(place, kind, enter, monkeypatch):
    monkeypatch.setattr("kerastune.untrusted.zip_members.LARGE", 2**20)
    write, fault = HOSTILE[kind]
    write(place)
    with opened_files() as opened, pytest.raises(InputError, match=fault) as caught:
        enter(place)
    assert len(str(caught.value).splitlines()) == 1
    assert "Received: " in str(caught.value)
    assert SECRET not in str(caught.value)
    assert not place.canary.exists()
    assert str(place.secret) not in opened


@pytest.mark.parametrize("write", [configured_shape, configured_shape_in_steps])
@pytest.mark.parametrize("enter", [by_load, by_backbone, by_compare])
def test_a_configuration_of_more_than_its_weights_takes_no_memory(place, write, enter):
    """CVE-2026-0897 again. `params` builds without memory, and may count such a model."""
    write(place)
    with pytest.raises(InputError, match="variables of .* numbers or more"):
        enter(place)


@pytest.mark.parametrize("kind", ["CVE-2024-3660 bytecode", "CVE-2026-1669 external link"])
def test_the_command_says_so_in_one_line(place, kind, capsys):
    write, fault = HOSTILE[kind]
    write(place)
    inputs = place.run.parent / "inputs.csv"
    inputs.write_text("a,b,c\n1,2,3\n")
    for arguments in (["predict", place.run, inputs], ["params", place.model]):
        assert main([str(argument) for argument in arguments]) == 2
        told = capsys.readouterr().err
        assert len(told.splitlines()) == 1
        assert "Traceback" not in told
        assert fault in told
    assert not place.canary.exists()


def test_the_files_would_do_harm(place):
    """Else the tests above would show nothing: with its guards off, Keras runs what they hold."""
    bytecode(place)
    keras.saving.load_model(place.model, compile=False, safe_mode=False)
    assert place.canary.exists()


def test_a_plain_file_of_the_same_making_is_read(place):
    archive(place.model)
    for enter in ENTRIES.values():
        enter(place)


@pytest.mark.parametrize("name", ["config.json", "model.weights.h5"])
def test_a_member_that_changed_on_the_way_is_found(place, name):
    archive(place.model)
    content = place.model.read_bytes()
    with zipfile.ZipFile(place.model) as file:
        start = file.getinfo(name).header_offset + 200
    place.model.write_bytes(content[:start] + bytes([content[start] ^ 1]) + content[start + 1 :])
    with pytest.raises(InputError, match=f"{name} is damaged"):
        load_backbone(place.model)


@pytest.mark.parametrize("name", ["model.keras", "result.json", "plan.yaml", "preprocessor"])
def test_a_run_with_a_link_to_elsewhere_is_refused(place, name):
    archive(place.model)
    target = place.run / name
    moved = target.rename(place.run.parent / name)
    target.symlink_to(moved)
    with pytest.raises(InputError, match="a link that leads out of the folder"):
        kerastune.load(place.run)


def test_a_head_and_a_preprocessor_may_not_bring_code(place):
    archive(place.model)
    for file, where in (("result.json", "head"), ("preprocessor/class.json", None)):
        path = place.run / file
        honest = path.read_text()
        content = json.loads(honest)
        part = content[where] if where else content
        part["config"]["evil"] = lambda_layer(place.canary)
        path.write_text(json.dumps(content))
        with pytest.raises(InputError, match="Expected"):
            kerastune.load(place.run)
        path.write_text(honest)
    kerastune.load(place.run)
    assert not place.canary.exists()
