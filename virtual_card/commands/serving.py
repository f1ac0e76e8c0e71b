"""`renkei card serve`, `readers` and `doctor`: this machine's readers, and the cards in them."""

from __future__ import annotations

import os
import time
from typing import Annotated, Final

import typer

from virtual_card.commands.shared import BAD, Json, aside, card_app, tell_json
from virtual_card.files import card_in

POLL: Final = 0.2


@card_app.command("serve")
def serve_command(
    paths: Annotated[
        list[str],
        typer.Argument(metavar="CARD.json …", help="Card files: each goes into a reader of its own."),
    ],
    start_daemon: Annotated[
        bool,
        typer.Option(
            "--start-daemon",
            help="Start a private pcscd with as many virtual readers as there are cards, beside any other.",
        ),
    ] = False,
) -> None:
    """Put cards into virtual readers, for any PC/SC program to read, until Ctrl-C.

    Prints each reader's name when its card can be read. Needs a running pcscd with the driver vpcd, or
    --start-daemon, which also says what other programs need in their environment.
    """
    import signal

    from virtual_card.chip.chip import Chip
    from virtual_card.serving import daemon_for, let_go, ready, served
    from virtual_card.transports.in_process import InProcess

    cards = [InProcess(Chip(card_in(path).content, os.urandom)) for path in paths]
    # Whoever ends us politely (a service manager, a shell with this in its background) gets what Ctrl-C gets.
    before = {
        each: signal.signal(each, signal.default_int_handler) for each in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        with (
            daemon_for(len(cards), start=start_daemon, say=aside) as places,
            served(cards, places) as slots,
        ):
            for path, place in zip(paths, places, strict=True):
                typer.echo(f"{ready(place)}\t{path}")
            aside("ready: Ctrl-C takes the cards out")
            while all(slot.inserted for slot in slots):
                time.sleep(POLL)
            raise let_go([slot.failure for slot in slots])
    except KeyboardInterrupt:
        aside("the cards are out of their readers")
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


@card_app.command("readers")
def readers_command(as_json: Json = False) -> None:
    """List the PC/SC readers, and whether a card is in them."""
    from virtual_card.errors import CardRemoved, TransportError
    from virtual_card.transports.pcsc import Pcsc, readers

    rows: list[dict[str, str | None]] = []
    for name in readers():
        card_in = Pcsc(name)
        row: dict[str, str | None] = {"reader": name, "atr": None, "state": "card"}
        try:
            row["atr"] = card_in.connect().hex().upper()
        except CardRemoved:
            row["state"] = "empty"
        except TransportError as error:
            row["state"] = error.message
        finally:
            card_in.disconnect()
        rows.append(row)
    if as_json:
        tell_json(rows)
        return
    for row in rows:
        typer.echo(f"{row['reader']}\t{row['state']}" + (f"\tATR {row['atr']}" if row["atr"] else ""))
    if not rows:
        aside("no reader; `renkei card doctor` says why, `renkei card serve` makes one")


@card_app.command("doctor")
def doctor_command(
    selftest: Annotated[
        bool,
        typer.Option("--selftest", help="Judge every forgery and try every client's habit, in this process."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Say what is missing for cards and readers on this machine, and the command that mends it.

    Exit code 0: all is there (or, with --selftest, all is right). 1: something is missing or wrong.
    """
    if selftest:
        from virtual_card.selftest import all_cases, as_rows, show

        cases = tuple(all_cases())
        if as_json:
            tell_json(as_rows(cases))
        else:
            show(cases, typer.echo)
        raise typer.Exit(0 if all(case.right for case in cases) else BAD)
    from virtual_card import doctor

    findings = doctor.examine(doctor.look())
    if as_json:
        tell_json(doctor.as_json(findings))
    else:
        for each in findings:
            typer.echo(f"{'ok     ' if each.well else 'MISSING'}  {each.name}: {each.seen}")
            if each.remedy:
                typer.echo(f"         to mend it: {each.remedy}")
        typer.echo(doctor.summary(findings))
    raise typer.Exit(0 if doctor.ready(findings) else BAD)
