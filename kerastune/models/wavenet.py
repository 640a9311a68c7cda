"""WaveNet: dilated causal convolutions with gated units, residual and skip connections."""

from typing import Any

import keras

from kerastune.errors import InputError


def wavenet(
    inputs: int,
    *,
    channels: int = 32,
    skip_channels: int = 64,
    stacks: int = 2,
    layers: int = 5,
    kernel_size: int = 2,
    dropout: float = 0.0,
    condition_width: int = 0,
) -> keras.Model:
    """Returns a WaveNet, from a sequence of vectors to one vector for each position.

    Each output depends on its position and those before it alone, `receptive_field` of them; and,
    where there is a condition, on a vector for each frame of as many positions, all of one size. A
    causal convolution, then blocks whose dilation doubles from one to the next, anew in each
    stack; the sum of what all blocks give passes ReLU, a layer, and ReLU again. The layers are
    `causal_conv`, `block_0` and so on, and `skip_conv`.

    Args:
        inputs: int, numbers of an input vector: 1 for raw sound.
        channels: int, numbers of a vector between blocks. Defaults to 32.
        skip_channels: int, numbers of an output vector. Defaults to 64.
        stacks: int, how often the dilations begin anew. Defaults to 2.
        layers: int, blocks of a stack, of dilation 1, 2, 4 and so on. Defaults to 5.
        kernel_size: int of at least 2, positions that a convolution sees. Defaults to 2.
        dropout: float from 0 up to 1, the dropout rate of what enters a block's convolution.
            Defaults to 0.
        condition_width: int, numbers of a frame's vector; 0 for no condition. Defaults to 0.

    Returns:
        An untrained functional model from `(batch, positions, inputs)`, or a list of it and
        `(batch, frames, condition_width)`, to `(batch, positions, skip_channels)`, named
        `wavenet`.

    Raises:
        InputError: if a value is out of its range.

    Reference:
        van den Oord et al., 2016, "WaveNet: A Generative Model for Raw Audio", sections 2.1 to
        2.5 and 3.4, https://arxiv.org/abs/1609.03499

    Example:

    >>> wavenet(40, channels=8, skip_channels=16).output_shape
    (None, None, 16)
    """
    counts = {
        "inputs": inputs,
        "channels": channels,
        "skip_channels": skip_channels,
        "stacks": stacks,
        "layers": layers,
    }
    small = {name: value for name, value in counts.items() if value < 1}
    if condition_width < 0:
        raise InputError(f"Expected a condition_width of at least 0. Received: {condition_width}")
    if small or kernel_size < 2 or not 0 <= dropout < 1:
        raise InputError(
            f"Expected {', '.join(counts)} of at least 1, a kernel_size of at least 2, and dropout "
            "from 0 up to, not including, 1. Received: "
            f"{small or f'kernel_size={kernel_size}, dropout={dropout}'}"
        )
    sequence = keras.Input((None, inputs), name="sequence")
    condition = keras.Input((None, condition_width), name="condition") if condition_width else None
    x = keras.layers.Conv1D(channels, kernel_size, padding="causal", name="causal_conv")(sequence)
    skips = []
    for number in range(stacks * layers):
        block = WaveNetBlock(
            channels,
            skip_channels,
            kernel_size,
            2 ** (number % layers),
            dropout,
            # Nothing comes after the last block but its skip connection.
            gives_residual=number < stacks * layers - 1,
            name=f"block_{number}",
        )
        given = [x]
        if condition is not None:
            name = f"block_{number}_condition"
            given.append(keras.layers.Dense(2 * channels, use_bias=False, name=name)(condition))
        x, skip = block(*given) if block.gives_residual else (x, block(*given))
        skips.append(skip)
    total = keras.layers.Add(name="skip_sum")(skips) if len(skips) > 1 else skips[0]
    x = keras.layers.Activation("relu", name="skip_relu")(total)
    x = keras.layers.Dense(skip_channels, activation="relu", name="skip_conv")(x)
    return keras.Model([sequence, condition] if condition_width else sequence, x, name="wavenet")


