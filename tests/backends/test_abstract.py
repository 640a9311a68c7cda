"""Models without memory, and the private names of Keras that they rest on."""

import resource
import sys

import keras
import keras_hub
import numpy as np
import pytest
from keras.src.backend.common import global_state

from kerastune.backends import build_abstract, is_abstract, placeholder_values
from kerastune.errors import InputError


def small():
    return keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(3), keras.layers.Dropout(0.5), keras.layers.Dense(2)]
    )


def huge():
    """Four petabytes of weights."""
    return keras.Sequential([keras.Input((10**6,)), keras.layers.Dense(10**9)])


def initialize_pending():
    """What symbolic calls do: initialize all variables that Keras has on its list."""
    with keras.StatelessScope():
        pass


class TestBuildAbstract:
    def test_shapes_without_memory(self):
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        model = build_abstract(huge)
        assert model.count_params() == 10**15 + 10**9
        # On Linux in KiB, on macOS in bytes.
        unit = 1 if sys.platform == "darwin" else 1024
        assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * unit < 2**30

    def test_no_memory_when_keras_goes_on(self):
        model = build_abstract(huge)
        initialize_pending()
        assert is_abstract(model)
        assert all(variable._value is None for variable in model.weights)

    def test_variables_of_others_on_the_list_stay(self):
        with keras.StatelessScope(initialize_variables=False):
            theirs = keras.Variable("zeros", shape=(2,))
            build_abstract(small)
        initialize_pending()
        assert theirs._value is not None

    def test_weights_cannot_be_read(self):
        model = build_abstract(small)
        for misuse in (
            model.get_weights,
            lambda: model.predict(np.zeros((1, 4)), verbose=0),
            lambda: model(np.zeros((1, 4))),
            lambda: np.asarray(model.weights[0]),
        ):
            with pytest.raises(InputError, match="built for counting"):
                misuse()

    def test_cannot_be_saved(self, tmp_path):
        with pytest.raises(InputError, match="built for counting"):
            build_abstract(small).save(tmp_path / "model.keras")

    def test_automatic_names_start_again(self):
        first, second = build_abstract(small), build_abstract(small)
        assert [w.path for w in first.weights] == [w.path for w in second.weights]
        assert first.layers[0].name == "dense"

    def test_automatic_names_outside_go_on(self):
        before = small().layers[0].name
        build_abstract(small)
        assert small().layers[0].name != before

    def test_errors_leave_nothing_behind(self):
        def fails():
            keras.Variable("zeros", shape=(10**9, 10**9))
            raise KeyError("mine")

        before = global_state.get_global_attribute("uninitialized_variables")
        with pytest.raises(KeyError, match="mine"):
            build_abstract(fails)
        assert global_state.get_global_attribute("uninitialized_variables") is before
        assert not keras.src.backend.in_stateless_scope()

    def test_variables_made_from_arrays(self):
        variable = build_abstract(lambda: keras.Variable(np.zeros((3, 2)), dtype="float16"))
        assert (tuple(variable.shape), variable.dtype) == ((3, 2), "float16")
        with pytest.raises(InputError):
            np.asarray(variable)

    def test_compiled_models(self):
        def compiled():
            model = small()
            model.compile(keras.optimizers.AdamW(0.1), "mse")
            return model

        assert build_abstract(compiled).count_params() == small().count_params()

    def test_stateful_recurrent_layers(self):
        def stateful():
            inputs = keras.Input(batch_shape=(2, 5, 3))
            return keras.Model(inputs, keras.layers.LSTM(4, stateful=True)(inputs))

        assert build_abstract(stateful).count_params() == stateful().count_params()

    def test_task_of_keras_hub(self):
        def task():
            backbone = keras_hub.models.BertBackbone(50, 1, 2, 8, 16)
            return keras_hub.models.BertTextClassifier(backbone, num_classes=3)

        assert build_abstract(task).count_params() == task().count_params()

    def test_variables_from_arrays_are_refused_again_afterwards(self):
        build_abstract(small)
        with keras.StatelessScope(), pytest.raises(ValueError, match="stateless scope"):
            keras.Variable(np.zeros(3))


class TestPlaceholderValues:
    def test_zeros_inside_only(self):
        model = build_abstract(small)
        with placeholder_values():
            assert not keras.ops.convert_to_numpy(model.weights[0].value).any()
        with pytest.raises(InputError):
            model.get_weights()


class TestIsAbstract:
    def test_real_models_are_not(self):
        assert not is_abstract(small())


class TestPrivateNames:
    """What `kerastune.backends.abstract` takes for granted about Keras."""

    def test_pending_variables_are_listed(self):
        with keras.StatelessScope(initialize_variables=False):
            variable = keras.Variable("zeros", shape=(2,))
        assert any(
            listed is variable
            for listed in global_state.get_global_attribute("uninitialized_variables")
        )
        assert variable._value is None
        assert callable(variable._initializer)

    def test_names_are_counted(self):
        keras.layers.Dense(1)
        assert global_state.get_global_attribute("object_name_uids")["dense"] >= 1
