"""Every reader of files of a person reads files that are nearly valid, or says why not.

`make test-all` draws a thousand of each.
"""

import gzip
import hashlib
import io
import json
import shutil
import zipfile
from contextlib import suppress
from pathlib import Path

import numpy as np
import polars
import pytest
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from PIL import Image

import kerastune
from kerastune.checkpoints import CheckpointFolder, State
from kerastune.data import open_detection, open_table, read_conll
from kerastune.data.columns import Column
from kerastune.data.image_files import read_image
from kerastune.data.input_files import file_rows
from kerastune.errors import InputError
from kerastune.jobs.configuration import read_configuration
from kerastune.jobs.model_files import read_model_and_adapters, save_model_and_adapters
from kerastune.jobs.reopening import reopened_run
from kerastune.jobs.runs import Run
from kerastune.models import load_backbone
from kerastune.options.profile import Profile
from kerastune.params.sources.open import open_model
from kerastune.preprocessing import Tokenizer, load_preprocessor
from kerastune.records import list_records, read_record
from kerastune.searching.space_text import parts_of_words
from kerastune.tuning import Plan, full, gradual_unfreezing, remove_adapters
from kerastune.tuning.patterns.grammar import parse
from kerastune.tuning.plans.named import named_plan
from kerastune.untrusted.numpy_files import open_array, open_arrays
from kerastune.untrusted.safetensors_header import read_safetensors_header
from kerastune.untrusted.yaml_text import parse_yaml
from tests.data.test_detection_data import NAMES as PICTURES
from tests.data.test_detection_data import coco, voc
from tests.exchange.golden import DATA, backbone_for
from tests.jobs.test_based_models import adapted_model, base_file
from tests.jobs.test_result import HEADS, make
from tests.made_runs import make_run
from tests.untrusted.hostile_files import archive, plain_config
from tests.untrusted.mutations import as_json, changed_bytes, changed_json

pytestmark = pytest.mark.any_backend

CONLL_U = b"".join(
    number + b"\t_\t_\t" + tag + b"\t_" * 6 + b"\n"
    for number, tag in ((b"1", b"N"), (b"2", b"V"), (b"2-3", b"V"))
)
FEW, MANY = 12, 1000


def require_a_line(error):
    """Fails unless what a person is told is one line."""
    if isinstance(error, InputError):
        assert len(str(error).splitlines()) == 1
        assert len(str(error)) < 3000


class Reader:
    """What reads a file, and a valid one.

    Args:
        read: function of the path of the file.
        content: bytes of a valid file, or plain data for one of JSON.
        name: str, the path of the file in a folder.
        beside: dictionary from paths in the folder to the bytes of other files.
        write: function from plain data to bytes. Defaults to JSON.
        refuses: classes of errors. Defaults to `InputError`; below that, readers raise others.
    """

    def __init__(self, read, content, name, beside=None, write=as_json, refuses=InputError):
        self.read, self.content, self.name = read, content, name
        self.beside, self.write, self.refuses = beside or {}, write, refuses

    def place(self, folder):
        for name, content in self.beside.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)

    def valid(self):
        return self.content if isinstance(self.content, bytes) else self.write(self.content)

    def files(self):
        changed = changed_bytes(self.valid())
        if isinstance(self.content, bytes):
            return changed
        return st.one_of(changed, changed_json(self.content).map(self.write))

    def read_or_refuse(self, folder, content):
        path = folder / self.name
        path.write_bytes(content)
        try:
            self.read(path)
        except self.refuses as error:
            require_a_line(error)


def as_yaml(value):
    return yaml.safe_dump(value, allow_unicode=False).encode()


