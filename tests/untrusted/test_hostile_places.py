"""Hostile files beside models: presets, options, plans, arrays, archives of data, images."""

import gzip
import io
import json
import re
import tarfile
import zipfile

import h5py
import numpy as np
import pytest
from PIL import Image

import kerastune
from kerastune.cli import main
from kerastune.comparison.specification import Specification
from kerastune.comparison.work.given_models import file_subject
from kerastune.data import open_table
from kerastune.data.image_files import read_image
from kerastune.errors import InputError
from kerastune.jobs.configuration import read_configuration
from kerastune.models import load_backbone
from kerastune.options.profile import Profile
from kerastune.params.sources.open import open_model
from kerastune.preprocessing import load_text_preprocessor
from kerastune.records.run_files import read_yaml
from kerastune.searching.space_text import parts_of_words
from kerastune.tuning.plans.named import named_plan
from kerastune.untrusted.numpy_files import open_array, open_arrays
from tests.jobs.test_result import HEADS, make
from tests.tiny import tiny_bert_preset
from tests.untrusted.hostile_files import Written, archive, lambda_layer, opened_files, pickled

pytestmark = pytest.mark.any_backend


@pytest.fixture(scope="module")
def honest(tmp_path_factory):
    return tiny_bert_preset(tmp_path_factory.mktemp("tiny") / "preset", num_layers=1)


@pytest.fixture
def preset(tmp_path, honest):
    """A folder of KerasHub that is read, before it is changed."""
    folder = tmp_path / "preset"
    for path in honest.rglob("*"):
        if path.is_file():
            copy = folder / path.relative_to(honest)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
    return folder


def changed(path, change):
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


class TestPresets:
    def test_honest_ones_are_read(self, preset):
        assert load_backbone(preset).count_params()
        assert load_text_preprocessor(preset, sequence_length=8).sequence_length == 8

    def test_weights_elsewhere(self, preset, tmp_path):
        """CVE-2026-1669 in a preset."""
        (tmp_path / "raw").write_bytes(bytes(12))
        with h5py.File(preset / "model.weights.h5", "a") as file:
            file.create_dataset("x", (3,), "float32", external=[(str(tmp_path / "raw"), 0, 12)])
        with pytest.raises(InputError, match="stored elsewhere"):
            load_backbone(preset)

    def test_an_index_of_files_elsewhere(self, preset, tmp_path):
        (preset / "model.weights.h5").rename(tmp_path / "model.weights.h5")
        index = {"weight_map": {"/layers/dense/vars": "../model.weights.h5"}}
        (preset / "model.weights.json").write_text(json.dumps(index))
        with pytest.raises(InputError, match="not in its own folder"):
            load_backbone(preset)

    def test_a_configuration_with_code(self, preset, tmp_path):
        canary = tmp_path / "canary"
        changed(
            preset / "config.json",
            lambda content: content["config"].update(evil=lambda_layer(canary)),
        )
        for enter in (load_backbone, load_text_preprocessor, open_model):
            with pytest.raises(InputError, match="Lambda"):
                enter(str(preset))
        assert not canary.exists()

    def test_a_vocabulary_elsewhere(self, preset, tmp_path):
        """CVE-2025-12058 in a preset."""
        secret = tmp_path / "secret.txt"
        secret.write_text("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nsecret\n")
        changed(
            preset / "tokenizer.json",
            lambda content: content["config"].update(vocabulary=str(secret)),
        )
        with opened_files() as opened, pytest.raises(InputError, match="a file to be opened"):
            load_text_preprocessor(preset)
        assert str(secret) not in opened

    def test_a_link_to_elsewhere(self, preset, tmp_path):
        vocabulary = next(preset.rglob("vocabulary.txt"))
        moved = vocabulary.rename(tmp_path / "vocabulary.txt")
        vocabulary.symlink_to(moved)
        with pytest.raises(InputError, match="a link that leads out of the folder"):
            load_text_preprocessor(preset)

    def test_the_links_of_the_cache_of_hugging_face(self, preset, tmp_path):
        home = tmp_path / "models--a--b"
        (home / "blobs").mkdir(parents=True)
        (home / "snapshots").mkdir()
        folder = preset.rename(home / "snapshots" / "0123")
        moved = (folder / "model.weights.h5").rename(home / "blobs" / "abc")
        (folder / "model.weights.h5").symlink_to(moved)
        assert load_backbone(folder).count_params()

    def test_a_configuration_of_more_than_its_weights(self, preset):
        """CVE-2026-0897 in a preset."""
        changed(
            preset / "config.json",
            lambda content: content["config"].update(vocabulary_size=10**11),
        )
        with pytest.raises(InputError, match="variables of .* numbers or more"):
            load_backbone(preset)


def configured(path):
    read_configuration(path)


def planned(path):
    named_plan(str(path), epochs=1, learning_rate=0.1)


def searched(path):
    parts_of_words([], path)


def recorded(path):
    read_yaml(path)


