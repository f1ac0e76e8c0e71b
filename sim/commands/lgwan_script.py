"""`renkei lgwan script`: a scenario's bad days on the line, for a network that runs. Light to import."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Final

import typer

from sim.base.errors import UsageError
from sim.commands.lgwan import lgwan_app

_DAY: Final = ["%Y-%m-%d"]
_MOMENT: Final = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M%z", *_DAY]


@lgwan_app.command("script")
def script_command(
    name: Annotated[
        str, typer.Argument(metavar="SCENARIO", help="A scenario's name, or a file that ends in .toml.")
    ],
    out: Annotated[
        Path, typer.Option("--out", metavar="FILE", help="Where to write; never over another file.")
    ],
    network: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Folder of the network: leaves out what is about lines it does not list."
        ),
    ] = None,
    day: Annotated[
        str, typer.Option(metavar="DURATION", help="How long a day of the scenario lasts: 10m; 1s to 24h.")
    ] = "24h",
    begin: Annotated[
        datetime | None,
        typer.Option(
            metavar="TIME",
            formats=_MOMENT,
            help="When the first day begins, 2026-04-01T00:00 in Japan; default: with the network.",
        ),
    ] = None,
    first: Annotated[
        datetime | None, typer.Option("--from", metavar="DATE", formats=_DAY, help="The first day played.")
    ] = None,
    last: Annotated[
        datetime | None, typer.Option("--to", metavar="DATE", formats=_DAY, help="The last day played.")
    ] = None,
) -> None:
    """Write a scenario's rates, latencies and outages as a script, for `run --script`.

    What the scenario plans besides, and the network cannot do, is named in the file and here.
    """
    from sim.drivers.live.network.settings import load
    from sim.studies.network_script import days_of, network_script
    from sim.studies.scenario import loading

    scenario = loading.load(name, "renkei lgwan script")
    days = days_of(scenario, length=day, begin=begin, first=first and first.date(), last=last and last.date())
    script = network_script(scenario, days, None if network is None else load(network).listed)
    try:
        with out.open("x", encoding="utf-8") as file:
            file.write(script.text)
    except OSError as error:
        raise UsageError(
            "the script cannot be written",
            where=str(out),
            received=str(error.strerror),
            remedy="name another file with --out; renkei never writes over one",
        ) from error
    outages = {0: "no outage", 1: "one outage"}.get(script.outages, f"{script.outages} outages")
    typer.echo(f"{out}: {days.first} to {days.last}, {outages}")
    for one in script.left:
        typer.echo(f"not carried over: {one}")
