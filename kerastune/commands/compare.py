"""`kerastune compare`: one recipe or model on several backends."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from kerastune.commands.command import Command
from kerastune.errors import InputError, closest

if TYPE_CHECKING:
    from kerastune.comparison import Comparison, Tolerances

_MOST_LAYERS = 8

EPILOG = """\
WHAT is one of:
  text_classification, my_recipe.py:recipe   a recipe, whose own options may follow
  my_model.keras                             a Keras model
  module:function, file.py:function          a function of yours that returns a model

examples:
  kerastune compare lenet --data digits --steps 50
  kerastune compare my_model.keras --data batch.npz --loss mse --output comparison
  kerastune compare my_models.py:build --backends jax,torch --float64

The exit status is 0 where the backends do the same, 1 where they do not or one of them cannot
run it, 2 where something given cannot be used, or fewer than two backends can run it.
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare what is compared, and how; the recipe's options are its own.

    Args:
        parser: the parser of the command.
    """
    parser.usage = "kerastune compare WHAT [--help] [options] [options of the recipe]"
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = EPILOG
    add = parser.add_argument
    add("--data", help="data of the recipe; of a model an .npz file with x, y, sample_weight")
    about = "comma-separated (tensorflow,jax,torch)"
    add("--backends", metavar="NAMES", help=about)
    add("--reference", metavar="NAME", help="the backend to compare with (the first)")
    add("--steps", type=int, default=20, metavar="N", help="training steps (20)")
    add("--precision", metavar="NAMES", help="float32, mixed_bfloat16, …: each by itself")
    add("--float64", action="store_true", help="run layers in float64 too, to tell who is off")
    about = "forward, gradient, loss or update: forward=1e-5,loss=1e-2"
    add("--tolerance", metavar="NAME=NUMBER", help=about)
    about = "processes a backend that measure cost, by turns; 0 for none (2)"
    add("--cost_rounds", type=int, default=2, metavar="N", help=about)
    about = "try settings of each backend too, and write the fastest to profile.yaml"
    add("--tune", action="store_true", help=about)
    add("--output", type=Path, metavar="DIR", help="where report.html goes (comparison)")
    add("--loss", metavar="NAME", help="of a model that is compiled with none")
    add("--optimizer", metavar="NAME", help="instead of that of the recipe or the model")
    add("--learning_rate", type=float, metavar="RATE", help="likewise")
    add("--batch_size", type=int, metavar="N", help="likewise")
    add("--seed", type=int, default=0, metavar="N", help="for the order of data (0)")
    add("--known", action="store_true", help="list the known causes of differences, and stop")
    add("--classes", metavar="FILE", help="a Python file with classes of the model's layers")


def run(options: argparse.Namespace) -> int:
    """Compare, print the verdict and the tables, and write the report.

    Args:
        options: what the parser read.

    Returns:
        The exit status: 1 where the backends do not do the same.

    Raises:
        InputError: if something given cannot be used.
    """
    rest = options.recipe_arguments
    if {"-h", "--help"} & set(rest):
        print(options.help)
        return 0
    if options.known:
        from rich.console import Console

        from kerastune.comparison.known_causes import to_table

        Console().print(to_table())
        return 0
    if not rest or rest[0].startswith("-"):
        received = f"{rest[0]} in its place" if rest else "none"
        raise InputError(
            f"Expected what to compare. Received: {received}. See: kerastune compare --help"
        )
    from kerastune import backends
    from kerastune.comparison import compare

    output = options.output or Path("comparison")
    comparison = compare(
        rest[0],
        options.data,
        backends=options.backends or backends.BACKENDS,
        reference=options.reference,
        steps=options.steps,
        precision=options.precision,
        float64=options.float64,
        tolerances=_tolerances(options.tolerance),
        cost_rounds=options.cost_rounds,
        tune_settings=options.tune,
        output=output,
        loss=options.loss,
        optimizer=options.optimizer,
        learning_rate=options.learning_rate,
        batch_size=options.batch_size,
        seed=options.seed,
        classes_file=options.classes,
        arguments=rest[1:],
    )
    _print(comparison, output)
    return 0 if comparison.is_same else 1


def _print(comparison: "Comparison", output: Path) -> None:
    """Print the tables that matter, the notes, the verdict and where the report is."""
    from rich.console import Console

    from kerastune.comparison.showing import tables
    from kerastune.comparison.showing.cost_tables import cost_tables, settings_table
    from kerastune.comparison.showing.report import PROFILE, REPRODUCTION
    from kerastune.comparison.showing.reproduction import SCRIPT

    console = Console()

    def line(text: str) -> None:
        console.print(text, soft_wrap=True, markup=False, highlight=False)

    for trial in comparison.trials:
        for note in trial.notes:
            line(note)
    console.print()
    console.print(comparison)
    for trial in comparison.trials:
        if not trial.is_same:
            console.print()
            console.print(tables.layers(trial, most=_MOST_LAYERS))
    shown = cost_tables(comparison.costs)
    shown += [settings_table(comparison.tuned)] if comparison.tuned else []
    for table in shown:
        console.print()
        console.print(table)
    console.print()
    for told in comparison.verdict:
        line(told)
    script = output / REPRODUCTION / SCRIPT
    if any(trial.reproduction for trial in comparison.trials):
        line(f"Reproduction: python {script}")
    if comparison.tuned:
        line(f"Profile: kerastune run RECIPE --profile {output / PROFILE}")
    line(f"Report: {output / 'report.html'}")


def _tolerances(text: str | None) -> "Tolerances":
    """The tolerances that a text names."""
    from dataclasses import fields

    from kerastune.comparison import Tolerances

    known = [field.name for field in fields(Tolerances)]
    given = {}
    for part in (text or "").split(",") if text else ():
        name, _, number = part.strip().partition("=")
        if name not in known:
            raise InputError(
                f"Expected tolerances out of {', '.join(known)}, as in forward=1e-5. "
                f"Received: {part!r}." + closest(name, known)
            )
        try:
            given[name] = float(number)
        except ValueError as error:
            raise InputError(
                f"Expected a number as the tolerance {name}. Received: {number!r}"
            ) from error
    return Tolerances(**given)


COMMAND = Command(
    "compare", "compare backends, and find where they differ", add_options, run,
    takes_recipe_options=True,
)  # fmt: skip
