"""Files of PyTorch before version 1.6, honest and hostile; none may run code or take memory."""

import os
import pickle
import re

import numpy as np
import pytest
import torch

from kerastune.untrusted.torch_file import read_torch_file

pytestmark = pytest.mark.any_backend

MAGIC = 0x1950A86A20F9469CFC6C
NUMBERS = np.arange(6, dtype="<f4")
TENSOR = b"ctorch._utils\n_rebuild_tensor_v2\n"
DICTIONARY = b"ccollections\nOrderedDict\n)R"


def written(value):
    """The operations of a pickle that make a plain value."""
    return pickle.dumps(value, protocol=2)[2:-1]


def storage(key="0", elements=6, kind=b"ctorch\nFloatStorage\n"):
    described = written("storage") + kind + written(key) + written("cpu") + written(elements)
    return b"(" + described + b"NtQ"


def tensor(offset=0, shape=(6,), strides=(1,), of=None):
    parts = (written(value) for value in (offset, shape, strides, False))
    return TENSOR + b"(" + (of or storage()) + b"".join(parts) + DICTIONARY + b"tR"


def dictionary(**members):
    return b"}" + b"".join(written(name) + made + b"s" for name, made in members.items())


def file_of(operations, keys=("0",), numbers=None):
    """The bytes of a file whose dictionary of tensors is what some operations make."""
    plain = (MAGIC, 1001, {"little_endian": True})
    before = b"".join(pickle.dumps(value, protocol=2) for value in plain)
    after = pickle.dumps(list(keys), protocol=2)
    if numbers is None:
        numbers = len(NUMBERS).to_bytes(8, "little") + NUMBERS.tobytes()
    return before + b"\x80\x02" + operations + b"." + after + numbers


@pytest.fixture
def read(tmp_path):
    """Reads bytes as a file."""

    def read_bytes(data):
        path = tmp_path / "weights.pth"
        path.write_bytes(data)
        return read_torch_file(path)

    return read_bytes


def refused(read, data):
    """The message of the error, in one line of bearable length."""
    with pytest.raises(ValueError, match=r"\A[^\n]{1,250}\Z") as caught:
        read(data)
    return str(caught.value)


def test_what_pytorch_writes_is_read_as_pytorch_reads_it(tmp_path):
    values = torch.arange(24.0).reshape(2, 3, 4)
    layer = torch.nn.BatchNorm2d(3)
    expected = {
        **layer.state_dict(),
        "plain": values,
        "transposed": values.permute(2, 0, 1),
        "shared": values[1],
        "one": torch.tensor(3.0),
        "kernel": torch.ones(5, 1, 3, 1),
        "half": values.half(),
        "double": values.double(),
        "whole": values.long(),
        "empty": torch.zeros(0, 5),
        "empty behind": torch.zeros(5, 0),
    }
    path = tmp_path / "weights.pth"
    torch.save(expected, path, _use_new_zipfile_serialization=False)
    tensors = read_torch_file(path)
    assert tensors.keys() == expected.keys()
    for name, value in expected.items():
        assert tensors[name].dtype == value.numpy().dtype
        np.testing.assert_array_equal(tensors[name], value.numpy(), strict=True)


def test_a_dictionary_with_its_state_as_a_module_writes_it(tmp_path):
    state = torch.nn.Linear(2, 3).state_dict()  # Its attribute has the versions of layers.
    path = tmp_path / "weights.pth"
    torch.save(state, path, _use_new_zipfile_serialization=False)
    np.testing.assert_array_equal(read_torch_file(path)["weight"], state["weight"].numpy())


def test_the_made_file_is_read(read):
    tensors = read(file_of(dictionary(a=tensor(1, (2, 2), (2, 1)))))
    np.testing.assert_array_equal(tensors["a"], [[1, 2], [3, 4]])


