"""Faults that were planted on purpose: is the right layer named?"""

import pytest

from tests.comparison import planted
from tests.comparison.in_process import compared

# One of each kind; `make test-all` tries all.
QUICK = ("batch_norm_epsilon", "scaled_gradient", "initial_bias", "residual_of_a_block")


@pytest.mark.any_backend
@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=() if name in QUICK else pytest.mark.slow)
        for name in planted.FAULTS
    ],
)
def test_the_layer_with_the_fault_is_named(name, tmp_path):
    what, expected = planted.FAULTS[name]
    former = list(planted.PRETENDED)
    try:
        trial = compared(what, tmp_path, lambda backend: planted.PRETENDED.append(backend))
    finally:
        planted.PRETENDED[:] = former
    assert named(trial) == expected, trial.sentences()


def named(trial):
    """What is told first: what is off, or differs by more than rounding."""
    first = trial.first
    if first is not None and first.stage != "forward":
        return first.name
    return trial.suspects[0].name if trial.suspects else None
