"""A search as files: a page, and its pictures."""

from typing import TYPE_CHECKING

from kerastune import files
from kerastune.display.page import Page, Section
from kerastune.display.rows import settings_table
from kerastune.searching.pictures import search_pictures
from kerastune.searching.tables import settings_of_trials, told

if TYPE_CHECKING:
    from optuna.study import Study

    from kerastune.searching.found import Found

REPORT = "report.html"


def write_report(found: "Found", study: "Study") -> None:
    """Writes `report.html`, and each picture beside it, into the directory of a study.

    Args:
        found: the `Found`.
        study: the `Study` of Optuna.
    """
    pictures = search_pictures(study, found.goal.metric)
    for caption, picture in pictures.items():
        name = caption.lower().replace(" ", "_")
        files.write_bytes(found.directory / f"{name}.png", picture)
    page = Page(
        f"Search for {study.study_name}",
        [
            Section("Search", pictures=pictures),
            Section("Trials", [settings_of_trials(found)]),
            Section("Options of the best trial", [settings_table(found.options)]),
        ],
        summary=f"Goal: {found.goal}, on the validation samples.",
        verdict=told(found),
    )
    files.write_text(found.directory / REPORT, page.to_html())
