"""From what two processes have written to differences, and to the first that counts."""

from collections.abc import Iterable, Sequence

from kerastune.comparison.judging import curves, layers, start, training
from kerastune.comparison.judging.differences import STAGES, Difference
from kerastune.comparison.judging.tolerances import Tolerances
from kerastune.comparison.records import Record

# Of these the first in order is told, of others the furthest off.
_ORDERED = ("structure", "data", "start", "layer", "training")


def judged(reference: Record, other: Record, tolerances: Tolerances) -> list[Difference]:
    """How far a backend is from the reference, in everything that is compared.

    Args:
        reference: `Record` of the reference.
        other: that of another backend.
        tolerances: `Tolerances`, for float32.

    Returns:
        List of `Difference`, in the order of `STAGES`. Where the layers themselves differ, it
        holds that alone.
    """
    if found := list(start.structure(reference, other)):
        return found
    held = tolerances.for_precision(reference.result["precision"])
    return [
        *start.data(reference, other, held),
        *start.start(reference, other),
        *layers.layers(reference, other, held),
        *training.forward(reference, other, held),
        *training.loss(reference, other, held),
        *training.gradients(reference, other, held),
        *training.optimizer(reference, other, held),
        *training.updates(reference, other, held),
        *curves.curves(reference, other, held),
    ]


def first_difference(differences: Iterable[Difference]) -> Difference | None:
    """The first difference that is beyond its tolerance, as a model runs.

    Args:
        differences: iterable of `Difference`, of one backend or several.

    Returns:
        The first layer, weight or batch; of gradients and updates, the furthest off. None
        where nothing is beyond its tolerance.

    Example:

    >>> layer = Difference("layer", "conv", "jax", 0.1, 0.1, 1e-4, "off")
    >>> first_difference([Difference("loss", "loss", "jax", 1, 1, 1e-4, "off"), layer]).name
    'conv'
    >>> first_difference([]) is None
    True
    """
    off = [one for one in differences if one.is_off]
    for stage in STAGES:
        found = [one for one in off if one.stage == stage]
        if found and stage in _ORDERED:
            return min(found, key=lambda one: (one.place, -one.excess))
        if found:
            return max(found, key=lambda one: one.excess)
    return None


def suspects(differences: Sequence[Difference]) -> list[Difference]:
    """Layers that differ by more than rounding, though within the tolerance, furthest first.

    Args:
        differences: sequence of `Difference`.

    Example:

    >>> suspects([Difference("layer", "gelu", "jax", 1e-4, 5e-5, 1e-4, "close")])[0].name
    'gelu'
    """
    found = [one for one in differences if one.stage == "layer" and one.status == "close"]
    return sorted(found, key=lambda one: -one.excess)
