import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kerastune.data import IGNORED_TAG, Source, Splits, tagged_tokens
from kerastune.errors import InputError
from kerastune.preprocessing import (
    TextPreprocessor,
    TokenPreprocessor,
    load_preprocessor,
    load_text_preprocessor,
    load_token_preprocessor,
)
from tests.tiny import TINY_WORDS, tiny_bert_preset, tiny_hugging_face_bert

pytestmark = pytest.mark.first_backend

START, END = 2, 3


@pytest.fixture(scope="module")
def preset(tmp_path_factory):
    return tiny_bert_preset(tmp_path_factory.mktemp("preset"))


@pytest.fixture(scope="module")
def hugging_face(tmp_path_factory):
    return tiny_hugging_face_bert(tmp_path_factory.mktemp("hugging_face"))


@pytest.fixture(scope="module")
def roberta():
    """A text preprocessor with a byte-pair tokenizer, for which "Ġ" is a leading space."""
    import keras_hub

    pieces = ["<s>", "<pad>", "</s>", "<mask>", *"abcgo", "Ġ", "Ġa", "go", "Ġgo", "ab", "Ġab"]
    merges = ["a b", "Ġ ab", "Ġ a", "g o", "Ġ go"]
    tokenizer = keras_hub.models.RobertaTokenizer(
        vocabulary={piece: number for number, piece in enumerate(pieces)}, merges=merges
    )
    layer = keras_hub.models.RobertaTextClassifierPreprocessor(tokenizer, sequence_length=8)
    return TextPreprocessor(layer)


def ids(*words):
    return [5 + TINY_WORDS.index(word) for word in words]


def test_words_become_the_inputs_of_the_backbone(preset):
    from kerastune.models.backbones import load_backbone

    preprocessor = load_token_preprocessor(preset, sequence_length=6)
    arrays = preprocessor([["Good", "films", "."], [], ["the", "a", "an", "of", "and"]])
    assert set(arrays) == {tensor.name for tensor in load_backbone(preset).inputs}
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


def test_tags_stand_at_first_pieces_only(preset):
    preprocessor = load_token_preprocessor(preset, sequence_length=7)
    inputs = {"tokens": [["films", "are", "goods"], [], ["a"] * 6]}
    _, tags = preprocessor.prepare_both(inputs, [[4, 5, 6], [], [0, 1, 2, 3, 4, 5]])
    assert IGNORED_TAG == -1
    assert tags.dtype == "int32"
    assert tags.tolist() == [
        [-1, 4, -1, 5, 6, -1, -1],
        [-1] * 7,
        [-1, 0, 1, 2, 3, 4, -1],
    ]


def test_outputs_are_taken_at_first_pieces(preset):
    preprocessor = load_token_preprocessor(preset, sequence_length=7)
    inputs = {"tokens": [["films", "are", "goods"], [], ["a"] * 6]}
    outputs = np.arange(42, dtype="float32").reshape(3, 7, 2)
    first, empty, long = preprocessor.align(outputs, inputs)
    np.testing.assert_array_equal(first, outputs[0, [1, 3, 4]])
    assert empty.shape == (0, 2)
    np.testing.assert_array_equal(long[:5], outputs[2, 1:6])
    # The sixth word has no place among seven, two of which are special.
    assert long.shape == (6, 2)
    assert np.isnan(long[5]).all()
    assert long.dtype == "float32"


def test_a_word_that_is_cut_in_the_middle_is_answered_for(preset):
    preprocessor = load_token_preprocessor(preset, sequence_length=4)
    inputs = {"tokens": [["a", "films"]]}
    arrays, tags = preprocessor.prepare_both(inputs, [[7, 8]])
    assert arrays["token_ids"].tolist() == [[START, *ids("a", "film"), END]]
    assert tags.tolist() == [[-1, 7, 8, -1]]


def test_words_without_pieces_have_no_answer(hugging_face):
    preprocessor = load_token_preprocessor(hugging_face, sequence_length=6)
    inputs = {"tokens": [["good", "\x00", "", "film"]]}
    arrays, tags = preprocessor.prepare_both(inputs, [[1, 2, 3, 4]])
    assert arrays["token_ids"].tolist() == [[START, *ids("good", "film"), END, 0, 0]]
    assert tags.tolist() == [[-1, 1, 4, -1, -1, -1]]
    (rows,) = preprocessor.align(np.ones((1, 6, 3)), inputs)
    assert np.isnan(rows).all(axis=1).tolist() == [False, True, True, False]


def test_tokens_that_get_no_output_are_noted(hugging_face):
    preprocessor = load_token_preprocessor(hugging_face, sequence_length=5)
    samples = tagged_tokens(
        [["a", "films", "good"], ["\x00", "a"], []], [["X", "Y", "X"], ["X", "Y"], []]
    )
    short = tagged_tokens([["a"], ["an"]], [["X"], ["Y"]])
    assert preprocessor.notes == ()
    assert preprocessor.fit(samples) is preprocessor
    expected = (
        "1 of 5 tokens get no output: behind the 5 positions of a sample",
        "1 of 5 tokens get no output: without a piece that the tokenizer knows",
    )
    assert preprocessor.notes == tuple(f"training: {note}" for note in expected)
    splits = preprocessor.noted(Splits(short, samples))
    assert splits.training.notes == ()
    assert splits.test.notes == (
        "1 of 3 samples dropped: no tokens",
        *(f"test: {note}" for note in expected),
    )
    assert preprocessor.fit(short).notes == ()


