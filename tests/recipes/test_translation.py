"""The recipe for pairs of texts learns, on this backend, and its run can be read back."""

import itertools
import json
import sys

import numpy as np
import pytest

import kerastune
from kerastune import data, recipes
from kerastune.errors import InputError
from kerastune.evaluation.translations import evaluate_translations

WORDS = {"a": "on", "b": "off"}
# The first letter tells the target.
SOURCES = [
    "".join((letter, *noise)) for noise in itertools.product("xyz", repeat=3) for letter in WORDS
]
PAIRS = (SOURCES, [WORDS[text.strip("xyz")] for text in SOURCES])


def settings(tmp_path, **more):
    return {
        "run_dir": tmp_path / "run",
        "width": 32,
        "layers": 1,
        "attention_heads": 2,
        "dropout": 0.0,
        "epochs": 1,
        "batch_size": 8,
        "beam_size": 2,
        "validation_fraction": 0.0,
        "precision": "float32",
        **more,
    }


@pytest.mark.quick_on_jax
def test_it_learns_and_loads(tmp_path, capsys):
    path = tmp_path / "pairs.tsv"
    rows = "\n".join(map("\t".join, zip(*PAIRS, strict=True)))
    path.write_text(f"small\tlarge\n{rows}\n\tX\n")
    chosen = settings(tmp_path, epochs=20, learning_rate=1e-2)
    result = recipes.translation(str(path), source_column="small", target_column="large", **chosen)
    assert result.metrics["exact_match"] > 0.9
    assert result.metrics["chrf"] > 90
    answers = result.predict(SOURCES[:3])
    assert answers[:2] == ["on", "off"]
    loaded = kerastune.load(tmp_path / "run")
    assert loaded.predict(SOURCES[:3]) == answers
    written = json.loads((tmp_path / "run" / "metrics.json").read_text())
    assert "nearest source" in written["baselines"]
    printed = capsys.readouterr().out
    assert f"1 of {len(SOURCES) + 1} pairs dropped: no source" in printed
    assert "predicted on, true on" in printed


@pytest.mark.any_backend
def test_what_is_cut_or_unknown_is_told(tmp_path):
    job = recipes.translation.build(
        (["aa", "ab", "ba", "bb"], ["xxxx", "xy", "yx", "yy"]),
        test_data=(["az", "a"], ["xx", "y"]),
        **settings(tmp_path, target_length=4),
    )
    assert job.splits.training.notes[-1] == (
        "training: 1 of 4 texts of column 'target' cut to 4 tokens"
    )
    assert job.splits.test.notes[-1].startswith("test: 1 of 2 texts of column 'source' with tokens")
    # The end of a target that is cut is not learned.
    assert job.prepare.prepare_both({"source": ["aa"]}, ["xxxx"])[1].tolist()[0][-1] != 3
    assert job.model.output_shape == (None, 4, job.head.vocabulary_size)


@pytest.mark.any_backend
def test_byte_pairs(tmp_path):
    job = recipes.translation.build(
        PAIRS, **settings(tmp_path, tokenizer="byte_pairs", vocabulary_size=270)
    )
    assert job.head.vocabulary_size == 270
    job.prepare.save(tmp_path / "saved")
    again = kerastune.preprocessing.load_preprocessor(tmp_path / "saved")
    inputs = {"source": ["abc", "é"]}
    for name, rows in again.prepare(inputs).items():
        np.testing.assert_array_equal(rows, job.prepare.prepare(inputs)[name])


@pytest.mark.any_backend
@pytest.mark.parametrize(
    ("given", "more", "message"),
    [
        ({"source": ["a"], "goal": ["b"]}, {}, "column 'target'"),
        ({"source": ["a", "b"], "target": ["b", ""]}, {}, "1 of 2 pairs dropped: no target"),
        ({"source": ["a"], "target": ["b"]}, {}, "at least 2 pairs"),
        ((["a", "a"], ["b", "c"]), {}, "with another target"),
        ((["a", "aa", "aaa", "aaaa"], ["a"] * 4), {}, "2 different tokens"),
        (PAIRS, {"beam_size": 0}, "beam_size=0"),
        (PAIRS, {"target_length": 1}, "at least 2 tokens"),
        (PAIRS, {"vocabulary_size": 4}, "at least 5 tokens"),
        (PAIRS, {"width": 15}, "width=15"),
        (PAIRS, {"source_column": "target"}, "Expected two columns"),
        ("dates:en:xx", {}, "'dates:en:xx'"),
        ("numbers:en", {}, "Expected two languages"),
        ("places:en:../de", {}, "'places:en:../de'"),
    ],
)
def test_what_cannot_be_trained_on_is_told_in_one_line(tmp_path, given, more, message):
    with pytest.raises(InputError, match=message) as caught:
        recipes.translation(given, **{**settings(tmp_path), **more})
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "run").exists()


@pytest.mark.any_backend
@pytest.mark.parametrize("name", ["dates:en:fr", "numbers:en:de", "places:fr:de"])
def test_no_source_is_on_both_sides(name):
    splits = data.open_splits(name, target_kind="text", open_with=data.text_pair_reader())
    training, test = (set(part.values["source"]) for part in (splits.training, splits.test))
    assert len(training) > 1000
    assert not training & test


@pytest.mark.any_backend
def test_it_is_counted_without_reading_anything(tmp_path):
    with data.described_only():
        job = recipes.translation.build(**settings(tmp_path))
    assert job.splits.training.name == "dates"


@pytest.mark.any_backend
def test_metrics_need_sacrebleu(monkeypatch):
    monkeypatch.setitem(sys.modules, "sacrebleu", None)
    with pytest.raises(InputError, match="translation"):
        evaluate_translations(["a"], ["a"])