YAML_READERS = {
    "configuration": configured,
    "plan": planned,
    "space": searched,
    "profile": Profile.read,
    "record": recorded,
}
CODE = "!!python/object/apply:os.system ['touch {canary}']"
BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{number}: &a{number} [{', '.join([f'*a{number - 1}'] * 9)}]\n" for number in range(1, 12)
)
HOSTILE_YAML = {
    "code": CODE,
    "code inside": "epochs: " + CODE,
    "new object": "a: !!python/object/new:subprocess.Popen [[touch, '{canary}']]",
    "module": "a: !!python/name:os.system",
    "bomb": BOMB,
    "merged bomb": BOMB.replace("[", "[{a: 1}, ").replace("a11:", "<<: *a10\na11:"),
    "within itself": "a: &a [*a]",
    "nested lists": "a: " + "[" * 100_000,
    "nested mappings": "{a: " * 2_000 + "1" + "}" * 2_000,
    "nested lines": "- " * 2_000 + "1",
    "integer": "epochs: " + "1" * 100_000,
    "day": "day: 2001-99-99",
    "truth": "epochs: !!bool perhaps",
    "time": "epochs: !!timestamp now",
    "unknown alias": "epochs: *a",
    "two documents": "a: 1\n---\na: 2",
    "key twice": "epochs: 1\nepochs: 2",
    "zero byte": "a: \0",
}


@pytest.mark.parametrize("reader", YAML_READERS.values(), ids=YAML_READERS)
@pytest.mark.parametrize("kind", HOSTILE_YAML)
def test_yaml(tmp_path, reader, kind):
    canary, path = tmp_path / "canary", tmp_path / "given.yaml"
    path.write_text(HOSTILE_YAML[kind].replace("{canary}", str(canary)))
    with pytest.raises(InputError, match="Received: ") as caught:
        reader(path)
    assert len(str(caught.value).splitlines()) == 1
    assert len(str(caught.value)) < 600
    assert not canary.exists()


def test_the_command_with_hostile_yaml(tmp_path, capsys):
    canary, path = tmp_path / "canary", tmp_path / "given.yaml"
    path.write_text(CODE.replace("{canary}", str(canary)))
    assert main(["run", "lenet", "--config", str(path)]) == 2
    told = capsys.readouterr().err
    assert len(told.splitlines()) == 1
    assert "Traceback" not in told
    assert not canary.exists()


def test_a_configuration_that_names_a_file_of_code_is_not_counted(tmp_path):
    canary, code = tmp_path / "canary", tmp_path / "mine.py"
    code.write_text(f"open({str(canary)!r}, 'w').close()\n")
    path = tmp_path / "run.yaml"
    path.write_text(f"recipe: {code}:mine\nepochs: 1\n")
    with pytest.raises(InputError, match="Trust it to run its code"):
        open_model(str(path))
    assert not canary.exists()


@pytest.mark.parametrize("option", ["plan", "optimizer", "data", "class_weights", "checkpoints"])
def test_a_configuration_that_names_a_class(tmp_path, monkeypatch, capsys, option):
    """What `class_path` means to the parser of options, no option of a recipe takes."""
    (tmp_path / "evil_module.py").write_text(f"open({str(tmp_path / 'canary')!r}, 'w').close()\n")
    monkeypatch.syspath_prepend(tmp_path)
    path = tmp_path / "run.yaml"
    for value in ({"class_path": "evil_module.Evil", "init_args": {}}, "evil_module.Evil"):
        path.write_text(json.dumps({option: value}))
        assert main(["run", "lenet", "--config", str(path), "--run_dir", str(tmp_path / "a")]) == 2
        assert len(capsys.readouterr().err.splitlines()) == 1
    assert not (tmp_path / "canary").exists()


