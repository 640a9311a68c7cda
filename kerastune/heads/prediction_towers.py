"""The layers of a RetinaNet behind its backbone: feature pyramid, class tower and box tower.

KerasHub has them inside `RetinaNetBackbone` and `RetinaNetObjectDetector`, with 256 channels and
without a way to train the pyramid as a new part beside a pretrained encoder.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import keras

_PRIOR = 0.01  # the share of anchors with an object, at the start


def feature_pyramid(
    features: dict[str, Any], last: int, *, width: int, name: str = "head"
) -> dict[str, Any]:
    """Returns feature maps of one width, in which the coarse ones are added to the fine ones.

    Args:
        features: dictionary from `"P3"` and so on to symbolic maps of a backbone, each with half of
            the height and width of the one before. Maps that have one width already are those of
            a pyramid, and only coarser ones are added.
        last: int, the coarsest level that is wanted. Those that the backbone lacks are made by
            convolutions with stride 2.
        width: int, channels.
        name: str, what the names of layers begin with. Defaults to `"head"`.

    Returns:
        Dictionary from level to symbolic map.

    Reference:
        Lin et al., 2017, "Feature Pyramid Networks for Object Detection",
        https://arxiv.org/abs/1612.03144

    Example:

    >>> maps = {"P3": keras.Input((8, 8, 4)), "P4": keras.Input((4, 4, 6))}
    >>> {level: one.shape[1:] for level, one in feature_pyramid(maps, 5, width=2).items()}
    {'P3': (8, 8, 2), 'P4': (4, 4, 2), 'P5': (2, 2, 2)}
    """
    levels = sorted(int(level[1:]) for level in features)
    maps = {level: features[f"P{level}"] for level in levels}
    if not is_pyramid(features):
        coarser: Any = None
        for level in reversed(levels):
            lateral = keras.layers.Conv2D(width, 1, name=f"{name}_lateral_{level}")(maps[level])
            if coarser is not None:
                larger = keras.layers.UpSampling2D(2, name=f"{name}_enlarged_{level}")(coarser)
                lateral = keras.layers.Add(name=f"{name}_sum_{level}")([lateral, larger])
            coarser = lateral
            maps[level] = _convolution(width, f"{name}_pyramid_{level}")(lateral)
    for level in range(levels[-1] + 1, last + 1):
        finer = maps[level - 1]
        maps[level] = _convolution(finer.shape[-1], f"{name}_pyramid_{level}", strides=2)(finer)
    return {f"P{level}": one for level, one in maps.items()}


def is_pyramid(features: Mapping[str, Any]) -> bool:
    """Returns whether feature maps are those of a pyramid already: of one width.

    Args:
        features: dictionary from level to symbolic map.

    Example:

    >>> is_pyramid({"P3": keras.Input((8, 8, 4)), "P4": keras.Input((4, 4, 6))})
    False
    """
    return len({tensor.shape[-1] for tensor in features.values()}) == 1


def prediction_towers(
    maps: Sequence[Any],
    *,
    anchors: int,
    classes: int,
    width: int,
    layers: int,
    name: str = "head",
) -> keras.KerasTensor:
    """Returns what a detector says of each anchor; all maps share the layers.

    Args:
        maps: sequence of symbolic feature maps, the finest first.
        anchors: int, anchors at each place of a map.
        classes: int, how many classes there are.
        width: int, channels.
        layers: int, convolutions before the last, of each tower.
        name: str, what the names of layers begin with. Defaults to `"head"`.

    Returns:
        Symbolic float32 tensor of shape `(batch, anchors, 4 + classes)`, the anchors of the first
        map first, those at one place together.

    Example:

    >>> maps = [keras.Input((8, 8, 4)), keras.Input((4, 4, 4))]
    >>> prediction_towers(maps, anchors=3, classes=2, width=4, layers=1).shape
    (None, 240, 6)
    """
    outputs = []
    # With these biases few anchors are likely to hold an object at the start.
    unlikely = keras.initializers.Constant(-math.log((1 - _PRIOR) / _PRIOR))
    for part, numbers, bias in (("box", 4, "zeros"), ("class", classes, unlikely)):
        tower = [
            _convolution(width, f"{name}_{part}_tower_{layer}", activation="relu")
            for layer in range(1, layers + 1)
        ]
        last = keras.layers.Conv2D(
            anchors * numbers,
            3,
            padding="same",
            kernel_initializer=keras.initializers.RandomNormal(stddev=0.001),
            bias_initializer=bias,
            dtype="float32",
            name=f"{name}_{part}_output",
        )
        found = []
        for place, one in enumerate(maps):
            for layer in (*tower, last):
                one = layer(one)
            flat = keras.layers.Reshape(
                (-1, numbers), dtype="float32", name=f"{name}_{part}_flat_{place}"
            )
            found.append(flat(one))
        outputs.append(_together(found, 1, f"{name}_{part}_all"))
    return _together(outputs, 2, f"{name}_anchors")


def _convolution(width: int, name: str, **settings: Any) -> keras.layers.Conv2D:
    return keras.layers.Conv2D(
        width, 3, padding="same", kernel_initializer="he_normal", name=name, **settings
    )


def _together(tensors: list[Any], axis: int, name: str) -> Any:
    if len(tensors) == 1:
        return tensors[0]
    return keras.layers.Concatenate(axis=axis, dtype="float32", name=name)(tensors)
