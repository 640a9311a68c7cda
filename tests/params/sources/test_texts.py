import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kerastune.errors import InputError
from kerastune.params.sources.texts import split_arguments, split_shape

pytestmark = pytest.mark.any_backend

LITERALS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.tuples(inner),
    max_leaves=5,
)
NAMES = st.from_regex(r"[a-z][a-z_]{0,5}_", fullmatch=True)


@settings(max_examples=50)
@given(st.dictionaries(NAMES, LITERALS, max_size=3))
def test_what_python_writes_is_read_back(arguments):
    written = ", ".join(f"{key}={value!r}" for key, value in arguments.items())
    assert split_arguments(f"Name({written})") == ("Name", arguments)


def test_a_name_alone_may_hold_anything_but_a_parenthesis():
    assert split_arguments("llama3.1_8b-x") == ("llama3.1_8b-x", {})


@pytest.mark.parametrize(
    "text",
    [
        "N(",
        "N(1)",
        "N(a=b)",
        "N(a=open('/'))",
        "N(a=().__class__)",
        "N(**{'a': 1})",
        "N(*[1])",
        "N(a=1)(b=2)",
        "N(a=1).b",
        "N(a=1) + M(b=2)",
        "N(a=1); M()",
        "N(a=2**9**9)",
        "N(a=1, a=2)",
        "N(a=" + "[" * 10_000 + ")",
        "N(a=\x00)",
    ],
)
def test_anything_but_literals_by_name_is_refused(text):
    with pytest.raises(InputError, match="Expected NAME") as error:
        split_arguments(text)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("text", "model", "shape"),
    [
        ("applications:ResNet50:224,224,3", "applications:ResNet50", (224, 224, 3)),
        ("bert_base:128", "bert_base", (128,)),
        ("models.py:build", "models.py:build", None),
        ("lenet", "lenet", None),
    ],
)
def test_a_shape_may_follow_a_model(text, model, shape):
    assert split_shape(text) == (model, shape)
