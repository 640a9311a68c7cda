"""Every kind of layer, by name."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from kerastune.counting.layers.attention import ATTENTION
from kerastune.counting.layers.convolutional import CONVOLUTIONAL
from kerastune.counting.layers.dense import DENSE
from kerastune.counting.layers.kinds import LayerKind
from kerastune.counting.layers.recurrent import RECURRENT
from kerastune.errors import InputError, closest

LAYERS: Mapping[str, LayerKind] = MappingProxyType(
    {kind.name: kind for kind in (*DENSE, *CONVOLUTIONAL, *RECURRENT, *ATTENTION)}
)
"""The kinds of layers that can be compared, from name to `LayerKind`."""


def layer_kinds(names: Sequence[str]) -> list[LayerKind]:
    """Look up kinds of layers.

    Args:
        names: sequence of str, names in `LAYERS`.

    Returns:
        List of `LayerKind`, in the order given.

    Raises:
        InputError: if there are none, or one is not known.

    Example:

    >>> [kind.title for kind in layer_kinds(["lstm", "gru"])]
    ['Long short-term memory', 'Gated recurrent unit']
    """
    if not names:
        raise InputError(f"Expected kinds of layers, of {', '.join(LAYERS)}. Received: none")
    for name in names:
        if name not in LAYERS:
            hint = closest(name, list(LAYERS)) or f" Choose one of {', '.join(LAYERS)}"
            raise InputError(f"Expected the name of a kind of layer. Received: {name!r}.{hint}")
    return [LAYERS[name] for name in names]
