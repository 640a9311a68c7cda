"""Einstein sums: the equation read right, and its work."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kerastune.backends.tracing.record import TracedTensor
from kerastune.counting.operations.contractions import einsum_work

pytestmark = pytest.mark.any_backend


def work(subscripts, *shapes):
    """MACs of each product, and FLOPs besides."""
    tensors = [TracedTensor(key, shape, "float32") for key, shape in enumerate(shapes)]
    done = einsum_work(subscripts, tensors)
    return [product.macs for product in done.products], done.flops


@pytest.mark.parametrize(
    ("subscripts", "shapes", "macs", "flops"),
    [
        ("ab,bc->ac", [(2, 3), (3, 5)], [30], 0),
        ("ab,bc", [(2, 3), (3, 5)], [30], 0),
        ("...ab,bc->...ac", [(7, 2, 3), (3, 5)], [210], 0),
        ("...a,...a->...", [(7, 2, 3), (2, 3)], [42], 0),
        ("aecd,abcd->acbe", [(2, 7, 3, 4), (2, 5, 3, 4)], [2 * 7 * 5 * 3 * 4], 0),
        # Nothing is summed: a product of elements.
        ("a,b->ab", [(4,), (5,)], [], 20),
        ("ab,ab->ab", [(4, 5), (4, 5)], [], 20),
        # An axis of one operand alone is summed first.
        ("abx,bc->ac", [(2, 3, 6), (3, 5)], [30], 36),
        ("ab->a", [(2, 3)], [], 6),
        ("ab->ba", [(2, 3)], [], 0),
        # From left to right: (2 × 3 × 5), then (2 × 5 × 7).
        ("ab,bc,cd->ad", [(2, 3), (3, 5), (5, 7)], [30, 70], 0),
        ("ab, bc -> ac", [(2, 3), (1, 5)], [30], 0),
    ],
)
def test_work(subscripts, shapes, macs, flops):
    assert work(subscripts, *shapes) == (macs, flops)


@settings(max_examples=30)
@given(st.data())
def test_two_operands_cost_what_numpy_says(data):
    """NumPy's own count of the multiplications and additions of a contraction."""
    sizes = {letter: data.draw(st.integers(2, 5), label=letter) for letter in "abcd"}
    summed, left, right, shared = "abcd"
    terms = summed + left + shared, summed + right + shared
    subscripts = f"{terms[0]},{terms[1]}->{left}{right}{shared}"
    shapes = [tuple(sizes[letter] for letter in term) for term in terms]
    _, report = np.einsum_path(subscripts, *map(np.ones, shapes), optimize=False)
    counted = float(report.split("Naive FLOP count:")[1].split()[0])
    macs, flops = work(subscripts, *shapes)
    assert flops == 0
    assert 2 * macs[0] == pytest.approx(counted, rel=1e-3)  # It prints four digits.
