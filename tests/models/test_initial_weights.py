"""The weights that a Transformer from nothing starts with."""

import keras
import numpy as np
import pytest

from kerastune.backends import build_abstract
from kerastune.models import decoder, start_by_width, transformer_encoder

SIZES = {"layers": 2, "heads": 2, "width": 64}


def encoder():
    built = transformer_encoder(300, 16, **SIZES)
    start_by_width(built)
    return built


# Of each, the weights but for the last of branches: the tables of tokens, and of positions but in
# Llama, which has a gate beside the first layer.
@pytest.mark.parametrize(
    ("build", "others"),
    [
        (lambda: decoder("gpt2", 300, sequence_length=16, **SIZES), 2 + 2 * 4),
        (lambda: decoder("llama", 300, sequence_length=16, **SIZES), 1 + 2 * 5),
        (encoder, 2 + 2 * 4),
    ],
    ids=["gpt2", "llama", "encoder"],
)
def test_weights_are_drawn_by_the_width_and_the_number_of_branches(build, others):
    backbone = build()
    drawn = {
        variable.path: deviation
        for variable in backbone.trainable_variables
        if (deviation := keras.ops.convert_to_numpy(variable).std())
    }
    last = {path for path in drawn if "output" in path}
    assert len(drawn) - len(last) == others
    assert len(last) == 4
    wanted = np.sqrt(2 / (5 * 64))
    for path, deviation in drawn.items():
        np.testing.assert_allclose(
            deviation, wanted / 2 if path in last else wanted, rtol=1e-5, err_msg=path
        )


def test_a_decoder_of_any_size_can_be_counted():
    huge = build_abstract(lambda: decoder("llama", 10**12, layers=1, heads=2, width=64))
    assert huge.count_params() > 64 * 10**12
