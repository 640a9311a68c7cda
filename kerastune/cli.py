"""The `kerastune` command: parses, hands on to a command, and tells errors."""

import sys
from collections.abc import Sequence

from kerastune import __version__
from kerastune.commands import COMMANDS
from kerastune.commands.parser import Parser
from kerastune.commands.warning_lines import warnings_in_lines
from kerastune.errors import InputError, closest


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command.

    Args:
        arguments: sequence of str, without the program's name. Defaults to those of
            the process.

    Returns:
        The exit status: 0; 1 where the answer is a no, such as more parameters that train
        than `params --max_trainable` allows; 2 when something that was given cannot be used;
        130 after Ctrl-C, and 143 after SIGTERM.

    Example:

    >>> main(["recipes"])
    causal_language_model ...
    0
    """
    try:
        with warnings_in_lines():
            return _dispatch(list(sys.argv[1:] if arguments is None else arguments))
    except (InputError, OSError) as error:
        told = ". ".join([str(error), *getattr(error, "__notes__", [])])
        print(f"kerastune: {' '.join(told.split())}", file=sys.stderr)
        return 2
    except KeyboardInterrupt as error:
        print(f"kerastune: {str(error) or 'interrupted'}", file=sys.stderr)
        return 128 + getattr(error, "signal_number", 2)


def _dispatch(arguments: list[str]) -> int:
    """Finds the command, and give it what follows."""
    parser = Parser(
        prog="kerastune",
        description="Fine-tuning recipes in Keras 3, on TensorFlow, JAX and PyTorch.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"kerastune {__version__}")
    added = parser.add_subparsers(dest="command", metavar="COMMAND")
    parsers = {}
    for command in COMMANDS:
        parsers[command.name] = added.add_parser(
            command.name,
            help=command.help,
            # A recipe's help shows its options, which are not known before it is found.
            add_help=not command.takes_recipe_options,
            allow_abbrev=False,
        )
        command.add_options(parsers[command.name])
    _check_command(arguments)
    options, rest = parser.parse_known_args(arguments)
    if options.command is None:
        given = f"unrecognized arguments: {' '.join(rest)}" if rest else None
        parser.error(given or "the following arguments are required: COMMAND")
    (command,) = (command for command in COMMANDS if command.name == options.command)
    if command.takes_recipe_options:
        options.recipe_arguments, options.help = rest, parsers[command.name].format_help()
        return command.run(options)
    if rest:
        parsers[command.name].error(f"unrecognized arguments: {' '.join(rest)}")
    return command.run(options)


def _check_command(arguments: list[str]) -> None:
    """Raises for a command that there is not, and say which may be meant."""
    name = next((argument for argument in arguments if not argument.startswith("-")), None)
    known = [command.name for command in COMMANDS]
    if name is None or name in known:
        return
    from kerastune.jobs.recipe_files import is_file, recipe_names

    is_recipe = name in recipe_names() or is_file(name)
    hint = f" Did you mean 'run {name}'?" if is_recipe else closest(name, known)
    raise InputError(
        f"Expected a command out of {', '.join(known)}. Received: {name!r}.{hint} "
        "See: kerastune --help"
    )