class TestArrays:
    """Pickles behind NumPy, and arrays that claim more than they hold."""

    @pytest.fixture
    def hostile(self, tmp_path):
        path = tmp_path / "objects.npy"
        np.save(path, np.array([Written(tmp_path / "canary")], dtype=object))
        return path

    def test_the_file_would_do_harm(self, hostile, tmp_path):
        np.load(hostile, allow_pickle=True)[0].close()
        assert (tmp_path / "canary").exists()

    def test_an_array(self, hostile, tmp_path):
        with pytest.raises(ValueError, match="Python objects"):
            open_array(hostile)
        assert not (tmp_path / "canary").exists()

    def test_predicting_from_one(self, hostile, tmp_path, capsys):
        make(tmp_path / "run", HEADS[0]).save()
        assert main(["predict", str(tmp_path / "run"), str(hostile)]) == 2
        assert "Python objects" in capsys.readouterr().err
        (tmp_path / "pickle.npy").write_bytes(pickled(tmp_path / "canary"))
        assert main(["predict", str(tmp_path / "run"), str(tmp_path / "pickle.npy")]) == 2
        assert "no array" in capsys.readouterr().err
        assert not (tmp_path / "canary").exists()

    def test_comparing_with_some(self, hostile, tmp_path):
        model = archive(tmp_path / "model.keras")
        with zipfile.ZipFile(tmp_path / "data.npz", "w") as file:
            file.write(hostile, "x.npy")
        given = Specification(str(model), "torch", "", "", data=str(tmp_path / "data.npz"))
        with pytest.raises(InputError, match="'x': it holds Python objects"):
            file_subject(model, given)
        assert not (tmp_path / "canary").exists()

    @pytest.mark.parametrize("shape", [(10**12,), (10**6, 10**6), (2**40, 2**40), (-1,)])
    def test_claims(self, tmp_path, shape):
        header = io.BytesIO()
        described = {"descr": "<f8", "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(header, described)
        path = tmp_path / "claims.npy"
        path.write_bytes(header.getvalue() + bytes(80))
        with pytest.raises(ValueError, match="80|not in"):
            open_array(path)
        with zipfile.ZipFile(tmp_path / "data.npz", "w") as file:
            file.write(path, "x.npy")
        with pytest.raises(ValueError, match="'x': an array of shape"):
            open_arrays(tmp_path / "data.npz")

    def test_whole_ones_are_read(self, tmp_path):
        np.savez_compressed(tmp_path / "data.npz", x=np.ones((3, 2)), names=np.array(["a", "b"]))
        found = open_arrays(tmp_path / "data.npz")
        assert set(found) == {"x", "names"}
        assert found["x"].shape == (3, 2)
        assert found["names"].tolist() == ["a", "b"]


class TestArchivesOfData:
    """CVE-2025-12060 and CVE-2025-12638: what unpacks may not write elsewhere."""

    def test_a_zip_is_read_where_it_lies(self, tmp_path):
        path = tmp_path / "inner" / "table.csv.zip"
        path.parent.mkdir()
        with zipfile.ZipFile(path, "w") as file:
            file.writestr("../canary.csv", "age,label\n1,2\n3,4\n")
        assert len(open_table(path, target="label")) == 2
        assert not (tmp_path / "canary.csv").exists()
        assert [found.name for found in path.parent.iterdir()] == [path.name]

    def test_a_tar_is_not_unpacked(self, tmp_path):
        path = tmp_path / "inner" / "images.tar"
        path.parent.mkdir()
        with tarfile.open(path, "w") as file:
            file.addfile(tarfile.TarInfo("../canary"))
            link = tarfile.TarInfo("link")
            link.type, link.linkname = tarfile.SYMTYPE, "/etc"
            file.addfile(link)
        with pytest.raises(InputError, match="Unpack it"):
            open_table(path, target="label")
        assert not (tmp_path / "canary").exists()

    @pytest.mark.parametrize("suffix", [".gz", ".zip"])
    def test_a_bomb(self, tmp_path, monkeypatch, suffix):
        monkeypatch.setattr("kerastune.untrusted.zip_members.LARGE", 2**20)
        path = tmp_path / f"table.csv{suffix}"
        content = b"a,label\n" + b"1,2\n" * 10**6
        if suffix == ".gz":
            path.write_bytes(gzip.compress(content))
        else:
            with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
                file.writestr("table.csv", content)
        with pytest.raises(InputError, match="would become"):
            open_table(path, target="label")


def test_an_image_that_is_a_program(tmp_path):
    """Pillow gives PostScript to Ghostscript, whatever the name of the file is."""
    path = tmp_path / "picture.png"
    path.write_bytes(
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 4 4\n%%EndComments\n(x) (w) file\nshowpage\n"
    )
    with Image.open(path) as image:
        assert image.format == "EPS"
    with pytest.raises(InputError, match="cannot identify image file"):
        read_image(path)


def test_a_huge_image(tmp_path):
    path = tmp_path / "huge.png"
    Image.new("1", (4, 4)).save(path)
    content = path.read_bytes()
    # The width and the height, with the checksum of the header left as it was.
    path.write_bytes(content[:16] + (10**9).to_bytes(4, "big") * 2 + content[24:])
    with pytest.raises(InputError, match="Expected an image that can be read"):
        read_image(path)


def test_json_of_a_run(tmp_path):
    make(tmp_path, HEADS[0]).save()
    for name in ("result.json", "history.json"):
        honest = (tmp_path / name).read_text()
        for hostile in ("[" * 10**5, honest[:-1] + ', "metrics": {}}', "1" * 10**5, "\ud800"):
            (tmp_path / name).write_bytes(hostile.encode("utf-8", "surrogatepass"))
            with pytest.raises(InputError, match=re.escape(name)):
                kerastune.load(tmp_path)
        (tmp_path / name).write_text(honest)
    kerastune.load(tmp_path)


@pytest.mark.parametrize(
    "read",
    [
        load_backbone,
        open_model,
        Profile.read,
        read_configuration,
        kerastune.load,
        lambda path: parts_of_words([], path),
        lambda path: named_plan(str(path), epochs=1, learning_rate=0.1),
        lambda path: open_table(path, target="label"),
    ],
)
def test_the_home_of_a_user_who_is_not_known(read):
    with pytest.raises(InputError, match="~nobody-of-this-name"):
        read("~nobody-of-this-name/model.yaml")
