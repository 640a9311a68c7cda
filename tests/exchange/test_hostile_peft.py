"""Directories that are no adapters, or not those of the model: one line, and nothing is changed."""

import json
import pickle
import shutil
import struct

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from kerastune.errors import InputError
from kerastune.exchange import load_peft
from kerastune.tuning import LoRA, add_adapters
from kerastune.tuning.adapters.adapted import adapted_layers
from tests.exchange.golden import DATA, backbone_for
from tests.untrusted.hostile_files import Written, opened_files

pytestmark = pytest.mark.any_backend

CONFIG, TENSORS = "adapter_config.json", "adapter_model.safetensors"
QUERY = "base_model.model.encoder.layer.0.attention.self.query"


@pytest.fixture(scope="module")
def backbone():
    return backbone_for("bert")


@pytest.fixture
def folder(tmp_path):
    """A copy of a directory that can be read."""
    shutil.copytree(DATA / "bert_lora", tmp_path / "adapters")
    return tmp_path / "adapters"


@pytest.fixture
def refused(backbone, folder):
    """Reads the directory, and returns the error; the model is as before, bit for bit."""

    def read(model=backbone, **options):
        former = [(one.path, one.trainable, np.array(one)) for one in model.weights]
        with pytest.raises(InputError) as caught:
            load_peft(model, folder, **options)
        message = str(caught.value)
        assert "\n" not in message
        assert message.startswith("Expected")
        assert "Received: " in message
        assert len(former) == len(model.weights)
        for (path, trainable, value), weight in zip(former, model.weights, strict=True):
            assert (path, trainable) == (weight.path, weight.trainable)
            np.testing.assert_array_equal(value, np.array(weight))
        return message

    return read


def with_settings(folder, **settings):
    config = json.loads((folder / CONFIG).read_text())
    (folder / CONFIG).write_text(json.dumps(config | settings))


def with_tensors(folder, change):
    tensors = load_file(folder / TENSORS)
    change(tensors)
    save_file(tensors, folder / TENSORS)


def test_a_pickle_is_not_opened(folder, refused, tmp_path):
    (folder / TENSORS).unlink()
    trap = tmp_path / "written"
    (folder / "adapter_model.bin").write_bytes(pickle.dumps(Written(trap)))
    with opened_files() as opened:
        message = refused()
    assert "a pickle" in message
    assert "safe_serialization" in message
    assert not trap.exists()
    assert not any(path.endswith(".bin") for path in opened)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"peft_type": "PROMPT_TUNING"}, "'PROMPT_TUNING'; LORA, IA3 and PREFIX_TUNING"),
        ({"peft_type": ["LORA"]}, "LORA, IA3 and"),
        ({"use_bdlora": {"nblocks": 2}}, "`use_bdlora`"),
        ({"lora_bias": True}, "`lora_bias`"),
        ({"bias": "lora_only"}, "`bias` 'lora_only'"),
        ({"layer_replication": [[0, 1], [0, 2]]}, "`layer_replication`"),
        ({"trainable_token_indices": [1]}, "`trainable_token_indices`"),
        ({"target_parameters": ["experts"]}, "`target_parameters`"),
        ({"use_qalora": True}, "`use_qalora`"),
        ({"alora_invocation_tokens": [3]}, "`alora_invocation_tokens`"),
        ({"of_tomorrow": 1}, "`of_tomorrow` 1"),
        ({"init_lora_weights": "pissa_niter_4"}, "changed the kernels"),
        ({"r": 10**9}, "A rank, a whole number".lower()),
        ({"r": 3}, "the model needs (3, 8)"),
        ({"r": "2"}, "whole number"),
        ({"rank_pattern": {"query": 10**9}}, "whole number"),
        ({"rank_pattern": ["query"]}, "`rank_pattern`"),
        ({"rank_pattern": {"(a+)+b": 2}}, "repeats a group"),
        ({"rank_pattern": {"(": 2}}, "no regular expression"),
        ({"rank_pattern": {".*" * 20: 2}}, "repeats too much"),
        ({"alpha_pattern": {f"layer.{one}.*": 2 for one in range(100)}}, "patterns"),
        ({"alpha_pattern": {"query": float("nan")}}, "a number from 0"),
        ({"lora_alpha": float("inf")}, "`lora_alpha`"),
        ({"lora_dropout": 2}, "`lora_dropout`"),
        ({"use_dora": True}, "has no lora_magnitude_vector"),
        ({"use_dora": "yes"}, "`use_dora`"),
        ({"target_modules": {"query": 1}}, "`target_modules`"),
        ({"target_modules": ["query", "value", "key"]}, "attention.self.key"),
        ({"target_modules": "(x*)*"}, "repeats a group"),
        ({"peft_type": "IA3", "r": 0, "lora_alpha": 0, "init_lora_weights": False}, "has no ia3_l"),
    ],
)
def test_settings(folder, refused, settings, words):
    with_settings(folder, **settings)
    assert words in refused()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no JSON"),
        ("{", "no JSON"),
        ("[]", "list"),
        ("[" * 100_000, "too deeply"),
        ('{"r": 1' + "0" * 5000 + "}", "digits"),
        ('{"peft_type": "LORA", "peft_type": "IA3"}', "twice"),
    ],
)
def test_configurations(folder, refused, text, words):
    (folder / CONFIG).write_text(text)
    assert words in refused()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda found: found.clear(), "no tensors of adapters"),
        (lambda found: found.pop(f"{QUERY}.lora_B.weight"), "has no lora_B"),
        (
            lambda found: [found.pop(f"{QUERY}.lora_{one}.weight") for one in "AB"],
            "no tensors for 'encoder.layer.0.attention.self.query'",
        ),
        (lambda found: found.update({f"{QUERY}.ia3_l": np.ones((8, 1))}), "has a ia3_l"),
        (lambda found: found[f"{QUERY}.lora_A.weight"].fill(np.nan), "NaN"),
        (lambda found: found.update({f"{QUERY}.lora_A.weight": np.zeros((2, 8), "int8")}), "float"),
        (lambda found: found.update({f"{QUERY}.lora_A.weight": np.zeros((2, 9))}), "(2, 9)"),
        (lambda found: found.update({f"{QUERY}.lora_B.weight": np.zeros(16)}), "(16,)"),
        (lambda found: found.update({f"{QUERY}.lora_A.weight": np.zeros((0, 8))}), "(0, 8)"),
        (lambda found: found.update({"query.lora_A.weight": np.zeros(1)}), "begin with"),
        (lambda found: found.update({f"{QUERY}{'.a' * 10_000}": np.zeros(1)}), "very long"),
        (
            lambda found: found.update(
                {f"{QUERY.replace('model.enc', 'model.bert.enc')}.lora_A.weight": np.zeros((2, 8))}
            ),
            "lora_A of 'encoder.layer.0.attention.self.query' twice",
        ),
        (
            lambda found: found.update({"base_model.model.classifier.weight": np.zeros((3, 8))}),
            "'classifier.weight', which 'bert_backbone",
        ),
        (
            lambda found: found.update({"base_model.model.pooler.dense.weight": np.zeros((8, 8))}),
            "and the model has bias and weight",
        ),
        (lambda found: found.update({f"{QUERY}.bias": np.zeros(8)}), "has bias of"),
        (
            lambda found: found.update(
                {f"{QUERY.replace('.0.', '.7.')}.lora_A.weight": np.ones(1)}
            ),
            "layer.7",
        ),
    ],
)
def test_tensors(folder, refused, change, words):
    with_tensors(folder, change)
    assert words in refused()


