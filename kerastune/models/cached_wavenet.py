"""A WaveNet that is asked for one sample after the other, and keeps what it has computed."""

from typing import Any

import keras
import numpy as np

from kerastune.errors import InputError
from kerastune.models.wavenet import WaveNetBlock


class CachedWaveNet:
    """The outputs of a `wavenet` on one channel, position by position, without a second pass.

    Each convolution keeps the positions that it will still see, so that a step costs the same
    however much there is before it. It computes in float32 with NumPy, alike on every backend: a
    step is too small for an accelerator, and each waits for the one before.

    Args:
        network: a `wavenet` with `inputs=1`, built. Its weights are those of this moment.
        rows: int, how many sequences are made at once.

    Raises:
        InputError: if a layer has weights that are none of its own, such as adapters.

    Reference:
        Le Paine et al., 2016, "Fast Wavenet Generation Algorithm",
        https://arxiv.org/abs/1611.09482

    Example:

    >>> from kerastune.models.wavenet import wavenet
    >>> network = wavenet(1, channels=4, skip_channels=6, layers=3)
    >>> values = np.linspace(-1, 1, 12, dtype="float32").reshape(1, 12, 1)
    >>> cached = CachedWaveNet(network, rows=1)
    >>> found = np.stack([cached.step(values[:, at, 0]) for at in range(12)], axis=1)
    >>> bool(np.allclose(found, network.predict(values, verbose=0), atol=1e-5))
    True
    """

    def __init__(self, network: keras.Model, rows: int) -> None:
        _require_own_weights(network)
        first = network.get_layer("causal_conv")
        self._first = _Convolution(first, 1, rows)
        self._blocks = [_Block(block, rows) for block in _blocks(network)]
        self._last = _dense(network.get_layer("skip_conv"))

    def step(self, values: np.ndarray, conditions: list[np.ndarray] | None = None) -> np.ndarray:
        """Returns the outputs at the next position.

        Args:
            values: float array of shape `(rows,)`, the inputs there.
            conditions: list of an array of shape `(rows, 2 * channels)` for each block, what is
                added to its gated convolution there; see `block_conditions`. Defaults to none.

        Returns:
            float32 array of shape `(rows, skip_channels)`.
        """
        x = self._first.step(values[:, None])
        total: Any = 0
        for number, block in enumerate(self._blocks):
            x, skip = block.step(x, None if conditions is None else conditions[number])
            total = total + skip
        kernel, bias = self._last
        return np.maximum(np.maximum(total, 0) @ kernel + bias, 0)


def block_conditions(network: keras.Model, condition: np.ndarray) -> list[np.ndarray]:
    """Returns what a condition adds to the gated convolution of each block.

    Args:
        network: a `wavenet` with a condition.
        condition: float array of shape `(rows, frames, condition_width)`.

    Returns:
        List of float32 arrays of shape `(rows, frames, 2 * channels)`.

    Example:

    >>> from kerastune.models.wavenet import wavenet
    >>> network = wavenet(1, channels=4, layers=3, stacks=1, condition_width=5)
    >>> [found.shape for found in block_conditions(network, np.zeros((1, 2, 5), "float32"))]
    [(1, 2, 8), (1, 2, 8), (1, 2, 8)]
    """
    layers = [network.get_layer(f"{block.name}_condition") for block in _blocks(network)]
    return [condition @ _array(layer.kernel) for layer in layers]


def _blocks(network: keras.Model) -> list[WaveNetBlock]:
    return [layer for layer in network.layers if isinstance(layer, WaveNetBlock)]


class _Convolution:
    """A causal convolution that keeps the positions before the one that comes."""

    def __init__(self, layer: keras.layers.Conv1D, dilation: int, rows: int) -> None:
        kernel = _array(layer.kernel)
        taps, width, units = kernel.shape
        self._kernel = kernel.reshape(taps * width, units)
        self._bias = _array(layer.bias)
        self._kept = np.zeros(((taps - 1) * dilation, rows, width), "float32")
        self._offsets = np.arange(taps - 1) * dilation
        self._at = 0

    def step(self, x: np.ndarray) -> np.ndarray:
        """Returns the output at the next position, whose input is given."""
        # The oldest is where the new one will lie, and the others of the kernel behind it.
        places = (self._at + self._offsets) % len(self._kept)
        seen = [*(self._kept[place] for place in places), x]
        found = np.concatenate(seen, axis=1) @ self._kernel + self._bias
        self._kept[self._at] = x
        self._at = (self._at + 1) % len(self._kept)
        return found


class _Block:
    """A `WaveNetBlock` that keeps what its convolution will see."""

    def __init__(self, block: WaveNetBlock, rows: int) -> None:
        self._channels = block.channels
        self._gated = _Convolution(block.gated, block.dilation, rows)
        parts = [_dense(block.skip)]
        if block.gives_residual:
            parts.append(_dense(block.residual))
        kernels, biases = zip(*parts, strict=True)
        self._kernel, self._bias = np.concatenate(kernels, axis=1), np.concatenate(biases)
        self._skips = block.skip_channels

    def step(self, x: np.ndarray, condition: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
        """Returns what goes to the next block, and to the output."""
        both = self._gated.step(x)
        if condition is not None:
            both = both + condition
        # The logistic function by tanh, which never overflows.
        gate = 0.5 * np.tanh(0.5 * both[:, self._channels :]) + 0.5
        found = (np.tanh(both[:, : self._channels]) * gate) @ self._kernel + self._bias
        skip, residual = found[:, : self._skips], found[:, self._skips :]
        return (x + residual if residual.size else x), skip


def _dense(layer: keras.layers.Dense) -> tuple[np.ndarray, np.ndarray]:
    return _array(layer.kernel), _array(layer.bias)


def _array(variable: Any) -> np.ndarray:
    return keras.ops.convert_to_numpy(variable).astype("float32")


def _require_own_weights(network: keras.Model) -> None:
    """Raises unless the weights are those of a `wavenet` as it is made, which are read here."""
    names = {variable.name for variable in network.weights}
    if more := sorted(names - {"kernel", "bias", "seed_generator_state"}):
        raise InputError(
            "Expected a WaveNet with kernels and biases alone. Received: one that also has "
            f"{', '.join(more)}. Merge its adapters first"
        )
