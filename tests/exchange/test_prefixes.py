"""Prefixes of PEFT: read and written where positions are relative, and refused elsewhere."""

import importlib.util
import json
import shutil

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from kerastune import InputError, export_peft, freeze, load_peft
from kerastune.tuning import PrefixTuning, add_adapters
from kerastune.tuning.adapters.attaching import adapters_of
from tests.exchange.golden import DATA, backbone_for, computed, expected

pytestmark = pytest.mark.first_backend
CASE = "llama_deep_prefix"
CONFIG, TENSORS = "adapter_config.json", "adapter_model.safetensors"


def test_what_is_read_is_written_again(tmp_path):
    backbone = backbone_for("llama_deep")
    assert len(load_peft(backbone, DATA / CASE, name="mine")) == 2
    assert adapters_of(backbone)["mine"] == PrefixTuning(3, name="mine")
    freeze(backbone, "all & ~adapters")
    assert export_peft(backbone, tmp_path / "again", name="mine") == []
    found, wanted = (load_file(path / TENSORS) for path in (tmp_path / "again", DATA / CASE))
    assert found.keys() == wanted.keys()
    for name, value in wanted.items():
        np.testing.assert_allclose(found[name], value, atol=1e-6)
    told, theirs = (
        json.loads((path / CONFIG).read_text()) for path in (tmp_path / "again", DATA / CASE)
    )
    assert told == {name: theirs[name] for name in told}
    other = backbone_for("llama_deep")
    load_peft(other, tmp_path / "again")
    np.testing.assert_allclose(computed(other, CASE), computed(backbone, CASE), atol=1e-5)


@pytest.mark.parametrize("name", ["bert", "gpt2"])
def test_absolute_positions_are_refused(tmp_path, name):
    backbone = backbone_for(name)
    with pytest.raises(InputError, match="whose positions are relative, and not for"):
        load_peft(backbone, DATA / CASE)
    add_adapters(backbone, PrefixTuning(2))
    with pytest.raises(InputError, match="moves its positions on by the virtual tokens"):
        export_peft(backbone, tmp_path / "adapters")
    assert not (tmp_path / "adapters").exists()


def test_a_prefix_of_some_layers_is_refused(tmp_path):
    backbone = backbone_for("llama_deep")
    add_adapters(backbone, PrefixTuning(2, targets="transformer_layer_1"))
    with pytest.raises(InputError, match="every attention layer.*one in 1 of 2"):
        export_peft(backbone, tmp_path / "adapters")


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"prefix_projection": True}, "`prefix_projection` True"),
        ({"num_transformer_submodules": 2}, "`num_transformer_submodules` 2"),
        ({"modules_to_save": ["lm_head"]}, "`modules_to_save`"),
        ({"num_virtual_tokens": 10**9}, "its tensors are"),
        ({"num_virtual_tokens": -1}, "num_virtual_tokens.*are"),
        ({"num_layers": 3}, "the model has 2 layers"),
        ({"token_dim": 4.0}, "in 1 heads of 4"),
    ],
)
def test_what_does_not_fit_is_refused(tmp_path, changed, words):
    folder = shutil.copytree(DATA / CASE, tmp_path / "given")
    held = json.loads((folder / CONFIG).read_text())
    (folder / CONFIG).write_text(json.dumps(held | changed))
    backbone = backbone_for("llama_deep")
    with pytest.raises(InputError, match=words):
        load_peft(backbone, folder)
    assert adapters_of(backbone) == {}


@pytest.mark.parametrize("fault", ["another", "not finite"])
def test_other_tensors_are_refused(tmp_path, fault):
    folder = shutil.copytree(DATA / CASE, tmp_path / "given")
    held = load_file(folder / TENSORS)
    if fault == "another":
        held["more"] = np.ones(2, "float32")
    else:
        held["prompt_embeddings"][0, 0] = np.nan
    save_file(held, folder / TENSORS)
    backbone = backbone_for("llama_deep")
    with pytest.raises(InputError, match="its tensors are" if fault == "another" else "NaN"):
        load_peft(backbone, folder)
    assert adapters_of(backbone) == {}


@pytest.mark.slow
@pytest.mark.skipif(
    not all(importlib.util.find_spec(name) for name in ("peft", "transformers")),
    reason="needs peft and transformers",
)
@pytest.mark.filterwarnings("ignore")  # of theirs
def test_peft_computes_the_same(tmp_path):
    import peft
    import torch
    import transformers

    backbone = backbone_for("llama_deep")
    add_adapters(backbone, PrefixTuning(4))
    freeze(backbone, "all & ~adapters")
    export_peft(backbone, tmp_path / "adapters")
    path = DATA / "bases" / "llama_deep"
    model = transformers.LlamaForCausalLM.from_pretrained(path, dtype=torch.float32)
    read = peft.PeftModel.from_pretrained(model, tmp_path / "adapters").eval()
    tokens = torch.tensor(expected(CASE)["inputs"]).long()
    with torch.no_grad():
        given = {"input_ids": tokens, "attention_mask": torch.ones_like(tokens)}
        theirs = read(**given, output_hidden_states=True).hidden_states[-1].numpy()
    np.testing.assert_allclose(computed(backbone, CASE), theirs, atol=1e-5)
    assert np.abs(theirs - computed(backbone_for("llama_deep"), CASE)).max() > 0.01
