"""The commands of `kerastune`, a file each.

A file of this room holds one `COMMAND`, a `Command`: its name, its help, a function that
declares its options, and a function that runs it and returns the exit status. It is then
listed in `COMMANDS` below, in the order in which `kerastune --help` shows them.

What a command must keep to:

- Importing its file, and `add_options`, load no framework, no NumPy and no jsonargparse:
  all commands are imported whenever any is run. What `run` needs is imported inside it.
- A command that needs Keras calls `kerastune.backends.select(...)` first, and imports the
  framework inside `quiet_start()`, which keeps start-up logs off the terminal.
- What a person can mend is an `InputError` of one line. `kerastune.cli` prints it and exits
  with status 2; it does the same for `OSError`. Nothing else is caught.
- The answer goes to the standard output, remarks go to the standard error, so that the
  answer can be piped.
- Tables fit 80 columns.
- The exit status is 0, or 1 where the answer itself is a no, such as `params
  --max_trainable` and `doctor`.
"""

from kerastune.commands import (
    compare,
    compress,
    doctor,
    evaluate,
    export,
    find_rate,
    lower,
    new,
    params,
    predict,
    recipes,
    report,
    run,
    runs,
    soup,
    tune,
)
from kerastune.commands.command import Command

COMMANDS: tuple[Command, ...] = (
    recipes.COMMAND,
    run.COMMAND,
    runs.COMMAND,
    report.COMMAND,
    predict.COMMAND,
    evaluate.COMMAND,
    find_rate.COMMAND,
    tune.COMMAND,
    soup.COMMAND,
    compress.COMMAND,
    export.COMMAND,
    compare.COMMAND,
    lower.COMMAND,
    new.COMMAND,
    params.COMMAND,
    doctor.COMMAND,
)
"""Every command, in the order of `kerastune --help`."""

__all__ = ["COMMANDS", "Command"]
