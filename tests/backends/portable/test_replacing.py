"""All that Keras draws comes from the portable stream inside a block, and from nowhere else."""

import inspect
import re
from importlib import import_module
from pathlib import Path

import jax
import keras
import numpy as np
import pytest
from keras import layers

from kerastune.backends.native_layers import native_layers
from kerastune.backends.portable import STREAMS, draws, random_from, random_stream
from kerastune.backends.portable.replacing import DRAWS
from kerastune.errors import InputError
from kerastune.jobs import option_rules

BACKEND = f"keras.src.backend.{keras.config.backend()}"
RANDOM = import_module(f"{BACKEND}.random")

# What has numbers of its own: the generators of NumPy and the three backends.
DRAWING = re.compile(
    r"jax\.random\.\w|tf\.random\.\w|stateless_dropout|"
    r"(?:torch|tnn|functional)\.(?:rand\w*|normal|bernoulli|multinomial|\w*dropout)\(|"
    r"np\.random\.|manual_seed\("
)


def numpy(tensor):
    return keras.ops.convert_to_numpy(tensor)


@pytest.fixture(autouse=True)
def _order_of_counters():
    with jax.threefry_partitionable(False):
        yield


def test_keras_has_these_functions_for_each_backend_and_no_others():
    own = {
        name: value
        for name, value in vars(RANDOM).items()
        if getattr(value, "__module__", None) == RANDOM.__name__ and not name.startswith("_")
    }
    assert set(own) - {"jax_draw_seed", "torch_seed_generator"} == set(DRAWS)
    for name in set(DRAWS) - {"binomial"}:
        asked, ours = (inspect.signature(one) for one in (own[name], getattr(draws, name)))
        assert list(asked.parameters) == list(ours.parameters)


def test_keras_draws_nowhere_else():
    root = Path(keras.src.__file__).parent
    rooms = ["backend/jax", "backend/tensorflow", "backend/torch", "layers", "ops", "initializers"]
    drawing = set()
    for room in rooms:
        for path in (root / room).rglob("*.py"):
            # Examples in docstrings and messages draw their inputs.
            code = re.sub(r'r?""".*?"""', "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
            code = re.sub(r'#.*|"[^"\n]*"', "", code)
            if DRAWING.search(code) and not path.name.endswith("_test.py"):
                drawing.add(path.relative_to(root).as_posix())
    each = [f"backend/{name}" for name in ("jax", "tensorflow", "torch")]
    assert drawing == {f"{one}/{name}.py" for one in each for name in ("image", "random")}


def test_in_images_only_the_elastic_transform_draws():
    module = import_module(f"{BACKEND}.image")
    drawing = [
        name
        for name, value in vars(module).items()
        if inspect.isfunction(value) and DRAWING.search(inspect.getsource(value))
    ]
    assert set(drawing) - {"_torch_seed_generator"} == {"elastic_transform"}
    image = np.ones((1, 8, 8, 3), "float32")
    with random_from("portable"), pytest.raises(InputError, match="no elastic transform"):
        layers.RandomElasticTransform(1.0)(image, training=True)


def test_everything_is_put_back():
    before = {name: getattr(RANDOM, name) for name in DRAWS}
    with random_from("backend"):
        assert {name: getattr(RANDOM, name) for name in DRAWS} == before
    with random_from("portable"), random_from("portable"):
        assert random_stream() == "portable"
    with pytest.raises(ZeroDivisionError), random_from("portable"):
        raise ZeroDivisionError
    assert random_stream() == "backend"
    assert {name: getattr(RANDOM, name) for name in DRAWS} == before


def test_another_stream_is_refused():
    assert option_rules.STREAMS == STREAMS
    with (
        pytest.raises(InputError, match="'backend' or 'portable'. Received: 'foo'"),
        random_from("foo"),
    ):
        pass


# By the definition of each layer, from what JAX draws with its seed and the number of the draw.
@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        (layers.Dropout(0.25, seed=4), lambda key, x: x * dropped(key, 0.75, x.shape)),
        (
            layers.SpatialDropout1D(0.25, seed=4),
            lambda key, x: x * dropped(key, 0.75, (x.shape[0], 1, x.shape[2])),
        ),
        (layers.GaussianNoise(0.5, seed=4), lambda key, x: x + 0.5 * gaussian(key, x.shape)),
        (
            layers.GaussianDropout(0.2, seed=4),
            lambda key, x: x * (1 + 0.5 * gaussian(key, x.shape)),
        ),
    ],
)
def test_layers(layer, expected):
    inputs = np.random.default_rng(0).normal(size=(4, 6, 3)).astype("float32")
    model = keras.Sequential([keras.Input((6, 3)), layer])
    with random_from("portable"), native_layers(model):
        found = [numpy(model(inputs, training=True)) for _ in range(2)]
    for count, one in enumerate(found):
        key = np.array([4, count], "uint32")
        np.testing.assert_allclose(one, expected(key, inputs), rtol=0, atol=3e-6)


def test_dropout_without_a_seed_counts_too():
    model = keras.Sequential([keras.Input((5,)), layers.Dropout(0.5)])
    state = model.layers[0].seed_generator.state
    seed = int(numpy(state)[0])
    with random_from("portable"), native_layers(model):
        found = numpy(model(np.ones((3, 5), "float32"), training=True))
    expected = dropped(np.array([seed, 0], "uint32"), 0.5, (3, 5))
    np.testing.assert_array_equal(found, expected)
    assert numpy(state).tolist() == [seed, 1]


def test_new_weights():
    with random_from("portable"):
        dense = layers.Dense(5, kernel_initializer=keras.initializers.GlorotUniform(8))
        dense.build((None, 7))
        other = keras.initializers.HeNormal(8)((7, 5))
    limit = (6 / 12) ** 0.5
    key = np.array([8, 0], "uint32")
    expected = jax.random.uniform(key, (7, 5), minval=-limit, maxval=limit)
    np.testing.assert_allclose(numpy(dense.kernel), expected, rtol=0, atol=1e-6)
    # The deviation of what is left of a normal distribution that ends at two of its own.
    scale = (2 / 7) ** 0.5 / 0.87962566103423978
    expected = scale * np.asarray(jax.random.truncated_normal(key, -2, 2, (7, 5)))
    np.testing.assert_allclose(numpy(other), expected, rtol=0, atol=1e-5)


def test_draws_without_a_seed_are_those_of_the_seed_of_all():
    def drawn():
        keras.utils.set_random_seed(7)
        with random_from("portable"):
            return [float(keras.random.uniform(())) for _ in range(2)]

    first, second = drawn()
    assert first != second
    assert drawn() == [first, second]


def dropped(key, kept, shape):
    halves = np.asarray(jax.random.bits(key, shape, "uint16"))
    return (halves >= round((1 - kept) * 2**16)) / kept


def gaussian(key, shape):
    return np.asarray(jax.random.normal(key, shape))
