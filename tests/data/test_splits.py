import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kerastune.data import Source, Splits, split, with_validation
from kerastune.errors import InputError

pytestmark = pytest.mark.any_backend


def classes(*counts):
    labels = np.repeat(np.arange(len(counts)), counts)
    names = tuple(f"class {code}" for code in range(len(counts)))
    return Source.of(np.arange(len(labels)), labels, class_names=names)


@given(
    st.lists(st.integers(2, 40), min_size=2, max_size=4),
    st.floats(0.05, 0.95),
    st.integers(0, 2**32 - 1),
)
@settings(max_examples=100)
def test_parts_share_nothing_and_have_the_classes_in_proportion(counts, fraction, seed):
    source = classes(*counts)
    held_out_size = min(max(round(fraction * len(source)), 1), len(source) - 1)
    if min(held_out_size, len(source) - held_out_size) < len(counts):
        with pytest.raises(InputError, match=f"one for each class.* of {len(source)} samples"):
            split(source, fraction, seed=seed)
        return
    rest, held_out = split(source, fraction, seed=seed)
    assert sorted([*rest.values["number"], *held_out.values["number"]]) == list(range(len(source)))
    assert len(held_out) == held_out_size
    # A sample is exchanged for each class whose share of a part is less than a sample.
    smaller = min(len(rest), len(held_out))
    exchanged = sum(count * smaller < len(source) for count in counts)
    for part in (rest, held_out):
        assert list(part.values["number"]) == sorted(part.values["number"])
        found = np.bincount(part.values["label"], minlength=len(counts))
        share = np.array(counts) * len(part) / len(source)
        assert np.abs(found - share).max() <= 1 + exchanged + 1e-9
        assert found.min() >= 1


def test_positions_for_a_seed_are_fixed():
    _, held_out = split(classes(10, 10), 0.25, seed=3)
    assert held_out.values["number"].tolist() == [0, 3, 8, 15, 17]
    _, held_out = split(Source.of(np.arange(20), np.zeros(20)), 0.25, seed=3)
    assert held_out.values["number"].tolist() == [1, 2, 4, 14, 17]


def test_another_seed_is_another_split():
    source = classes(20, 20)
    parts = {tuple(split(source, 0.25, seed=seed)[1].values["number"]) for seed in range(5)}
    assert len(parts) == 5


def test_quantities_are_split_too():
    rest, held_out = split(Source.of(np.arange(10), np.linspace(0, 1, 10)), 0.2, seed=0)
    assert (len(rest), len(held_out)) == (8, 2)


def test_a_class_without_samples_does_not_matter():
    source = Source.of(np.arange(8), np.arange(8) % 2, class_names=("a", "b", "never seen"))
    assert len(split(source, 0.25, seed=0)[1]) == 2


def test_too_few_samples_of_a_class():
    with pytest.raises(InputError, match=r"at least 2 samples .* Received: 1 of class 'class 1'"):
        split(classes(21, 1), 0.25, seed=0)


@pytest.mark.parametrize(
    ("fraction", "expected"),
    [
        (0.1, r"3 samples to hold out, .* Received: 1 of 12 samples\. .* a larger share, or none$"),
        (0.9, r"3 samples to be left, .* Received: 1 of 12 samples\. .* a smaller share, or none$"),
    ],
)
def test_a_part_that_is_too_small(fraction, expected):
    with pytest.raises(InputError, match=expected):
        split(classes(4, 4, 4), fraction, seed=0)


@pytest.mark.parametrize("counts", [(40, 2), (2, 40, 2, 2), (3, 3, 3, 30)])
@pytest.mark.parametrize("fraction", [0.1, 0.25, 0.9])
def test_a_rare_class_is_in_both_parts(counts, fraction):
    for seed in range(20):
        parts = split(classes(*counts), fraction, seed=seed)
        for part in parts:
            assert set(part.values["label"]) == set(range(len(counts)))
        assert len(parts[1]) == round(sum(counts) * fraction)


@pytest.mark.parametrize("fraction", [0, 1, -0.1, 25, float("nan")])
def test_fraction_outside(fraction):
    with pytest.raises(InputError, match="between 0 and 1"):
        split(classes(10, 10), fraction, seed=0)


def test_one_sample_cannot_be_split():
    with pytest.raises(InputError, match="at least 2 samples"):
        split(Source.of([0], np.zeros(1)), 0.5, seed=0)


def test_a_part_of_the_training_samples_is_for_validation():
    source = classes(10, 10)
    splits = with_validation(Splits(*split(source, 0.25, seed=0)), 0.2)
    numbers = {use: part.values["number"].tolist() for use, part in splits.parts.items()}
    assert {use: len(part) for use, part in numbers.items()} == {
        "training": 12,
        "validation": 3,
        "test": 5,
    }
    assert sorted(number for part in numbers.values() for number in part) == list(range(20))
    assert with_validation(splits, 0) is splits


def test_validation_has_a_sample_of_each_class_where_the_share_is_too_small_for_it():
    source = classes(4, 4, 4)
    splits = with_validation(Splits(source, source), 0.05)
    assert np.bincount(splits.validation.values["label"]).tolist() == [1, 1, 1]
    assert splits.validation.notes == (
        "3 samples held out, one of each class, which is more than the share of 0.05",
    )


def test_a_class_with_one_sample_is_told_how_to_train_without_validation():
    source = classes(5, 1)
    with pytest.raises(InputError, match="1 of class 'class 1'.* validation_fraction=0 trains"):
        with_validation(Splits(source, source), 0.1)


def test_the_classes_of_splits():
    assert Splits(classes(2, 2), classes(1, 1)).class_names == ("class 0", "class 1")
    quantities = Source.of(np.arange(2), np.zeros(2))
    with pytest.raises(InputError, match="a target of kind class"):
        _ = Splits(quantities, quantities).class_names


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        (classes(2, 2).select([]), "samples for test. Received: none in data"),
        (Source.of(["a"], [0], class_names=("a", "b")), r"\['number', 'label'\].*\['text', 'lab"),
        (Source.of([1], [0], class_names=("class 1", "class 0")), "in the same order for test"),
        (Source.of([1], [0.5]), r"'label' to be class \(2 classes\).* Received: quantity in data"),
        (classes(2, 2).with_targets(), r"targets \['label'\] for test.* with \[\] in data"),
    ],
)
def test_parts_that_do_not_fit(test, expected):
    with pytest.raises(InputError, match=expected):
        Splits(classes(2, 2), test)
