"""What lowers for a machine that is not there, and what is said where it does not."""

import importlib.util
import json
import sys

import keras
import pytest

import kerastune as kt
from kerastune.backends import is_abstract
from kerastune.cli import main
from kerastune.lowering.steps import job_without_memory

from . import made_layers as made

if keras.config.backend() == "jax":
    # Only JAX lowers; what other backends say is below.

    class TestWhatLowers:
        def test_a_step_for_both_platforms(self):
            lowering = kt.lower(made.recipe_with(lambda: keras.layers.Dense(16)))
            assert lowering.lowers
            assert [one.platform for one in lowering.platforms] == ["tpu", "cuda"]
            assert all(one.module_bytes > 1000 for one in lowering.platforms)
            # 8 samples x 4 inputs x 16 units, and x 1 output: two FLOPs a product.
            assert lowering.operations.macs == 8 * (4 * 16 + 16)
            weights = 4 * (4 * 16 + 16 + 16 + 1)
            assert (lowering.memory.weights, lowering.memory.slots) == (weights, 2 * weights)

        def test_no_weight_takes_memory(self):
            recipe = made.recipe_with(lambda: keras.layers.Dense(16))
            job = job_without_memory(recipe, {})
            assert is_abstract(job.model)

        def test_a_recipe_that_reads_weights(self):
            def reads():
                layer = keras.layers.Dense(4)
                layer.build((None, 4))
                layer.set_weights(layer.get_weights())
                return layer

            assert kt.lower(made.recipe_with(reads), platforms="tpu").lowers

        def test_more_is_lowered_where_more_trains(self):
            recipe = made.recipe_with(lambda: keras.layers.Dense(16), lambda: keras.layers.Dense(8))
            all_of_it = kt.lower(recipe, platforms="tpu")
            head = kt.lower(recipe, platforms="tpu", plan="head_only")
            assert head.platforms[0].module_bytes < all_of_it.platforms[0].module_bytes
            assert head.operations.backward_flops < all_of_it.operations.backward_flops

        def test_a_layer_that_keras_does_not_compile_is_named(self):
            recipe = made.recipe_with(
                lambda: keras.layers.Reshape((2, 2, 1)),
                lambda: keras.layers.RandomRotation(0.1, name="turned"),
            )
            lowering = kt.lower(recipe, platforms="cuda")
            assert lowering.lowers
            assert any("because of turned" in note for note in lowering.notes)

    class TestWhatDoesNot:
        @pytest.mark.parametrize(
            ("layer", "said"),
            [
                (made.CallsTheHost, "calls back to Python on the host"),
                (made.Prints, "calls back to Python on the host"),
                (made.Branches, "asks for the value of a tensor"),
                (made.UsesNumPy, "hands a tensor to NumPy"),
                (made.Selects, "whose shape depends on the data"),
                (made.Eigenvalues, "uses the operation 'eig', which JAX has not for tpu"),
            ],
        )
        def test_the_layer_and_the_reason(self, layer, said):
            recipe = made.recipe_with(lambda: layer(name="mine"))
            (outcome,) = kt.lower(recipe, platforms="tpu").platforms
            assert not outcome.lowers
            assert said in outcome.obstacle.what
            if layer is not made.Eigenvalues:
                assert outcome.obstacle.where.split("/")[-1] == "mine"

        def test_flash_attention_is_decided_where_it_is_traced(self):
            def recipe(flash_attention):
                return made.recipe_with(
                    lambda: keras.layers.Dense(32),
                    lambda: keras.layers.Reshape((4, 8)),
                    lambda: made.SelfAttention(flash_attention, name="mine"),
                )

            (outcome,) = kt.lower(recipe(True), platforms="tpu").platforms
            assert "asks for flash attention" in outcome.obstacle.what
            assert "mine" in outcome.obstacle.where
            left_to_keras = kt.lower(recipe(None), platforms="tpu")
            assert left_to_keras.lowers
            assert any("without flash attention" in note for note in left_to_keras.notes)

        def test_a_random_crop(self):
            recipe = made.recipe_with(
                lambda: keras.layers.Reshape((2, 2, 1)),
                lambda: keras.layers.RandomCrop(1, 1),
                keras.layers.GlobalAveragePooling2D,
            )
            (outcome,) = kt.lower(recipe, platforms="tpu").platforms
            assert "random_crop" in outcome.obstacle.where
            assert "cuts out a slice whose place is computed" in outcome.obstacle.what

        def test_a_recipe_that_fails_on_any_machine(self):
            with pytest.raises(ValueError, match="total size"):
                kt.lower(made.recipe_with(lambda: keras.layers.Reshape((7,))))

        def test_an_operation_of_one_platform(self):
            lowering = kt.lower(made.recipe_with(made.Eigenvalues), platforms="cuda,tpu")
            # On CUDA it is a call that JAX does not promise to keep, which is no matter here.
            assert [one.lowers for one in lowering.platforms] == [True, False]
            assert not lowering.lowers

    if importlib.util.find_spec("libtpu") is not None:

        @pytest.mark.slow
        def test_the_tpu_compiler_gives_the_memory_of_a_chip():
            recipe = made.recipe_with(lambda: keras.layers.Dense(16))
            compiled = kt.lower(recipe, platforms="tpu", compile_for="v5e:2x2").compiled
            # Weights and two slots, of 97 numbers, and the batch; in tiles.
            assert compiled.arguments >= 4 * (3 * 97 + 8 * 5)
            assert compiled.total > compiled.arguments
            assert compiled.collectives == ()

        @pytest.mark.slow
        def test_the_tpu_compiler_divides_a_step_over_the_chips():
            recipe = made.recipe_with(lambda: keras.layers.Dense(16))
            compiled = kt.lower(recipe, platforms="tpu", distribution="data_parallel").compiled
            assert (compiled.machine, compiled.devices) == ("v5e:2x2", 4)
            # The gradients of 97 numbers, the loss, and what metrics count.
            (sent,) = compiled.collectives
            assert sent.kind == "all-reduce"
            assert 4 * (97 + 1) <= sent.bytes <= 4 * (97 + 4)

    class TestCommand:
        def test_tables_and_json(self, tmp_path, capsys):
            file = tmp_path / "lowered.json"
            status = main(["lower", "linear_regression", "--platform", "tpu", "--json", str(file)])
            printed = capsys.readouterr().out
            assert status == 0, printed
            assert "The training step of linear_regression, lowered" in printed
            written = json.loads(file.read_text())
            assert written["lowers"] is True
            (row,) = written["tables"][0]["rows"]
            assert row["platform"] == "tpu"
            assert row["module"] > 1000

        def test_the_status_where_it_does_not_lower(self, tmp_path, capsys):
            file = tmp_path / "mine.py"
            file.write_text(RECIPE)
            assert main(["lower", f"{file}:host", "--platform", "cuda"]) == 1
            assert "calls back to Python on the host" in " ".join(capsys.readouterr().out.split())

        @pytest.mark.parametrize(
            ("arguments", "said"),
            [
                (["nothing"], "Expected a recipe"),
                (["linear_regression", "--backend", "torch"], "Expected the backend jax"),
                (["linear_regression", "--epochs", "many"], "epochs"),
                (["linear_regression", "--compile", "v5e"], "Expected a topology"),
            ],
        )
        def test_what_it_refuses(self, arguments, said, capsys):
            assert main(["lower", *arguments]) == 2
            told = capsys.readouterr().err
            assert said in told
            assert len(told.strip().splitlines()) == 1

