"""`kerastune export`: write a finished run for other runtimes."""

import argparse

from kerastune.commands.command import Command

EPILOG = """\
examples:
  kerastune export runs/reviews --format savedmodel
  kerastune export runs/digits --format onnx,litert --output exports/digits

formats:
  savedmodel   TensorFlow Serving, TensorFlow.js
  onnx         ONNX Runtime
  litert       phones, browsers, microcontrollers
  openvino     processors and graphics of Intel
  torch        a program of torch.export, .pt2
  pth          the weights alone, as safetensors
  huggingface  the backbone, for Transformers

Each file is run by its own runtime and compared with Keras on test samples; one that differs by
more than 1e-5 is an error, and then nothing is written.
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declares the run, and what is made of it.

    Args:
        parser: the parser of the command.
    """
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = EPILOG
    add = parser.add_argument
    add("run", metavar="RUN", help="a run directory, or the name of one in runs")
    add("--format", required=True, metavar="NAMES", help="formats, with commas between")
    add("--output", metavar="DIR", help="where to (the run's directory with -export behind it)")
    add("--overwrite", action="store_true", help="replace an export that is there")
    add("--data", metavar="DATA", help="samples to compare on, where the run's are elsewhere now")
    add("--recipe", metavar="FILE", help="the Python file of a recipe of your own")
    about = "tensorflow, jax or torch, by which the run is read, whatever it was made on"
    add("--backend", metavar="NAME", help=about)


def run(options: argparse.Namespace) -> int:
    """Exports, and prints how near each file is to Keras.

    Args:
        options: what the parser read.

    Returns:
        The exit status, 0.

    Raises:
        InputError: if something given cannot be used, or a file does not compute what Keras does.
    """
    from kerastune import backends
    from kerastune.exporting.places import checked_directory, checked_formats
    from kerastune.records import find_record

    # Before a framework is started.
    checked_formats(options.format)
    checked_directory(find_record(options.run), options.output, overwrite=options.overwrite)
    backends.select(options.backend)
    from kerastune.backends.quiet_start import quiet_start, without_garbage_collection

    with quiet_start(), without_garbage_collection():
        from kerastune.exporting import attempts  # noqa: F401
    from rich.console import Console

    from kerastune.exporting import export

    found = export(
        options.run,
        options.format,
        options.output,
        overwrite=options.overwrite,
        recipe=options.recipe,
        data=options.data,
        announce=lambda line: print(line, flush=True),
    )
    console = Console()
    console.print(found)
    line = f"Wrote {found.directory}: {', '.join(found.files)}"
    console.print(line, soft_wrap=True, markup=False, highlight=False)
    return 0


COMMAND = Command("export", "write a finished run for other runtimes", add_options, run)
"""What `kerastune.cli` finds."""
