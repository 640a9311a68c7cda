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


def test_the_classes_of_a_source_are_those_of_its_target() -> None:
    source = kerastune.data.open_data((["a joy", "a bore"], ["good", "bad"]))
    with pytest.warns(DeprecationWarning, match="class_names is now"):
        assert source.class_names == ("bad", "good")