def test_columns_of_other_names(preset):
    samples = tagged_tokens([["a"]], [["X"]], class_names=("X", "Y"), tokens_name="words")
    preprocessor = load_token_preprocessor(preset, sequence_length=4).fit(samples)
    assert preprocessor.columns == ("words",)
    texts = Source.of(["a", "b"], [0, 1], class_names=("x", "y"))
    with pytest.raises(InputError, match="an input of kind tokens"):
        preprocessor.fit(texts)


def test_several_targets_and_outputs(preset):
    preprocessor = load_token_preprocessor(preset, sequence_length=4)
    inputs = {"tokens": [["films"], ["a"]]}
    targets = {"tags": [[1], [2]], "label": np.array([0, 1])}
    _, prepared = preprocessor.prepare_both(inputs, targets)
    assert prepared["tags"].tolist() == [[-1, 1, -1, -1], [-1, 2, -1, -1]]
    assert prepared["label"] is targets["label"]
    outputs = {"tags": np.ones((2, 4, 3)), "label": np.ones((2, 5))}
    aligned = preprocessor.align(outputs, inputs)
    assert [rows.shape for rows in aligned["tags"]] == [(1, 3), (1, 3)]
    assert aligned["label"] is outputs["label"]


def test_as_many_classes_as_positions_are_no_positions(preset):
    preprocessor = load_token_preprocessor(preset, sequence_length=4)
    inputs = {"tokens": [["good", "film"], ["bad"]]}
    outputs = {"kind": np.ones((2, 4)), "tags": np.arange(16.0).reshape(2, 4, 2)}
    aligned = preprocessor.align(outputs, inputs)
    assert aligned["kind"] is outputs["kind"]
    assert [rows.tolist() for rows in aligned["tags"]] == [[[2, 3], [4, 5]], [[10, 11]]]


def test_samples_to_predict_have_no_tags(preset):
    arrays, tags = load_token_preprocessor(preset, sequence_length=4).prepare_both(
        {"tokens": [["a"]]}, None
    )
    assert arrays["token_ids"].shape == (1, 4)
    assert tags is None


PIECES = [word.removeprefix("##") for word in TINY_WORDS]
WORDS = st.lists(st.sampled_from(PIECES), min_size=1, max_size=4).map("".join)
SENTENCES = st.lists(st.lists(WORDS, max_size=8), max_size=4)


@given(SENTENCES)
@settings(max_examples=30)
def test_the_ids_are_those_of_the_whole_text(preset, sentences):
    texts = load_text_preprocessor(preset, sequence_length=12)
    expected = texts([" ".join(sentence) for sentence in sentences])
    got = TokenPreprocessor(texts)(sentences)
    for name, array in got.items():
        np.testing.assert_array_equal(array, expected[name])
        assert array.dtype == expected[name].dtype


@given(SENTENCES)
@settings(max_examples=30)
def test_tags_come_back_where_they_were_put(preset, sentences):
    """What is spread over positions is what is taken from them."""
    preprocessor = load_token_preprocessor(preset, sequence_length=12)
    codes = [list(range(len(sentence))) for sentence in sentences]
    inputs = {"tokens": sentences}
    arrays, tags = preprocessor.prepare_both(inputs, codes)
    # One answer for each tag, at a position that holds a piece and no special token.
    assert not tags[~arrays["padding_mask"]].size or tags[~arrays["padding_mask"]].max() == -1
    aligned = preprocessor.align(tags[..., np.newaxis].astype("float32"), inputs)
    for rows, sentence_codes, spread in zip(aligned, codes, tags, strict=True):
        kept = rows[~np.isnan(rows)].astype(int).tolist()
        assert kept == sentence_codes[: len(kept)] == spread[spread >= 0].tolist()


def test_byte_pairs_have_a_space_before_every_word(roberta):
    preprocessor = TokenPreprocessor(roberta)
    arrays, tags = preprocessor.prepare_both({"tokens": [["go", "abc", "a"]]}, [[7, 8, 9]])
    # " go", " ab" and "c", " a", between "<s>" and "</s>"; no segments.
    assert arrays["token_ids"].tolist() == [[0, 12, 14, 6, 10, 2, 1, 1]]
    assert sorted(arrays) == ["padding_mask", "token_ids"]
    assert arrays["padding_mask"].tolist() == [[True] * 6 + [False] * 2]
    assert tags.tolist() == [[-1, 7, 8, -1, 9, -1, -1, -1]]


@given(st.lists(st.lists(st.text("abcgo", min_size=1, max_size=4), max_size=4), max_size=3))
@settings(max_examples=30)
def test_byte_pairs_are_those_of_the_text_behind_a_space(roberta, sentences):
    expected = roberta(["".join(f" {word}" for word in sentence) for sentence in sentences])
    got = TokenPreprocessor(roberta)(sentences)
    for name, array in got.items():
        np.testing.assert_array_equal(array, expected[name])


