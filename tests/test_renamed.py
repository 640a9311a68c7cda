"""Names of the version before give the same things, with a warning."""

import importlib

import keras
import pytest

import kerastune
from kerastune.backends.optimizers import (
    LayerwiseUpdates,
    SettingsByVariable,
    VariableSettings,
    layerwise_optimizer,
)

pytestmark = pytest.mark.any_backend

SETTINGS = VariableSettings(multiplier=0.5, decays=False)


def test_an_old_name_of_a_function_is_the_new_function() -> None:
    with pytest.warns(DeprecationWarning, match=r"data\.open_source is now .*data\.open_data"):
        from kerastune.data import open_source
    assert open_source is kerastune.data.open_data


@pytest.mark.parametrize(
    ("module", "old", "new"),
    [
        ("backends", "asked_for", "requested_backend"),
        ("backends", "changes_itself", "assigns_in_call"),
        ("backends.optimizers", "Treatments", "SettingsByVariable"),
        ("backends.optimizers", "unscaled", "inner_optimizer"),
        ("data", "few_of_each_class", "few_shot_split"),
        ("training", "History", "TrainingHistory"),
        ("training", "Recorder", "HistoryRecorder"),
    ],
)
def test_renamed_in_this_version(module, old, new) -> None:
    room = importlib.import_module(f"kerastune.{module}")
    with pytest.warns(DeprecationWarning, match=rf"{module}\.{old} is now .*{module}\.{new};"):
        assert getattr(room, old) is getattr(room, new)


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


def test_splits_have_an_earlier_attribute() -> None:
    source = kerastune.data.open_data((["a joy", "a bore"], ["good", "bad"]))
    splits = kerastune.data.Splits(source, source, source)
    with pytest.warns(DeprecationWarning, match=r"Splits\.seen is now Splits\.without_test"):
        assert len(splits.seen) == len(splits.without_test)


def test_a_source_of_several_targets_never_had_labels() -> None:
    source = kerastune.data.open_data("digits_and_angles")
    with pytest.raises(AttributeError, match="'labels': it has"):
        _ = source.labels


def test_a_saved_optimizer_of_the_version_before_is_read() -> None:
    optimizer = layerwise_optimizer(
        keras.optimizers.SGD(0.1), SettingsByVariable.of([(keras.Variable([1.0]), SETTINGS)])
    )
    config = optimizer.get_config()
    config["treatments"] = config.pop("variable_settings")
    assert LayerwiseUpdates.from_config(config).variable_settings.values() == [SETTINGS]
