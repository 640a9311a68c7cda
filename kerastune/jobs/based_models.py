"""A model with adapters in files that hold all but its base, which is loaded again by its name."""

from math import prod
from pathlib import Path
from typing import Any

from kerastune import backends

backends.select()

import keras

from kerastune import files
from kerastune.backends import builds_abstract, limited_variables, undrawn_weights
from kerastune.backends.compilation import uncompiled
from kerastune.errors import InputError, MissingExtraError, MissingPackageError, reason
from kerastune.models.base_references import BaseReference, KnownBase, refer
from kerastune.models.keras_files import FEW, import_classes
from kerastune.models.loading_again import load_again, reference_from
from kerastune.tuning import load_adapters
from kerastune.tuning.adapter_files.saving import ARRAYS, write_adapters
from kerastune.tuning.adapters.attaching import base_alone
from kerastune.tuning.adapters.merging import refuse_merged
from kerastune.untrusted.folders import require_inside
from kerastune.untrusted.keras_config import foreign_part
from kerastune.untrusted.reading import read_json
from kerastune.untrusted.safetensors_header import read_safetensors_header

ARCHITECTURE, BASE, ADAPTERS = "model.json", "base.json", "adapters"
"""The files of a model without its base: its configuration, the base, and a folder of the rest."""

_FORMAT = 1


def write_based_model(model: keras.Model, folder: Path, base: KnownBase) -> None:
    """Writes a model with adapters without those weights of its base that are as they were.

    Args:
        model: a built Keras model with adapters.
        folder: Path, in which what was written before is replaced.
        base: its `KnownBase`.

    Raises:
        InputError: if the adapters are merged.

    Example:

    See `kerastune.jobs.model_files.save_model_and_adapters`, which calls it.
    """
    refuse_merged(model)
    with uncompiled(model), base_alone(model):
        described = keras.saving.serialize_keras_object(model)
        places = {id(weight): place for place, weight in enumerate(model.weights)}
    files.write_json(folder / ARCHITECTURE, described)
    told = {
        "format": _FORMAT,
        "base": base.reference.to_dict(),
        "weights": [places[id(weight)] for weight in base.weights],
    }
    files.write_json(folder / BASE, told)
    kept = {id(weight) for weight in model.weights} - base.unchanged()
    write_adapters(model, folder / ADAPTERS, kept)


def read_based_model(folder: Path, preset: str | Path | None = None) -> keras.Model:
    """Returns the model that `write_based_model` has written, on its base.

    What the files describe takes no more memory than they and the base have.

    Args:
        folder: Path.
        preset: str or Path, where the base is now, if it is elsewhere. Defaults to None.

    Raises:
        InputError: if files are damaged or hold what is not known, or the base cannot be loaded
            or has other weights than it had.
        MissingExtraError: if the base needs a library that is not installed.
        MissingPackageError: if it needs a package that is not installed.

    Example:

    See `kerastune.jobs.model_files.save_model_and_adapters`.
    """
    try:
        require_inside(folder, [ARCHITECTURE, BASE])
        reference, places = _parts(read_json(folder / BASE))
        described = read_json(folder / ARCHITECTURE)
        if fault := foreign_part(described):
            raise ValueError(f"its {ARCHITECTURE} has {fault}")
        header = read_safetensors_header(folder / ADAPTERS / ARRAYS)
        import_classes(described)
    except InputError:
        raise
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise _unusable(folder, error) from error
    base = _loaded(reference, preset, folder)
    numbers = base.count_params() + sum(prod(one["shape"]) for one in header.values())
    model: Any
    try:
        with limited_variables(2 * numbers + FEW), undrawn_weights():
            model = keras.saving.deserialize_keras_object(described, safe_mode=True)
            weights = _weights_at(model, places, base, reference)
            if not builds_abstract():
                for weight, value in zip(weights, base.weights, strict=True):
                    weight.assign(value)
    except InputError:
        raise
    # What a configuration builds may fail in any way.
    except Exception as error:
        raise _unusable(folder, error) from error
    refer(model, reference if preset is None else reference.at(preset), weights)
    load_adapters(model, folder / ADAPTERS)
    return model


def _parts(described: dict[str, Any]) -> tuple[BaseReference, list[int]]:
    """The base, and the places of its weights in the model."""
    if described["format"] != _FORMAT:
        raise ValueError(f"it is of format {described['format']!r}, and {_FORMAT} is known")
    places = described["weights"]
    if not isinstance(places, list) or not all(type(one) is int and one >= 0 for one in places):
        raise ValueError(f"its {BASE} has no list of the places of weights")
    if len(set(places)) < len(places):
        raise ValueError(f"its {BASE} has a weight twice")
    return reference_from(described["base"]), places


def _loaded(reference: BaseReference, preset: str | Path | None, folder: Path) -> keras.Model:
    """The base, or what is in the way, with the run that needs it."""
    try:
        return load_again(reference, preset)
    except (MissingExtraError, MissingPackageError):
        raise
    # Such as that the path is longer than one can be.
    except (InputError, OSError) as error:
        raise InputError(
            f"Expected the base {reference.preset!r}, beside which the adapters in '{folder}' were "
            f"trained. Received: {reason(error)}. Put it there, or say where it is: "
            "kerastune.load(RUN, base=PATH)"
        ) from error


def _weights_at(
    model: Any, places: list[int], base: keras.Model, reference: BaseReference
) -> list[Any]:
    """The weights of a model that are to be those of its base, when all of them fit."""
    if not isinstance(model, keras.Model):
        raise TypeError(f"its {ARCHITECTURE} describes a value of type {type(model).__name__}")
    found = [model.weights[place] for place in places]
    shapes = [[tuple(one.shape) for one in weights] for weights in (found, base.weights)]
    if shapes[0] != shapes[1]:
        raise InputError(
            f"Expected the base {reference.preset!r} with weights of the shapes that it had. "
            "Received: one of others. Give the base that the adapters were trained beside"
        )
    return found


def _unusable(folder: Path, error: Exception) -> InputError:
    return InputError(
        f"Expected a model beside its base, of known classes, in {ARCHITECTURE}, {BASE} and "
        f"{ADAPTERS}. Received: '{folder}', where it is otherwise: {reason(error)}"
    )