def test_pieces_of_a_sentence_piece_tokenizer(tmp_path):
    import keras_hub
    import sentencepiece

    (tmp_path / "words.txt").write_text("good films are good\na good film\n" * 20)
    sentencepiece.SentencePieceTrainer.train(
        input=str(tmp_path / "words.txt"),
        model_prefix=str(tmp_path / "pieces"),
        vocab_size=20,
        hard_vocab_limit=False,
        minloglevel=2,
        pad_id=0,
        unk_id=1,
        bos_id=2,
        eos_id=3,
        pad_piece="<pad>",
        unk_piece="<unk>",
        bos_piece="[CLS]",
        eos_piece="[SEP]",
        user_defined_symbols="[MASK]",
    )
    tokenizer = keras_hub.models.AlbertTokenizer(proto=(tmp_path / "pieces.model").read_bytes())
    layer = keras_hub.models.AlbertTextClassifierPreprocessor(tokenizer, sequence_length=16)
    texts = TextPreprocessor(layer)
    inputs = {"tokens": [["good", "films", "are", "a", "film"]]}
    arrays, tags = TokenPreprocessor(texts).prepare_both(inputs, [[0, 1, 2, 3, 4]])
    expected = texts(["good films are a film"])
    np.testing.assert_array_equal(arrays["token_ids"], expected["token_ids"])
    at_words = [tokenizer.id_to_token(int(piece)) for piece in arrays["token_ids"][0][tags[0] >= 0]]
    assert all(piece.startswith("▁") for piece in at_words)
    assert len(at_words) == 5


@pytest.mark.parametrize("source", ["preset", "hugging_face"])
def test_what_is_saved_gives_the_same(source, request, tmp_path):
    preprocessor = load_token_preprocessor(request.getfixturevalue(source), sequence_length=8)
    preprocessor.fit(tagged_tokens([["a"]], [["X"]], class_names=("X", "Y"), tags_name="ner"))
    preprocessor.save(tmp_path / "tokens")
    loaded = load_preprocessor(tmp_path / "tokens")
    assert isinstance(loaded, TokenPreprocessor)
    assert loaded.columns == ("tokens",)
    assert loaded.tag_columns == ("ner",)
    words = [["Göod…", "film!"], ["ısn't"]]
    for name, array in loaded(words).items():
        np.testing.assert_array_equal(array, preprocessor(words)[name])


@pytest.mark.parametrize(
    ("words", "received"),
    [
        ("good", "the string 'good'"),
        (["good film"], "Received: 'good film'. Split texts into tokens first"),
        ([["good", None]], "Received: None among them"),
        ([3], "Received: 3"),
    ],
)
def test_anything_but_lists_of_strings_is_refused(preset, words, received):
    preprocessor = load_token_preprocessor(preset, sequence_length=8)
    with pytest.raises(InputError, match=received) as caught:
        preprocessor.prepare({"tokens": words})
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("targets", "received"),
    [
        ([[1, 2]], "the tags of 2 samples. Received: those of 1"),
        ([[1, 2], [1, 2]], r"tags of shape \(2,\) for 1 tokens"),
        (np.array([1, 2]), r"tags of shape \(\) for 2 tokens"),
    ],
)
def test_tags_that_do_not_fit_are_refused(preset, targets, received):
    preprocessor = load_token_preprocessor(preset, sequence_length=8)
    with pytest.raises(InputError, match=received) as caught:
        preprocessor.prepare_both({"tokens": [["a", "an"], ["of"]]}, targets)
    assert "\n" not in str(caught.value)


def test_outputs_without_positions_are_refused(preset):
    preprocessor = load_token_preprocessor(preset, sequence_length=8)
    with pytest.raises(InputError, match=r"\(1, 8, width\).*Received: \(1, 3\).*'sequence'"):
        preprocessor.align(np.ones((1, 3)), {"tokens": [["a"]]})


def test_a_preprocessor_for_proteins_is_refused():
    import keras_hub

    tokenizer = keras_hub.models.ESMTokenizer(
        vocabulary=["<cls>", "<pad>", "<eos>", "<unk>", "<mask>", *"ACDEFGHIKL"]
    )
    layer = keras_hub.models.ESMProteinClassifierPreprocessor(tokenizer, sequence_length=8)
    with pytest.raises(InputError, match="Received: ESMProteinClassifierPreprocessor"):
        TokenPreprocessor(TextPreprocessor(layer))


def test_a_length_by_the_data_holds_nearly_all_tokens(preset):
    sentences = [["good"] * 5] * 99 + [["film"] * 25]
    tags = [["O"] * len(words) for words in sentences]
    samples = tagged_tokens(sentences, tags, class_names=("O", "X"))
    preprocessor = load_token_preprocessor(preset)
    assert preprocessor.sequence_length == 32
    preprocessor.fit(samples)
    assert preprocessor.sequence_length == 8
    assert preprocessor.notes == (
        "training: 19 of 520 tokens get no output: behind the 8 positions of a sample",
    )
