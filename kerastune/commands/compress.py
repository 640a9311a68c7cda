"""`kerastune compress`: store the weights of a finished run in fewer bits."""

import argparse

from kerastune.commands.command import Command
from kerastune.commands.made_run import add_made_run_options, print_made_run, quietly_started

EPILOG = """\
examples:
  kerastune compress runs/reviews --int8
  kerastune compress runs/reviews --int4 --leave_out head --run_dir runs/reviews-int4
  kerastune compress runs/reviews --int4 --epochs 1       learn to be rounded before

Dense layers and tables of tokens are quantized, by Keras; convolutions and others stay as they
are, and are named. What is made is a run as any other. Size, quality and speed are measured
before and after, on the test samples.
"""

_KINDS = {
    "int8": "8 bits a weight, and inputs of dense layers rounded to 8 bits too",
    "int4": "4 bits a weight, with a scale for each 128 of them",
    "float8": "computed as 8-bit floats; the file does not get smaller",
}


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declares the run, and what is made of it.

    Args:
        parser: the parser of the command.
    """
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = EPILOG
    add = parser.add_argument
    add("run", metavar="RUN", help="a run directory, or the name of one in runs")
    kinds = parser.add_mutually_exclusive_group(required=True)
    for kind, about in _KINDS.items():
        kinds.add_argument(f"--{kind}", action="store_const", const=kind, dest="to", help=about)
    about = "the pattern of weights whose layers stay as they are, such as head"
    add("--leave_out", metavar="PATTERN", help=about)
    about = "train for so many epochs before, as if quantized"
    add("--epochs", type=int, metavar="NUMBER", help=about)
    about = "the highest rate in these (a tenth of that of the run)"
    add("--learning_rate", type=float, metavar="NUMBER", help=about)
    add_made_run_options(parser)
    about = "tensorflow, jax or torch, whatever the run was made on"
    add("--backend", metavar="NAME", help=about)


def run(options: argparse.Namespace) -> int:
    """Quantizes, and prints size, quality and speed before and after.

    Args:
        options: what the parser read.

    Returns:
        The exit status, 0.

    Raises:
        InputError: if something given cannot be used.
    """
    with quietly_started([options.run], options.backend):
        from kerastune.compression import compress

    found = compress(
        options.run,
        options.to,
        leave_out=options.leave_out,
        epochs=options.epochs,
        learning_rate=options.learning_rate,
        run_dir=options.run_dir,
        overwrite=options.overwrite,
        recipe=options.recipe,
    )
    print_made_run(found)
    return 0


COMMAND = Command("compress", "store the weights of a finished run in fewer bits", add_options, run)
"""What `kerastune.cli` finds."""
