"""What is told apart: models, names, prefixes, paths and functions."""

import subprocess
import sys

import keras
import pytest
import yaml

from kerastune import files as written
from kerastune.cli import main
from kerastune.counting.weights import ModelCount
from kerastune.errors import InputError
from kerastune.params.sources.open import open_model, open_models
from kerastune.params.sources.texts import model_names

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

    for name in ("count_keras_file", "count_safetensors", "count_weights_file"):
        monkeypatch.setattr(f"kerastune.params.sources.files.{name}", reader(name))
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


def test_a_run_that_has_no_model_yet_is_what_its_recipe_builds(run):
    (run / "model.keras").unlink()
    assert open_model(run).parameters == 225_034
    assert "of the plan 'full'" in " ".join(open_model(run).notes)


def test_code_that_a_run_names_is_not_run(run, tmp_path):
    (run / "model.keras").unlink()
    (tmp_path / "mine.py").write_text("raise RuntimeError")
    written.write_json(run / "run.json", {"recipe": f"{tmp_path / 'mine.py'}:mine"})
    with pytest.raises(InputError, match="Trust it to run its code"):
        open_model(run)


class TestOptionsOfARecipe:
    def open(self, tmp_path, **options):
        path = tmp_path / "run.yaml"
        path.write_text(yaml.safe_dump({"recipe": "image_classification", **options}))
        return open_model(path)

    @pytest.mark.parametrize(
        ("backbone", "parameters", "features"),
        [
            # As https://www.tensorflow.org/tutorials/images/transfer_learning prints it.
            ("applications:MobileNetV2:none", 2_257_984, 1280),
            ("small_resnet", 77_776, 64),  # its docstring
        ],
    )
    def test_the_backbone_has_the_head_for_its_data(self, backbone, parameters, features, tmp_path):
        count = self.open(tmp_path, data="digits", backbone=backbone, plan="head_only")
        head = (features + 1) * 10
        assert (count.parameters, count.trainable) == (parameters + head, head)
        assert count.name == str(tmp_path / "run.yaml")

    def test_stage_that_trains_most(self, tmp_path):
        plan = "linear_probe_then_fine_tune"
        count = self.open(tmp_path, data="digits", backbone="small_resnet", plan=plan)
        assert count.trainable == count.parameters - count.by_kind()["state"]
        assert f"the stage 'fine-tune' of the plan {plan!r}" in " ".join(count.notes)

    def test_options_as_the_command_writes_them(self, tmp_path, capsys):
        with pytest.raises(SystemExit):
            main(["run", "lenet", "--print_config"])
        path = tmp_path / "run.yaml"
        path.write_text(capsys.readouterr().out)
        assert open_model(path).parameters == 225_034


@pytest.mark.parametrize(
    "content",
    [
        "",
        "plan: full",
        "recipe: lennet",
        "recipe: mine.py",
        "recipe: lenet\nplan: hed_only",
        "recipe: lenet\nbackbone: 3",
        "- lenet",
        "a: [",
        "!!python/object/apply:os.getcwd []",
        "recipe: image_classification\ndata: digits\nbackbone: applications:ResNet5",
        "recipe: image_classification\ndata: digits\nimage_size: big",
    ],
)
def test_a_yaml_file_that_names_no_recipe_is_refused(content, tmp_path):
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
        (3, "of type int"),
        (None, "of type NoneType"),
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
def test_keras_hub_and_polars_are_not_imported_without_need():
    code = """
import sys
from kerastune.params.sources.open import open_models
open_models(["lenet", "applications:MobileNetV2"])
loaded = {"keras_hub", "polars"} & set(sys.modules)
sys.exit(str(loaded) if loaded else 0)
"""
    subprocess.run([sys.executable, "-c", code], check=True)
