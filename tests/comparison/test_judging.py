"""Which differences count: of layers, of gradients, of weights, of loss curves."""

import numpy as np
import pytest

from kerastune.comparison import Tolerances
from kerastune.comparison.judging.blame import odd_one_out
from kerastune.comparison.judging.judged import first_difference, judged
from kerastune.errors import InputError
from tests.comparison.made_records import ONE, made_record

pytestmark = pytest.mark.any_backend


def pair(folder, reference=None, **changes):
    """The differences of two backends, of which the second is changed."""
    records = (
        made_record(folder, "jax", **(reference or {})),
        made_record(folder, "torch", **changes),
    )
    return judged(*records, Tolerances())


def first(*arguments, **changes):
    return first_difference(pair(*arguments, **changes))


def test_the_same_is_the_same(tmp_path):
    assert first(tmp_path) is None


@pytest.mark.parametrize(
    ("changes", "stage", "name", "form"),
    [
        ({"outputs": ONE + 1e-3}, "layer", "dense", "inference"),
        ({"trained": ONE + 1e-3}, "layer", "dense", "training"),
        ({"gradient": ONE * 1.01}, "layer", "dense", "inputs"),
        ({"gradients": [ONE * 1.01, ONE[0]]}, "gradient", "dense/bias", ""),
        ({"loss": 1.01}, "loss", "loss", ""),
        ({"losses": [1.0, 0.51]}, "training", "step 2", ""),
        ({"losses": [float("nan"), 0.5]}, "training", "step 1", ""),
        ({"batches": [[ONE + 0.1, ONE[:, 0], None]]}, "data", "inputs of batch 1", ""),
        ({"batches": [[ONE, ONE[:, 1], None]]}, "data", "targets of batch 1", ""),
        ({"batches": []}, "data", "batches", ""),
        ({"switched_off": ["drop (Dropout): rate=0.5"]}, "structure", "drop", ""),
        ({"parts": [{"name": "dense", "class": "Conv"}]}, "structure", "dense", ""),
        ({"error": "ValueError: no"}, "layer", "dense", ""),
        ({"outputs": np.full_like(ONE, np.nan)}, "layer", "dense", "inference"),
        ({"outputs": ONE[:2]}, "layer", "dense", "inference"),
    ],
)
def test_what_is_off_is_named(tmp_path, changes, stage, name, form):
    found = first(tmp_path, **changes)
    assert (found.stage, found.name, found.form) == (stage, name, form)
    assert found.backend == "torch"


def test_what_rounding_moves_on_the_reference_is_no_difference(tmp_path):
    """Ten times as much is within the tolerance, more is not."""
    moves = {"moves": 1e-3}
    for name, change, status in (("a", 5e-3, "same"), ("b", 2e-2, "off")):
        differences = pair(tmp_path / name, moves, outputs=ONE + change)
        assert [one.status for one in differences if one.stage == "layer"] == [status]
    losses = {"losses": [1.0, 0.5], "moved_losses": [1.0, 0.51]}
    assert first(tmp_path / "c", losses, losses=[1.0, 0.55]) is None
    assert first(tmp_path / "d", losses, losses=[1.0, 0.7]).name == "step 2"


def test_curves_are_not_judged_where_rounding_moves_the_first_gradient(tmp_path):
    """A kink that one backend takes otherwise parts the curves, and is no fault."""
    gradients = [ONE * 1.005, np.full(4, 1e-9, "float32")]
    moved = {"moved_gradients": [ONE * 1.001, np.full(4, 1e-9, "float32")]}
    differences = pair(tmp_path, moved, gradients=gradients, losses=[1.0, 0.9])
    assert first_difference(differences) is None
    (step,) = [one for one in differences if one.name == "step 2"]
    assert step.status == "listed"


def test_more_than_rounding_within_the_tolerance_is_told_and_no_fault(tmp_path):
    differences = pair(tmp_path, outputs=ONE + 5e-5)
    (layer,) = [one for one in differences if one.stage == "layer"]
    assert (layer.status, first_difference(differences)) == ("close", None)


def test_a_layer_that_a_backend_does_not_call_is_listed(tmp_path):
    """As the softmax of an attention where one fused operation is taken."""
    differences = pair(tmp_path, is_missing=True)
    (layer,) = [one for one in differences if one.stage == "layer"]
    assert (layer.status, first_difference(differences)) == ("listed", None)


def test_a_gradient_of_zero_is_listed(tmp_path):
    """As the bias before a batch normalization has it: noise of rounding, of any sign."""
    step = [ONE + 0.5, np.full(4, -0.3, "float32")]
    gradients = [ONE, np.full(4, -1e-8, "float32")]
    differences = pair(tmp_path, gradients=gradients, step=step)
    by_name = {(one.stage, one.name): one for one in differences}
    assert by_name["gradient", "dense/bias"].status == "listed"
    assert by_name["update", "dense/bias"].status == "listed"
    # One step of the optimizer for the same gradients is judged all the same.
    assert by_name["optimizer", "dense/bias"].status == "off"


@pytest.mark.parametrize(
    ("ours", "theirs", "told"),
    [
        (np.zeros(4), np.full(4, 0.1), "not drawn at random"),
        (np.arange(20.0), np.arange(20.0) + 0.1 * (np.arange(20) == 3), "nearly the same"),
        ("draw", "wider draw", "spread"),
        ("draw", "shifted draw", "mean"),
        ("draw", "draw", None),
        (np.zeros(4), np.zeros(4), None),
    ],
)
def test_initial_weights(tmp_path, ours, theirs, told):
    generator = np.random.default_rng(0)
    draws = {
        "draw": lambda: generator.normal(size=2000),
        "wider draw": lambda: 2**0.5 * generator.normal(size=2000),
        "shifted draw": lambda: 1 + generator.normal(size=2000),
    }
    ours, theirs = (draws[one]() if isinstance(one, str) else one for one in (ours, theirs))
    begin = {"weights": [ours.astype("float32"), ONE]}
    begin["step"] = [one + 0.5 for one in begin["weights"]]
    differences = pair(tmp_path, begin, **{**begin, "weights": [theirs.astype("float32"), ONE]})
    found = [one for one in differences if one.stage == "start"]
    assert [one.name for one in found] == ([] if told is None else ["dense/kernel"])
    assert all(told in one.note for one in found)


def test_the_odd_one_is_told_of_three(tmp_path):
    records = [made_record(tmp_path, one) for one in ("tensorflow", "jax")]
    records.append(made_record(tmp_path, "torch", outputs=ONE + 0.1))
    assert odd_one_out({one.backend: one.of_layer(0, "inference") for one in records}) == "torch"
    apart = {"a": [ONE], "b": [ONE + 0.1], "c": [ONE + 0.2]}
    assert odd_one_out(apart) is None


@pytest.mark.parametrize("value", [0, -1.0, "1", True])
def test_a_tolerance_is_above_zero(value):
    with pytest.raises(InputError, match="Expected a tolerance above 0"):
        Tolerances(forward=value)


def test_half_precision_has_tolerances_of_its_own():
    held = Tolerances().for_precision("bfloat16")
    assert held.forward == held.loss == 2**-5
    assert Tolerances().for_precision("float32") == Tolerances()
