"""Reading back a result, in any process and on any backend."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from kerastune import backends

backends.select()

import keras

from kerastune.data import Column
from kerastune.errors import InputError, reason
from kerastune.heads import Classification, Head, Regression
from kerastune.jobs.classes import require_known
from kerastune.jobs.model_files import BASED, MODEL, read_model_and_adapters
from kerastune.jobs.recipe_files import import_recipe_file
from kerastune.jobs.result import Result
from kerastune.jobs.run_directories import FIRST_REPEAT, MARKER, RESULT
from kerastune.preprocessing import (
    ArrayPreprocessor,
    ImagePreprocessor,
    Preprocessor,
    TextPreprocessor,
    load_preprocessor,
)
from kerastune.training import TrainingHistory
from kerastune.tuning import Plan
from kerastune.tuning.plans.former_sgd import known_sgd
from kerastune.untrusted.folders import require_inside
from kerastune.untrusted.keras_config import foreign_part
from kerastune.untrusted.reading import parse_json, read_text


def load(
    run_dir: str | Path, recipe: str | Path | None = None, *, base: str | Path | None = None
) -> Result:
    """Reads back a result, in any process and on any backend.

    Args:
        run_dir: str or Path, a directory that `Result.save` or a recipe wrote. Of one with
            `repeats` the first is read.
        recipe: str or Path, a Python file to import first, which defines classes that the
            run needs: `my_recipe.py`. Nothing that the run itself names is ever imported.
            Defaults to none.
        base: str or Path, where the base is now of a run with adapters that was stored without
            it, as for `load_backbone`. It has to have the same weights. Defaults to where it was.

    Returns:
        A `Result` that predicts what the saved one did. Its model is not compiled.

    Raises:
        InputError: if the directory holds no complete result, or needs a class that is not
            imported.
        MissingExtraError: if the model needs a library that is not installed.
        MissingPackageError: if its base needs a package that is not installed.

    Example:

    >>> load("no/such/directory")
    Traceback (most recent call last):
        ...
    kerastune.errors.InputError: Expected the directory of a finished run. Received: ...
    """
    if recipe is not None:
        import_recipe_file(recipe)
    directory = Path(run_dir)
    if not (directory / RESULT).is_file() and (directory / FIRST_REPEAT).is_dir():
        directory = directory / FIRST_REPEAT
    _require_inside(directory)
    state = _read(directory / RESULT, parse_json)
    plan = _read(directory / "plan.yaml", _trained_plan)
    history = _read(directory / "history.json", lambda text: TrainingHistory(**parse_json(text)))
    require_known(state.get("classes"), directory)
    preprocessor = _preprocessor(directory / "preprocessor")
    try:
        name, metrics, head = state["recipe"], state["metrics"], _head(state["head"])
        columns, targets = _columns(state, head, preprocessor)
    except InputError:
        raise
    # What a class of somebody else makes of its settings may fail in any way.
    except Exception as error:
        raise _unusable(directory) from error
    model = read_model_and_adapters(directory, base)
    return Result(
        name, model, head, plan, metrics, history, directory, preprocessor, columns, targets
    )


def _preprocessor(folder: Path) -> Preprocessor:
    """The preprocessor of a run; before version 0.2 one tells it by its files."""
    if (folder / "class.json").is_file():
        return load_preprocessor(folder)
    if (folder / "images.json").is_file():
        settings = _read(folder / "images.json", _image_settings)
        return ImagePreprocessor(settings)
    if folder.is_dir():
        preprocessor = TextPreprocessor()
        preprocessor.load_assets(folder)
        return preprocessor
    return ArrayPreprocessor(("array",))


def _head(settings: Mapping[str, Any]) -> Head:
    """The head that `Result.save` described, also in the words used before version 0.2."""
    if "kind" in settings:
        heads: dict[str, type[Head]] = {"Classification": Classification, "Regression": Regression}
        old = heads[settings["kind"]]
        return old.from_config({name: value for name, value in settings.items() if name != "kind"})
    name = settings["registered_name"]
    if keras.saving.get_registered_object(name) is None:
        raise KeyError(name)
    if fault := foreign_part(settings):
        raise ValueError(f"it has {fault}")
    head = keras.saving.deserialize_keras_object(dict(settings))
    if not isinstance(head, Head):
        raise TypeError(f"{name} is not a head")
    return head


def _image_settings(text: str) -> tuple[int, ...]:
    """The shape of images, as it was written before version 0.2."""
    return tuple(parse_json(text)["image_shape"])


def _columns(
    state: Mapping[str, Any], head: Head, preprocessor: Preprocessor
) -> tuple[dict[str, Column], tuple[str, ...]]:
    """What the samples of a run were; before version 0.2 its parts tell."""
    if "columns" in state:
        columns = {name: Column(**values) for name, values in state["columns"].items()}
        return columns, tuple(state["targets"])
    kinds = {TextPreprocessor: Column("text"), ArrayPreprocessor: Column("array")}
    given = (
        Column("image", shape=preprocessor.image_shape)
        if isinstance(preprocessor, ImagePreprocessor)
        else kinds[type(preprocessor)]
    )
    label = (
        Column("class", class_names=head.class_names)
        if isinstance(head, Classification)
        else Column("quantity")
    )
    return {preprocessor.columns[0]: given, "label": label}, ("label",)


def _require_inside(directory: Path) -> None:
    """Raises if what is read of a run is a link to something elsewhere."""
    names = (RESULT, "plan.yaml", "history.json", "preprocessor", MODEL, *BASED)
    try:
        require_inside(directory, [name for name in names if (directory / name).exists()])
    except (OSError, ValueError) as error:
        raise InputError(
            f"Expected the directory of a finished run. Received: '{directory}', in which "
            f"{reason(error)}"
        ) from error


def _unusable(directory: Path) -> InputError:
    """The error for a result whose parts are not there."""
    return InputError(
        "Expected a result.json with `recipe`, `metrics` and a `head` that is registered with "
        f"Keras. Received: '{directory}', where it is otherwise"
    )


def _trained_plan(text: str) -> Plan:
    """The plan of a run, which a version before may have written in its own words."""
    with known_sgd():
        return Plan.from_yaml(text)


def _read(path: Path, parse: Callable[[str], Any]) -> Any:
    """What a file of a result holds."""
    try:
        return parse(read_text(path))
    except (OSError, ValueError, LookupError, TypeError) as error:
        if (path.parent / MARKER).is_file() and not (path.parent / RESULT).is_file():
            received = f"'{path.parent}', which holds an unfinished run"
        else:
            received = f"'{path.parent}', whose {path.name} cannot be read: {reason(error)}"
        raise InputError(
            f"Expected the directory of a finished run. Received: {received}"
        ) from error
