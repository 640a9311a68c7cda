"""A comparison as files: one page, plain data, and a reproduction of what differs."""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import kerastune
from kerastune import files
from kerastune.comparison.showing import tables
from kerastune.comparison.showing.cost_tables import cost_tables, settings_table
from kerastune.comparison.showing.reproduction import SCRIPT
from kerastune.comparison.showing.tables import titled
from kerastune.comparison.trial import Trial
from kerastune.display.page import Page, Section

if TYPE_CHECKING:
    from kerastune.comparison.comparison import Comparison

REPRODUCTION = "reproduction"
PROFILE = "profile.yaml"


def write_report(comparison: "Comparison", directory: Path) -> list[Path]:
    """Write a comparison.

    Args:
        comparison: the `Comparison`.
        directory: Path, made where it is not there.

    Returns:
        List of the Paths of `report.html`, `comparison.json` and the script that shows what
        differs, if there is one.
    """
    written = [directory / "report.html", directory / "comparison.json"]
    if comparison.tuned:
        written.append(comparison.profile().write(directory / PROFILE))
    _remove_former(directory / REPRODUCTION)
    for trial in comparison.trials:
        if trial.reproduction is not None:
            written.append(trial.reproduction.write(directory / REPRODUCTION))
            break
    files.write_text(written[0], page(comparison).to_html())
    files.write_json(written[1], {"kerastune": kerastune.__version__, **comparison.to_dict()})
    return written


def _remove_former(folder: Path) -> None:
    """Remove the reproduction of a comparison before, which is of this one no more."""
    if (folder / SCRIPT).is_file():
        shutil.rmtree(folder)


def page(comparison: "Comparison") -> Page:
    """A comparison as one page, which needs nothing beside it.

    Args:
        comparison: the `Comparison`.

    Returns:
        A `Page`.
    """
    first = comparison.trials[0]
    versions = ", ".join(f"{name} {version}" for name, version in first.versions.items())
    return Page(
        f"{comparison.what} on {len(first.backends)} backends",
        [
            Section("Summary", [comparison.to_table()]),
            *(section for trial in comparison.trials for section in _sections(trial)),
            *([_cost_section(comparison)] if comparison.costs else []),
        ],
        summary=f"{versions}; reference: {first.backends[0]}",
        verdict=comparison.verdict,
    )


def _cost_section(comparison: "Comparison") -> Section:
    """What a training costs, and the settings that were tried."""
    from kerastune.comparison.showing import pictures
    from kerastune.display.pictures import png_bytes

    drawn = {"Training step": png_bytes(pictures.step_times(comparison.costs))}
    shown = cost_tables(comparison.costs)
    if comparison.tuned:
        shown.append(settings_table(comparison.tuned))
    return Section("Cost", shown, drawn)


def _sections(trial: Trial) -> list[Section]:
    """The sections of one precision."""
    from kerastune.comparison.showing import pictures
    from kerastune.display.pictures import png_bytes

    drawn = {}
    if any(trial.losses.values()):
        drawn[titled("Loss of each step", trial.precision)] = png_bytes(pictures.loss_curves(trial))
    if trial.of("layer"):
        drawn[titled("Layers on the same inputs", trial.precision)] = png_bytes(
            pictures.layer_differences(trial)
        )
    whole, by_layer, variables, losses, metrics = tables.all_of(trial)
    notes = list(trial.notes)
    if len(trial.switched_off) > 4:
        notes.append(f"All that was switched off: {', '.join(trial.switched_off)}.")
    return [
        Section(titled("How far apart", trial.precision), [whole], drawn, notes),
        Section(titled("Layers", trial.precision), [by_layer]),
        Section(titled("Training", trial.precision), [losses, metrics, variables]),
    ]
