"""What `kerastune params` prints and writes."""

import argparse
import sys
from pathlib import Path

from rich.console import Console

import kerastune
from kerastune import counting, files
from kerastune.params.tables import Answer


def publish(answer: Answer, options: argparse.Namespace) -> int:
    """Print the tables, write the files, and say whether too much trains.

    Args:
        answer: the `Answer`.
        options: what the parser of `kerastune params` read.

    Returns:
        The exit status: 1 when more parameters train than `--max-trainable` allows, else 0.

    Raises:
        OSError: if a file cannot be written.
    """
    console = Console()
    for number, table in enumerate(answer.tables):
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


def _write(answer: Answer, options: argparse.Namespace) -> list[Path]:
    """Write the files that were asked for; those of several CSV tables are numbered."""
    written = []
    if options.json:
        tables = [table.to_dict() for table in answer.tables]
        files.write_json(options.json, {"kerastune": kerastune.__version__, "tables": tables})
        written.append(options.json)
    if options.csv:
        for number, table in enumerate(answer.tables, start=1):
            suffix = f"-{number}" if number > 1 else ""
            path = options.csv.with_stem(options.csv.stem + suffix)
            files.write_text(path, table.to_csv())
            written.append(path)
    if options.markdown:
        text = "\n".join(table.to_markdown() for table in answer.tables)
        files.write_text(options.markdown, text)
        written.append(options.markdown)
    if options.html:
        from kerastune.display.pictures import png_bytes

        pictures = {caption: png_bytes(draw()) for caption, draw in answer.pictures.items()}
        page = counting.html_page("What models cost", answer.tables, pictures)
        files.write_text(options.html, page)
        written.append(options.html)
    return written
