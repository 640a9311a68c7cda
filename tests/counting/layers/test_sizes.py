"""Sizes that no layer has are refused in one line."""

import re

import pytest

from kerastune.counting.layers import LayerSizes
from kerastune.errors import InputError

pytestmark = pytest.mark.any_backend


@pytest.mark.parametrize("size", [0, -3, 1.5, True, "8", None, 10**9 + 1])
@pytest.mark.parametrize("name", ["inputs", "units", "kernel_size", "heads", "sequence_length"])
def test_sizes_are_whole_and_positive(name, size):
    sizes = {"inputs": 8, "units": 8} | {name: size}
    with pytest.raises(InputError, match=f"Expected {name} .*Received: {re.escape(repr(size))}$"):
        LayerSizes(**sizes)


def test_use_bias_is_a_switch():
    with pytest.raises(InputError, match="Expected use_bias to be True or False. Received: 1"):
        LayerSizes(8, 8, use_bias=1)  # type: ignore[arg-type]


def test_the_largest_size_is_taken():
    assert LayerSizes(10**9, 10**9).feed_forward == 4 * 10**9
