import json
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
import pytest

from kerastune.data import Source, Splits
from kerastune.errors import InputError, MissingExtraError
from kerastune.preprocessing import load_preprocessor, load_text_preprocessor
from tests.tiny import TINY_WORDS, tiny_bert_preset, tiny_hugging_face_bert

pytestmark = pytest.mark.first_backend

UNKNOWN, START, END = 1, 2, 3


@pytest.fixture(scope="module")
def preset(tmp_path_factory):
    return tiny_bert_preset(tmp_path_factory.mktemp("preset"))


@pytest.fixture(scope="module")
def hugging_face(tmp_path_factory):
    return tiny_hugging_face_bert(tmp_path_factory.mktemp("hugging_face"))


def ids(*words):
    return [5 + TINY_WORDS.index(word) for word in words]


def test_sentences_become_the_inputs_of_the_backbone(preset):
    preprocessor = load_text_preprocessor(preset, sequence_length=6)
    arrays = preprocessor(["Good films.", "", "the a an of and to in"])
    assert preprocessor.sequence_length == 6
    assert {name: (type(array), array.dtype.name) for name, array in arrays.items()} == {
        "token_ids": (np.ndarray, "int32"),
        "segment_ids": (np.ndarray, "int32"),
        "padding_mask": (np.ndarray, "bool"),
    }
    assert arrays["token_ids"].tolist() == [
        [START, *ids("good", "film", "##s", "."), END],
        [START, END, 0, 0, 0, 0],
        [START, *ids("the", "a", "an", "of"), END],
    ]
    np.testing.assert_array_equal(arrays["padding_mask"], arrays["token_ids"] != 0)
    assert not arrays["segment_ids"].any()


def test_the_names_are_those_of_the_backbone(preset):
    from kerastune.models.backbones import load_backbone

    arrays = load_text_preprocessor(preset, sequence_length=6)(["good"])
    assert set(arrays) == {tensor.name for tensor in load_backbone(preset).inputs}


@pytest.mark.parametrize("source", ["preset", "hugging_face"])
def test_any_text_can_be_tokenized(source, request):
    texts = [
        "naïve café",
        "日本語　テキスト",
        "👨‍👩‍👧 😀",
        "",
        "  \n",
        "\ud800 half",
        "a\x00b",
        "x" * 300,
    ]
    preprocessor = load_text_preprocessor(request.getfixturevalue(source), sequence_length=8)
    arrays = preprocessor(texts)
    assert arrays["token_ids"].shape == (len(texts), 8)
    assert (arrays["token_ids"][:, 0] == START).all()


def test_accents_go_where_the_hugging_face_directory_says_so(hugging_face):
    arrays = load_text_preprocessor(hugging_face, sequence_length=5)(
        ["Göod fílm", "good\u3000film"]
    )
    assert arrays["token_ids"].tolist() == [[START, *ids("good", "film"), END, 0]] * 2


def test_accents_stay_where_the_hugging_face_directory_says_so(tmp_path):
    tiny_hugging_face_bert(tmp_path)
    rules = {"do_lower_case": True, "strip_accents": False}
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(rules))
    arrays = load_text_preprocessor(tmp_path, sequence_length=5)(["Göod Film"])
    assert arrays["token_ids"].tolist() == [[START, UNKNOWN, *ids("film"), END, 0]]


@pytest.mark.parametrize("source", ["preset", "hugging_face"])
def test_what_is_saved_gives_the_same_ids(source, request, tmp_path):
    preprocessor = load_text_preprocessor(request.getfixturevalue(source), sequence_length=8)
    preprocessor.save(tmp_path / "text")
    loaded = load_preprocessor(tmp_path / "text")
    texts = ["Göod… film!", "好 story", "the GREAT plot ısn't", "two\u00a0films"]
    assert loaded.sequence_length == 8
    expected = preprocessor(texts)
    for name, array in loaded(texts).items():
        np.testing.assert_array_equal(array, expected[name])
    assert expected["token_ids"].max() > UNKNOWN + 4


