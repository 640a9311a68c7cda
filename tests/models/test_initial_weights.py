"""The weights that a decoder from nothing starts with."""

import keras
import numpy as np
import pytest

from kerastune.backends import build_abstract
from kerastune.models.packed_language_model import decoder


@pytest.mark.parametrize("architecture", ["gpt2", "llama"])
def test_weights_are_drawn_by_the_width_and_the_number_of_branches(architecture):
    backbone = decoder(architecture, 300, layers=2, heads=2, width=64, sequence_length=16)
    drawn = {
        variable.path: deviation
        for variable in backbone.trainable_variables
        if (deviation := keras.ops.convert_to_numpy(variable).std())
    }
    last = {path for path in drawn if "output" in path}
    # The tables of tokens, and of positions in GPT-2; Llama has a gate beside the first layer.
    assert len(drawn) - len(last) == (2 + 2 * 4 if architecture == "gpt2" else 1 + 2 * 5)
    assert len(last) == 4
    wanted = np.sqrt(2 / (5 * 64))
    for path, deviation in drawn.items():
        np.testing.assert_allclose(
            deviation, wanted / 2 if path in last else wanted, rtol=1e-5, err_msg=path
        )


def test_a_decoder_of_any_size_can_be_counted():
    huge = build_abstract(lambda: decoder("llama", 10**12, layers=1, heads=2, width=64))
    assert huge.count_params() > 64 * 10**12
