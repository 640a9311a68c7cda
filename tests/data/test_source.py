import numpy as np
import pytest

from kerastune.data import Source

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