def test_damaged_files(folder, refused):
    whole = (folder / TENSORS).read_bytes()
    for length in (0, 4, 30, len(whole) - 1):
        (folder / TENSORS).write_bytes(whole[:length])
        assert "broken" in refused()
    header = {
        f"{QUERY}.lora_A.weight": {"dtype": "F32", "shape": [10**9, 8], "data_offsets": [0, 8]}
    }
    text = json.dumps(header).encode()
    (folder / TENSORS).write_bytes(struct.pack("<Q", len(text)) + text + bytes(8))
    assert "broken" in refused()


def test_links_out_of_the_folder(folder, refused, tmp_path):
    for name in (CONFIG, TENSORS):
        kept = (folder / name).rename(tmp_path / name)
        (folder / name).symlink_to(kept)
        assert "link" in refused()
        (folder / name).unlink()
        kept.rename(folder / name)


def test_what_is_not_there(folder, refused):
    (folder / CONFIG).unlink()
    assert f"no file {CONFIG}" in refused()
    shutil.rmtree(folder)
    assert "no such directory" in refused()
    folder.write_text("a file")
    assert "no such directory" in refused()


def test_another_model(folder, refused):
    assert "'encoder.layer.0" in refused(backbone_for("llama"))


def test_a_name_that_is_taken(refused):
    backbone = backbone_for("bert")
    add_adapters(backbone, LoRA(rank=1))
    assert "without adapters called 'default'" in refused(backbone)
    assert "letters" in refused(backbone, name="no name")


def test_names_that_are_left_out(folder, backbone, refused):
    with_tensors(
        folder, lambda found: found.update({"base_model.model.classifier.weight": np.ones((3, 8))})
    )
    assert "name it in `without`" in refused()
    assert "`without` as a list" in refused(without="classifier")
    other = backbone_for("bert")
    assert len(load_peft(other, folder, without=["classifier"])) == 4
    assert len(adapted_layers(other)) == 4


def test_numbers_in_half_precision(folder):
    tensors = load_file(folder / TENSORS)
    header, data = {}, b""
    for name, value in tensors.items():
        # The upper half of each number: bfloat16, which NumPy does not have.
        halves = (value.view("<u4") >> 16).astype("<u2").tobytes()
        header[name] = {
            "dtype": "BF16",
            "shape": value.shape,
            "data_offsets": [len(data), len(data + halves)],
        }
        data += halves
    text = json.dumps(header).encode()
    (folder / TENSORS).write_bytes(struct.pack("<Q", len(text)) + text + data)
    backbone = backbone_for("bert")
    load_peft(backbone, folder)
    layer = next(
        one
        for one in adapted_layers(backbone)
        if "0" in one.layer.path and one.layer.name == "query"
    ).adapters["default"]
    exact = tensors[f"{QUERY}.lora_A.weight"].T
    np.testing.assert_allclose(np.array(layer.lora_a), exact, rtol=2**-7)
    assert not np.array_equal(np.array(layer.lora_a), exact)
