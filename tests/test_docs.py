"""The examples of the guides run, one after the other, as they say."""

import re
import shlex
from functools import partial
from pathlib import Path

import keras
import numpy as np
import polars
import pytest

import kerastune
from kerastune import recipes
from kerastune.cli import main

pytestmark = pytest.mark.any_backend

DOCS = Path(kerastune.__file__).parents[1] / "docs"


def run(guide: str, **names) -> dict:
    """The names that the examples of a guide leave behind, beside those that they find."""
    text = (DOCS / guide).read_text(encoding="utf-8")
    for block in re.findall(r"```python\n(.*?)```", text, re.DOTALL):
        exec(compile(block, guide, "exec"), names)
    return names


@pytest.mark.slow
def test_the_readme(tmp_path, monkeypatch, capsys):
    """As it stands, with few sentences as the data, and a ResNet50 that downloads nothing."""
    monkeypatch.chdir(tmp_path)
    texts = [f"{kind} words about {word}" for word in "abcdefghij" for kind in ("good", "bad")]
    table = polars.DataFrame({"text": texts, "label": ["good", "bad"] * 10})
    for name in ("reviews.csv", "other_reviews.csv"):
        table.write_csv(name)
    monkeypatch.setattr(recipes, "text_classification", OnFewSentences(recipes.text_classification))
    monkeypatch.setattr(
        keras.applications, "ResNet50", partial(keras.applications.ResNet50, weights=None)
    )
    images = np.random.default_rng(0).normal(size=(8, 96, 96, 3)).astype("float32")
    names = run("../README.md", images=images, labels=np.arange(8) % 2)
    assert names["result"].predict(["good words"]) in (["good"], ["bad"])
    assert "linear_probe_then_fine_tune" in str(names["job"].plan_table())
    assert (tmp_path / "adapters").is_dir()
    assert "Plan: mine" in capsys.readouterr().out


class OnFewSentences:
    """A recipe that finds few sentences where it would read its own."""

    def __init__(self, recipe):
        self.recipe = recipe

    def __call__(self, data="reviews.csv", **options):
        return self.recipe(data, **options)

    def build(self, data="reviews.csv", **options):
        return self.recipe.build(data, **options)


def test_the_guide_to_adapters(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = run("adapters.md")
    assert names["Shift"](targets="lower").to_dict() == {"method": "shift", "targets": "lower"}
    kept = sum(path.stat().st_size for path in (tmp_path / "adapters").iterdir())
    assert kept < 20_000


def test_the_guide_to_smaller_models():
    names = run("compression.md")
    assert names["found"].layers == (names["model"].layers[0].path,)
    assert names["plan"].stages[1].pruning.sparsity == 0.8


def test_the_guide_to_tuning(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    keras.utils.set_random_seed(0)
    names = run("tuning.md")
    assert "frozen" not in capsys.readouterr().out.split("Plan: mine")[0]
    assert set(names["search"].suggestions) == {"valley", "steep", "minimum", "slide"}
    assert (tmp_path / "rates.png").stat().st_size > 10_000
    assert np.isclose(float(names["optimizer"].learning_rate), 1e-4)
    text = (DOCS / "tuning.md").read_text(encoding="utf-8")
    (by_hand,) = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    assert kerastune.Plan.from_yaml(by_hand).stages[0].optimizer.beta_2 == 0.95


def test_the_guide_to_data(capsys):
    names = run("data.md")
    said = capsys.readouterr().out
    text = (DOCS / "data.md").read_text(encoding="utf-8")
    assert said in text
    assert (
        names["source"].notes[0].startswith("classes of 'label' that look alike: 'Cat' and 'cat'")
    )


def test_the_guide_to_extending(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = run("extending.md")
    assert names["job"].name == "median_prices"
    # The noise that was made up has a mean of about 8,000, the prices a spread of 160,000.
    assert names["result"].metrics["mean_absolute_error"] < 25_000
    np.testing.assert_allclose(
        names["again"].predict([[80.0, 3.0]]), names["result"].predict([[80.0, 3.0]]), rtol=1e-5
    )


def test_the_guide_to_distribution():
    """In one process, as on a laptop."""
    assert len(run("distribution.md")["history"].epochs) == 3


def test_the_guide_to_using_a_run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    names = run("using-a-run.md")
    assert names["result"].predict(names["rows"]) == ["class_0"] * 3
    assert names["found"]["accuracy"] > 0.9
    errors = [one["error"] for one in names["worst"]]
    assert errors == sorted(errors, reverse=True)
    assert all(one["predicted"] != one["true"] for one in names["worst"])
    samples = kerastune.data.wine()
    (target,) = samples.targets
    labels = [samples.columns[target].class_names[code] for code in samples.values[target]]
    polars.DataFrame({**samples.values, target: labels}).write_csv("wine.csv")
    text = (DOCS / "using-a-run.md").read_text(encoding="utf-8")
    for line in re.findall(r"```sh\n(.*?)```", text, re.DOTALL)[0].splitlines():
        command, *arguments = shlex.split(line)
        assert (command, main(arguments)) == ("kerastune", 0), capsys.readouterr().err
    assert polars.read_csv("answers.csv").height == polars.read_parquet("answers.parquet").height
    assert polars.read_csv("answers.csv").height == len(samples)


def test_the_guide_to_counting():
    names = run("counting.md")
    assert names["count"].parameters == 64 * 128 + 128 + 128 * 10 + 10
    assert [row[0] for row in names["table"].rows] == ["mine", "lenet"]


@pytest.mark.slow
def test_commands_of_the_guide_to_counting(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for units, name in ((3, "before"), (4, "after")):
        layers = [keras.Input((2,)), keras.layers.Dense(units, name="a")]
        keras.Sequential(layers).save(f"{name}.keras")
    Path("run.yaml").write_text("recipe: lenet\nplan: head_only\n", encoding="utf-8")
    text = (DOCS / "counting.md").read_text(encoding="utf-8")
    block = re.search(r"```sh\n(.*?)```", text, re.DOTALL)
    assert block is not None
    for line in block[1].splitlines():
        command, *arguments = shlex.split(line, comments=True)
        assert (command, main(arguments)) == ("kerastune", 0), capsys.readouterr().err
