"""`renkei status`: one page in the browser on which a rehearsal is watched. Light to import."""

from __future__ import annotations

from typing import Annotated

import typer

from sim.base.errors import UsageError


def status_command(
    ministry: Annotated[
        str | None,
        typer.Option(metavar="URL", help="The server's admin listener, such as http://127.0.0.1:8444."),
    ] = None,
    lgwan: Annotated[
        str | None,
        typer.Option(metavar="DIR|URL", help="The network: its folder, or its control endpoint."),
    ] = None,
    terminal: Annotated[
        list[str] | None,
        typer.Option(
            metavar="DIR|URL", help="A terminal: its folder, or its console. Give it once for each."
        ),
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Where; 0 takes any free port.")] = 8440,
    open_page: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
) -> None:
    """Watch a rehearsal in the browser: server, lines, terminals, municipalities, as they move.

    The page is served on this machine only, until it is stopped (Ctrl-C). It changes nothing.
    """
    if ministry is None and lgwan is None and not terminal:
        raise UsageError(
            "there is nothing to watch",
            expected="--ministry URL, --lgwan DIR or --terminal DIR",
            remedy="such as: renkei status --ministry http://127.0.0.1:8444 --lgwan lgwan",
        )
    from sim.drivers.live.status import serving, sources
    from sim.drivers.live.status.watch import Watch

    watch = Watch(
        None if ministry is None else sources.ministry(ministry),
        None if lgwan is None else sources.network(lgwan),
        [sources.terminal(place) for place in terminal or ()],
    )
    serving.serve(watch, port, show_page=open_page)
