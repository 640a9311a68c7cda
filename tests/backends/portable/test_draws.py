"""Numbers of the portable stream: those of JAX where it draws alike, and of the right law."""

import jax
import keras
import numpy as np
import pytest
from scipy import special, stats

from kerastune.backends.portable import draws
from kerastune.backends.portable.inverse_error import inverse_error_function
from kerastune.errors import InputError

pytestmark = pytest.mark.first_backend

SEED = 12
KEY = np.array([SEED, 0], "uint32")
LARGE = 4000


@pytest.fixture(autouse=True)
def _order_of_counters():
    """Let JAX take the counters that the portable stream takes."""
    with jax.threefry_partitionable(False):
        yield


def numpy(tensor):
    return keras.ops.convert_to_numpy(tensor)


@pytest.mark.each_backend
def test_uniform():
    unit = numpy(draws.uniform((7, 5), seed=SEED))
    np.testing.assert_array_equal(unit, np.asarray(jax.random.uniform(KEY, (7, 5))))
    found = numpy(draws.uniform((7, 5), -0.1, 0.3, seed=SEED))
    expected = np.asarray(jax.random.uniform(KEY, (7, 5), minval=-0.1, maxval=0.3))
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-7)


@pytest.mark.parametrize(("dtype", "bits"), [("float16", 10), ("bfloat16", 7), ("float32", 23)])
def test_uniform_is_below_one(dtype, bits):
    drawn = draws.uniform((LARGE,), dtype=dtype, seed=SEED)
    assert keras.backend.standardize_dtype(drawn.dtype) == dtype
    counted = numpy(keras.ops.cast(drawn, "float32")) * 2.0**bits
    np.testing.assert_array_equal(counted, np.round(counted))
    assert counted.min() >= 0
    assert counted.max() < 2**bits


@pytest.mark.each_backend
def test_normal():
    found = numpy(draws.normal((LARGE,), 1.0, 2.0, seed=SEED))
    expected = np.asarray(jax.random.normal(KEY, (LARGE,))) * 2 + 1
    np.testing.assert_allclose(found, expected, rtol=2e-6, atol=2e-6)


def test_truncated_normal():
    found = numpy(draws.truncated_normal((LARGE,), 1.0, 2.0, seed=SEED))
    expected = np.asarray(jax.random.truncated_normal(KEY, -2, 2, (LARGE,))) * 2 + 1
    np.testing.assert_allclose(found, expected, rtol=2e-6, atol=2e-6)


@pytest.mark.each_backend
@pytest.mark.parametrize("noise_shape", [None, (None, 1, 6)])
def test_dropout(noise_shape):
    ones = np.ones((5, 4, 6), "float32")
    shape = tuple(
        own if given is None else given
        for own, given in zip(ones.shape, noise_shape or ones.shape, strict=True)
    )
    is_kept = np.asarray(jax.random.bits(KEY, shape, "uint16")) >= round(0.3 * 2**16)
    found = numpy(draws.dropout(keras.ops.convert_to_tensor(ones), 0.3, noise_shape, SEED))
    np.testing.assert_allclose(found, ones * is_kept / 0.7, rtol=1e-6)
    assert 0 < (found == 0).mean() < 1


@pytest.mark.parametrize("rare", [np.min, np.max])
def test_dropout_of_few_positions_or_all_but_few(rare):
    many = 2**19
    bits = np.asarray(jax.random.bits(KEY, (many,))) >> 1
    rate = (int(rare(bits)) + (rare is np.min)) / 2**31  # So that it is one position.
    assert not 2**-17 <= rate <= 1 - 2**-17
    is_dropped = numpy(draws.dropout(keras.ops.ones((many,)), rate, seed=SEED)) == 0
    np.testing.assert_array_equal(is_dropped, bits < round(rate * 2**31))
    assert min(is_dropped.sum(), (~is_dropped).sum()) == 1


@pytest.mark.parametrize(("rate", "expected"), [(0.0, 1.0), (1.0, 0.0)])
def test_dropout_of_nothing_and_of_all(rate, expected):
    assert float(draws.dropout(keras.ops.ones(()), rate, seed=SEED)) == expected


@pytest.mark.parametrize("dtype", ["int32", "uint8", "int16"])
def test_randint(dtype):
    bits = np.asarray(jax.random.bits(KEY, (LARGE,)))
    found = numpy(draws.randint((LARGE,), 3, 10, dtype, SEED))
    np.testing.assert_array_equal(found, 3 + (bits >> 1) % 7)
    assert set(found) == set(range(3, 10))


def test_randint_of_too_many():
    with pytest.raises(InputError, match=r"fewer than 2\^31"):
        draws.randint((2,), 0, 2**31, "int64")


def test_categorical():
    shares = np.array([[0.1, 0.2, 0.7], [0.5, 0.5, 0.0]], "float32")
    with np.errstate(divide="ignore"):
        drawn = numpy(draws.categorical(np.log(shares), LARGE, seed=SEED))
    assert drawn.shape == (2, LARGE)
    counts = np.stack([(drawn == one).mean(1) for one in range(3)], 1)
    # Five standard errors of a share.
    assert np.abs(counts - shares).max() < 5 * (0.25 / LARGE) ** 0.5
    assert counts[1, 2] == 0


@pytest.mark.each_backend
@pytest.mark.parametrize("axis", [0, 1])
def test_shuffle(axis):
    table = np.arange(60).reshape((6, 10) if axis == 0 else (10, 6))
    found = numpy(draws.shuffle(keras.ops.convert_to_tensor(table), axis, SEED))
    order = np.argsort(np.asarray(jax.random.bits(KEY, (6,))).view("int32"))
    np.testing.assert_array_equal(found, np.take(table, order, axis))
    assert not np.array_equal(found, table)


@pytest.mark.parametrize("alpha", [0.3, 1.0, 4.5])
def test_gamma(alpha):
    drawn = numpy(draws.gamma((LARGE,), alpha, seed=SEED))
    assert stats.kstest(drawn, stats.gamma(alpha).cdf).pvalue > 1e-3


@pytest.mark.parametrize(("alpha", "beta"), [(0.3, 0.3), (2.0, 5.0)])
def test_beta(alpha, beta):
    drawn = numpy(draws.beta((LARGE,), alpha, beta, seed=SEED))
    assert stats.kstest(drawn, stats.beta(alpha, beta).cdf).pvalue > 1e-3


@pytest.mark.each_backend
def test_inverse_error_function():
    end = 1 - 2.0**-23
    values = np.concatenate([np.linspace(-end, end, 2001), [1e-8, 0.993, 0.994]]).astype("float32")
    found = numpy(inverse_error_function(keras.ops.convert_to_tensor(values)))
    np.testing.assert_allclose(found, special.erfinv(values.astype("float64")), rtol=1e-6)
