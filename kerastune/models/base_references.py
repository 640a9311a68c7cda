"""Where the weights of a network are from: a base that can be loaded again is not stored again."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import keras

from kerastune.backends import builds_abstract, nested_layers
from kerastune.checkpoints.fingerprints import fingerprint
from kerastune.files import with_home
from kerastune.models.presets import MINILM, SMOLLM2

TEXT, IMAGES = "backbone", "image_backbone"
"""What loads a base: `load_backbone`, or `load_image_backbone`."""


@dataclass(frozen=True)
class BaseReference:
    """What a base is loaded by.

    Args:
        kind: str, `"backbone"` or `"image_backbone"`.
        preset: str, what is given to `load_backbone` or `load_image_backbone`; of files on this
            machine the whole path.
        options: dictionary of the other arguments that decide which weights there are. Defaults
            to none.

    Example:

    >>> BaseReference.of("minilm").is_local
    False
    """

    kind: str
    preset: str
    options: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, preset: str | Path, kind: str = TEXT, **options: Any) -> "BaseReference":
        """Returns the reference to what a person has written for a backbone.

        Args:
            preset: str or Path, as for `load_backbone`.
            kind: str, as above. Defaults to `"backbone"`.
            **options: as above.
        """
        path = with_home(preset)
        is_path = (
            str(preset) not in (MINILM, SMOLLM2) and "://" not in str(preset) and path.exists()
        )
        return cls(kind, str(path.resolve()) if is_path else str(preset), options)

    def at(self, preset: str | Path) -> "BaseReference":
        """Returns the reference to the same base where it is now.

        Args:
            preset: str or Path, as above.
        """
        return self.of(preset, self.kind, **self.options)

    @property
    def is_local(self) -> bool:
        """bool, whether it is a path, which other machines do not have, and not a name."""
        # A network of `keras.applications` has a file of weights behind a colon.
        return Path(self.preset).is_absolute() or (
            "://" not in self.preset and ":" in self.preset.removeprefix("applications:")
        )

    def to_dict(self) -> dict[str, Any]:
        """Returns it as JSON holds it."""
        return {"kind": self.kind, "preset": self.preset, "options": dict(self.options)}


@dataclass(frozen=True)
class KnownBase:
    """The base of a model, as it was loaded.

    Args:
        reference: the `BaseReference`.
        weights: list of variables, in the order of the network that is loaded.
        fingerprints: list of str, their SHA-256 as they were loaded.
        may_train: set of int, the ids of the weights that are no state of a layer.

    Example:

    See `known_base`.
    """

    reference: BaseReference
    weights: list[Any]
    fingerprints: list[str]
    may_train: frozenset[int]

    def unchanged(self) -> set[int]:
        """Returns the ids of the weights that are as they were loaded."""
        return {
            id(weight)
            for weight, mark in zip(self.weights, self.fingerprints, strict=True)
            if fingerprint(weight) == mark
        }


_known: "WeakKeyDictionary[keras.Model, KnownBase]" = WeakKeyDictionary()


def refer(
    model: keras.Model, reference: BaseReference, weights: list[Any] | None = None
) -> keras.Model:
    """Notes where the weights of a model are from, and returns the model.

    Args:
        model: a built Keras model. One without values, for counting, is not noted.
        reference: the `BaseReference` that gives these weights again.
        weights: list of those of the model that are of the base. Defaults to all.

    Example:

    See `known_base`.
    """
    if not builds_abstract():
        found = list(model.weights if weights is None else weights)
        may_train = frozenset(id(weight) for weight in found if weight.trainable)
        marks = [fingerprint(weight) for weight in found]
        _known[model] = KnownBase(reference, found, marks, may_train)
    return model


def known_base(model: keras.Model) -> KnownBase | None:
    """Returns the base of a model that can be loaded again, or None where there is none.

    Args:
        model: a built Keras model. It may hold the base as a layer, at any depth.

    Example:

    >>> body = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)], name="body")
    >>> model = keras.Sequential([body, keras.layers.Dense(1)])
    >>> known_base(model) is None
    True
    >>> _ = refer(body, BaseReference.of("minilm"))
    >>> len(known_base(model).weights)
    2
    """
    for part in (model, *nested_layers(model)):
        if isinstance(part, keras.Model) and part in _known:
            return _known[part]
    return None
