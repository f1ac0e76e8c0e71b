"""`renkei card read` and `trace`: what a card says, whether it is genuine, and how it was asked."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from virtual_card.commands.shared import BAD, Json, card_app

if TYPE_CHECKING:
    from virtual_card.reader.authenticity import Authenticity

Reader = Annotated[
    str | None,
    typer.Option("--reader", metavar="NAME", help="A PC/SC reader: its name, or a part that only it has."),
]
File = Annotated[
    str | None, typer.Option("--card", metavar="FILE", help="A card file, read without any reader.")
]
Number = Annotated[
    str | None,
    typer.Option(
        help="The number printed at the upper right of the card, such as AA12345678BB."
        " With --card: the one printed on that card, unless given."
    ),
]
StrategyName = Annotated[
    str,
    typer.Option("--strategy", help="How much to ask for at a time: whole, exact, pieces, 069e or small."),
]
ShowContent = Annotated[
    bool,
    typer.Option("--show-content", help="Show what a genuine card holds; without this it stays hidden."),
]


@card_app.command("read")
def read_command(
    reader: Reader = None,
    card_file: File = None,
    number: Number = None,
    as_json: Json = False,
    strategy: StrategyName = "whole",
    face: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="A card file whose printed face to compare with. With --card: that card's own.",
        ),
    ] = None,
    register: Annotated[
        str | None,
        typer.Option(metavar="FILE", help='The resident record to compare with: JSON, {"address": "…", …}.'),
    ] = None,
    revoked: Annotated[
        str | None, typer.Option(metavar="FILE", help="The revoked numbers, one on a line.")
    ] = None,
    ca: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FILE",
            help="Trust this authority instead of the test ones: a certificate, PEM or DER; may be repeated.",
        ),
    ] = None,
    also_test_ca: Annotated[
        bool, typer.Option("--also-test-ca", help="With --ca: trust the test authorities, too.")
    ] = False,
    on: Annotated[
        str | None,
        typer.Option(
            metavar="YYYY-MM-DD",
            help="Judge for this day. Default: today; with --card the 60th day after the card's issue.",
        ),
    ] = None,
    show_content: ShowContent = False,
) -> None:
    """Read a card and judge it: by its chip, and by whatever else is at hand.

    Exit code 0: GENUINE. 1: FORGED, or REVIEW by a person. 2: wrong use, or the card could not be read.
    """
    from virtual_card.checking import (
        anchors_of,
        at_hand_of,
        is_finding,
        judged_on,
        of_a_card_file,
        opened,
        read,
    )
    from virtual_card.errors import ReaderError
    from virtual_card.reader import output
    from virtual_card.reader.authenticity import judge, judge_unread
    from virtual_card.reader.extract import extract
    from virtual_card.reader.redact import is_test_card

    with opened(reader, card_file, number) as (transport, used, own):
        at_hand = at_hand_of(own, face, register, revoked)
        day = judged_on(on, own)
        anchors = anchors_of(ca, also_test=also_test_ca)
        try:
            reading = read(transport, used, strategy)
        except ReaderError as error:
            if not is_finding(error, own, at_hand, used):
                raise
            authenticity = of_a_card_file(judge_unread(error, day, at_hand), own)
            _tell_unread(authenticity, as_json=as_json)
            raise typer.Exit(BAD) from error
    authenticity = of_a_card_file(judge(reading, anchors, day, at_hand), own)
    hidden = not (show_content or own is not None or is_test_card(authenticity))
    taken = extract(reading)
    if as_json:
        document = output.as_json(reading, authenticity, taken, hidden=hidden)
        typer.echo(output.json_text(document))
    else:
        typer.echo("\n".join(output.as_text(reading, authenticity, taken, hidden=hidden)))
    raise typer.Exit(_exit_code(authenticity))


def _tell_unread(authenticity: Authenticity, *, as_json: bool) -> None:
    from virtual_card.reader import output

    if as_json:
        document = {
            "format": output.FORMAT,
            "redacted": False,
            **output.verdict_json(authenticity, hidden=False),
        }
        typer.echo(output.json_text(document))
    else:
        typer.echo("\n".join(output.verdict_text(authenticity, hidden=False)))


def _exit_code(authenticity: Authenticity) -> int:
    from virtual_card.verdicts import Verdict

    return 0 if authenticity.verdict is Verdict.GENUINE else BAD


@card_app.command("trace")
def trace_command(
    reader: Reader = None,
    card_file: File = None,
    number: Number = None,
    strategy: StrategyName = "whole",
    show_content: ShowContent = False,
) -> None:
    """Read a card and show every command and answer, with names and meanings.

    Of a card in a reader only lengths and status words are shown, unless --show-content asks for the bytes.
    """
    from virtual_card.checking import opened, read
    from virtual_card.transports.tracing import Tracing

    with opened(
        reader,
        card_file,
        number,
        wrap=lambda inner: Tracing(
            inner, typer.echo, show_data=show_content or card_file is not None, clock=time.monotonic
        ),
    ) as (transport, used, _):
        read(transport, used, strategy)
