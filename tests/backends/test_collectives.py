"""What is read of collectives in programs that XLA has compiled."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kerastune.backends.collectives import KINDS, Collective, collectives

pytestmark = pytest.mark.any_backend

SIZES = {"f32": 4, "bf16": 2, "s32": 4, "pred": 1, "f8e4m3fn": 1, "c64": 8}
LAYOUTS = ("", "{1,0}", "{1,0:T(8,128)}", "{0,1:T(8,128)(2,1)S(1)}")

array = st.tuples(
    st.sampled_from(sorted(SIZES)),
    st.lists(st.integers(1, 64), max_size=3),
    st.sampled_from(LAYOUTS),
)
# A kind, what it gives, how it is written, and in which computation.
sent = st.tuples(
    st.sampled_from(KINDS),
    st.lists(array, min_size=1, max_size=3),
    st.sampled_from(["alone", "halves", "wrapped"]),
    st.sampled_from(["main", "body", "fused"]),
)


def written(one):
    dtype, shape, layout = one
    return f"{dtype}[{','.join(map(str, shape))}]{layout if len(shape) == 2 else ''}"


def size_of(one):
    size = SIZES[one[0]]
    for length in one[1]:
        size *= length
    return size


def lines_of(number, kind, arrays, how):
    """The lines of a collective, and of the computation that it is wrapped in."""
    shape = ", ".join(map(written, arrays))
    shape = f"({shape})" if len(arrays) > 1 else shape
    named = f"channel_id={number}, replica_groups=mesh['axis_0'=2,'axis_1'=2] {{'axis_0'}}"
    data = 'metadata={op_name="jit(f)/all-reduce(x)" source_file="a b.py"}'
    if how == "halves":
        context = f"({shape}, {shape}, u32[], u32[])"
        return [
            f"  %{kind}-start.{number} = {context} {kind}-start(%given), {named}",
            f"  %{kind}-done.{number} = {shape} {kind}-done(%{kind}-start.{number}), {data}",
        ], []
    call = f"%{kind}.{number} = {shape} {kind}(%given), {named}, to_apply=%add, {data}"
    if how == "alone":
        return [f"  {call}"], []
    inner = [f"%wrapped.{number} (given: token[]) -> {shape} {{", "  %given = token[] parameter(0)"]
    inner += [f"  ROOT {call}", "}", ""]
    begun = f"  %begun.{number} = (f32[], {shape}) async-start(%given), calls=%wrapped.{number}"
    ended = f"  %ended.{number} = {shape} async-done(%begun.{number}), calls=%wrapped.{number}"
    return [begun, ended], inner


@given(st.lists(sent, max_size=8), st.integers(1, 9))
def test_each_is_counted_as_often_as_it_runs(programs, trips):
    bodies = {"main": [], "body": [], "fused": []}
    before, expected = [], {}
    for number, (kind, arrays, how, where) in enumerate(programs):
        lines, inner = lines_of(number, kind, arrays, how)
        bodies[where] += lines
        before += inner
        # The loop calls its body so often, and the body the fusion twice; the main program once.
        often = {"main": 1, "body": trips, "fused": 2 * trips + 1}[where]
        count, size = expected.get(kind, (0, 0))
        expected[kind] = (count + often, size + often * sum(map(size_of, arrays)))
    loop = f'body=%body, backend_config={{"known_trip_count":{{"n":"{trips}"}},"x":"(("}}'
    text = "\n".join(
        [
            "HloModule jit_f, is_scheduled=true, entry_computation_layout={(f32[])->f32[]}",
            *before,
            "%fused (given: token[]) -> f32[] {",
            "  %given = token[] parameter(0)",
            *bodies["fused"],
            "}",
            "%body (given: (f32[], s32[])) -> (f32[], s32[]) {",
            "  %given = token[] parameter(0)",
            "  %one = f32[] fusion(%given), kind=kLoop, calls=%fused",
            "  ROOT %two = f32[] fusion(%given), kind=kLoop, calls=%fused",
            *bodies["body"],
            "}",
            "ENTRY %main (given: token[]) -> f32[] {",
            "  %given = token[] parameter(0)",
            *bodies["main"],
            "  %all-reduce.like = f32[] fusion(%given), kind=kLoop, calls=%fused",
            f"  ROOT %loop = (f32[], s32[]) while(%given), condition=%none, {loop}",
            "}",
        ]
    )
    found = {one.kind: (one.count, one.bytes) for one in collectives(text)}
    assert found == expected
    assert not any(one.is_least for one in collectives(text))
    assert list(found) == [kind for kind in KINDS if kind in found]


def test_what_is_scattered_counts_as_it_was_before():
    text = """
ENTRY %main (x: f32[64,8]) -> f32[16,8] {
  %x = f32[64,8]{1,0} parameter(0)
  ROOT %part = f32[16,8]{1,0} reduce-scatter(%x), channel_id=1, dimensions={0}, to_apply=%add
}
"""
    assert collectives(text) == (Collective("reduce-scatter", 1, 4 * 64 * 8),)


def test_operands_as_older_versions_write_them():
    text = """
ENTRY main (x: f32[64,8]) -> f32[16,8] {
  x = f32[64,8]{1,0} parameter(0)
  ROOT part = f32[16,8]{1,0} reduce-scatter(f32[64,8]{1,0} x), channel_id=1, to_apply=add
}
"""
    assert collectives(text) == (Collective("reduce-scatter", 1, 4 * 64 * 8),)


def test_a_loop_of_unknown_length_counts_once_and_says_so():
    text = """
%body (x: f32[8]) -> f32[8] {
  %x = f32[8]{0} parameter(0)
  ROOT %sum = f32[8]{0} all-reduce(%x), to_apply=%add
}
ENTRY %main (x: f32[8]) -> f32[8] {
  %x = f32[8]{0} parameter(0)
  ROOT %loop = f32[8]{0} while(%x), condition=%go_on, body=%body
}
"""
    assert collectives(text) == (Collective("all-reduce", 1, 32, is_least=True),)


def test_branches_and_a_program_without_any():
    text = """
%yes (x: f32[8]) -> f32[8] {
  ROOT %sum = f32[8]{0} all-gather(%x), dimensions={0}
}
%no (x: f32[8]) -> f32[8] {
  ROOT %x = f32[8]{0} parameter(0)
}
ENTRY %main (x: f32[8]) -> f32[8] {
  ROOT %one = f32[8]{0} conditional(%p, %x, %x), branch_computations={%yes, %no}
}
"""
    assert collectives(text) == (Collective("all-gather", 1, 32),)
    assert collectives(text.replace("all-gather", "copy")) == ()
    assert collectives("") == ()
