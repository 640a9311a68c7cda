"""Recurrent layers, in one direction and in both."""

from collections.abc import Iterable
from functools import partial
from typing import Any

from kerastune.counting.layers.formulas import Formula
from kerastune.counting.layers.kinds import LayerKind
from kerastune.counting.layers.sizes import LayerSizes

_ELMAN = "Elman (1990), https://doi.org/10.1207/s15516709cog1402_1"
_LSTM = "Hochreiter & Schmidhuber (1997), https://doi.org/10.1162/neco.1997.9.8.1735"
_GRU = "Cho et al. (2014), https://arxiv.org/abs/1406.1078"
_BIDIRECTIONAL = "Schuster & Paliwal (1997), https://doi.org/10.1109/78.650093"
_SHI = "Shi et al. (2015), https://arxiv.org/abs/1506.04214"
_TWO_BIASES = "two biases a gate, as Keras' `reset_after=True` and cuDNN have; the paper has one"
_ADDED = "u units each way, added so that the output is u wide; concatenated, it would be 2·u"


def _recurrent(layer: str, sizes: LayerSizes, inputs: Any) -> Any:
    """The recurrent Keras layer of a name."""
    return _unconnected(layer, sizes)(inputs)


def _both_ways(layer: str, sizes: LayerSizes, inputs: Any) -> Any:
    """The recurrent Keras layer of a name, forwards and backwards."""
    import keras

    forwards = _unconnected(layer, sizes)
    return keras.layers.Bidirectional(forwards, merge_mode="sum", dtype="float32")(inputs)


def _unconnected(layer: str, sizes: LayerSizes) -> Any:
    """A recurrent Keras layer that returns every step."""
    import keras

    return getattr(keras.layers, layer)(
        sizes.units, use_bias=sizes.use_bias, return_sequences=True, dtype="float32"
    )


def _conv_lstm2d(sizes: LayerSizes, inputs: Any) -> Any:
    """An LSTM whose states are images."""
    import keras

    return keras.layers.ConvLSTM2D(
        sizes.units,
        sizes.kernel_size,
        padding="same",
        use_bias=sizes.use_bias,
        data_format="channels_last",
        return_sequences=True,
        dtype="float32",
    )(inputs)


def _pair(
    name: str, title: str, layer: str, gates: int, biases: int, note: str, reference: str
) -> Iterable[LayerKind]:
    """The kinds of one recurrent layer, forward and in both directions."""

    def parameters(s: Any) -> Any:
        biases_of_gate = s.bias * biases * s.units
        return gates * (s.inputs * s.units + s.units**2 + biases_of_gate)

    def macs(s: Any) -> Any:
        return s.sequence_length * (gates * (s.inputs * s.units + s.units**2))

    yield LayerKind(
        name=name,
        title=title,
        reads="sequence",
        parameters=Formula(parameters),
        macs=Formula(macs),
        connect=partial(_recurrent, layer),
        note=note,
        reference=reference,
    )
    yield LayerKind(
        name=f"bidirectional_{name}",
        title=f"{title}, forwards and backwards",
        reads="sequence",
        parameters=Formula(lambda s: 2 * parameters(s)),
        macs=Formula(lambda s: 2 * macs(s)),
        connect=partial(_both_ways, layer),
        note="; ".join(filter(None, (_ADDED, note))),
        reference=f"{_BIDIRECTIONAL}; {reference}",
    )


RECURRENT = (
    *_pair("simple_rnn", "Simple recurrent layer", "SimpleRNN", 1, 1, "", _ELMAN),
    *_pair("lstm", "Long short-term memory", "LSTM", 4, 1, "", _LSTM),
    *_pair("gru", "Gated recurrent unit", "GRU", 3, 2, _TWO_BIASES, _GRU),
    LayerKind(
        name="conv_lstm2d",
        title="LSTM on a sequence of images",
        reads="frames",
        parameters=Formula(
            lambda s: (
                4
                * (
                    s.kernel_size**2 * s.inputs * s.units
                    + s.kernel_size**2 * s.units**2
                    + s.bias * s.units
                )
            )
        ),
        macs=Formula(
            lambda s: (
                s.sequence_length
                * s.image_size**2
                * (4 * (s.kernel_size**2 * s.inputs * s.units + s.kernel_size**2 * s.units**2))
            )
        ),
        connect=_conv_lstm2d,
        reference=_SHI,
    ),
)
"""Kinds of recurrent layers."""
