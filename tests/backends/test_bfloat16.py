"""Where `precision="auto"` is half precision."""

import pytest

from kerastune.backends import bfloat16, select
from kerastune.backends.environment import chosen_precision

HAVING = "processor : 0\nflags\t\t: fpu sse avx512_bf16 amx_tile\nflags : fpu\n"


@pytest.mark.any_backend
@pytest.mark.parametrize(
    ("told", "has"),
    [
        (HAVING, True),
        (HAVING.replace("avx512_bf16", "avx512f"), False),
        ("processor : 0\nFeatures : fp asimd bf16\n", True),
        ("", False),
    ],
)
def test_what_a_processor_lists(tmp_path, told, has):
    listing = tmp_path / "cpuinfo"
    listing.write_text(told)
    assert bfloat16.processor_has_bfloat16(listing) is has


@pytest.mark.any_backend
def test_a_machine_that_lists_nothing(tmp_path):
    assert not bfloat16.processor_has_bfloat16(tmp_path / "none")


@pytest.mark.parametrize("has", [True, False])
def test_half_precision_where_the_backend_makes_use_of_it(monkeypatch, has):
    monkeypatch.setattr(bfloat16, "_accelerators", list)
    monkeypatch.setattr(bfloat16, "processor_has_bfloat16", lambda: has)
    expected = "mixed_bfloat16" if has and select() != "jax" else "float32"
    assert chosen_precision("auto") == expected
    assert chosen_precision("float32") == "float32"
