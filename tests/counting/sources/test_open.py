"""What is told apart: models, names, prefixes, paths and functions."""

import subprocess
import sys
import types

import keras
import pytest
import yaml

from kerastune import files as written
from kerastune.counting.sources import model_names, open_model, open_models
from kerastune.counting.weights import ModelCount
from kerastune.errors import InputError
from kerastune.models import small_resnet

pytestmark = pytest.mark.any_backend


@pytest.fixture
def readers(monkeypatch):
    """What is handed to the readers of files, in place of them."""
    asked = []

    def reader(name):
        def count(path, **options):
            asked.append((name, path.name, options))
            return ModelCount(path.name, ())

        return count

    names = ("count_keras_file", "count_safetensors", "count_weights_file")
    fake = types.SimpleNamespace(**{name: reader(name) for name in names})
    monkeypatch.setattr("kerastune.counting.sources.files.files", fake)
    return asked


def test_a_model_in_memory_is_counted_as_it_is():
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    assert open_model(model).model is model


def test_a_model_in_memory_that_is_not_built_is_refused():
    with pytest.raises(InputError, match="Call it on a batch first"):
        open_model(keras.Sequential([keras.layers.Dense(3)]))


def test_several_models_come_in_order():
    counts, notes = open_models(["mlp_784_128_10", "lenet"])
    assert [count.parameters for count in counts] == [101_770, 225_034]
    assert notes == []


def test_every_name_that_is_listed_is_one_that_can_be_opened():
    names = model_names()
    assert len(set(names)) == len(names)
    for name in names:
        if ":" not in name and "llama" not in name:
            assert open_model(name).parameters > 0


@pytest.mark.parametrize(
    ("file", "asked"),
    [
        ("a.keras", ("count_keras_file", "a.keras", {"trust": True})),
        ("a.weights.h5", ("count_weights_file", "a.weights.h5", {})),
        ("a.safetensors", ("count_safetensors", "a.safetensors", {})),
    ],
)
def test_a_file_goes_to_its_reader(file, asked, readers, tmp_path):
    (tmp_path / file).touch()
    open_model(str(tmp_path / file), trust=True)
    assert readers == [asked]


@pytest.mark.parametrize(
    ("file", "content", "asked"),
    [
        ("x.json", '{"class_name": "Sequential", "config": {}}', "count_keras_file"),
        ("model.safetensors.index.json", '{"weight_map": {}}', "count_safetensors"),
        ("model.weights.json", '{"weight_map": {}}', "count_weights_file"),
    ],
)
def test_json_is_told_apart_by_its_content(file, content, asked, readers, tmp_path):
    (tmp_path / file).write_text(content)
    open_model(tmp_path / file)
    assert readers[0][0] == asked


@pytest.fixture
def run(tmp_path):
    """The directory of a finished run."""
    written.write_json(tmp_path / "run" / "run.json", {"recipe": "lenet", "status": "finished"})
    written.write_text(tmp_path / "run" / "config.yaml", "backend: jax\nplan: full\n")
    written.write_text(tmp_path / "run" / "model.keras", "")
    return tmp_path / "run"


def test_a_run_is_its_model(run, readers):
    open_model(run)
    open_model(run / "config.yaml")
    assert readers == [("count_keras_file", "model.keras", {"trust": False})] * 2


def test_a_run_that_is_not_finished_has_no_model(run):
    (run / "model.keras").unlink()
    with pytest.raises(InputError, match="Expected a run that is finished"):
        open_model(run)


RECIPE = {"data": "photos/", "plan": "head_only", "image_size": 64}