@pytest.mark.parametrize("protocol", [0, 1, 2, 3, 4, 5])
def test_code_is_not_run(read, tmp_path, protocol):
    made = tmp_path / "made-by-the-pickle"

    class Hostile:
        def __reduce__(self):
            return os.system, (f"echo > {made}",)

    assert pickle.loads(pickle.dumps(Hostile(), protocol=protocol)) == 0
    made.unlink()  # The pickle does what it is meant to, and is not harmless by mistake.
    whole = pickle.dumps(Hostile(), protocol=protocol)
    refused(read, whole)
    refused(read, file_of(dictionary(a=whole[:-1])))
    assert not made.exists()


@pytest.mark.parametrize(
    ("operations", "message"),
    [
        (b"cos\nsystem\n", "names 'os system'"),
        (b"cposix\nsystem\n(X\x02\x00\x00\x00idtR", "names 'posix system'"),
        (b"c__builtin__\neval\n", "names '__builtin__ eval'"),
        (b"ctorch\nFloatStorage\n)R", "calls Name.* in a way"),
        (b"ctorch._utils\n_rebuild_tensor_v2\n)R", "calls Name.* in a way"),
        (written("print") + b")R", "calls 'print' in a way"),
        (written("os") + written("system") + b"\x93", "operation STACK_GLOBAL"),
        (b"(ios\nsystem\n", "operation INST"),
        (DICTIONARY + b")\x81", "operation NEWOBJ"),
        (b"\x82\x01", "no whole pickle|operation EXT1"),
        (b"]" + written({"a": 1}) + b"b", "broken at BUILD"),
        (b"}" + written(["a"]) + written(1) + b"s", "broken at SETITEM"),
        (b"}" + (written("a") + written(1) + b"s") * 2, "broken at SETITEM"),
        (b"}(" + written("a") + b"u", "broken at SETITEMS"),
        (b"h\x07", "broken at BINGET"),
        (b"r\xff\xff\xff\x7f", "broken at LONG_BINPUT"),
        (b"u", "broken at SETITEMS"),
        (b"(", "holds not one value"),
        (b"}}", "holds not one value"),
        (written("a") + b"Q", "broken at BINPERSID"),
        (dictionary(a=written(1)), "'a' is no name of a tensor"),
        (b"}" + written(1) + tensor() + b"s", "1 is no name of a tensor"),
        (written([1]), "no dictionary of tensors"),
        (b")" + b"\x85" * 200_000, "no dictionary of tensors"),
        (b"]" * 100_000 + b"a" * 99_999, "no dictionary of tensors"),
        (b"]2", "operation DUP"),
        (b"N" * 1_100_000, "more than 1,000,000 operations"),
    ],
)
def test_operations_that_are_not_read(read, operations, message):
    assert re.search(message, refused(read, file_of(operations)))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"shape": (7,)}, "more numbers than its storage holds"),
        ({"shape": (6,), "offset": 1}, "more numbers than its storage holds"),
        ({"shape": (6,), "offset": -1}, "shape of 'a' is broken"),
        ({"shape": (2**40, 2**40), "strides": (2**40, 1)}, "more numbers than a file can hold"),
        ({"shape": (0, 2**70), "strides": (2**70, 1)}, "more numbers than a file can hold"),
        ({"shape": (0, 10**9, 10**9), "strides": (1, 1, 1)}, "more numbers than a file can hold"),
        ({"shape": (2**1000,)}, "more numbers than a file can hold"),
        ({"shape": (-1,)}, "shape of 'a' is broken"),
        ({"shape": (6.0,)}, "BINFLOAT"),
        ({"shape": (True,)}, "shape of 'a' is broken"),
        ({"shape": [6]}, "shape of a tensor is broken"),
        ({"shape": (1,) * 65, "strides": (1,) * 65}, "shape of a tensor is broken"),
        ({"shape": (2, 3)}, "shape of 'a' is broken"),
        ({"shape": (6,), "strides": (0,)}, "do not lie one beside the other"),
        ({"shape": (2, 2), "strides": (3, 1)}, "do not lie one beside the other"),
        ({"of": storage(elements=5)}, "'0' is cut short, or its length is not stated"),
        ({"of": storage(elements=-6)}, "'0' is cut short, or its length is not stated"),
        ({"of": storage(elements=10**30)}, "'0' is cut short, or its length is not stated"),
        ({"of": storage("1")}, "contradict each other"),
        ({"of": storage(kind=b"ctorch\nQInt8Storage\n")}, "names 'torch QInt8Storage'"),
        ({"of": storage(kind=b"ccollections\nOrderedDict\n")}, "broken at BINPERSID"),
        ({"of": storage(kind=b"ctorch\nDoubleStorage\n")}, "'0' is cut short"),
        ({"of": written("storage")}, "broken at REDUCE"),
    ],
)
def test_tensors_that_contradict_the_file(read, options, message):
    assert re.search(message, refused(read, file_of(dictionary(a=tensor(**options)))))


