import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kerastune.errors import InputError
from kerastune.preprocessing.bert_normalizer import BertNormalizer

pytestmark = pytest.mark.any_backend


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Café Ångström", "cafe angstrom"),
        ("Straße GROẞ", "straße groß"),
        ("İstanbul", "istanbul"),
        ("ΣΑΣ", "σασ"),
        ("… ™ ½", "… ™ ½"),
        ("5\u00a0€\u3000x\u2009y\tz\n", "5 € x y z "),
        ("a\u200bb\u200dc\u00add\ufffde\x00f\x07", "abcdef"),
        ("東京タワー", " 東  京 タワー"),
        ("", ""),
    ],
)
def test_rules_of_the_reference(text, expected):
    assert BertNormalizer()(text) == expected


def test_rules_can_be_left_out():
    text = "Éa 東"
    assert BertNormalizer(lowercase=False)(text) == "Ea  東 "
    assert BertNormalizer(strip_accents=False)(text) == "éa  東 "
    assert BertNormalizer(split_chinese=False)(text) == "ea 東"


@given(st.text())
@settings(max_examples=100)
def test_nothing_hidden_is_left_and_a_second_pass_changes_no_word(text):
    once = BertNormalizer()(text)
    assert not set(once) & set("\t\n\r\0\ufffd\u200b\u00a0")
    assert BertNormalizer()(once).split() == once.split()


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({}, BertNormalizer()),
        ({"do_lower_case": False, "strip_accents": None}, BertNormalizer(False, False)),
        ({"do_lower_case": False, "strip_accents": True}, BertNormalizer(False, True)),
        ({"do_lower_case": True, "strip_accents": False}, BertNormalizer(True, False)),
        ({"tokenize_chinese_chars": False}, BertNormalizer(split_chinese=False)),
        ({"tokenizer_class": "BertTokenizerFast"}, BertNormalizer()),
    ],
)
def test_rules_come_from_the_directory(tmp_path, config, expected):
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(config))
    assert BertNormalizer.from_directory(tmp_path) == expected


@pytest.mark.parametrize(
    "content", [None, "{", "[]", '{"tokenizer_class": "BertJapaneseTokenizer"}']
)
def test_another_tokenizer_is_refused(tmp_path, content):
    if content is not None:
        (tmp_path / "tokenizer_config.json").write_text(content)
    with pytest.raises(InputError, match="Received: "):
        BertNormalizer.from_directory(tmp_path)
