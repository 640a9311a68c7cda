import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kerastune.data.labels import encode_labels
from kerastune.errors import InputError

pytestmark = pytest.mark.any_backend


@given(
    st.lists(st.text(min_size=1, max_size=3).map(str.strip).filter(bool), min_size=2).filter(
        lambda names: len(set(names)) > 1
    )
)
@settings(max_examples=50)
def test_codes_name_the_labels(labels):
    codes, names = encode_labels(labels)
    assert [names[code] for code in codes] == labels
    assert set(names) == set(labels)


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        (["b", "a", "10", "9"], ("10", "9", "a", "b")),
        (["10", "9", "-1"], ("-1", "9", "10")),
        ([10, 9], ("9", "10")),
        ([True, False], ("False", "True")),
        (["01", "1"], ("01", "1")),
    ],
)
def test_class_names_are_sorted(labels, names):
    assert encode_labels(labels)[1] == names


def test_blanks_around_a_label_do_not_count():
    codes, names = encode_labels(["cat", "cat ", "\tdog"])
    assert codes.tolist() == [0, 0, 1]
    assert names == ("cat", "dog")
    assert encode_labels(["cat "], ["dog", " cat"])[0].tolist() == [1]


def test_known_class_names_keep_their_order():
    codes, names = encode_labels(["a", "a"], ["b", "a"])
    assert codes.tolist() == [1, 1]
    assert names == ("b", "a")


@pytest.mark.parametrize("labels", [[], ["spam", "spam"]])
def test_fewer_than_two_classes(labels):
    with pytest.raises(InputError, match="at least two different labels"):
        encode_labels(labels)


def test_unknown_label_names_it_its_place_and_the_known_ones():
    with pytest.raises(InputError) as caught:
        encode_labels(["good", "bda"], ["bad", "good"])
    assert str(caught.value) == (
        "Expected labels among the known classes ('bad', 'good'). "
        "Received: 'bda' in sample 1. Did you mean 'bad'?"
    )


@pytest.mark.parametrize("missing", [None, float("nan"), np.float32("nan")])
@pytest.mark.parametrize("known", [None, ("a", "b", "None", "nan")])
def test_a_missing_label_is_no_class(missing, known):
    with pytest.raises(InputError, match="a label for each sample.*in sample 2. Leave"):
        encode_labels(["a", "b", missing], known)


def test_a_long_list_of_known_classes_is_cut():
    with pytest.raises(InputError, match=r"'9' and 40 more\)"):
        encode_labels(["x"], [str(number) for number in range(50)])
