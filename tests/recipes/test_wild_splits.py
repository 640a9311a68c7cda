"""Splits as they are published, each built by the recipe that should take it."""

import polars
import pytest

from kerastune import recipes
from tests.tiny import tiny_bert_preset

pytestmark = pytest.mark.any_backend

OPTIONS = {"sequence_length": 8, "validation_fraction": 0.0}


@pytest.fixture(scope="module")
def preset(tmp_path_factory):
    return str(tiny_bert_preset(tmp_path_factory.mktemp("tiny") / "preset"))


def sizes(job):
    return {use: len(part) for use, part in job.splits.parts.items()}


def test_a_repository_of_texts(preset, tmp_path):
    for part, count in (("train", 8), ("validation", 2), ("test", 4)):
        for number in range(2):
            rows = [(f"the {n} film", n % 2) for n in range(10 * number, 10 * number + count)]
            frame = polars.DataFrame(rows, schema=["review", "stars"], orient="row")
            (tmp_path / "data").mkdir(exist_ok=True)
            frame.write_parquet(tmp_path / "data" / f"{part}-0000{number}-of-00002.parquet")
    (tmp_path / "README.md").write_text("---\nconfigs: []\n---\n")
    names = {"text_column": "review", "label_column": "stars"}
    job = recipes.text_classification.build(tmp_path, backbone=preset, **names, **OPTIONS)
    assert sizes(job) == {"training": 16, "validation": 4, "test": 8}


def test_entities_of_a_competition(preset, tmp_path):
    rows = [f"Sentence: {n},Ada,NNP,B-per\n,café,NN,O\n" for n in range(8)]
    content = "Sentence #,Word,POS,Tag\n" + "".join(rows)
    (tmp_path / "train.csv").write_bytes(content.encode("latin-1"))
    (tmp_path / "test.csv").write_text("Sentence #,Word\nSentence: 1,Ada\n,ran\n")
    job = recipes.token_classification.build(tmp_path, backbone=preset, **OPTIONS)
    assert sizes(job) == {"training": 6, "test": 2}
    assert any("test.csv has no column 'Tag'" in note for note in job.splits.training.notes)


def test_a_table_of_a_competition(tmp_path):
    rows = [(n, n + 0.5, "ab"[n % 2], n % 2) for n in range(12)]
    frame = polars.DataFrame(rows, schema=["id", "age", "class", "survived"], orient="row")
    frame.write_csv(tmp_path / "train.csv")
    frame.drop("survived").write_csv(tmp_path / "test.csv")
    frame.select("id", "survived").write_csv(tmp_path / "gender_submission.csv")
    job = recipes.tabular_classification.build(tmp_path, target="survived", drop=["id"])
    assert sum(sizes(job).values()) == 12
    notes = "; ".join(job.splits.training.notes)
    assert "none of these parts: 'gender_submission.csv'" in notes
    assert "test.csv has no column 'survived': its 12 rows are not used" in notes