def content_of(folder):
    """The bytes of the files in a folder, by their paths."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def rows_of(*columns):
    def read(path):
        for _ in file_rows(path, dict(columns)).chunks:
            pass

    return read


def table_bytes(method, **options):
    frame = polars.DataFrame({"text": ["good", "bad"] * 4, "label": ["a", "b"] * 4, "n": range(8)})
    buffer = io.BytesIO()
    getattr(frame, method)(buffer, **options)
    return buffer.getvalue()


def saved_image(kind, size=(8, 8)):
    buffer = io.BytesIO()
    Image.fromarray(np.resize(np.arange(192, dtype="uint8"), (*size, 3))).save(buffer, kind)
    return buffer.getvalue()


def zipped(content, name="table.csv"):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(name, content)
    return buffer.getvalue()


def numpy_bytes(save, *arrays, **named):
    buffer = io.BytesIO()
    save(buffer, *arrays, **named)
    return buffer.getvalue()


def all_arrays(path):
    return dict(open_arrays(path))


def checkpoint(path):
    CheckpointFolder(path.parent.parent, keep_last=2).newest()


def checkpoint_of_changed_values(path):
    """As somebody would write it who can write the checksums too."""
    folder = path.parent
    manifest = {
        name: {
            "bytes": (folder / name).stat().st_size,
            "sha256": hashlib.sha256((folder / name).read_bytes()).hexdigest(),
        }
        for name in ("arrays.safetensors", "values.json")
    }
    (folder / "manifest.json").write_text(json.dumps(manifest))
    checkpoint(path)


def go_on(path):
    """What `--resume auto` reads, for a run with other files beside its own."""
    for name in ("metrics.json", "report.html"):
        (path.parent / name).unlink(missing_ok=True)
    options = {"backend": "jax", "data": "digits", "plan": "full", "epochs": 2}
    Run("lenet", path.parent, options).go_on("auto")


def of_config(path):
    """A `.keras` file with a configuration that was written."""
    load_backbone(archive(path.with_suffix(".keras"), path.read_bytes()))


def made_readers(folder):
    """The readers by name, with valid files."""
    run = content_of(make(folder / "run", HEADS[0]).save())
    record = content_of(make_run(folder / "record"))
    untested = {**record, "run.json": record["run.json"].replace(b"finished", b"untested")}
    written = CheckpointFolder(folder / "checkpoints", keep_last=1)
    written.write(1, State({"w": np.ones((2, 3), "float32")}, {"step": 1, "history": [{"a": 1.5}]}))
    written.wait()
    written.close()
    step = content_of(folder / "checkpoints")
    names = {Path(name).name: name for name in step}
    CheckpointFolder(folder / "x", keep_last=1).close()
    plan = json.loads(json.dumps(gradual_unfreezing(3, 0.01).to_dict()))
    text, label = ("text", Column("text")), ("n", Column("number"))
    csv, lines = table_bytes("write_csv"), table_bytes("write_ndjson")
    objects = [json.loads(line) for line in lines.splitlines()]
    Tokenizer.of_characters(["good", "bad"]).save(folder / "tokens.json")
    adapters, backbone = content_of(DATA / "bert_patterns"), backbone_for("bert")
    options = {
        "recipe": "lenet",
        "epochs": 3,
        "learning_rate": 0.1,
        "hidden": [4, 2],
        "plan": "full",
    }
    space = {"learning_rate": "1e-4..0.1:log", "epochs": {"low": 1, "high": 5}, "plan": ["full"]}
    profile = {
        "of": "lenet",
        "fastest": "jax",
        "settings": {"jax": {"jit_compile": True, "precision": "float32", "threads": 2}},
    }

    (folder / "based").mkdir()
    save_model_and_adapters(adapted_model(base_file(folder)), folder / "based", "adapters")
    based = content_of(folder / "based")

    pictures = dict.fromkeys(PICTURES, saved_image("PNG", (16, 24)))

    def peft(path):
        kerastune.load_peft(backbone, path.parent)
        remove_adapters(backbone)

    def of_run(name):
        beside = {key: value for key, value in run.items() if key != name}
        return Reader(lambda path: kerastune.load(path.parent), json.loads(run[name]), name, beside)

    def of_based(name):
        beside = {key: value for key, value in based.items() if key != name}
        read = lambda path: read_model_and_adapters(path.parent)  # noqa: E731
        return Reader(read, json.loads(based[name]), name, beside)

    def of_record(name, load=json.loads, write=as_json):
        beside = {key: value for key, value in record.items() if key != name}
        read = lambda path: (read_record(path.parent), list_records(path.parent.parent))  # noqa: E731
        return Reader(read, load(record[name]), name, beside, write)

    return {
        "COCO": Reader(open_detection, coco(), "boxes.json", pictures),
        "Pascal VOC": Reader(
            lambda path: open_detection(path.parent), voc().encode(), "a.xml", pictures
        ),
        "configuration": Reader(read_configuration, options, "run.yaml", write=as_yaml),
        "plan": Reader(
            lambda path: named_plan(str(path), epochs=1, learning_rate=0.1),
            plan,
            "plan.yaml",
            write=as_yaml,
        ),
        "space": Reader(lambda path: parts_of_words([], path), space, "space.yaml", write=as_yaml),
        "profile": Reader(Profile.read, profile, "profile.yaml", write=as_yaml),
        "result": of_run("result.json"),
        "history": of_run("history.json"),
        "trained plan": Reader(
            lambda path: kerastune.load(path.parent),
            yaml.safe_load(run["plan.yaml"]),
            "plan.yaml",
            {key: value for key, value in run.items() if key != "plan.yaml"},
            as_yaml,
        ),
        "preprocessor": Reader(
            lambda path: load_preprocessor(path.parent),
            json.loads(run["preprocessor/class.json"]),
            "class.json",
        ),
        "manifest of a run": of_record("run.json"),
        "metrics of a run": of_record("metrics.json"),
        "environment of a run": of_record("environment.json"),
        "configuration of a run": of_record("config.yaml", yaml.safe_load, as_yaml),
        "untested run": Reader(
            lambda path: reopened_run(path.parent),
            json.loads(untested["run.json"]),
            "run.json",
            untested,
        ),
        "run to go on with": Reader(
            go_on,
            json.loads(record["run.json"].replace(b"finished", b"interrupted")),
            "run.json",
            record,
        ),
        "configuration of a run to go on with": Reader(
            go_on,
            yaml.safe_load(record["config.yaml"]),
            "config.yaml",
            {**record, "run.json": record["run.json"].replace(b"finished", b"interrupted")},
            as_yaml,
        ),
        "manifest of a checkpoint": Reader(
            checkpoint, json.loads(step[names["manifest.json"]]), names["manifest.json"], step
        ),
        "values of a checkpoint": Reader(
            checkpoint_of_changed_values,
            json.loads(step[names["values.json"]]),
            names["values.json"],
            step,
        ),
        "arrays of a checkpoint": Reader(
            checkpoint_of_changed_values,
            step[names["arrays.safetensors"]],
            names["arrays.safetensors"],
            step,
        ),
        "safetensors": Reader(
            read_safetensors_header,
            step[names["arrays.safetensors"]],
            "a.safetensors",
            refuses=(OSError, ValueError),
        ),
        "configuration of Keras": Reader(of_config, plain_config(), "config.json"),
        "configuration to count": Reader(open_model, plain_config(), "model.json"),
        "model": Reader(load_backbone, archive(folder / "a.keras").read_bytes(), "a.keras"),
        "base of a model": of_based("base.json"),
        "model without its base": of_based("model.json"),
        "CSV": Reader(lambda path: open_table(path, target="label"), csv, "a.csv"),
        "TSV": Reader(
            lambda path: open_table(path, target="label"), csv.replace(b",", b"\t"), "a.tsv"
        ),
        "CSV in pieces": Reader(rows_of(text, label), csv, "a.csv"),
        "JSON": Reader(lambda path: open_table(path, target="label"), objects, "a.json"),
        "JSON lines": Reader(lambda path: open_table(path, target="label"), lines, "a.jsonl"),
        "JSON lines in pieces": Reader(rows_of(text, label), lines, "a.jsonl"),
        "Parquet": Reader(
            lambda path: open_table(path, target="label"),
            table_bytes("write_parquet"),
            "a.parquet",
        ),
        "Arrow": Reader(
            lambda path: open_table(path, target="label"), table_bytes("write_ipc"), "a.arrow"
        ),
        "stream of Arrow": Reader(
            lambda path: open_table(path, target="label"),
            table_bytes("write_ipc_stream"),
            "a.arrow",
        ),
        "CSV in gzip": Reader(
            lambda path: open_table(path, target="label"), gzip.compress(csv, mtime=0), "a.csv.gz"
        ),
        "CSV in zip": Reader(
            lambda path: open_table(path, target="label"), zipped(csv), "a.csv.zip"
        ),
        "CoNLL": Reader(
            read_conll, b"-DOCSTART- O\n\nAda B-person\nwrote O\n\nIt O\nran I-x\n", "a.conll"
        ),
        "CoNLL-U": Reader(
            lambda path: read_conll(path, tag_column=3),
            b"# text = A b\n" + CONLL_U,
            "a.conllu",
        ),
        "texts": Reader(rows_of(text), b"a joy\na bore\n", "a.txt"),
        "array": Reader(
            open_array,
            numpy_bytes(np.save, np.ones((2, 3))),
            "a.npy",
            refuses=(OSError, ValueError),
        ),
        "arrays": Reader(
            all_arrays,
            numpy_bytes(np.savez_compressed, x=np.ones((2, 3)), y=np.arange(3)),
            "a.npz",
            refuses=(OSError, ValueError),
        ),
        "rows of an array": Reader(
            rows_of(("rows", Column("array", shape=(3,)))),
            numpy_bytes(np.save, np.ones((2, 3))),
            "a.npy",
        ),
        "PNG": Reader(read_image, saved_image("PNG"), "a.png"),
        "JPEG": Reader(read_image, saved_image("JPEG"), "a.jpg"),
        "TIFF": Reader(read_image, saved_image("TIFF"), "a.tif"),
        "GIF": Reader(read_image, saved_image("GIF"), "a.gif"),
        "BMP": Reader(read_image, saved_image("BMP"), "a.bmp"),
        "WebP": Reader(read_image, saved_image("WEBP"), "a.webp"),
        "tokenizer": Reader(
            Tokenizer.load, json.loads((folder / "tokens.json").read_text()), "tokens.json"
        ),
        "configuration of PEFT": Reader(
            peft, json.loads(adapters["adapter_config.json"]), "adapter_config.json", adapters
        ),
        "tensors of PEFT": Reader(
            peft, adapters["adapter_model.safetensors"], "adapter_model.safetensors", adapters
        ),
    }


@pytest.fixture(scope="module")
def readers(tmp_path_factory):
    return made_readers(tmp_path_factory.mktemp("valid"))


NAMES = [
    *("COCO", "Pascal VOC", "configuration", "plan", "space", "profile", "result", "history"),
    "trained plan",
    *("preprocessor", "manifest of a run", "metrics of a run", "environment of a run"),
    *("configuration of a run", "untested run", "run to go on with"),
    *("configuration of a run to go on with", "manifest of a checkpoint"),
    *("values of a checkpoint", "arrays of a checkpoint", "safetensors", "configuration of Keras"),
    *("configuration to count", "model", "base of a model", "model without its base"),
    *("CSV", "TSV", "CSV in pieces", "JSON", "JSON lines"),
    *("JSON lines in pieces", "Parquet", "Arrow", "stream of Arrow", "CSV in gzip", "CSV in zip"),
    *("CoNLL", "CoNLL-U", "texts", "array", "arrays", "rows of an array", "PNG", "JPEG", "TIFF"),
    *("GIF", "BMP", "WebP", "tokenizer", "configuration of PEFT", "tensors of PEFT"),
]


def fuzz(reader, folder, examples):
    """Reads as many files that are nearly valid."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    reader.place(folder)
    (folder / reader.name).parent.mkdir(parents=True, exist_ok=True)

    @settings(
        max_examples=examples,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(reader.files())
    def read(content):
        reader.read_or_refuse(folder, content)

    read()


def test_all_readers_are_named(readers):
    assert list(readers) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_valid_file_is_read(readers, name, tmp_path):
    reader = readers[name]
    reader.place(tmp_path)
    (tmp_path / reader.name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / reader.name).write_bytes(reader.valid())
    reader.read(tmp_path / reader.name)


@pytest.mark.parametrize("name", NAMES)
def test_few_files_that_are_nearly_valid(readers, name, tmp_path):
    fuzz(readers[name], tmp_path / "folder", FEW)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_many_files_that_are_nearly_valid(readers, name, tmp_path):
    fuzz(readers[name], tmp_path / "folder", MANY)


PATTERNS = st.lists(
    st.one_of(
        st.sampled_from(
            ["(", ")", "|", "&", "~", "head", "*", "re:", '"', "'", "first(", "last(2)", "groups["]
        ),
        st.sampled_from(
            ["1:", "]", " ", "[a-", "{9999999999}", "(?", "\\", "9" * 5000, "(" * 2000]
        ),
        st.sampled_from(["~" * 3000, "a|" * 3000, "re:[[a]", "re:(?i)a", "a/b", "\0", "é"]),
        st.text(max_size=4),
    ),
    max_size=6,
).map("".join)


def refused_or_not(function, text):
    try:
        function(text)
    except InputError as error:
        require_a_line(error)


def check_texts(examples):
    @settings(max_examples=examples, database=None, derandomize=True, phases=[Phase.generate])
    @given(PATTERNS, st.text(max_size=30))
    def read(pattern, text):
        refused_or_not(parse, pattern)
        for function in (
            parse,
            Plan.from_yaml,
            lambda word: parts_of_words([f"epochs={word}"]),
            lambda word: parts_of_words([word]),
        ):
            refused_or_not(function, text)
        with suppress(ValueError):
            parse_yaml(pattern)

    read()


def test_few_patterns_and_other_texts():
    check_texts(30)


@pytest.mark.slow
def test_many_patterns_and_other_texts():
    check_texts(5000)


def test_a_plan_of_a_run_is_one():
    """That what is changed above is what runs write."""
    assert Plan.from_dict(full(1, 0.1).to_dict()) == full(1, 0.1)