def test_an_empty_list_gives_empty_arrays(preset):
    arrays = load_text_preprocessor(preset, sequence_length=8)([])
    assert {array.shape for array in arrays.values()} == {(0, 8)}


@pytest.mark.parametrize(
    ("texts", "received"), [("good", "the string 'good'"), (["good", None], "None in it")]
)
def test_anything_but_a_list_of_strings_is_refused(preset, texts, received):
    preprocessor = load_text_preprocessor(preset, sequence_length=8)
    with pytest.raises(InputError, match=f"Expected a list of strings. Received: {received}"):
        preprocessor.prepare({"text": texts})


def test_two_threads_get_what_one_gets(hugging_face):
    generator = np.random.default_rng(0)
    words = [word for word in TINY_WORDS if word.isalpha()]
    batches = [
        [" ".join(generator.choice(words, 6)) for _ in range(size)]
        for size in (32, 32, 7, 32, 1, 32, 32, 20)
    ]
    alone = [load_text_preprocessor(hugging_face, sequence_length=8)(batch) for batch in batches]
    shared = load_text_preprocessor(hugging_face, sequence_length=8)
    with ThreadPoolExecutor(2) as threads:
        together = list(threads.map(shared, batches))
    for expected, got in zip(alone, together, strict=True):
        np.testing.assert_array_equal(got["token_ids"], expected["token_ids"])


@pytest.mark.parametrize("source", ["preset", "hugging_face"])
@pytest.mark.parametrize("length", [2, 33])
def test_a_length_the_backbone_does_not_take_is_refused(source, length, request):
    with pytest.raises(InputError, match=f"from 3 to .*Received: sequence_length={length}"):
        load_text_preprocessor(request.getfixturevalue(source), sequence_length=length)


def test_a_keras_file_carries_no_tokenizer(tmp_path):
    (tmp_path / "model.keras").touch()
    with pytest.raises(InputError, match="Give the directory"):
        load_text_preprocessor(tmp_path / "model.keras", sequence_length=8)


@pytest.mark.parametrize("part", ["tokenizer.json", "assets"])
def test_a_preset_without_its_tokenizer_is_refused(tmp_path, preset, part):
    shutil.copytree(preset, tmp_path / "copy")
    (tmp_path / "copy" / "preprocessor.json").unlink()
    (tmp_path / "copy" / part).rename(tmp_path / "elsewhere")
    with pytest.raises(InputError, match="Expected a directory with the tokenizer"):
        load_text_preprocessor(tmp_path / "copy", sequence_length=8)


def test_a_preset_of_an_unknown_class_is_refused(tmp_path):
    (tmp_path / "config.json").write_text('{"registered_name": "someone>Model"}')
    (tmp_path / "model.weights.h5").touch()
    with pytest.raises(InputError, match="no class registered with Keras for someone>Model"):
        load_text_preprocessor(tmp_path, sequence_length=8)


@pytest.mark.parametrize("part", ["vocab.txt", "tokenizer_config.json"])
def test_a_hugging_face_directory_without_its_tokenizer_is_refused(tmp_path, part):
    (tiny_hugging_face_bert(tmp_path) / part).unlink()
    with pytest.raises(InputError, match="Expected a directory with the tokenizer"):
        load_text_preprocessor(tmp_path, sequence_length=8)


@pytest.mark.parametrize("damage", ["missing", "other"])
def test_a_directory_without_a_preprocessor_is_refused(tmp_path, preset, damage):
    load_text_preprocessor(preset, sequence_length=8).save(tmp_path)
    file = tmp_path / "preprocessor.json"
    if damage == "missing":
        file.unlink()
    else:
        layer = keras.saving.serialize_keras_object(keras.layers.Dense(1))
        file.write_text(json.dumps(layer))
    with pytest.raises(InputError, match="Expected a directory with a saved text preprocessor"):
        load_preprocessor(tmp_path)


