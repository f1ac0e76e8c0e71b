"""`renkei card issue`, `show`, `forge` and `ca`: test cards, their pictures, forgeries and authorities."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from virtual_card.commands.shared import Json, aside, card_app, tell_json
from virtual_card.errors import CardUsageError
from virtual_card.files import card_in, day_of, make_folder, quirk_of, write

CardFile = Annotated[str, typer.Argument(metavar="CARD.json", help="A card file, from `renkei card issue`.")]


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
        aside(f"note: {note}")
    typer.echo(out)


def _refuse_for_proposal(options: list[str]) -> None:
    if options:
        raise CardUsageError(
            f"the seven-item chip of 2011 has no {', '.join(options)}",
            expected="--type proposal-2011 with --number, --seed and --out only",
            remedy="leave the option out, or choose a type that was issued",
        )


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
            tell_json(rows)
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
        tell_json({**row, "out": out, "read": command})
        return
    typer.echo(f"{entry.ja}  {entry.en}: {entry.changes}")
    typer.echo(f"right verdict: {row['verdict']} ({row['reason'] or 'no reason can be given'})")
    typer.echo(f"evidence that it needs: {entry.needs_in_words(shown.card.content.card_type)}")
    typer.echo(f"read it: {command}")
    typer.echo(out)


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
