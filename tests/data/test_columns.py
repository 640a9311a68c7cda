"""What is known of a column without reading its values."""

import json

import numpy as np
import pytest

from kerastune.data import KINDS, Column, input_column
from kerastune.errors import InputError

pytestmark = pytest.mark.any_backend


@pytest.mark.parametrize("kind", ["class", "multilabel", "tags"])
def test_some_kinds_have_classes(kind):
    with pytest.raises(InputError, match=f"class names for a column of kind '{kind}'"):
        Column(kind)
    assert Column(kind, class_names=("a", "b")).described == f"{kind} (2 classes)"


@pytest.mark.parametrize(
    "column",
    [
        Column("text"),
        Column("class", class_names=("a", "b")),
        Column("image", shape=(None, None, 3)),
        Column("a kind of mine", shape=(2,)),
    ],
)
def test_json_holds_it(column):
    assert Column(**json.loads(json.dumps(column.to_dict()))) == column


def test_unknown_sizes_are_shown_so():
    assert Column("image", shape=(None, None, 3)).described == "image (? x ? x 3)"
    assert Column("text").described == "text"


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["a"], "text"),
        (np.array(["a"]), "text"),
        ([["a", "b"]], "tokens"),
        ([("a", "b")], "tokens"),
        ([1], "number"),
        ([True], "number"),
        ([1.5], "number"),
        ([[1, 2]], "array"),
        (np.zeros((3, 4, 5)), "array"),
        (np.zeros((3, 4, 5, 1)), "image"),
        (np.zeros((2, 3, 4, 5, 1)), "array"),
    ],
)
def test_the_first_value_tells_the_kind(values, kind):
    column = input_column(values)
    assert column.kind == kind
    assert kind in KINDS
    assert column.shape == (np.shape(values[0]) if kind in ("array", "image") else ())


@pytest.mark.parametrize("values", [[], [None], [{"a": 1}], [b"a"], [object()], [[]], [[1, "a"]]])
def test_values_of_no_known_kind(values):
    with pytest.raises(InputError, match="Expected .* Received: ") as caught:
        input_column(values)
    assert "\n" not in str(caught.value)