else:

    def test_another_backend_runs_already():
        with pytest.raises(kt.InputError, match="Expected the backend that Keras already runs on"):
            kt.lower("linear_regression")


@pytest.mark.any_backend
class TestOnAnyBackend:
    def test_an_unknown_platform(self, capsys):
        assert main(["lower", "lenet", "--platform", "gpu"]) == 2
        assert "Did you mean 'cuda'" in capsys.readouterr().err

    def test_jax_is_not_installed(self, monkeypatch, capsys):
        monkeypatch.setattr(kt.backends.choice, "installed", lambda: ["torch"])
        monkeypatch.delitem(sys.modules, "keras")  # The choice is open until it is imported.
        assert main(["lower", "lenet"]) == 2
        assert "[jax]" in capsys.readouterr().err

    def test_libtpu_is_not_installed(self, monkeypatch, capsys):
        from kerastune.backends import tpu_topologies

        monkeypatch.setattr(tpu_topologies.importlib.util, "find_spec", lambda name: None)
        assert main(["lower", "lenet", "--compile", "v5e:2x2"]) == 2
        assert "[tpu]" in capsys.readouterr().err


RECIPE = '''
import jax
import keras
import kerastune as kt
import numpy as np


class Printed(keras.layers.Layer):
    def call(self, inputs):
        jax.debug.print("{}", inputs[0, 0])
        return inputs


@kt.recipe(epochs=1)
def host(data=None, **options):
    """Print."""
    samples = kt.Source.of(np.ones((8, 2), "float32"), np.arange(8.0))
    head = kt.heads.Regression.for_samples(samples)
    body = keras.Sequential([keras.Input((2,)), Printed(), keras.layers.Dense(2)], name="body")
    return kt.Job(kt.heads.attach(body, head), head, kt.Splits(samples, samples))
'''