def receptive_field(stacks: int, layers: int, kernel_size: int = 2) -> int:
    """Returns how many positions an output of a `wavenet` depends on, its own included.

    Args:
        stacks: int, as for `wavenet`.
        layers: int, likewise.
        kernel_size: int, likewise. Defaults to 2.

    Example:

    >>> receptive_field(stacks=1, layers=10)
    1025
    """
    return 1 + (kernel_size - 1) * (1 + stacks * (2**layers - 1))


@keras.saving.register_keras_serializable(package="kerastune")
class WaveNetBlock(keras.Layer):
    """A gated dilated causal convolution, with a residual and a skip connection.

    A convolution gives tanh(a) * sigmoid(b); one layer makes of it what is added to the input,
    and another what goes to the output of the network.

    Args:
        channels: int, numbers of a vector that comes in and goes on.
        skip_channels: int, numbers of a vector that goes to the output.
        kernel_size: int, positions that the convolution sees.
        dilation: int, the distance between them.
        dropout: float from 0 up to 1, the dropout rate of what enters it. Defaults to 0.
        gives_residual: bool, whether there is something for a next block. Defaults to True.
        **settings: as for every Keras layer.

    Example:

    >>> further, skip = WaveNetBlock(4, 6, 2, 8)(keras.ops.ones((2, 5, 4)))
    >>> tuple(further.shape), tuple(skip.shape)
    ((2, 5, 4), (2, 5, 6))
    """

    def __init__(
        self,
        channels: int,
        skip_channels: int,
        kernel_size: int,
        dilation: int,
        dropout: float = 0.0,
        gives_residual: bool = True,
        **settings: Any,
    ) -> None:
        super().__init__(**settings)
        self.channels = channels
        self.skip_channels = skip_channels
        self.kernel_size = kernel_size
        self.dilation = dilation
        self.dropout = dropout
        self.gives_residual = gives_residual
        common: dict[str, Any] = {"dtype": self.dtype_policy}
        self.dropped = keras.layers.Dropout(dropout, name="dropout", **common)
        self.gated = keras.layers.Conv1D(
            2 * channels,
            kernel_size,
            dilation_rate=dilation,
            padding="causal",
            name="gated_conv",
            **common,
        )
        self.skip = keras.layers.Dense(skip_channels, name="skip", **common)
        if gives_residual:
            self.residual = keras.layers.Dense(channels, name="residual", **common)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Makes the weights.

        Args:
            input_shape: tuple, `(batch, positions, channels)`.
        """
        self.gated.build(input_shape)
        self.skip.build(input_shape)
        if self.gives_residual:
            self.residual.build(input_shape)

    def call(self, sequence: Any, condition: Any = None, training: bool | None = None) -> Any:
        """Returns what goes on to the next block, if anything, and what goes to the output.

        Args:
            sequence: tensor of shape `(batch, positions, channels)`.
            condition: tensor of shape `(batch, frames, 2 * channels)`, what is added to the gated
                convolution at all positions of a frame, or None.
            training: bool, whether there is dropout.
        """
        both = self.gated(self.dropped(sequence, training=training))
        if condition is not None:
            both = _at_each_position(both, condition)
        signal, gate = both[..., : self.channels], both[..., self.channels :]
        x = keras.ops.tanh(signal) * keras.ops.sigmoid(gate)
        skip = self.skip(x)
        return (sequence + self.residual(x), skip) if self.gives_residual else skip

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> Any:
        """Returns the shapes of what goes on, if anything, and of what goes to the output."""
        skip = (*input_shape[:-1], self.skip_channels)
        return (input_shape, skip) if self.gives_residual else skip

    def get_config(self) -> dict[str, Any]:
        """Returns the settings, for saving."""
        names = ("channels", "skip_channels", "kernel_size", "dilation", "dropout")
        own = {name: getattr(self, name) for name in (*names, "gives_residual")}
        return {**super().get_config(), **own}


def _at_each_position(sequence: Any, condition: Any) -> Any:
    """Returns a sequence with the vector of each frame added at all of its positions."""
    rows, frames = keras.ops.shape(condition)[:2]
    framed = keras.ops.reshape(sequence, (rows, frames, -1, sequence.shape[-1]))
    return keras.ops.reshape(framed + condition[:, :, None], keras.ops.shape(sequence))
