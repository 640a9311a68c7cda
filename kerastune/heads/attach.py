"""A backbone and a head become one model."""

from collections.abc import Callable, Sequence
from typing import Any

import keras

from kerastune.backends import symbolic_inputs
from kerastune.errors import InputError
from kerastune.heads.head import Head
from kerastune.models.box_augmentation import BoxWindowModel, RandomBoxWindow
from kerastune.models.sample_mixing import SampleMixing, SampleMixingModel

POOLINGS = ("auto", "mean", "first", "none", "sequence")

# Layers that change targets too, which the loss of a model takes.
_MODELS: dict[type, type[keras.Model]] = {
    SampleMixing: SampleMixingModel,
    RandomBoxWindow: BoxWindowModel,
}


def attach(
    backbone: keras.Model,
    head: Head,
    *,
    pooling: str = "none",
    before: Sequence[Callable[[keras.KerasTensor], keras.KerasTensor] | None] = (),
) -> keras.Model:
    """Returns a model that is a backbone with a head on it.

    Args:
        backbone: a built Keras model that gives features: a tensor, or a dictionary
            with `sequence_output` as KerasHub's text backbones give, with `features` and `offset`,
            which is added to the head's outputs, as that of a wide and deep network, or of the
            vectors of several towers, the maps of a pyramid, or frames and their mask, which go to
            the head as they are. It is nested in the new model and not copied.
        head: a `Head`.
        pooling: str, how features become one vector a sample. `"mean"` over all
            positions (those that the input `padding_mask` allows, if there is one),
            `"first"` for the first token, `"none"` for features that are vectors already,
            `"auto"` for the mean where they are not, `"sequence"` to leave a vector for each
            position, also of a map, for heads that answer at each. Defaults to `"none"`.
        before: layers or models without weights that change what the backbone takes, such
            as augmentation and scaling, in this order; None is passed over. With a
            `kerastune.models.SampleMixing` among them the loss in training takes mixed labels,
            with a `kerastune.models.RandomBoxWindow` changed boxes.

    Returns:
        A functional model from the inputs to the head's outputs. The layers that are
        added behind the backbone are Keras' own, so that saving needs no custom objects
        for them.

    Raises:
        InputError: if the pooling is unknown or does not fit the features.

    Example:

    >>> from kerastune.heads import Classification
    >>> backbone = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    >>> attach(backbone, Classification(("no", "yes"))).output_shape
    (None, 1)
    """
    inputs = symbolic_inputs(backbone)
    changed = inputs
    for step in before:
        changed = changed if step is None else step(changed)
    features = backbone(changed)
    offset = None
    if isinstance(features, dict) and "sequence_output" in features:
        features = features["sequence_output"]
    elif isinstance(features, dict) and "offset" in features:
        features, offset = features["features"], features["offset"]
    pooled = _pool(
        features, pooling, inputs.get("padding_mask") if isinstance(inputs, dict) else None
    )
    outputs = head.build(pooled)
    if offset is not None:
        outputs = keras.layers.Add(dtype="float32", name="head_sum")([outputs, offset])
    model_class = next(
        (_MODELS[type(step)] for step in before if type(step) in _MODELS), keras.Model
    )
    return model_class(inputs, outputs, name=f"{backbone.name}_with_head")


def _pool(features: Any, pooling: str, mask: keras.KerasTensor | None) -> Any:
    if isinstance(features, dict):
        ranks = {name: len(tensor.shape) for name, tensor in features.items()}
        are_apart = pooling == "none" and set(ranks.values()) in ({2}, {4})
        if are_apart or (pooling == "sequence" and "frame_mask" in ranks):
            return features
        raise InputError(
            "Expected the pooling 'none' for the vectors of several towers or maps, and "
            f"'sequence' for frames with their mask. Received: {pooling!r} for tensors of rank "
            f"{ranks}"
        )
    rank = len(features.shape)
    if pooling == "auto":
        pooling = "none" if rank == 2 else "mean"
    if (pooling, rank) in (("none", 2), ("sequence", 3), ("sequence", 4)):
        return features
    if pooling == "first" and rank == 3:
        return features[:, 0, :]
    if pooling == "mean" and rank == 3:
        return keras.layers.GlobalAveragePooling1D(name="head_pooling")(features, mask=mask)
    if pooling == "mean" and rank == 4:
        return keras.layers.GlobalAveragePooling2D(name="head_pooling")(features)
    raise InputError(
        f"Expected a pooling out of {', '.join(POOLINGS)} that fits the features. "
        f"Received: {pooling!r} for features of shape {tuple(features.shape)}"
    )
