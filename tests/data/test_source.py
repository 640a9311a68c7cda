import numpy as np
import pytest

from kerastune.data import Source
from kerastune.errors import InputError

pytestmark = pytest.mark.any_backend


class Lazy:
    """Items that count how often they are read."""

    def __init__(self, size):
        self.size = size
        self.read = []

    def __len__(self):
        return self.size

    def __getitem__(self, position):
        self.read.append(position)
        return f"item {position}"


def test_a_sample_is_fetched_by_position():
    source = Source(["a", "b"], np.array([1, 0]), ("no", "yes"))
    assert len(source) == 2
    assert source[1] == ("b", 0)


def test_one_label_a_sample():
    with pytest.raises(ValueError, match="3 samples and 2 labels"):
        Source(["a", "b", "c"], np.array([0, 1]))


@pytest.mark.parametrize("features", [["a", "b", "c"], np.array([[1.0], [2.0], [3.0]])])
def test_select_keeps_order_kind_and_classes(features):
    source = Source(features, np.array([0, 1, 0]), ("no", "yes"), name="ours", notes=("one",))
    selected = source.select([2, 0, 2])
    assert type(selected.features) is type(features)
    assert list(selected.features) == [features[2], features[0], features[2]]
    assert selected.labels.tolist() == [0, 0, 0]
    assert (selected.class_names, selected.name, selected.notes) == (
        ("no", "yes"),
        "ours",
        ("one",),
    )


def test_select_reads_lazy_features_only_when_asked():
    lazy = Lazy(5)
    selected = Source(lazy, np.arange(5)).select([4, 1]).select(np.array([1]))
    assert lazy.read == []
    assert selected[0] == ("item 1", 1)
    assert lazy.read == [1]


TEXTS = ["a", "b"]
IMAGES = np.zeros((2, 8, 8, 1), "uint8")
ROWS = np.array([[1, 2, 3], [4, 5, 6]])


def source_of(features):
    return Source(features, np.arange(len(features)), name="ours")


def test_features_of_the_kind_a_task_needs():
    assert source_of(TEXTS).texts is TEXTS
    assert source_of(IMAGES).images is IMAGES
    rows = source_of(ROWS).rows
    assert rows.dtype == "float64"
    assert rows.tolist() == ROWS.tolist()


def test_only_the_first_feature_is_read_to_tell_the_kind():
    lazy = Lazy(5)
    assert source_of(lazy).texts is lazy
    assert lazy.read == [0]


@pytest.mark.parametrize(
    ("kind", "features", "received"),
    [
        ("texts", IMAGES, "whose features are arrays of shape (8, 8, 1)."),
        ("texts", ROWS[0], "whose features are of type int64."),
        ("texts", [], "which has no samples."),
        ("images", TEXTS, "whose features are texts."),
        ("images", ROWS, "whose features are arrays of shape (3,)."),
        ("images", [[[[0]]]], "whose features are of type list."),
        ("rows", TEXTS, "whose features are texts."),
        ("rows", np.array([TEXTS]), "whose features are arrays of shape (2,)."),
        ("rows", ROWS[0], "whose features are of type int64."),
        ("rows", IMAGES, "whose features are arrays of shape (8, 8, 1)."),
    ],
)
def test_features_of_another_kind(kind, features, received):
    with pytest.raises(InputError, match=f"^Expected features that are {kind}") as caught:
        getattr(source_of(features), kind)
    message = str(caught.value)
    assert f"Received: ours, {received}" in message
    assert "\n" not in message
