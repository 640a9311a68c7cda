"""`kerastune doctor`: whether the installation works, and what to do if not."""

import argparse
import json
from functools import partial
from typing import TYPE_CHECKING

from kerastune.commands.command import Command
from kerastune.errors import InputError

if TYPE_CHECKING:
    from kerastune.backends.diagnosis import Diagnosis


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declares how to print, and how long to wait.

    Args:
        parser: the parser of the command.
    """
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument(
        "--timeout", type=float, default=300.0, help="seconds to wait for each backend (300)"
    )


def run(options: argparse.Namespace) -> int:
    """Prints what is installed, what of it works, and what is wrong.

    Args:
        options: what the parser read.

    Returns:
        The exit status: 1 when something that is needed does not work.

    Raises:
        InputError: if the time to wait is not positive.
    """
    from kerastune.backends.diagnosis import diagnose, probe_backend

    if not options.timeout > 0:
        raise InputError(f"Expected a positive number for --timeout. Received: {options.timeout}")
    found = diagnose(partial(probe_backend, timeout=options.timeout))
    if options.json:
        print(json.dumps(found.to_dict(), indent=2))
    else:
        print("\n".join(_lines(found)))
    return 0 if found.works else 1


def _lines(found: "Diagnosis") -> list[str]:
    from kerastune.installing import install_command

    lines = [
        f"Python {found.python}, kerastune {found.kerastune}, keras {found.keras or 'missing'}",
        f"kerastune is in {found.location}",
        f"Backend: {found.backend or 'none'}, by {found.chosen_by}",
    ]
    for report in found.backends:
        mark = "*" if report.name == found.backend else " "
        state = "does not work" if report.error else ", ".join(report.devices)
        version = report.version or "not installed"
        lines.append(f"{mark} {report.name:<11} {version:<14} {state}".rstrip())
    if found.extras:
        lines.append("Extras:")
    for name, lacking in found.extras.items():
        state = f"missing: {', '.join(lacking)}" if lacking else "installed"
        lines.append(f"  {name:<11} {state}")
    if missing := [name for name, lacking in found.extras.items() if lacking]:
        lines.append(f"  All of them: {install_command(*missing)}")
    lines += [f"Remark: {remark}" for remark in found.remarks]
    lines += [f"Problem: {problem}" for problem in found.problems]
    return [*lines, "Everything needed works." if found.works else "See the problems above."]


COMMAND = Command("doctor", "check the installation", add_options, run)
