"""Counting `.safetensors` by the header, against files that the real package writes."""

import json
from math import prod
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save, save_file

from kerastune.counting.files.safetensors_file import count_safetensors
from kerastune.errors import InputError

pytestmark = pytest.mark.any_backend

TENSORS = {
    "embeddings.weight": np.zeros((7, 3), "float32"),
    "layer.10.bias": np.zeros((3,), "float16"),
    "layer.2.kernel": np.zeros((3, 5), ml_dtypes.bfloat16),
    "layer.2.empty": np.zeros((0, 5), "int64"),
    "mask": np.zeros((2,), "bool"),
    "scalar": np.zeros((), "float64"),
}


def written(path: Path, header: object, data: bytes = b"", *, claimed: int | None = None) -> Path:
    """A file of the format with this header, as it stands if it is bytes."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    length = len(text) if claimed is None else claimed
    path.write_bytes(length.to_bytes(8, "little") + text + data)
    return path


def tensor(shape: object = (2,), offsets: object = (0, 8), dtype: object = "F32") -> dict:
    return {"dtype": dtype, "shape": shape, "data_offsets": offsets}


class TestCountSafetensors:
    def test_equals_what_was_saved(self, tmp_path):
        path = tmp_path / "model.safetensors"
        save_file(TENSORS, path, metadata={"format": "np"})
        count = count_safetensors(path)
        found = {w.path: (w.shape, w.dtype, w.stored_bytes) for w in count.weights}
        assert found == {
            name.replace(".", "/"): (array.shape, array.dtype.name, array.nbytes)
            for name, array in TENSORS.items()
        }
        assert count.parameters == count.by_kind()["unknown"] == 21 + 3 + 15 + 0 + 2 + 1
        assert count.stored_bytes == sum(array.nbytes for array in TENSORS.values())
        assert count.name == str(path)
        assert count.notes == ()

    def test_names_are_sorted_as_a_person_would(self, tmp_path):
        path = tmp_path / "model.safetensors"
        save_file(TENSORS, path)
        paths = [weight.path for weight in count_safetensors(path).weights]
        assert paths[1:4] == ["layer/2/empty", "layer/2/kernel", "layer/10/bias"]

    def test_paths_stay_apart(self, tmp_path):
        path = tmp_path / "model.safetensors"
        save_file({name: np.zeros(1) for name in ("a.b", "a/b", "a/b:2")}, path)
        paths = [weight.path for weight in count_safetensors(path).weights]
        assert len(set(paths)) == 3
        assert "a/b" in paths

    @pytest.mark.parametrize(
        ("dtype", "shape", "stored", "name"),
        [
            ("F4", [3, 4], 6, "float4_e2m1fn"),
            ("F6_E2M3", [4], 3, "float6_e2m3fn"),
            ("F8_E4M3", [5], 5, "float8_e4m3fn"),
            ("F8_E8M0", [5], 5, "float8_e8m0fnu"),
            ("BF16", [5], 10, "bfloat16"),
            ("C64", [2], 16, "complex64"),
        ],
    )
    def test_small_numbers(self, tmp_path, dtype, shape, stored, name):
        """The package itself reads these headers, so they are as the format has them."""
        header = {"x": tensor(shape, [0, stored], dtype)}
        path = written(tmp_path / "x.safetensors", header, bytes(stored))
        with safe_open(path, "np") as file:
            assert list(file.keys()) == ["x"]
        (weight,) = count_safetensors(path).weights
        assert (weight.parameters, weight.stored_bytes) == (prod(shape), stored)
        assert weight.dtype == name
        assert hasattr(ml_dtypes, name) or np.dtype(name)

    @pytest.mark.parametrize(
        "name", ["h.0.qweight", "h.0.weight_packed", "h.0.weight.absmax", "h.gate_up_proj_blocks"]
    )
    def test_packed_weights_are_told(self, tmp_path, name):
        path = tmp_path / "model.safetensors"
        save_file({name: np.zeros((2, 2), "int32")}, path)
        assert "packed weights" in count_safetensors(path).notes[0]

    def test_a_part_of_several_is_told(self, tmp_path):
        path = tmp_path / "model-00001-of-00002.safetensors"
        save_file(TENSORS, path)
        assert "one part of a model" in count_safetensors(path).notes[0]


TWICE = json.dumps({"a": tensor()})[:-1].encode()

# Most of it the library refuses, in its own words.
BROKEN = {
    "length only": (b"", "header too small"),
    "not JSON": (b"abc", "invalid JSON"),
    "not UTF-8": (b'{"\xff": 1}', "UTF-8"),
    "a list": ([], "invalid type: sequence"),
    "nested": (b'{"a":' + b"[" * 10**5, "recursion limit"),
    "twice": (TWICE + b"," + TWICE[1:] + b"}", "'a' twice"),
    "metadata": ({"__metadata__": {"a": 1}}, "invalid type: integer `1`, expected a string"),
    "no dictionary": ({"a": 1}, "expected struct TensorInfo"),
    "more keys": ({"a": {**tensor(), "b": 1}}, "'a' is described by"),
    "dtype": ({"a": tensor(dtype="F128")}, "unknown variant `F128`"),
    "dtype of a strange type": ({"a": tensor(dtype=["F32"])}, "expected string or map"),
    "negative": ({"a": tensor((-2, -1))}, "`-2`, expected usize"),
    "boolean": ({"a": tensor((True, 2))}, "`true`, expected usize"),
    "fraction": ({"a": tensor((2.0,))}, "`2.0`, expected usize"),
    "overflow": ({"a": tensor((2**63,))}, "overflow computing buffer size"),
    "dimensions": ({"a": tensor([1] * 65, dtype="F64")}, "'a' is described by"),
    "one offset": ({"a": tensor(offsets=[0])}, "invalid length 1"),
    "does not fit": ({"a": tensor((3,))}, "invalid shape, data type, or offset"),
    "huge": ({"a": tensor((10**9, 10**9))}, "overflow|invalid shape"),
    "half a byte": ({"a": tensor((3,), (0, 1), "F4")}, "byte boundary"),
    "backwards": ({"a": tensor((2,), (8, 0))}, "invalid offset for tensor `a`"),
    "beyond": ({"a": tensor((4,), (0, 16))}, "file not fully covered"),
    "overlap": ({"a": tensor(), "b": tensor((1,), (4, 8))}, "invalid offset for tensor `b`"),
    "gap": ({"a": tensor((1,), (4, 8))}, "invalid offset for tensor `a`"),
    "not all": ({"a": tensor((1,), (0, 4))}, "file not fully covered"),
    "control": ({"a\x1b[2J": tensor()}, "cannot be printed"),
}


class TestRefused:
    @pytest.mark.parametrize(("header", "message"), BROKEN.values(), ids=BROKEN)
    def test_broken_header(self, tmp_path, header, message):
        path = written(tmp_path / "x.safetensors", header, bytes(8))
        if header == b"":
            path.write_bytes(bytes(7))
        with pytest.raises(InputError, match=message) as caught:
            count_safetensors(path)
        assert len(str(caught.value).splitlines()) == 1
        assert len(str(caught.value)) < 600

    @pytest.mark.parametrize("claimed", [10**10, 2**64 - 1, 100])
    def test_header_longer_than_the_file(self, tmp_path, claimed):
        path = written(tmp_path / "x.safetensors", {}, claimed=claimed)
        with pytest.raises(InputError, match="header too large|invalid header length"):
            count_safetensors(path)

    def test_header_longer_than_the_format_allows(self, tmp_path):
        path = written(tmp_path / "x.safetensors", {}, claimed=10**8 + 1)
        with open(path, "r+b") as file:
            file.truncate(10**9)  # On disk it stays a few bytes.
        with pytest.raises(InputError, match="header too large"):
            count_safetensors(path)

    def test_long_names_are_shortened_in_messages(self, tmp_path):
        path = written(tmp_path / "x.safetensors", {"a" * 10**5: 1})
        with pytest.raises(InputError) as caught:
            count_safetensors(path)
        assert len(str(caught.value)) < 600

    def test_missing_or_a_folder(self, tmp_path):
        with pytest.raises(InputError, match="no such file"):
            count_safetensors(tmp_path / "x.safetensors")
        with pytest.raises(InputError, match="directory"):
            count_safetensors(tmp_path)


class TestIndex:
    def shards(self, folder: Path, **changes: str) -> Path:
        parts = {"a.weight": "part-1.safetensors", "b.weight": "part-2.safetensors"}
        for name, part in parts.items():
            save_file({name: np.zeros((2, 3), "float32")}, folder / part)
        index = folder / "model.safetensors.index.json"
        index.write_text(json.dumps({"weight_map": {**parts, **changes}}))
        return index

    def test_all_parts_count(self, tmp_path):
        count = count_safetensors(self.shards(tmp_path))
        assert [weight.path for weight in count.weights] == ["a/weight", "b/weight"]
        assert count.parameters == 12

    def test_missing_part(self, tmp_path):
        index = self.shards(tmp_path)
        (tmp_path / "part-2.safetensors").unlink()
        with pytest.raises(InputError, match="'part-2.safetensors', which is not beside"):
            count_safetensors(index)

    def test_broken_part(self, tmp_path):
        index = self.shards(tmp_path)
        (tmp_path / "part-2.safetensors").write_bytes(b"")
        with pytest.raises(InputError, match="in 'part-2.safetensors', it is cut short"):
            count_safetensors(index)

    @pytest.mark.parametrize(
        "name", ["../x.safetensors", "/etc/passwd", "a\\b", "C:x", "", ".", "..", "a\nb", 3, None]
    )
    def test_outside_of_its_folder(self, tmp_path, name):
        with pytest.raises(InputError, match="not in its own folder"):
            count_safetensors(self.shards(tmp_path, c=name))

    @pytest.mark.parametrize(
        "change", [{"c": "part-1.safetensors"}, {"b.weight": "part-1.safetensors"}]
    )
    def test_tensors_that_are_not_where_it_says(self, tmp_path, change):
        with pytest.raises(InputError, match="do not agree about"):
            count_safetensors(self.shards(tmp_path, **change))

    def test_no_index(self, tmp_path):
        path = tmp_path / "model.safetensors.index.json"
        path.write_text("{}")
        with pytest.raises(InputError, match="no `weight_map`"):
            count_safetensors(path)


VALID = save(TENSORS, metadata={"format": "np"})


@st.composite
def mutations(draw: st.DrawFn) -> bytes:
    """A valid file with some of its header changed, or cut."""
    data = bytearray(VALID)
    end = 8 + int.from_bytes(VALID[:8], "little")
    for _ in range(draw(st.integers(1, 4))):
        data[draw(st.integers(0, end - 1))] = draw(st.integers(0, 255))
    return bytes(data[: draw(st.integers(0, len(data)) | st.just(len(data)))])


class TestHostile:
    @settings(max_examples=150)
    @given(data=st.binary(max_size=64) | mutations())
    def test_an_error_or_the_same_as_the_package(self, data, tmp_path_factory):
        path = tmp_path_factory.mktemp("hostile") / "x.safetensors"
        path.write_bytes(data)
        try:
            count = count_safetensors(path)
        except InputError:
            return
        with safe_open(path, "np") as file:
            sizes = [prod(file.get_slice(name).get_shape()) for name in file.keys()]  # noqa: SIM118
        assert count.parameters == sum(sizes)

    @settings(max_examples=40)
    @given(cut=st.integers(0, len(VALID) - 1))
    def test_every_cut_is_refused(self, cut, tmp_path_factory):
        path = tmp_path_factory.mktemp("cut") / "x.safetensors"
        path.write_bytes(VALID[:cut])
        with pytest.raises(SafetensorError), safe_open(path, "np"):
            pass
        with pytest.raises(InputError):
            count_safetensors(path)
