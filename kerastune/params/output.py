"""What `kerastune params` prints and writes."""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rich.console import Console

import kerastune
from kerastune import files
from kerastune.display import Table
from kerastune.params.tables import Answer


def publish(answer: Answer, options: argparse.Namespace) -> int:
    """Print the tables, write the files, and give the exit status.

    It is 1 when more parameters train than `--max_trainable` allows, else 0.
    """
    console = Console()
    for number, table in enumerate(_read_together(answer.tables)):
        if number:
            console.print()
        console.print(table)
    for path in _write(answer, options):
        console.print(f"Wrote {path}", soft_wrap=True, markup=False, highlight=False)
    limit = options.max_trainable
    over = [] if limit is None else [item for item in answer.trainable if item[1] > limit]
    for name, trainable in over:
        print(
            f"kerastune: {name}: {trainable:,} parameters train, {limit:,} are allowed",
            file=sys.stderr,
        )
    return 1 if over else 0


def _read_together(tables: Sequence[Table]) -> list[Table]:
    """The tables, each note under the first of them alone, where it may name its model."""
    told: set[str] = set()
    read = []
    for table in tables:
        read.append(replace(table, notes=tuple(note for note in table.notes if note not in told)))
        told.update(*((note, note.partition(": ")[2]) for note in table.notes))
    return read


def _write(answer: Answer, options: argparse.Namespace) -> list[Path]:
    """Write the files that were asked for; those of several CSV tables are numbered."""
    texts: dict[Path, str] = {}
    read = _read_together(answer.tables)
    if options.csv:
        for number, table in enumerate(answer.tables, start=1):
            suffix = f"-{number}" if number > 1 else ""
            texts[options.csv.with_stem(options.csv.stem + suffix)] = table.to_csv()
    if options.markdown:
        texts[options.markdown] = "\n".join(table.to_markdown() for table in read)
    if options.html:
        from kerastune.display.page import Page, Section
        from kerastune.display.pictures import png_bytes

        pictures = {caption: png_bytes(figure) for caption, figure in answer.pictures.items()}
        sections = [Section(table.title, [table]) for table in read]
        page = Page("What models cost", [*sections, Section("Pictures", pictures=pictures)])
        texts[options.html] = page.to_html()
    if options.json:
        tables = [table.to_dict() for table in answer.tables]
        files.write_json(options.json, {"kerastune": kerastune.__version__, "tables": tables})
    for path, text in texts.items():
        files.write_text(path, text)
    return [*filter(None, [options.json]), *texts]
