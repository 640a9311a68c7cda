"""`kerastune params`: count and compare the parameters of models."""

import argparse

from kerastune.commands.command import Command
from kerastune.params.options import add_options, check_options


def run(options: argparse.Namespace) -> int:
    """Counts what the options ask for, prints it, and writes it where they say.

    Args:
        options: what the parser read.

    Returns:
        The exit status: 1 when more parameters train than `--max_trainable` allows.

    Raises:
        InputError: if something given cannot be counted, or would be ignored.
    """
    from kerastune import backends

    check_options(options)
    # The numbers are the same on each, and most of the time is that of the import.
    backends.select(options.backend, preferred=backends.QUICKEST_FIRST)
    # KerasHub loads TensorFlow on any backend, but only for the models that need it.
    from kerastune.backends.quiet_start import quiet_start, without_garbage_collection

    with quiet_start():
        with without_garbage_collection():
            from kerastune.jobs.recipe_files import import_recipe_file
            from kerastune.params.output import publish
            from kerastune.params.tables import answer

        if options.recipe:
            import_recipe_file(options.recipe)
        answered = answer(options)
    return publish(answered, options)


COMMAND = Command("params", "count and compare the parameters of models", add_options, run)
