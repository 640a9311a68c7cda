import numpy as np
import pytest

from kerastune.preprocessing import load_text_preprocessor
from kerastune.preprocessing.packing import can_pack, packed, packed_by_layer

TEXTS = ["", "Good morning", "so " * 30, "été", "[SEP] [PAD]"]


@pytest.fixture(scope="module")
def layer():
    return load_text_preprocessor("minilm", sequence_length=12).layer


@pytest.mark.parametrize("length", [3, 12])
def test_tokens_are_packed_as_by_the_layer(layer, length):
    layer.sequence_length = length
    ours, theirs = packed(layer, TEXTS), packed_by_layer(layer, TEXTS)
    assert list(ours) == ["token_ids", "padding_mask", "segment_ids"]
    for name, values in theirs.items():
        assert ours[name].dtype == values.dtype
        np.testing.assert_array_equal(ours[name], values)


def test_a_layer_that_packs_in_another_way_is_called(layer, monkeypatch):
    assert can_pack(layer)
    monkeypatch.setattr(layer.packer, "padding_side", "left")
    assert not can_pack(layer)


def test_no_texts_are_no_rows(layer):
    assert packed(layer, [])["token_ids"].shape == (0, layer.sequence_length)
