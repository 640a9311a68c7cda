"""What a training starts from and leaves behind: YAML configurations and run directories."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import yaml

from kerastune.backends import build_abstract
from kerastune.counting.sources.building import count_abstract
from kerastune.counting.weights import ModelCount, count_model
from kerastune.errors import InputError, reason
from kerastune.heads import Regression, attach
from kerastune.jobs.runs import MARKER
from kerastune.models import application, small_resnet
from kerastune.models.applications import PREFIX as APPLICATIONS
from kerastune.models.image_backbones import SMALL_RESNET
from kerastune.tuning import Plan, Stage, named_plan, train_only

YAML = (".yaml", ".yml")
CONFIGURATION = "config.yaml"  # what a run writes of its own options

_ONE_OUTPUT = Regression(mean=(0.0,), standard_deviation=(1.0,))


def model_of_run(directory: Path) -> Path:
    """The model that a run of this project has written.

    Args:
        directory: path of a run directory.

    Returns:
        Path of its `model.keras`.

    Raises:
        InputError: if the run has not written it.
    """
    path = directory / "model.keras"
    if not path.is_file():
        raise InputError(
            f"Expected a run that is finished. Received: {str(directory)!r}, which has no "
            "model.keras. Run the recipe again with the configuration in its config.yaml"
        )
    return path


def is_run(directory: Path) -> bool:
    """Whether a directory is a run of this project."""
    return (directory / MARKER).is_file()


def read_recipe_configuration(path: Path) -> dict[str, Any]:
    """The options in a YAML file that `kerastune run RECIPE --config` takes.

    Args:
        path: path of the file.

    Returns:
        Dictionary of the options, of which `model` or `backbone` is one, a str.

    Raises:
        InputError: if it cannot be read or names no model.
    """
    try:
        options = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeError, yaml.YAMLError, RecursionError) as error:
        raise InputError(
            f"Expected a YAML file of a recipe's options. Received: {str(path)!r}: {reason(error)}"
        ) from error
    named = isinstance(options, dict) and options.get("model", options.get("backbone"))
    if not isinstance(named, str) or named.endswith(YAML):
        raise InputError(
            "Expected a YAML file with `backbone` (a recipe's option) or `model` (what this "
            f"command takes). Received: {str(path)!r}, which does not. Name the model itself, "
            "or give the directory of a finished run"
        )
    return options


def count_recipe_backbone(options: dict[str, Any], name: str) -> ModelCount | None:
    """Count a backbone that recipes build otherwise than what else has its name.

    Args:
        options: dictionary of a recipe's options.
        name: str, what the person wrote; the name of the count.

    Returns:
        A `ModelCount` of `small_resnet` without a head or of a network of
        `keras.applications` without its classifier; None if the backbone is another.

    Raises:
        InputError: if there is no such network, or the size of the images does not fit it.
    """
    backbone = options.get("backbone")
    expected = "a backbone that can be built without its weights"
    if backbone == SMALL_RESNET:
        note = "for images of one channel; three have 288 parameters more"
        return count_abstract(small_resnet, name, expected=expected, notes=(note,))
    if not str(backbone).startswith(APPLICATIONS):
        return None
    network = str(backbone).removeprefix(APPLICATIONS).partition(":")[0]
    size = options.get("image_size")
    return count_abstract(
        lambda: application(network, image_size=size, weights=None), name, expected=expected
    )


def as_recipe_trains(count: ModelCount, options: dict[str, Any], name: str) -> ModelCount:
    """The count with a head, and with what the plan in the options freezes.

    Args:
        count: the model that the options name.
        options: dictionary of a recipe's options.
        name: str, what the person wrote.

    Returns:
        A `ModelCount` of that name. Of a plan of several stages, the one that trains most
        says what is trainable.

    Raises:
        InputError: if the plan cannot be read, or does not fit the model.
    """
    if count.model is None:
        return replace(count, name=name)
    notes = list(count.notes)
    model = count.model
    if "model" not in options:
        model = build_abstract(lambda: attach(count.model, _ONE_OUTPUT, pooling="auto"))
        notes.append("with a head of one output; the data decide how many there are")
        if str(options["backbone"]).endswith(".keras"):
            notes.append("a recipe leaves the classifier in the .keras file out; it is counted")
    if "plan" in options:
        plan = named_plan(options["plan"], epochs=1, learning_rate=1e-3)
        stage = _freeze_as_in(model, plan)
        notes.append(f"trainable as in the stage {stage!r} of the plan {plan.name!r}")
    return replace(count_model(model, name), notes=tuple(notes))


def _freeze_as_in(model: keras.Model, plan: Plan) -> str:
    """Freeze what a plan does in the stage that trains most, and give its name."""

    def trained_in(stage: Stage) -> int:
        train_only(model, stage.trainable, batch_norm=stage.batch_norm)
        return count_model(model).trainable

    busiest = max(plan.stages, key=trained_in)
    trained_in(busiest)
    return busiest.name
