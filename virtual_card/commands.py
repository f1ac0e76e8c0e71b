"""`renkei card …`. Light to import: cards, readers and pictures are imported when a command needs them."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from virtual_card.errors import CardUsageError
from virtual_card.files import (
    card_in,
    day_of,
    make_folder,
    quirk_of,
    write,
)

if TYPE_CHECKING:
    from virtual_card.reader.authenticity import Authenticity

BAD: Final = 1
POLL: Final = 0.2

card_app = typer.Typer(
    help="Cards: issue test cards, serve them in virtual readers, read any card (在留カード等).",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
CardFile = Annotated[str, typer.Argument(metavar="CARD.json", help="A card file, from `renkei card issue`.")]
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


@card_app.callback()
def card() -> None:
    """Cards: issue test cards, serve them in virtual readers, read any card (在留カード等)."""


# --- issue, show, forge ------------------------------------------------------------------------------------
@card_app.command("issue")
def issue_command(
    card_type: Annotated[
        str,
        typer.Option(
            "--type",
            metavar="1|2|05|06|07|08",
            help="1, 2: first generation; 05, 06: second; 07, 08: specified cards (assumed profile)."
            " Even ones are for special permanent residents. Also: proposal-2011.",
        ),
    ],
    number: Annotated[
        str | None, typer.Option(help="Card number, such as AA12345678BB; drawn from the seed when left out.")
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same card.", min=0)] = 1,
    out: Annotated[str, typer.Option(metavar="FILE", help="Where to write the card file.")] = "card.json",
    issued: Annotated[
        str | None, typer.Option(metavar="YYYY-MM-DD", help="Date of issue; a usual one for the type.")
    ] = None,
    on: Annotated[
        str | None,
        typer.Option(
            metavar="YYYY-MM-DD",
            help="A day on which the card is still valid. Default: 2029-12-31; none when --issued is given.",
        ),
    ] = None,
    age: Annotated[
        int | None,
        typer.Option(help="The holder's age in years: young holders have no photo.", min=0, max=120),
    ] = None,
    endorsed: Annotated[
        bool, typer.Option("--endorsed", help="A new place of residence stands on the back.")
    ] = False,
    written: Annotated[
        bool, typer.Option("--written", help="So it does on the chip (writing is suspended by default).")
    ] = False,
    quirk: Annotated[
        str | None,
        typer.Option(help="An oddity of genuine cards' certificates; a wrong word lists them all."),
    ] = None,
) -> None:
    """Issue a test card for an invented person: writes a card file and prints its path.

    Name and photo are made from the seed; keys and authorities are the same for all test cards, and public.
    Every picture and certificate says TEST. Text and codes do not: a child's card of the first generation is
    not signed, and only its picture of the front says it.
    """
    from virtual_card.cardfile import dump
    from virtual_card.layouts import CardType, card_type_of
    from virtual_card.personalise.issue import VALID_ON, issue_sample

    kind = card_type_of(card_type)
    if kind is CardType.PROPOSAL_2011:
        from virtual_card.personalise.proposal_2011 import issue_proposal

        given = {
            "--issued": issued,
            "--on": on,
            "--age": age,
            "--endorsed": endorsed or None,
            "--written": written or None,
            "--quirk": quirk,
        }
        _refuse_for_proposal([name for name, value in given.items() if value is not None])
        made = issue_proposal(seed, number)
    else:
        made = issue_sample(
            kind,
            seed=seed,
            number=number,
            issued=day_of(issued, "--issued"),
            on=day_of(on, "--on") or (VALID_ON if issued is None else None),
            age=age,
            endorsed=endorsed,
            written=written,
            quirk=quirk_of(quirk),
        )
    write(out, dump(made).encode())
    for note in made.origin.notes:
        typer.echo(f"note: {note}", err=True)
    typer.echo(out)


@card_app.command("show")
def show_command(
    path: CardFile,
    out: Annotated[
        str | None,
        typer.Option(
            metavar="PNG", help="Where to write the picture. Default: the card file's name with .png."
        ),
    ] = None,
) -> None:
    """Draw front and back of a card as one picture, and print the picture's path."""
    from virtual_card.personalise.fonts import find_font
    from virtual_card.personalise.picture import draw_card

    shown = card_in(path)
    if shown.face is None:
        raise CardUsageError(
            "this card has no printed face, so there is nothing to draw",
            expected="a card of type 1, 2, 05, 06, 07 or 08",
            received=f"type {shown.content.card_type}",
            where=path,
            remedy=f"`renkei card read --card {path}` shows what its chip holds",
        )
    origin = shown.origin
    caption = "  ".join(
        each
        for each in (
            f"type {shown.content.card_type}",
            f"issued {origin.issued}" if origin.issued else "",
            f"seed {origin.seed}" if origin.seed is not None else "",
            f"FORGERY {origin.forgery}" if origin.forgery else "",
        )
        if each
    )
    target = out or str(Path(path).with_suffix(".png"))
    write(target, draw_card(shown.face, find_font(), caption))
    typer.echo(target)


