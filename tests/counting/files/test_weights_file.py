"""Counting weights in HDF5 by shapes and dtypes, against the models that were saved."""

import io
import json
from math import prod
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kerastune.counting import count_model
from kerastune.counting.files.weights_file import count_weights_file
from kerastune.errors import InputError

pytestmark = pytest.mark.any_backend


def seeds(count):
    """The numbers that random generators keep."""
    return sum(weight.parameters for weight in count.weights if weight.kind == "seed")


def saved(model: keras.Model, folder: Path) -> Path:
    path = folder / "model.weights.h5"
    model.save_weights(path)
    return path


def hdf5(path: Path, key: str = "layers/dense/vars/0", **dataset: object) -> Path:
    """A file with one array of one number, or as told."""
    with h5py.File(path, "w") as file:
        file.create_dataset(key, **(dataset or {"data": [1.0]}))
    return path


class TestCountWeightsFile:
    def test_equals_the_model(self, model, tmp_path):
        count = count_weights_file(saved(model, tmp_path))
        known = count_model(model)
        assert count.parameters == count.by_kind()["unknown"] == known.parameters == 55
        assert count.stored_bytes == known.stored_bytes
        assert sorted(w.shape for w in count.weights) == sorted(
            w.shape for w in known.weights if w.kind != "seed"
        )

    def test_layers_have_their_names(self, model, tmp_path):
        count = count_weights_file(saved(model, tmp_path))
        layers = {weight.path.rpartition("/")[0] for weight in count.weights}
        assert layers == {"fixed", "shared", "inner/wide", "inner/norm"}

    def test_state_of_an_optimizer_is_told_and_not_counted(self, trained, tmp_path):
        count = count_weights_file(saved(trained, tmp_path))
        slots = sum(prod(variable.shape) for variable in trained.optimizer.variables)
        assert count.parameters == count_model(trained).parameters
        assert count.notes == (f"not counted: {slots} numbers of an optimizer's state",)

    def test_bfloat16(self, tmp_path):
        dense = keras.layers.Dense(3, dtype="bfloat16")
        count = count_weights_file(saved(keras.Sequential([keras.Input((2,)), dense]), tmp_path))
        assert {weight.dtype for weight in count.weights} == {"bfloat16"}
        assert count.stored_bytes == 18

    def test_packed_weights_are_told(self, tmp_path):
        model = keras.Sequential([keras.Input((8,)), keras.layers.Dense(6)])
        model.layers[0].quantize("int4")
        count = count_weights_file(saved(model, tmp_path))
        assert "packed" in count.notes[0]

    def test_seeds_are_no_parameters(self, tmp_path):
        """As Keras 3.0 saved them."""
        path = hdf5(tmp_path / "x.weights.h5", "layers/dropout/seed_generator/vars/0", data=[1, 2])
        count = count_weights_file(path)
        assert (count.parameters, seeds(count)) == (0, 2)

    def test_layers_of_the_same_name_stay_apart(self, tmp_path):
        path = hdf5(tmp_path / "x.weights.h5")
        with h5py.File(path, "a") as file:
            file["layers/dense_1/vars/0"] = [1.0]
            for group in ("dense", "dense_1"):
                file[f"layers/{group}/vars"].attrs["name"] = "twin"
        assert [weight.path for weight in count_weights_file(path).weights] == [
            "twin/0",
            "twin/0:2",
        ]

    @pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5")
    def test_layout_of_keras_2(self, trained, tmp_path):
        path = tmp_path / "model.h5"
        keras.saving.save_model(trained, path)
        count = count_weights_file(path)
        assert count.parameters == 55
        assert count.notes[0].startswith("not counted: ")
        assert {weight.path.split("/")[0] for weight in count.weights} == {
            "fixed",
            "inner",
            "shared",
        }

    def test_names_of_keras_2(self, tmp_path):
        path = hdf5(tmp_path / "old.h5", "dense/dense/kernel:0", data=np.zeros((2, 3)))
        with h5py.File(path, "a") as file:
            file.attrs["layer_names"] = [b"dense"]
        assert [weight.path for weight in count_weights_file(path).weights] == ["dense/kernel"]


class TestParts:
    @pytest.fixture
    def index(self, tmp_path):
        """A model in several files, with a layer whose variables are in two of them."""
        layers = [
            keras.Input((100,)),
            keras.layers.Dense(2000, name="split"),
            keras.layers.Dense(9),
        ]
        path = tmp_path / "m.weights.json"
        keras.Sequential(layers).save_weights(path, max_shard_size=0.00075)
        assert len(json.loads(path.read_text())["weight_map"]["/layers/dense/vars"]) == 2
        return path

    def test_all_parts_count(self, index):
        count = count_weights_file(index)
        assert count.parameters == 2000 * 101 + 9 * 2001
        assert [weight.path for weight in count.weights][2:] == ["split/0", "split/1"]

    def test_one_part_alone_is_told(self, index):
        count = count_weights_file(index.with_name("m_00001.weights.h5"))
        assert "one part of a model" in count.notes[0]

    def test_missing_part(self, index):
        index.with_name("m_00001.weights.h5").unlink()
        with pytest.raises(InputError, match="'m_00001.weights.h5', which is not beside it"):
            count_weights_file(index)

    @pytest.mark.parametrize("change", ["/layers/dense_1/vars", "/layers/new/vars"])
    def test_variables_that_are_not_where_it_says(self, index, change):
        config = json.loads(index.read_text())
        config["weight_map"][change] = "m_00000.weights.h5"
        index.write_text(json.dumps(config))
        with pytest.raises(InputError, match="do not agree about"):
            count_weights_file(index)

    def test_outside_of_its_folder(self, tmp_path):
        path = tmp_path / "m.weights.json"
        path.write_text('{"weight_map": {"/layers/dense/vars": ["../secret.weights.h5"]}}')
        with pytest.raises(InputError, match="not in its own folder"):
            count_weights_file(path)


