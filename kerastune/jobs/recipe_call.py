"""A recipe with arguments of its own, named in a text or by a run."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kerastune.errors import InputError
from kerastune.jobs.configuration import read_configuration
from kerastune.jobs.recipe import Recipe
from kerastune.jobs.recipe_files import find_recipe, is_file
from kerastune.jobs.run_directories import FIRST_REPEAT
from kerastune.jobs.run_options import RunOptions
from kerastune.untrusted.yaml_text import parse_yaml

if TYPE_CHECKING:
    from kerastune.jobs.job import Job

# A comma that is not inside a list, as in `mlp:hidden=[64,32],dropout=0.1`.
_BETWEEN_ARGUMENTS = re.compile(r",(?![^\[]*\])")


@dataclass(frozen=True)
class RecipeCall:
    """A recipe with arguments of its own, as for a call that has not been made.

    Args:
        recipe: the `Recipe`.
        arguments: dictionary of its own arguments, `data` among them where it is given.
        run_dir: Path of the run that they are from, or None.

    Example:

    >>> call = RecipeCall.of_text("rnn_classification:cell=gru,units=32")
    >>> call.recipe.__name__, call.arguments
    ('rnn_classification', {'cell': 'gru', 'units': 32})
    >>> RecipeCall.of_text("mlp:hidden=[64,32]").arguments
    {'hidden': [64, 32]}
    """

    recipe: Recipe[Any]
    arguments: dict[str, Any]
    run_dir: Path | None = None

    @classmethod
    def of(cls, text: str) -> "RecipeCall":
        """Returns the call of a run, where a text is its directory, or else the one it names.

        Args:
            text: str, as for `of_run` or `of_text`.

        Raises:
            InputError: if it is neither.
        """
        if Path(text).is_dir():
            return cls.of_run(text)
        if "/" in text.partition(":")[0] and not is_file(text):
            raise InputError(
                f"Expected the directory of a run, or the name of a recipe. Received: {text!r}, "
                "which is neither"
            )
        return cls.of_text(text)

    @classmethod
    def of_text(cls, text: str) -> "RecipeCall":
        """Returns the recipe that a text names, with the arguments in it.

        Args:
            text: str, `NAME` or `NAME:argument=value,argument=value`, where the name is one that
                `kerastune run` takes.

        Raises:
            InputError: if there is no such recipe, or the text is otherwise.
        """
        name, _, rest = ("", "", "") if is_file(text) else text.partition(":")
        arguments = {}
        for part in _BETWEEN_ARGUMENTS.split(rest) if rest else []:
            argument, given, value = part.partition("=")
            try:
                if not given or not argument.strip():
                    raise ValueError("it has no name and value")
                arguments[argument.strip()] = parse_yaml(value)
            except ValueError as error:
                raise InputError(
                    "Expected a recipe with its arguments, such as rnn_classification:cell=gru,"
                    f"units=32. Received: {text!r}, in which {part!r} is no argument: {error}"
                ) from error
        return cls(find_recipe(name or text), arguments)

    @classmethod
    def of_run(cls, run_dir: str | Path) -> "RecipeCall":
        """Returns the recipe of a run, with the arguments that it was called with.

        Args:
            run_dir: str or Path, the directory of a run.

        Raises:
            InputError: if it is none, or its recipe is in a file, which is not imported.
        """
        directory = Path(run_dir)
        if not (directory / "config.yaml").is_file() and (directory / FIRST_REPEAT).is_dir():
            directory = directory / FIRST_REPEAT
        configuration = read_configuration(directory / "config.yaml")
        if configuration.recipe is None or is_file(configuration.recipe):
            raise InputError(
                "Expected the run of a recipe by name. Received: "
                f"'{run_dir}', whose recipe is {configuration.recipe or 'not told'}. Name a recipe "
                "for the student, `student=my_recipe.py:name`, and give `data`"
            )
        recipe = find_recipe(configuration.recipe)
        own = [parameter.name for parameter in recipe.own]
        kept = {name: value for name, value in configuration.options.items() if name in own}
        return cls(recipe, kept, directory)

    @property
    def data(self) -> Any:
        """The data that the arguments name, or else the default of the recipe.

        Raises:
            InputError: if a run was given them in Python, as something that no file holds.
        """
        defaults = {parameter.name: parameter.default for parameter in self.recipe.own}
        data = self.arguments.get("data", defaults.get("data"))
        if self.run_dir is not None and isinstance(data, str) and data.startswith("<"):
            raise InputError(
                f"Expected `data`. Received: None, and '{self.run_dir}' was given {data} in "
                "Python, which no file holds"
            )
        return data

    def build(self, data: Any, options: RunOptions) -> "Job":
        """Returns the job that the recipe builds.

        Args:
            data: as the recipe takes it.
            options: `RunOptions`, all of them or some.

        Raises:
            InputError: if the recipe cannot use something.
        """
        return self.recipe.build(**{**self.arguments, **options, "data": data})
