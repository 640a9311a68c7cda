"""Each known cause: Keras shows it where the table says, and a comparison names it."""

import inspect
from pathlib import Path

import keras
import numpy as np
import pytest

from kerastune.backends import BACKENDS, select
from kerastune.cli import main
from kerastune.comparison.judging.differences import STAGES
from kerastune.comparison.judging.known import explanations
from kerastune.comparison.known_causes import Use, causes_of, known_causes
from kerastune.comparison.work.uses import uses_of, uses_of_part
from tests.comparison import known_symptoms
from tests.comparison.in_process import compared, ran

CAUSES = {cause.id: cause for cause in known_causes()}
ONES = np.ones((4, 2), "float32")


@pytest.mark.parametrize("name", CAUSES)
def test_keras_shows_it_where_the_table_says(name, tmp_path):
    """Where this fails, Keras has mended a cause, or has it still: change `keras` in the table."""
    shows = getattr(known_symptoms, name)
    shown = shows(tmp_path) if inspect.signature(shows).parameters else shows()
    cause = CAUSES[name]
    assert shown == (select() in cause.backends and cause.is_in(keras.__version__))


@pytest.mark.any_backend
@pytest.mark.parametrize("cause", CAUSES.values(), ids=CAUSES)
def test_entries_can_be_used(cause):
    assert set(cause.backends) <= set(BACKENDS)
    assert set(cause.stages) <= set(STAGES)
    assert cause.is_in("3.15.1")
    assert not cause.is_in("3.14.0")
    # What all backends have, comparing them cannot show; and what shows has to be recognised.
    assert not cause.stages or (len(cause.backends) < len(BACKENDS) and cause.uses)
    assert not cause.symptom.endswith(".")
    assert not cause.advice.endswith(".")


@pytest.mark.any_backend
def test_names_are_given_once():
    assert len(CAUSES) == len(known_causes())


class Dots(keras.Layer):
    """Calls a function of Keras, and others of the same name."""

    def call(self, x):
        padded = keras.ops.pad(x, ((0, 0), (1, 1)), "symmetric")
        return keras.ops.matmul(padded, np.dot(np.ones((4, 3), "f4"), np.ones((3, 2), "f4")))


class Contracts(keras.layers.Dense):
    """Is derived from a layer of Keras."""

    def call(self, x):
        return keras.ops.dot(x, self.kernel)


@pytest.mark.any_backend
class TestUses:
    def test_what_a_layer_of_ones_own_calls(self):
        own, padding, *others = uses_of_part(Dots())
        assert own.names[0] == "Dots"
        assert padding == Use("operation", ("pad",), {"mode": "symmetric"})
        assert [use.names for use in others] == [("matmul",)]
        assert [one.id for one in causes_of(uses_of_part(Dots()), ["torch"], "3.15.1")] == [
            "symmetric_padding"
        ]
        assert not causes_of(uses_of_part(Dots()), ["jax"], "3.15.1")
        assert not causes_of(uses_of_part(Dots()), ["torch"], "3.16.0")

    def test_what_a_derived_layer_calls_and_is(self):
        layer = Contracts(2)
        layer.build((None, 2))
        own, *calls = uses_of_part(layer)
        assert own.names[:2] == ("Contracts", "Dense")
        assert ("dot",) in [use.names for use in calls]

    def test_operations_between_layers(self):
        x = keras.Input((3, 4))
        model = keras.Model(x, keras.ops.pad(x, ((0, 0), (1, 1), (0, 0)), mode="symmetric"))
        assert [one.id for one in causes_of(uses_of(model), ["torch"], "3.15.1")] == [
            "symmetric_padding"
        ]
        plain = keras.Model(x, keras.ops.pad(x, ((0, 0), (1, 1), (0, 0))))
        assert not causes_of(uses_of(plain), ["torch"], "3.15.1")

    @pytest.mark.parametrize(
        ("loss", "metric", "expected"),
        [
            (keras.losses.Huber(delta=2.0), "mae", ["huber_delta_not_saved"]),
            ("huber", keras.metrics.R2Score(), []),
            ({"out": keras.losses.Tversky(alpha=0.7, beta=0.7)}, "mae", []),
            ([keras.losses.Tversky(alpha=0.7)], "mae", ["tversky_coefficients_swapped"]),
            ("mse", keras.metrics.R2Score(num_regressors=1), ["adjusted_r2_of_several_outputs"]),
            ("mse", keras.metrics.F1Score(), ["f_beta_weights"]),
            (lambda y, x: keras.ops.mean(x - y), lambda y, x: keras.ops.mean(x), []),
        ],
    )
    # Of a few samples Keras has no adjusted R², which it says.
    @pytest.mark.filterwarnings("ignore:More independent predictors")
    def test_what_a_model_is_compiled_with(self, loss, metric, expected):
        inputs = keras.Input((2,))
        model = keras.Model(inputs, keras.layers.Dense(2, name="out")(inputs))
        model.compile("sgd", loss, metrics=[metric])
        model.evaluate(ONES, ONES, verbose=0)
        assert [one.id for one in causes_of(uses_of(model), ["jax"], "3.15.1")] == expected


def losing():
    """A model with what is wrong on every backend."""
    model = keras.Sequential([keras.Input((2,)), Dots(name="dots"), keras.layers.Dense(1)])
    model.compile("sgd", keras.losses.Huber(delta=2.0))
    return model


@pytest.mark.any_backend
def test_a_comparison_names_what_is_known(tmp_path, monkeypatch):
    """On what plays PyTorch the layer repeats the edge, as Keras does there."""
    right = keras.ops.pad

    def edge(x, width, mode="constant", constant_values=None):
        zeros = right(x, width)
        return keras.ops.concatenate([zeros[:, :1] + 1, zeros[:, 1:]], axis=-1)

    def before(name):
        monkeypatch.setattr(keras.ops, "pad", edge if name == "torch" else right)

    trial = compared(f"{__name__}:losing", tmp_path, before)
    assert trial.first.name == "dots"
    told = " ".join(trial.sentences())
    assert "A known cause: on PyTorch ops.pad" in told
    assert "keras#23230" in told
    assert [note for note in trial.notes if "Huber" in note and "keras#23286" in note]


@pytest.mark.any_backend
def test_only_where_the_difference_is(tmp_path):
    record = ran(f"{__name__}:losing", tmp_path)
    record.result["backend"] = "jax"
    trial = compared(f"{__name__}:losing", tmp_path / "other")
    assert trial.is_same
    assert not [line for line in trial.sentences() if "known cause" in line]
    for found in trial.of("layer"):
        causes = [one.id for one in explanations(found, [record])]
        assert causes == (["symmetric_padding"] if found.name == "dots" else [])


@pytest.mark.any_backend
def test_the_command_lists_them(capsys):
    assert main(["compare", "--known"]) == 0
    said = capsys.readouterr().out
    assert "Known causes" in said
    assert "keras#23230" in said


@pytest.mark.any_backend
def test_the_guide_lists_them():
    guide = Path(__file__).parents[2] / "docs" / "comparing.md"
    lines = guide.read_text(encoding="utf-8").splitlines()
    for cause in known_causes():
        assert [
            line
            for line in lines
            if line.startswith(f"| {cause.symptom} | ")
            and f" | {cause.keras.replace(',', ', ')} | {cause.advice} | " in line
        ], cause.id
