"""One pass over the weights is Adam as Keras computes it, and so are clipped gradients."""

import keras
import numpy as np
import pytest

from kerastune import layerwise
from kerastune.backends import select
from kerastune.backends.native_layers import lay_out_kernels
from kerastune.backends.optimizers import layerwise as layerwise_module
from kerastune.backends.optimizers.clipping import clipped_by_global_norm
from kerastune.backends.optimizers.fused_adam import fused_adam

pytestmark = pytest.mark.first_backend
each_backend = pytest.mark.each_backend
HAS_ONE = select() in ("torch", "tensorflow")


def trained(optimizer, *, steps=12, decay=0.5, is_guarded=False):
    """Weights after some steps, with kernels laid out as PyTorch reads them."""
    keras.utils.set_random_seed(0)
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((6, 6, 3)),
            layers.Conv2D(4, 3),
            layers.Conv2D(4, 1),
            layers.GlobalAveragePooling2D(),
            layers.Dense(2, name="logits"),
        ]
    )
    made = layerwise(optimizer, model, layer_decay=decay)
    made.is_fused, made.is_guarded = True, is_guarded
    model.compile(made, "mse")
    lay_out_kernels(model)
    drawn = np.random.default_rng(1)
    x = drawn.normal(size=(8, 6, 6, 3)).astype("float32")
    y = drawn.normal(size=(8, 2)).astype("float32")
    for _ in range(steps):
        model.train_on_batch(x, y)
    return model.get_weights()


def rates(steps=12):
    return keras.optimizers.schedules.CosineDecay(0.05, steps)


@pytest.mark.parametrize(
    "make",
    [
        lambda: keras.optimizers.Adam(rates()),
        # A large epsilon shows where it is added.
        lambda: keras.optimizers.Adam(0.05, beta_1=0.8, beta_2=0.9, epsilon=0.1),
        lambda: keras.optimizers.AdamW(rates(), weight_decay=0.1, clipnorm=0.5),
        pytest.param(
            lambda: keras.optimizers.AdamW(rates(), global_clipnorm=0.05), marks=each_backend
        ),
        lambda: keras.optimizers.Adam(0.05, gradient_accumulation_steps=2),
        lambda: keras.optimizers.Adam(0.05, amsgrad=True),
    ],
)
def test_weights_are_those_of_keras(make, monkeypatch):
    found = trained(make())
    with monkeypatch.context() as patched:
        patched.setattr(layerwise_module, "fused_adam", lambda *_: False)
        patched.setattr(layerwise_module, "clipped_by_global_norm", lambda *_: None)
        expected = trained(make())
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=2e-5, atol=2e-6)


@each_backend
@pytest.mark.parametrize("accumulated", [None, 2])
def test_the_norm_that_guards_a_step_is_the_one_to_clip_by(accumulated, monkeypatch):
    norms = []

    def watched(gradients, norm, known):
        norms.append(known is not None)
        return clipped_by_global_norm(gradients, norm, known)

    def made():
        settings = {"global_clipnorm": 0.05, "gradient_accumulation_steps": accumulated}
        return keras.optimizers.SGD(0.05, **settings)

    expected = trained(made())
    monkeypatch.setattr(layerwise_module, "clipped_by_global_norm", watched)
    found = trained(made(), is_guarded=True)
    # What is accumulated has another norm; JAX, whose compiler fuses it, has none.
    assert norms[-1] == (HAS_ONE and accumulated is None)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize(
    ("make", "is_fused"),
    [
        (keras.optimizers.Adam, HAS_ONE),
        pytest.param(keras.optimizers.AdamW, HAS_ONE, marks=each_backend),
        (lambda: keras.optimizers.Adam(amsgrad=True), False),
        (keras.optimizers.Nadam, False),
        (keras.optimizers.SGD, False),
    ],
)
def test_it_is_used_where_the_backend_has_it(make, is_fused, monkeypatch):
    """Fails when Keras names or places its classes otherwise."""
    answers = []

    def watched(*arguments):
        answers.append(fused_adam(*arguments))
        return answers[-1]

    monkeypatch.setattr(layerwise_module, "fused_adam", watched)
    trained(make(), steps=1, decay=1.0)
    assert set(answers) == {is_fused}


@each_backend
@pytest.mark.parametrize("norm", [0.5, 100.0])
@pytest.mark.parametrize("worst", [3.0, float("inf"), float("nan")])
def test_gradients_are_clipped_as_by_keras(norm, worst):
    drawn = np.random.default_rng(0)
    kept = [drawn.normal(size=shape).astype("float32") for shape in [(4, 3), (5,), ()]]
    kept[0][1, 1] = worst
    gradients = [keras.ops.convert_to_tensor(one) for one in kept]
    found = clipped_by_global_norm(gradients, norm)
    assert (found is not None) == HAS_ONE
    if found is None:
        return
    plain = keras.optimizers.SGD(1.0, global_clipnorm=norm)
    variables = [keras.Variable(np.zeros_like(one)) for one in kept]
    plain.apply(gradients, variables)
    for one, moved in zip(found, variables, strict=True):
        np.testing.assert_allclose(
            keras.ops.convert_to_numpy(one), -keras.ops.convert_to_numpy(moved), rtol=1e-6
        )