@pytest.mark.parametrize(
    ("backbone", "parameters", "head"),
    [
        # As https://www.tensorflow.org/tutorials/images/transfer_learning prints it.
        ("applications:MobileNetV2:none", 2_257_984, 1280 + 1),
        ("small_resnet", 77_776, 64 + 1),  # its docstring
    ],
)
class TestOptionsOfARecipe:
    def open(self, tmp_path, **options):
        path = tmp_path / "run.yaml"
        path.write_text(yaml.safe_dump(RECIPE | options))
        return open_model(path)

    def test_backbone_without_a_classifier_and_a_head(self, backbone, parameters, head, tmp_path):
        count = self.open(tmp_path, backbone=backbone)
        assert count.parameters == parameters + head
        assert count.name == str(tmp_path / "run.yaml")
        assert "with a head of one output" in " ".join(count.notes)

    def test_plan_says_what_trains(self, backbone, parameters, head, tmp_path):
        assert self.open(tmp_path, backbone=backbone).trainable == head

    def test_stage_that_trains_most(self, backbone, parameters, head, tmp_path):
        plan = "linear_probe_then_fine_tune"
        count = self.open(tmp_path, backbone=backbone, plan=plan)
        assert count.trainable == count.parameters - count.by_kind()["state"]
        assert f"the stage 'fine-tune' of the plan {plan!r}" in " ".join(count.notes)

    def test_plan_that_is_not_known(self, backbone, parameters, head, tmp_path):
        with pytest.raises(InputError, match="hed_only"):
            self.open(tmp_path, backbone=backbone, plan="hed_only")


def test_three_channels_give_the_small_network_the_parameters_that_the_note_says(tmp_path):
    path = tmp_path / "run.yaml"
    path.write_text("backbone: small_resnet")
    three, one = (small_resnet((28, 28, channels)).count_params() for channels in (3, 1))
    more = three - one
    assert f"three have {more} parameters more" in " ".join(open_model(path).notes)


def test_a_yaml_file_can_name_any_model(tmp_path):
    path = tmp_path / "run.yaml"
    path.write_text("model: mlp_784_128_10")
    count = open_model(path)
    assert (count.parameters, count.notes) == (101_770, ())


@pytest.mark.parametrize(
    "content",
    [
        "",
        "plan: full",
        "backbone: 3",
        "model: run.yaml",
        "- lenet",
        "a: [",
        "!!python/object/apply:os.getcwd []",
        "model: lennet",
        "backbone: applications:ResNet5",
        "backbone: applications:ResNet50\nimage_size: 3",
        "backbone: applications:ResNet50\nimage_size: big",
    ],
)
def test_a_yaml_file_that_names_no_model_is_refused(content, tmp_path):
    path = tmp_path / "run.yaml"
    path.write_text(content)
    with pytest.raises(InputError, match="Received") as error:
        open_model(str(path))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("lennet", "Did you mean 'lenet'"),
        ("ResNet50", "Did you mean 'applications:ResNet50'"),
        ("bert_base_en", "Did you mean 'keras_hub:bert_base_en'"),
        ("mlp_784", "Did you mean 'mlp_784_128_10'"),
        ("", "Expected a model"),
        ("aplications:ResNet50", "No module named 'aplications'. Did you mean 'applications'"),
        ("model.keras", "does not exist"),
        ("runs/nothing", "does not exist"),
        ("missing.yaml", "does not exist"),
        ("https://example.com/model.keras", "kaggle:// or hf://"),
        (3, "a int"),
        (None, "a NoneType"),
    ],
)
def test_bad_input_is_one_line(text, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="Received") as error:
        open_model(text)
    assert said in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", ["notes.txt", "mine.py", "plain", "folder"])
def test_a_path_that_holds_no_model_is_refused(name, tmp_path):
    (tmp_path / name).mkdir() if name == "folder" else (tmp_path / name).touch()
    with pytest.raises(InputError, match="Received") as error:
        open_model(tmp_path / name)
    assert "\n" not in str(error.value)


def test_a_name_comes_before_a_path_of_that_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lenet").mkdir()
    assert open_model("lenet").parameters == 225_034
    with pytest.raises(InputError, match="config.json"):
        open_model("./lenet")


@pytest.mark.slow
def test_keras_hub_is_not_imported_without_need():
    code = """
import sys
from kerastune.counting.sources import open_models
open_models(["lenet", "applications:MobileNetV2"])
sys.exit("keras_hub" in sys.modules)
"""
    subprocess.run([sys.executable, "-c", code], check=True)