def test_a_length_that_the_file_states_twice_and_does_not_have(read):
    numbers = (10**17).to_bytes(8, "little") + NUMBERS.tobytes()
    message = refused(read, file_of(dictionary(a=tensor(of=storage(elements=10**17)))))
    assert "length is not stated" in message
    data = file_of(dictionary(a=tensor(of=storage(elements=10**17))), numbers=numbers)
    assert "'0' is cut short" in refused(read, data)


def test_storages_that_are_listed_otherwise_than_used(read):
    for keys in ((), ("0", "0"), ("0", "1"), (0,)):
        refused(read, file_of(dictionary(a=tensor()), keys=keys))
    two = dictionary(a=tensor(), b=tensor(of=storage(kind=b"ctorch\nLongStorage\n")))
    assert "contradict each other" in refused(read, file_of(two))


def test_many_tensors_of_one_storage_take_its_memory_once(read):
    pairs = b"".join(written(str(name)) + b"h\x77" for name in range(20_000))
    tensors = read(file_of(b"}(" + written("first") + tensor() + b"q\x77" + pairs + b"u"))
    assert len(tensors) == 20_001
    assert all(np.shares_memory(tensors["first"], one) for one in tensors.values())
    assert not tensors["first"].flags.writeable


def test_other_formats(read):
    for data in (b"", b"PK\x03\x04", pickle.dumps(MAGIC), b"\x89HDF\r\n\x1a\n", b"\x80\x02"):
        refused(read, data)
    swapped = pickle.dumps({"little_endian": False}, protocol=2)
    plain = pickle.dumps(MAGIC, protocol=2) + pickle.dumps(1001, protocol=2)
    assert "little-endian" in refused(read, plain + swapped)
    assert "not of PyTorch's format" in refused(read, pickle.dumps(MAGIC, protocol=2) * 2)


SMALL = file_of(dictionary(first=tensor(0, (2, 3), (3, 1)), second=tensor(4, (2,), (1,))))


def test_a_file_that_is_cut_short_or_too_long_is_refused(read):
    for length in range(len(SMALL)):
        refused(read, SMALL[:length])
    assert "1 bytes follow its last storage" in refused(read, SMALL + b"\0")


def result(read, data):
    """The tensors, or the error."""
    try:
        return read(data)
    except ValueError as error:
        return error


def test_flipped_bits_give_tensors_or_one_line(read):
    generator = np.random.default_rng(0)
    positions, bits = generator.integers(0, len(SMALL), 600), generator.integers(0, 8, 600)
    errors = 0
    for position, bit in zip(positions, bits, strict=True):
        data = bytearray(SMALL)
        data[position] ^= 1 << bit
        found = result(read, data)
        if isinstance(found, ValueError):
            errors += 1
            assert "\n" not in str(found)
            assert len(str(found)) < 250
            continue
        assert len(found) == 2
        # There is no checksum: a number may be any, a name too, and a shape that fits as well.
        if position < len(SMALL) - NUMBERS.nbytes:
            assert all(set(one.ravel()) <= set(NUMBERS) for one in found.values())
    assert 400 < errors < 600