@card_app.command("forge")
def forge_command(
    path: Annotated[
        str | None, typer.Argument(metavar="CARD.json", help="A genuine test card, from `renkei card issue`.")
    ] = None,
    forgery: Annotated[
        str | None, typer.Option(metavar="ID", help="Which forgery to make; --list shows them all.")
    ] = None,
    out: Annotated[str, typer.Option(metavar="FILE", help="Where to write the forged card.")] = "forged.json",
    evidence: Annotated[
        str | None,
        typer.Option(
            metavar="DIR", help="Also write the register entry and the revoked numbers that a checker needs."
        ),
    ] = None,
    list_them: Annotated[bool, typer.Option("--list", help="List the catalogue of forgeries.")] = False,
    as_json: Json = False,
) -> None:
    """Make a forgery of a test card, and say which evidence finds it and what verdict is right."""
    from virtual_card.cardfile import dump
    from virtual_card.forgeries import FORGERIES, exhibit

    if list_them:
        rows = [_forgery_row(each) for each in FORGERIES.values()]
        if as_json:
            typer.echo(json.dumps(rows, ensure_ascii=False, indent=2))
            return
        for row in rows:
            typer.echo(f"{row['id']}  {row['verdict']}")
            typer.echo(f"  {row['ja']}\n  {row['en']}: {row['changes']}")
            for told, types in FORGERIES[row["id"]].needs_by_words.items():
                typer.echo(f"  types {', '.join(types)}: {told}")
        return
    if path is None or forgery is None:
        raise CardUsageError(
            "which forgery, and of which card?",
            expected="renkei card forge CARD.json --forgery ID",
            remedy="`renkei card forge --list` shows the catalogue",
        )
    shown = exhibit(card_in(path), forgery)
    write(out, dump(shown.card).encode())
    entry = shown.forgery
    assert entry is not None
    command = f"renkei card read --card {out} --on {shown.on}"
    if evidence is not None:
        folder = Path(evidence)
        make_folder(folder)
        register, revoked = folder / "register.json", folder / "revoked.txt"
        write(str(register), (json.dumps(dict(shown.register), ensure_ascii=False, indent=1) + "\n").encode())
        write(str(revoked), "".join(f"{number}\n" for number in sorted(shown.revoked)).encode())
        command += f" --register {register} --revoked {revoked}"
    row = _forgery_row(entry)
    if as_json:
        typer.echo(json.dumps({**row, "out": out, "read": command}, ensure_ascii=False, indent=2))
        return
    typer.echo(f"{entry.ja}  {entry.en}: {entry.changes}")
    typer.echo(f"right verdict: {row['verdict']} ({row['reason'] or 'no reason can be given'})")
    typer.echo(f"evidence that it needs: {entry.needs_in_words(shown.card.content.card_type)}")
    typer.echo(f"read it: {command}")
    typer.echo(out)


@card_app.command("ca")
def ca_command(
    out: Annotated[
        str, typer.Option(metavar="FILE", help="Where to write the certificates.")
    ] = "test-ca.pem",
) -> None:
    """Write the certificates of all test authorities (PEM): what a program under test pins as its CA.

    They say TEST, and anybody can derive their keys: never trust them where genuine cards are read.
    """
    from virtual_card.authorities import pinned_pem

    write(out, pinned_pem().encode())
    typer.echo(out)


# --- serve -------------------------------------------------------------------------------------------------
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
            daemon_for(len(cards), start=start_daemon, say=_aside) as places,
            served(cards, places) as slots,
        ):
            for path, place in zip(paths, places, strict=True):
                typer.echo(f"{ready(place)}\t{path}")
            _aside("ready: Ctrl-C takes the cards out")
            while all(slot.inserted for slot in slots):
                time.sleep(POLL)
            raise let_go([slot.failure for slot in slots])
    except KeyboardInterrupt:
        _aside("the cards are out of their readers")
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


# --- read, trace, readers ----------------------------------------------------------------------------------
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
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    for row in rows:
        typer.echo(f"{row['reader']}\t{row['state']}" + (f"\tATR {row['atr']}" if row["atr"] else ""))
    if not rows:
        typer.echo("no reader; `renkei card doctor` says why, `renkei card serve` makes one", err=True)


# --- doctor ------------------------------------------------------------------------------------------------
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
            typer.echo(json.dumps(as_rows(cases), ensure_ascii=False, indent=2))
        else:
            show(cases, typer.echo)
        raise typer.Exit(0 if all(case.right for case in cases) else BAD)
    from virtual_card import doctor

    findings = doctor.examine(doctor.look())
    if as_json:
        typer.echo(json.dumps(doctor.as_json(findings), ensure_ascii=False, indent=2))
    else:
        for each in findings:
            typer.echo(f"{'ok     ' if each.well else 'MISSING'}  {each.name}: {each.seen}")
            if each.remedy:
                typer.echo(f"         to mend it: {each.remedy}")
        typer.echo(doctor.summary(findings))
    raise typer.Exit(0 if doctor.ready(findings) else BAD)


# --- small things ------------------------------------------------------------------------------------------
def _refuse_for_proposal(options: list[str]) -> None:
    if options:
        raise CardUsageError(
            f"the seven-item chip of 2011 has no {', '.join(options)}",
            expected="--type proposal-2011 with --number, --seed and --out only",
            remedy="leave the option out, or choose a type that was issued",
        )


def _forgery_row(entry: Any) -> dict[str, Any]:
    return {
        "id": entry.id,
        "ja": entry.ja,
        "en": entry.en,
        "changes": entry.changes,
        "needs": {
            kind.value: [sorted(each.value for each in need) for need in needs]
            for kind, needs in sorted(entry.needs.items())
        },
        "verdict": entry.verdict.value,
        "reason": entry.reason.value if entry.reason else None,
        "types": sorted(entry.card_types),
    }


def _aside(text: str) -> None:
    typer.echo(text, err=True)


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
