"""Names of the version before give the same things, with a warning."""

import pytest

import kerastune

pytestmark = pytest.mark.any_backend


def test_an_old_name_of_a_function_is_the_new_function() -> None:
    with pytest.warns(DeprecationWarning, match=r"data\.open_source is now .*data\.open_data"):
        from kerastune.data import open_source
    assert open_source is kerastune.data.open_data


def test_a_name_that_never_was_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'open_sauce'"):
        _ = kerastune.data.open_sauce


def test_a_source_has_its_earlier_attributes() -> None:
    source = kerastune.data.open_data((["a joy", "a bore"], ["good", "bad"]))
    with pytest.warns(DeprecationWarning, match="is now") as warned:
        earlier = source.features, list(source.labels), source.class_names, source.classes
    assert earlier == (["a joy", "a bore"], [1, 0], ("bad", "good"), ("bad", "good"))
    assert len(warned) == 4
    assert {warning.filename for warning in warned} == {__file__}


def test_a_source_of_several_targets_never_had_labels() -> None:
    source = kerastune.data.open_data("digits_and_angles")
    with pytest.raises(AttributeError, match="'labels': it has"):
        _ = source.labels
