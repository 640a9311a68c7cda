"""Keras asks for TensorFlow only where something has imported it."""

import sys
from types import SimpleNamespace

import keras
import pytest

from kerastune import backends

pytestmark = pytest.mark.any_backend


def test_inside_it_is_there_once_it_is_imported(monkeypatch):
    from keras.src.saving import serialization_lib
    from keras.src.utils import rng_utils

    installed = SimpleNamespace(available=True)
    for module in (serialization_lib, rng_utils):
        monkeypatch.setattr(module, "tf", installed)
    monkeypatch.delitem(sys.modules, "tensorflow", raising=False)
    with backends.tensorflow_if_imported():
        assert not serialization_lib.tf.available
        assert not rng_utils.tf.available
        monkeypatch.setitem(sys.modules, "tensorflow", installed)
        assert serialization_lib.tf.available
    assert serialization_lib.tf is rng_utils.tf is installed


def test_the_private_names_still_import_it(monkeypatch):
    """When this fails, Keras saves and seeds without TensorFlow itself."""
    from keras.src.saving import serialization_lib
    from keras.src.utils import rng_utils

    asked = []

    class Asked:
        @property
        def available(self):
            asked.append(True)
            return False

    for module in (serialization_lib, rng_utils):
        monkeypatch.setattr(module, "tf", Asked())
    keras.utils.set_random_seed(0)
    keras.saving.serialize_keras_object(keras.layers.Dense(1))
    assert len(asked) >= 2