def test_it_finds_the_column_of_texts(tmp_path, preset):
    source = Source.of(["good film", "bad"], [1.0, 2.0], input_name="review")
    preprocessor = load_text_preprocessor(preset, sequence_length=6).fit(source)
    expected = preprocessor(["good film", "bad"])["token_ids"]
    np.testing.assert_array_equal(preprocessor.prepare(source.values)["token_ids"], expected)
    preprocessor.save(tmp_path)
    assert load_preprocessor(tmp_path).columns == ("review",)
    with pytest.raises(InputError, match="an input of kind text"):
        preprocessor.fit(Source.of(np.zeros((1, 2)), [1.0]))


def test_without_kerashub_the_extra_is_named(preset, monkeypatch):
    monkeypatch.setitem(sys.modules, "keras_hub", None)
    with pytest.raises(MissingExtraError, match=r"\[hub\]'"):
        load_text_preprocessor(preset, sequence_length=8)


@pytest.mark.parametrize("source", ["preset", "hugging_face"])
def test_texts_that_are_cut_are_noted(source, request):
    preprocessor = load_text_preprocessor(request.getfixturevalue(source), sequence_length=5)
    short, long = ["good film", "a fine film"], ["a fine poor film", "good", ""]
    labels = {"class_names": ("no", "yes")}
    splits = Splits(Source.of(short, [0, 1], **labels), Source.of(long, [0, 1, 1], **labels))
    noted = preprocessor.fit(splits.training).noted(splits)
    assert noted.training.notes == ()
    assert noted.test.notes == ("test: 1 of 3 texts cut to 5 tokens",)


class TestLengthByTheData:
    """Without a `sequence_length` the training samples decide."""

    @pytest.mark.parametrize(
        ("words", "expected"),
        [([3] * 95 + [30] * 5, 8), ([3] * 94 + [20] * 6, 24), ([400], 32), ([1], 8)],
    )
    def test_it_holds_most_texts_and_is_bounded_by_the_backbone(self, preset, words, expected):
        texts = [" ".join(["good"] * count) for count in words]
        preprocessor = load_text_preprocessor(preset)
        assert preprocessor.sequence_length == 32
        preprocessor.fit(Source.of(texts, ["a"] * len(texts)))
        assert preprocessor.sequence_length == expected
        assert preprocessor(["good film"])["token_ids"].shape == (1, expected)
        cut = sum(count + 2 > expected for count in words)
        note = f"training: {cut} of {len(words)} texts cut to {expected} tokens"
        samples = Source.of(texts, ["a"] * len(texts))
        assert preprocessor.notes_for("training", samples) == ([note] if cut else [])

    def test_grouped_by_length_a_batch_is_padded_to_what_it_needs(self, preset, tmp_path):
        texts = [" ".join(["good"] * count) for count in [3] * 60 + [20] * 40]
        samples = Source.of(texts, ["a"] * len(texts))
        preprocessor = load_text_preprocessor(preset, group_by_length=True).fit(samples)
        assert preprocessor.sequence_length == 24
        assert preprocessor.lengths(samples).tolist() == [5] * 60 + [22] * 40
        preprocessor.save(tmp_path)
        for one in (preprocessor, load_preprocessor(tmp_path)):
            assert one(["good film"])["token_ids"].shape == (1, 8)
            assert one(["good film", texts[-1]])["token_ids"].shape == (2, 24)
            assert one.without_buckets()(["good film"])["token_ids"].shape == (1, 4)
            assert one(["good film"])["token_ids"].shape == (1, 8)
        assert load_text_preprocessor(preset).fit(samples).lengths(samples) is None

    def test_one_that_is_given_stands(self, preset):
        preprocessor = load_text_preprocessor(preset, sequence_length=6)
        preprocessor.fit(Source.of(["good " * 20], ["a"]))
        assert preprocessor.sequence_length == 6

    def test_it_is_saved(self, preset, tmp_path):
        preprocessor = load_text_preprocessor(preset).fit(Source.of(["good film"], ["a"]))
        preprocessor.save(tmp_path)
        assert load_preprocessor(tmp_path).sequence_length == 8
