"""`renkei report`: pages from what a run left behind, and whether a bundle holds.

Light to import: the pages are built when asked for.
"""

from __future__ import annotations

from enum import StrEnum
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
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Folder that a run wrote (`--out DIR`).")],
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="Where to write the page; default DIR/report.html."),
    ] = None,
) -> None:
    """Write the report of a run again: one HTML file that needs no network.

    DIR holds measures.json of a simulation, or is the bundle of a conformance run.
    """
    from conformance.results import VERDICTS_FILE
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
    if (directory / VERDICTS_FILE).exists() and not (directory / MEASURES_FILE).exists():
        from conformance.bundle import read_bundle
        from reports.conformance import report as conformance_report

        page = conformance_report.render(*read_bundle(directory))
    else:
        page = render(read(directory / MEASURES_FILE))
    _write(page, out or directory / REPORT_FILE)


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


@app.command()
def verify(
    bundle: Annotated[
        Path, typer.Argument(metavar="BUNDLE", help="Folder that `renkei conform run … --out` wrote.")
    ],
    public_key: Annotated[
        Path | None,
        typer.Option("--public-key", metavar="FILE", help="The key that must have signed it (PEM)."),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON, the same bytes for the same bundle.")
    ] = False,
) -> None:
    """Make the bundle of a conformance run again from its journals, offline, and tell what differs.

    Exit codes: 0 it holds, 1 it does not, 2 wrong use.
    """
    from conformance.verifying import verify as verified
    from reports.conformance.pages import pages

    found = verified(bundle, pages, public_key)
    if as_json:
        typer.echo(found.as_json())
    else:
        found.show(typer.echo)
    raise typer.Exit(found.code)


@app.command()
def matrix(
    bundles: Annotated[
        list[Path], typer.Argument(metavar="BUNDLE…", help="Bundles of conformance runs, one a column.")
    ],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Where to write the page.")],
) -> None:
    """Write a page with the results of several implementations side by side.

    A bundle that does not verify is marked in its column: what it says may be anything.
    """
    from conformance.bundle import read_bundle
    from conformance.verifying import verify as verified
    from reports.conformance.matrix import render
    from reports.conformance.pages import pages

    results = [read_bundle(bundle)[0] for bundle in bundles]
    doubted = [at for at, bundle in enumerate(bundles) if not verified(bundle, pages).holds]
    for at in doubted:
        typer.echo(
            f"{bundles[at]}: 検証に合格しない / not verified: `renkei report verify {bundles[at]}`", err=True
        )
    _write(render(results, doubted), out)


@app.command()
def load(
    directory: Annotated[
        Path, typer.Argument(metavar="DIR", help="Folder that `renkei load run … --out DIR` wrote.")
    ],
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="Where to write the page; default DIR/load.html."),
    ] = None,
) -> None:
    """Write the report of a load test again from its load.json: one HTML file that needs no network."""
    from load.results import REPORT_FILE as LOAD_REPORT
    from load.results import read
    from reports.load.page import render

    _write(render(read(directory)), out or directory / LOAD_REPORT)


class Form(StrEnum):
    """Files whose form is published."""

    VERDICTS = "verdicts"
    LOAD = "load"


@app.command()
def schema(
    of: Annotated[Form, typer.Argument(metavar="FILE", help="Which file: verdicts or load.")] = Form.VERDICTS,
) -> None:
    """Print the JSON Schema of a bundle's verdicts.json, or of a load test's load.json."""
    import conformance.results
    import load.results

    told = load.results if of is Form.LOAD else conformance.results
    typer.echo(told.schema_text(), nl=False)


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