@pytest.mark.any_backend
class TestRefused:
    def refused(self, path: Path, message: str) -> None:
        with pytest.raises(InputError, match=message) as caught:
            count_weights_file(path)
        assert len(str(caught.value).splitlines()) == 1

    def test_missing(self, tmp_path):
        self.refused(tmp_path / "x.weights.h5", "no such file")

    def test_something_else(self, tmp_path):
        path = tmp_path / "x.weights.h5"
        path.write_text("no HDF5")
        self.refused(path, "file signature not found")

    def test_cut_short(self, tmp_path):
        path = hdf5(tmp_path / "x.weights.h5")
        path.write_bytes(path.read_bytes()[:-8])
        self.refused(path, "truncated")

    def test_no_weights(self, tmp_path):
        with h5py.File(tmp_path / "x.weights.h5", "w"):
            pass
        self.refused(tmp_path / "x.weights.h5", "no weights")

    def test_data_of_others(self, tmp_path):
        self.refused(hdf5(tmp_path / "x.h5", "measurements"), "not where Keras has weights")

    @pytest.mark.parametrize(
        "link",
        [
            h5py.ExternalLink("other.h5", "/layers"),
            h5py.SoftLink("/layers/dense"),
            h5py.SoftLink("/nowhere"),
        ],
    )
    @pytest.mark.parametrize("key", ["layers/more", "model_weights"])
    def test_links(self, tmp_path, key, link):
        hdf5(tmp_path / "other.h5")
        path = hdf5(tmp_path / "x.weights.h5")
        with h5py.File(path, "a") as file:
            file[key] = link
        self.refused(path, "is a link")

    def test_circle(self, tmp_path):
        path = hdf5(tmp_path / "x.weights.h5")
        with h5py.File(path, "a") as file:
            file["layers/dense/again"] = file["layers/dense"]
        self.refused(path, "is there twice")

    def test_array_in_another_file(self, tmp_path):
        (tmp_path / "raw").write_bytes(bytes(8))
        path = hdf5(
            tmp_path / "x.weights.h5",
            shape=(1,),
            dtype="float64",
            external=[(str(tmp_path / "raw"), 0, 8)],
        )
        self.refused(path, "stored elsewhere")

    def test_virtual_array(self, tmp_path):
        layout = h5py.VirtualLayout((1,), "float64")
        layout[:] = h5py.VirtualSource(hdf5(tmp_path / "other.h5"), "layers/dense/vars/0", (1,))
        with h5py.File(tmp_path / "x.weights.h5", "w") as file:
            file.create_virtual_dataset("layers/dense/vars/0", layout)
        self.refused(tmp_path / "x.weights.h5", "stored elsewhere")

    @pytest.mark.parametrize("options", [{"chunks": (10**6,)}, {}])
    def test_array_that_is_claimed_and_not_stored(self, tmp_path, options):
        path = hdf5(tmp_path / "x.weights.h5", shape=(10**18,), dtype="float32", **options)
        self.refused(path, "claims 4,000,000,000,000,000,000 bytes and stores 0")

    @pytest.mark.parametrize("data", [b"text", np.void(b"12"), h5py.Empty("float32")])
    def test_no_numbers(self, tmp_path, data):
        self.refused(hdf5(tmp_path / "x.weights.h5", data=data), "holds no numbers")

    def test_names_that_do_not_print(self, tmp_path):
        path = hdf5(tmp_path / "x.weights.h5", "layers/a\nb/vars/0")
        self.refused(path, "is none that Keras gives")

    def test_depth(self, tmp_path):
        path = hdf5(tmp_path / "x.weights.h5", "/".join(["a"] * 200) + "/vars/0")
        self.refused(path, "is none that Keras gives")

    @pytest.mark.parametrize(
        "name", ["a\nb", ["a", "b"], 3, np.bytes_(b"x" * 2000)], ids=["line", "list", "int", "long"]
    )
    def test_strange_names_of_layers_are_ignored(self, tmp_path, name):
        path = hdf5(tmp_path / "x.weights.h5")
        with h5py.File(path, "a") as file:
            file["layers/dense/vars"].attrs["name"] = name
        assert count_weights_file(path).weights[0].path == "dense/0"


def valid() -> bytes:
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        for layer in range(3):
            file[f"layers/dense_{layer}/vars/0"] = np.zeros((3, 2), "float32")
            file[f"layers/dense_{layer}/vars"].attrs["name"] = f"dense_{layer}"
    return buffer.getvalue()


VALID = valid()


@pytest.mark.any_backend
class TestHostile:
    @settings(max_examples=100)
    @given(
        changes=st.lists(
            st.tuples(st.integers(0, len(VALID) - 1), st.integers(0, 255)), max_size=4
        ),
        end=st.integers(0, len(VALID)) | st.just(len(VALID)),
    )
    def test_an_error_or_a_count(self, changes, end, tmp_path_factory):
        data = bytearray(VALID)
        for position, value in changes:
            data[position] = value
        path = tmp_path_factory.mktemp("hostile") / "x.weights.h5"
        path.write_bytes(data[:end])
        try:
            count = count_weights_file(path)
        except InputError:
            return
        else:
            assert end == len(VALID)
            assert count.stored_bytes <= 2000 * len(VALID)
