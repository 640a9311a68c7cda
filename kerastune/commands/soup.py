"""`kerastune soup`: average the weights of runs."""

import argparse

from kerastune.commands.command import Command
from kerastune.commands.made_run import add_made_run_options, print_made_run, quietly_started

EPILOG = """\
examples:
  kerastune run lenet --validation_fraction 0.1 --repeats 3 --run_dir runs/three
  kerastune soup runs/three --test
  kerastune soup runs/one runs/two --method uniform --run_dir runs/mean
  kerastune soup runs/reviews                 the line from the pretrained backbone to the tuned one

The runs have to be of one recipe, one model and the same samples; rates, epochs and seeds may
differ. What is kept is chosen on their validation samples, and is a run as any other.
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declares the runs, and what is made of them.

    Args:
        parser: the parser of the command.
    """
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = EPILOG
    add = parser.add_argument
    about = "a run directory, or the name of one in runs; of repeats all are taken"
    add("runs", metavar="RUN", nargs="+", help=about)
    about = "greedy, uniform, or line for one run (greedy for several runs, line for one)"
    add("--method", metavar="NAME", help=about)
    about = "what weights are judged by on the validation samples (the first of the recipe)"
    add("--metric", metavar="NAME", help=about)
    about = "the point of the line that is kept, 0 for before, 1 for after (the best)"
    add("--alpha", type=float, metavar="NUMBER", help=about)
    add("--test", action="store_true", help="measure what is kept on the test samples, and report")
    add_made_run_options(parser)
    about = "tensorflow, jax or torch, whatever the runs were made on"
    add("--backend", metavar="NAME", help=about)


def run(options: argparse.Namespace) -> int:
    """Averages, and prints what each average reaches.

    Args:
        options: what the parser read.

    Returns:
        The exit status, 0.

    Raises:
        InputError: if the runs do not fit together, or something given cannot be used.
    """
    with quietly_started(options.runs, options.backend):
        from kerastune.soups import soup

    found = soup(
        options.runs,
        method=options.method,
        metric=options.metric,
        alpha=options.alpha,
        test=options.test,
        run_dir=options.run_dir,
        overwrite=options.overwrite,
        recipe=options.recipe,
    )
    print_made_run(found)
    return 0


COMMAND = Command("soup", "average the weights of runs", add_options, run)
"""What `kerastune.cli` finds."""
