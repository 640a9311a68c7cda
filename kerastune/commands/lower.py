"""`kerastune lower`: whether a recipe trains on a TPU or a GPU, told without one."""

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

from kerastune.commands.command import Command
from kerastune.commands.requested_recipe import USAGE, RequestedRecipe, requested_recipe
from kerastune.errors import InputError
from kerastune.files import check_output
from kerastune.options.spelling import spelled_as

_BACKEND = "--backend"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declares the platforms; the recipe's options are its own.

    Args:
        parser: the parser of the command.
    """
    parser.usage = f"kerastune lower {USAGE}"
    add = parser.add_argument
    add("--platform", default="tpu,cuda", metavar="NAMES", help="tpu, cuda, rocm, cpu (tpu,cuda)")
    about = "compile for a TPU too, such as v5e:2x2; takes minutes and the extra `tpu`"
    add("--compile", metavar="TOPOLOGY", help=about)
    add("--devices", type=int, metavar="N", help="divide a step with --distribution over N (4)")
    add("--json", type=Path, metavar="FILE", help="write all of it as json")


def run(options: argparse.Namespace) -> int:
    """Lower the step, and print what came of it.

    Args:
        options: what the parser read.

    Returns:
        The exit status: 1 where the step does not lower for each platform.

    Raises:
        InputError: if something given cannot be used.
    """
    from kerastune import backends
    from kerastune.backends.tpu_topologies import prepare_topology
    from kerastune.lowering.lowered import lower
    from kerastune.lowering.targets import checked_platforms, target_for

    check_output(options.json, (".json",), "--json")
    checked_platforms(options.platform)
    asked = requested_recipe(options)
    if asked is None:
        return 0
    platforms, topology, devices = options.platform, options.compile, options.devices
    if topology is not None:
        prepare_topology(topology)
    # Another is not chosen by the environment either.
    backends.select(backends.LOWERS)

    def prepare(arguments: dict[str, Any]) -> None:
        target_for(platforms, topology, devices, arguments["distribution"]).prepare()

    recipe, arguments = _on_jax(asked).started(prepare)
    from kerastune.backends.quiet_start import quiet_start

    with quiet_start():
        lowering = lower(
            recipe, platforms=platforms, compile_for=topology, devices=devices, **arguments
        )
    from rich.console import Console

    console = Console()
    for number, table in enumerate(lowering.tables()):
        if number:
            console.print()
        console.print(table)
    if options.json:
        from kerastune import files

        files.write_json(options.json, lowering.to_dict())
        print(f"Wrote {options.json}")
    return 0 if lowering.lowers else 1


def _on_jax(asked: RequestedRecipe) -> RequestedRecipe:
    """The recipe on the JAX backend, whatever a file of options says."""
    from kerastune import backends

    arguments = [spelled_as(argument, [_BACKEND]) for argument in asked.arguments]
    for place, argument in enumerate(arguments):
        if argument.partition("=")[0] == _BACKEND:
            _, equals, value = argument.partition("=")
            named = value if equals else next(iter(arguments[place + 1 :]), "")
            if named != backends.LOWERS:
                raise InputError(
                    "Expected the backend jax, which lowers for machines that are not there. "
                    f"Received: {named!r}"
                )
    return replace(asked, arguments=[*arguments, _BACKEND, backends.LOWERS])


COMMAND = Command(
    "lower", "tell whether a recipe trains on a TPU or GPU", add_options, run,
    takes_recipe_options=True,
)  # fmt: skip
