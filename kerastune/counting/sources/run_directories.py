"""Runs of this project, and the YAML files of options that start one."""

from collections.abc import Callable
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
from kerastune.jobs.run_directories import MARKER
from kerastune.models import application, small_resnet
from kerastune.models.applications import PREFIX as APPLICATIONS
from kerastune.models.image_backbones import SMALL_RESNET
from kerastune.tuning import Plan, Stage, named_plan, train_only

YAML = (".yaml", ".yml")
_CONFIGURATION = "config.yaml"  # What a run writes of its own options.
_ONE_OUTPUT = Regression(mean=(0.0,), standard_deviation=(1.0,))


def is_run(path: Path) -> bool:
    """Whether a path is the directory of a run, or the `config.yaml` in it."""
    return (_directory(path) / MARKER).is_file()


def model_of_run(path: Path) -> Path:
    """The `model.keras` of a run, given by its directory or the `config.yaml` in it."""
    directory = _directory(path)
    model = directory / "model.keras"
    if not model.is_file():
        raise InputError(
            f"Expected a run that is finished. Received: {str(directory)!r}, which has no "
            "model.keras. Run the recipe again with the configuration in its config.yaml"
        )
    return model


def count_options(path: Path, name: str, count_text: Callable[[str], ModelCount]) -> ModelCount:
    """Count the model that a recipe would train with the options in a YAML file.

    Args:
        path: path of the file, which names a `backbone`, a recipe's option, or a `model`.
        name: str, the name of the count.
        count_text: function that counts what a text names.

    Returns:
        A `ModelCount`: of a backbone with a head of one output, as the data decide how many
        there are. Of a plan of several stages, the one that trains most says what trains.
    """
    options = _read(path)
    count = None if "model" in options else _recipe_backbone(options, name)
    count = count or count_text(options.get("model") or options["backbone"])
    if count.model is None:
        return replace(count, name=name)
    model, notes = count.model, list(count.notes)
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


def _directory(path: Path) -> Path:
    return path.parent if path.name == _CONFIGURATION else path


def _read(path: Path) -> dict[str, Any]:
    """The options in a YAML file, of which `model` or `backbone` is a text."""
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


def _recipe_backbone(options: dict[str, Any], name: str) -> ModelCount | None:
    """The count of a backbone that recipes build otherwise than what else has its name.

    It is `small_resnet` without a head, or a network of `keras.applications` without its
    classifier.
    """
    backbone, expected = options.get("backbone"), "a backbone that can be built without its weights"
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


def _freeze_as_in(model: keras.Model, plan: Plan) -> str:
    """Freeze what a plan does in the stage that trains most, and give its name."""

    def trained_in(stage: Stage) -> int:
        train_only(model, stage.trainable, batch_norm=stage.batch_norm)
        return count_model(model).trainable

    busiest = max(plan.stages, key=trained_in)
    trained_in(busiest)
    return busiest.name
