"""The `kerastune` command. It imports a framework only when a job needs one."""

import argparse
import importlib
import os
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from kerastune import __version__, params
from kerastune.errors import InputError, reason

# Lines of TensorFlow's C++ start: the logger's own, and the second line of one message.
_STARTUP_LOG = re.compile(
    rb"WARNING: All log messages before absl|[IWE]\d{4} |To enable the following instructions:"
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        arguments: sequence of str, without the program's name. Defaults to those of
            the process.

    Returns:
        The exit status: 0; 1 when more parameters train than `params --max-trainable`
        allows; 2 when something that was given cannot be used; 130 after Ctrl-C.

    Example:

    >>> main(["recipes"])
    image_classification ...
    0
    """
    try:
        return _dispatch(list(sys.argv[1:] if arguments is None else arguments))
    except (InputError, OSError) as error:
        print(f"kerastune: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    except KeyboardInterrupt as error:
        print(f"kerastune: {str(error) or 'interrupted'}", file=sys.stderr)
        return 130


def _dispatch(arguments: list[str]) -> int:
    """Find the subcommand, and give it what follows."""
    parser = _Parser(
        prog="kerastune",
        description="Fine-tuning recipes in Keras 3, on TensorFlow, JAX and PyTorch.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"kerastune {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("recipes", help="list the recipes", allow_abbrev=False)
    run = commands.add_parser(
        "run", help="run a recipe: kerastune run RECIPE --help", add_help=False, allow_abbrev=False
    )
    run.add_argument(
        "recipe", nargs="?", metavar="RECIPE", help="a name that `recipes` lists, or my_recipe.py"
    )
    new = commands.add_parser("new", help="write a recipe to start from", allow_abbrev=False)
    new.add_argument("file", metavar="FILE", help="where to, such as my_recipe.py")
    counting = commands.add_parser(
        "params", help="count and compare the parameters of models", allow_abbrev=False
    )
    params.add_options(counting)
    known, rest = parser.parse_known_args(arguments)
    if known.command != "run" and rest:
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    if known.command == "recipes":
        return _list_recipes()
    if known.command == "new":
        return _write_recipe(known.file)
    if known.command == "params":
        return _count_parameters(known)
    if known.recipe is None:
        if not {"-h", "--help"} & set(rest):
            raise InputError("Expected a recipe. Received: none. See: kerastune recipes")
        print("usage: kerastune run RECIPE [--help] [options of the recipe]\n")
        return _list_recipes()
    return _run_recipe(known.recipe, rest)


def _list_recipes() -> int:
    """Print each recipe's name and first line."""
    from kerastune.jobs.recipe_files import find_recipe, recipe_names

    names = recipe_names()
    width = max(map(len, names))
    for name in names:
        try:
            summary = (find_recipe(name).__doc__ or "").splitlines()[0]
        except InputError as error:  # Of a package that cannot be imported.
            summary = str(error)
        print(f"{name:<{width}}  {summary}")
    return 0


def _write_recipe(file: str) -> int:
    """Write a recipe to start from."""
    from kerastune.jobs.recipe_template import write_recipe

    print(f"Wrote {write_recipe(file)}. Run it: kerastune run {file}")
    return 0


def _run_recipe(name: str, arguments: list[str]) -> int:
    """Parse a recipe's own options, choose the backend, and run it."""
    from kerastune import backends
    from kerastune.jobs.recipe_files import find_recipe, is_file, line_in
    from kerastune.options import parse_options

    if is_file(name):
        # What a user's file imports may choose the backend for good.
        backends.select(_backend_in(arguments))
    recipe = find_recipe(name)
    options = parse_options(recipe, arguments, name)
    backends.select(options.pop("backend"))
    with _quiet_start():
        # Keras seeds TensorFlow too, and so loads it, wherever it is installed.
        backends.seed_everything(0)
        backends.devices()
        importlib.import_module("kerastune.jobs.engine")
    try:
        recipe(**options)
    except (InputError, OSError):
        raise
    except Exception as error:
        if not is_file(name):
            raise
        raise InputError(
            f"Expected a recipe that runs. Received: {name}, which raised "
            f"{type(error).__name__}: {reason(error)}{line_in(error, name)}"
        ) from error
    return 0


def _backend_in(arguments: list[str]) -> str | None:
    """The backend that a recipe's options ask for, before they are parsed."""
    parser = _Parser(prog="kerastune run", add_help=False, allow_abbrev=False)
    parser.add_argument("--backend")
    parser.add_argument("--config")
    known, _ = parser.parse_known_args(arguments)
    if known.backend is not None or known.config is None:
        return known.backend
    import yaml

    try:
        options = yaml.safe_load(Path(known.config).read_text(encoding="utf-8"))
        return options.get("backend")
    except (OSError, ValueError, AttributeError, yaml.YAMLError):
        return None  # What is wrong with the file is told when it is parsed.


def _count_parameters(options: argparse.Namespace) -> int:
    """Count what the options ask for, print it, and write it where they say."""
    from kerastune import backends

    params.check_options(options)
    backends.select(options.backend)
    # KerasHub loads TensorFlow on any backend, but only for the models that need it.
    with _quiet_start():
        from kerastune.jobs.recipe_files import import_recipe_file
        from kerastune.params.output import publish
        from kerastune.params.tables import answer

        if options.recipe:
            import_recipe_file(options.recipe)
        answered = answer(options)
    return publish(answered, options)


@contextmanager
def _quiet_start() -> Iterator[None]:
    """Keep what frameworks log when they are loaded, from C++, off the terminal."""
    sys.stderr.flush()
    terminal = os.dup(2)
    with tempfile.TemporaryFile() as log:
        os.dup2(log.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(terminal, 2)
            log.seek(0)
            os.write(terminal, b"".join(line for line in log if not _STARTUP_LOG.match(line)))
            os.close(terminal)


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are one line, told by the command."""

    def error(self, message: str) -> NoReturn:
        """Raise what the command prints."""
        raise InputError(f"{message}. See: {self.prog} --help")


if __name__ == "__main__":
    sys.exit(main())
