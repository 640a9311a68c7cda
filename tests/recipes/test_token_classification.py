"""The recipe for tokens learns spans on this backend, and its run can be read back."""

import json

import numpy as np
import pytest

import kerastune
from kerastune import data, recipes
from kerastune.errors import InputError
from tests.tiny import tiny_bert_preset

SPANS = {"good film": "B-LIKED I-LIKED", "poor book": "B-DISLIKED I-DISLIKED", "actor": "O"}


@pytest.fixture(scope="module")
def preset(tmp_path_factory):
    return str(tiny_bert_preset(tmp_path_factory.mktemp("tiny") / "preset", num_layers=1))


def sentences(count, seed=0):
    """Tokens and tags in which two words beside each other make a span."""
    generator = np.random.default_rng(seed)
    chosen = [generator.choice(list(SPANS), 3) for _ in range(count)]
    tokens = [" and ".join(parts).split() for parts in chosen]
    tags = [" O ".join(SPANS[part] for part in parts).split() for parts in chosen]
    return tokens, tags


@pytest.fixture
def conll(tmp_path):
    """A CoNLL file of such sentences in IOB1, with a column between tokens and tags."""
    lines = []
    for words, tags in zip(*sentences(72), strict=True):
        lines += [
            f"{word} _ {tag.replace('B-', 'I-')}" for word, tag in zip(words, tags, strict=True)
        ]
        lines.append("")
    (tmp_path / "train.conll").write_text("\n".join(lines))
    return str(tmp_path / "train.conll")


def settings(preset, tmp_path, **more):
    return {
        "backbone": preset,
        "sequence_length": 12,
        "run_dir": tmp_path / "run",
        "epochs": 12,
        # Divides the training samples, so that every step is compiled once.
        "batch_size": 18,
        "learning_rate": 2e-2,
        "validation_fraction": 0.0,
        **more,
    }


@pytest.mark.quick_on_jax
def test_it_learns_spans_and_loads(preset, conll, tmp_path, capsys):
    result = recipes.token_classification(conll, **settings(preset, tmp_path))
    assert result.metrics["span_f1"] >= 0.95
    assert set(result.metrics["per_type"]) == {"LIKED", "DISLIKED"}
    asked = [["good", "film", "and", "poor", "book"], ["actor"], []]
    tags = result.predict(asked)
    assert tags == [["B-LIKED", "I-LIKED", "O", "B-DISLIKED", "I-DISLIKED"], ["O"], []]
    assert result.head.spans(result.outputs(asked))[0] == [("LIKED", 0, 2), ("DISLIKED", 3, 5)]
    assert [rows.shape for rows in result.probabilities(asked)] == [(5, 5), (1, 5), (0, 5)]
    # Other samples in another form.
    found = result.evaluate(sentences(10, seed=1))
    assert found["span_f1"] >= 0.95
    loaded = kerastune.load(tmp_path / "run")
    assert loaded.metrics == result.metrics
    for rows, expected in zip(loaded.outputs(asked), result.outputs(asked), strict=True):
        np.testing.assert_allclose(rows, expected, atol=1e-5)
    baselines = json.loads((tmp_path / "run" / "metrics.json").read_text())["baselines"]
    assert sorted(baselines) == [
        "logistic regression on token features",
        "most frequent tag of a token",
    ]
    assert (tmp_path / "run" / "calibration.png").is_file()
    printed = capsys.readouterr().out
    assert "tags I- that begin a span became B-" in printed
    assert "predicted LIKED 1-2" in printed or "predicted DISLIKED 1-2" in printed


@pytest.mark.first_backend
def test_prefixes_learn_and_load(preset, conll, tmp_path):
    plan = {"plan": "prefix_tuning", "epochs": 2}
    result = recipes.token_classification(conll, **settings(preset, tmp_path, **plan))
    losses = result.history.step_loss
    assert losses[-1] < losses[0]
    loaded = kerastune.load(tmp_path / "run")
    asked = [["good", "film", "and", "poor", "book"], ["actor"], []]
    for rows, expected in zip(loaded.outputs(asked), result.outputs(asked), strict=True):
        np.testing.assert_allclose(rows, expected, atol=1e-5)
    assert (tmp_path / "run" / "adapters").is_dir()


@pytest.mark.any_backend
def test_plain_tags_of_records_that_are_cut_off(preset, tmp_path, capsys):
    words, tags = sentences(40)
    plain = [[{"B": "ADJ", "I": "NOUN", "O": "X"}[tag[0]] for tag in sample] for sample in tags]
    records = [{"words": w, "pos": t} for w, t in zip(words, plain, strict=True)]
    result = recipes.token_classification(
        records[8:],
        test_data=records[:8],
        tokens_name="words",
        tags_name="pos",
        **settings(preset, tmp_path, sequence_length=5, epochs=1, dropout=0.0),
    )
    assert next(iter(result.metrics)) == "token_accuracy"
    assert result.head.class_names == ("ADJ", "NOUN", "X")
    # Three of the five positions are for tokens.
    notes = [line for line in capsys.readouterr().out.splitlines() if "get no output" in line]
    assert [note.split(": ")[1] for note in notes] == ["training", "test"]
    cut = [int(note.split(": ")[2].split()[0]) for note in notes]
    assert sum(cut) == sum(max(len(sentence) - 3, 0) for sentence in words)
    total = sum(len(sentence) for sentence in words[:8])
    assert result.metrics["answered_tokens"] == pytest.approx(1 - cut[1] / total)
    assert result.predict([["good"] * 5])[0][3:] == [None, None]


def test_a_test_file_has_the_tags_of_the_training_file(preset, conll, tmp_path):
    other = tmp_path / "test.conll"
    other.write_text("good _ B-LOVED\nfilm _ O\n")
    with pytest.raises(InputError, match="'B-LOVED' in the sentence that begins in line 1"):
        recipes.token_classification(conll, other, **settings(preset, tmp_path))
    assert not (tmp_path / "run").exists()


@pytest.mark.any_backend
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"data": "docstrings"}, "input of kind tokens"),
        ({"data": "no.conll"}, "no such file or data set"),
        ({"sequence_length": 1000}, "sequence_length=1000"),
        ({"tag_column": 7}, "a column from -3 to 2"),
        ({"label_smoothing": 1.0}, "label_smoothing=1.0"),
    ],
)
def test_what_cannot_be_trained_on_writes_nothing(preset, conll, tmp_path, arguments, message):
    with pytest.raises(InputError, match=message):
        recipes.token_classification(**{"data": conll, **settings(preset, tmp_path), **arguments})
    assert not (tmp_path / "run").exists()


def test_it_is_counted_without_reading_anything(preset):
    with data.described_only():
        job = recipes.token_classification.build(backbone=preset, sequence_length=12)
    assert job.model.output_shape == (None, None, 10)
    assert job.head.class_names == data.NAMED["python_source"].columns["tags"].class_names
