"""`renkei report`: pages from what a run left behind. Light to import: the pages are built when asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

MEASURES_FILE: Final = "measures.json"
REPORT_FILE: Final = "report.html"
JOURNAL_FILE: Final = "journal.ndjson"

app = typer.Typer(help="Build pages for people from the measures of a run.", no_args_is_help=True)


@app.callback()
def report() -> None:
    """Build pages for people from the measures of a run."""


@app.command()
def build(
    directory: Annotated[
        Path, typer.Argument(metavar="DIR", help="Folder that `renkei sim run … --out DIR` wrote.")
    ],
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="Where to write the page; default DIR/report.html."),
    ] = None,
) -> None:
    """Read DIR/measures.json and write the report of the run: one HTML file that needs no network."""
    from reports.page import render
    from sim.base.errors import UsageError
    from sim.studies.measures import read

    if not directory.is_dir():
        raise UsageError(
            "there is no such folder",
            where=str(directory),
            expected=f"a folder that holds {MEASURES_FILE}",
            remedy="give the folder that `renkei sim run … --out DIR` wrote",
        )
    _write(render(read(directory / MEASURES_FILE)), out or directory / REPORT_FILE)


@app.command()
def trace(
    directory: Annotated[
        Path, typer.Argument(metavar="DIR", help="Folder that `renkei sim run … --out DIR` wrote.")
    ],
    record: Annotated[
        str,
        typer.Argument(
            help="Number of a record or an agency notice, such as 131041-00000001 or ISA-00000001."
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="Where to write the picture; default DIR/RECORD.svg."),
    ] = None,
) -> None:
    """Draw the way of one record through a run, entry by entry: one SVG picture."""
    from reports.trace import draw, way_of
    from sim.base.journal import read

    picture = draw(way_of(read(directory / JOURNAL_FILE), record), record)
    _write(picture, out or directory / f"{record}.svg")


def _write(text: str, target: Path) -> None:
    """Writes a page or a picture and says where it is."""
    from sim.base.errors import UsageError

    try:
        target.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(
            "the report cannot be written",
            where=str(target),
            received=str(error.strerror),
            remedy="give another --out FILE",
        ) from error
    typer.echo(f"{target}")
