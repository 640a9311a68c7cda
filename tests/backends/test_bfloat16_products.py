"""JAX's products of bfloat16 on a processor: right for any axes, and never by way of float32."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kerastune.backends import bfloat16, bfloat16_products

pytestmark = pytest.mark.any_backend


@st.composite
def products(draw):
    """Shapes of two arrays whose axes are in any order, and the equation of their product."""
    kinds = {"stacked": "ab", "summed": "cd", "left": "ef", "right": "gh"}
    least = {"stacked": 0, "summed": 1, "left": 0, "right": 0}
    used = {kind: names[: draw(st.integers(least[kind], 2))] for kind, names in kinds.items()}
    size = {
        name: draw(st.sampled_from([1, 3, 16, 33])) for names in kinds.values() for name in names
    }
    terms = [
        "".join(draw(st.permutations("".join(used[kind] for kind in group))))
        for group in (
            ("stacked", "summed", "left"),
            ("stacked", "summed", "right"),
            ("stacked", "left", "right"),
        )
    ]
    shapes = [tuple(size[name] for name in term) for term in terms[:2]]
    return shapes, f"{terms[0]},{terms[1]}->{terms[2]}"


def compiled(function, *arrays):
    with bfloat16_products.own_rule():
        # A new function each time: JAX keeps what it has compiled of one.
        lowered = jax.jit(lambda *given: function(*given)).lower(*arrays)
    # As XLA is without flags: with one thread it makes float32 of most products.
    return lowered.compile({"xla_cpu_multi_thread_eigen": True})


@settings(max_examples=25, deadline=None)
@given(products())
def test_the_product_of_any_axes(product):
    """Each is followed by what XLA would join with it."""
    shapes, equation = product
    drawn = np.random.default_rng(0)
    arrays = [jnp.asarray(drawn.normal(size=shape), "bfloat16") for shape in shapes]
    program = compiled(lambda *given: jnp.tanh(jnp.einsum(equation, *given).T), *arrays)
    exact = np.einsum(equation, *(np.asarray(one, "float64") for one in arrays))
    np.testing.assert_allclose(
        np.asarray(program(*arrays), "float64"), np.tanh(exact.T), rtol=0.02, atol=0.02
    )


@pytest.mark.skipif(not bfloat16.processor_has_bfloat16(), reason="a processor without bfloat16")
@pytest.mark.parametrize(
    "equation", ["rs,sc->rc", "rs,cs->rc", "sr,sc->rc", "brs,bsc->brc", "rs,sc->cr"]
)
def test_xla_takes_its_library(equation):
    """Which multiplies arrays of bfloat16, where XLA itself would make float32 of them first."""
    sizes = {"b": 2, "r": 32, "s": 48, "c": 64}
    terms = equation.partition("->")[0].split(",")
    arrays = [jnp.ones([sizes[name] for name in term], "bfloat16") for term in terms]
    told = compiled(lambda *given: jnp.einsum(equation, *given), *arrays).as_text()
    assert "ynn_fusion" in told
    assert "f32[" not in told.partition("ENTRY")[2].partition("ynn_fusion")[0]
