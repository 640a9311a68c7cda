"""Which blocks of a student learn from which of its teacher's, and what is compared."""

from collections.abc import Sequence
from math import ceil
from typing import NamedTuple

from kerastune import backends

backends.select()

import keras

from kerastune.errors import InputError
from kerastune.training.block_features import block_features


class TaughtFeatures(NamedTuple):
    """The features of two networks that are compared, block by block.

    Args:
        student: Keras model with two outputs, that of the student and its `features`.
        teacher: Keras model from the inputs of the teacher to its features.
        blocks: int, how many pairs of blocks there are.
    """

    student: keras.Model
    teacher: keras.Model
    blocks: int


def taught_features(
    student: keras.Model, teacher: keras.Model, layer_mapping: Sequence[int] | None = None
) -> TaughtFeatures:
    """Returns the models that give the features of a student's blocks and of its teacher's.

    Where the widths of two blocks differ, the student's goes through a linear layer that is
    trained with it and then left.

    Args:
        student: a functional model, which shares layers and weights with the new one.
        teacher: a functional model.
        layer_mapping: for each block of the student the number of the teacher's block that it
            learns from, counted from 1, or 0 for none. Defaults to blocks at the same share of
            the depth, the last from the last.

    Returns:
        The `TaughtFeatures`.

    Raises:
        InputError: if a model has no blocks that can be reached, or the mapping does not fit.

    Example:

    >>> def network(*widths):
    ...     layers = [keras.layers.Dense(width) for width in widths]
    ...     return keras.Sequential([keras.Input((2,)), *layers])
    >>> found = taught_features(network(3, 1), network(4, 4, 1))
    >>> found.blocks, found.student.output["features"].shape, found.teacher.output.shape
    (1, (None, 4), (None, 4))

    Reference: Jiao et al., "TinyBERT: Distilling BERT for Natural Language Understanding" (2020),
    equation 8 and the uniform mapping of section 4.4.
    """
    learner, known = block_features(student), block_features(teacher)
    numbers = _numbers(learner.names, known.names, layer_mapping)
    pairs = [(place, number - 1) for place, number in enumerate(numbers) if number]
    learned = []
    for place, its_place in pairs:
        feature, wanted = learner.features[place], known.features[its_place].shape[-1]
        if feature.shape[-1] != wanted:
            # A seed of its own: what is drawn before depends on whether the teacher is trained.
            drawn = keras.initializers.GlorotUniform(seed=place)
            name = f"as_wide_as_the_teacher_{place + 1}"
            widened = keras.layers.Dense(wanted, kernel_initializer=drawn, name=name)
            feature = widened(feature)
        learned.append(feature)
    outputs = {"outputs": learner.outputs, "features": _joined(learned)}
    return TaughtFeatures(
        keras.Model(learner.inputs, outputs, name=student.name),
        keras.Model(known.inputs, _joined([known.features[place] for _, place in pairs])),
        len(pairs),
    )


def _numbers(
    names: Sequence[str], known: Sequence[str], layer_mapping: Sequence[int] | None
) -> list[int]:
    """For each block of the student the number of the teacher's, from 1, or 0."""
    if layer_mapping is None:
        return [ceil((place + 1) * len(known) / len(names)) for place in range(len(names))]
    are_there = all(0 <= number <= len(known) for number in layer_mapping)
    if len(layer_mapping) != len(names) or not are_there or not any(layer_mapping):
        raise InputError(
            f"Expected a `layer_mapping` of {len(names)} numbers, one for each block of the "
            f"student ({', '.join(names)}), from 1 to {len(known)} for those of the teacher "
            f"({', '.join(known)}), or 0 for none. Received: {list(layer_mapping)}"
        )
    return list(layer_mapping)


def _joined(features: Sequence[keras.KerasTensor]) -> keras.KerasTensor:
    """Vectors of length 1, one after the other."""
    units = [keras.layers.UnitNormalization(dtype="float32")(feature) for feature in features]
    return units[0] if len(units) == 1 else keras.layers.Concatenate(dtype="float32")(units)
