"""`renkei pki …`: a test PKI in a folder, to seal, open and speak TLS with. Proves nothing about anybody."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sim.base.errors import UsageError, nearest

if TYPE_CHECKING:
    from enum import StrEnum

    from sim.drivers.keyring import Issued
    from sim.exchange.pki import Revocations

pki_app = typer.Typer(
    help="A test PKI: an authority, certificates for both ends, a list of what was taken back.",
    no_args_is_help=True,
)

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="Folder of the PKI.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
UsageOption = Annotated[
    str,
    typer.Option(
        "--usage",
        help="envelope (signs batches and receives keys), signing, encryption, tls-server, tls-client.",
    ),
]


@pki_app.command("init")
def init_command(
    folder: Folder,
    valid_from: Annotated[str, typer.Option(help="First day of the authority, YYYY-MM-DD.")] = "2012-01-01",
    valid_until: Annotated[str, typer.Option(help="Last day of the authority, YYYY-MM-DD.")] = "2049-12-31",
    json_output: Json = False,
) -> None:
    """Make an authority with a fresh key in an empty folder, and an empty list of revoked certificates."""
    from sim.drivers import keyring

    made = keyring.init(folder, _day(valid_from, "--valid-from"), _day(valid_until, "--valid-until"))
    if json_output:
        _print({"authority": str(made), "revoked": str(folder / keyring.REVOKED)})
    else:
        typer.echo(f"{made}")


@pki_app.command("issue")
def issue_command(
    folder: Folder,
    name: Annotated[str, typer.Argument(help="ISA, or a municipality's code with its check digit.")],
    usage: UsageOption = "envelope",
    valid_from: Annotated[str | None, typer.Option(help="First day; default: the authority's.")] = None,
    valid_until: Annotated[str | None, typer.Option(help="Last day; default: the authority's.")] = None,
    json_output: Json = False,
) -> None:
    """Issue the next certificate of a name and usage, with a fresh key. Never overwrites one."""
    from sim.drivers import keyring
    from sim.exchange.pki import Usage
    from sim.exchange.profile import open_profile

    keyring.check_holder(name, open_profile().agency)
    made = keyring.issue(
        folder,
        name,
        _word(Usage, usage, "--usage"),
        valid_from=None if valid_from is None else _day(valid_from, "--valid-from"),
        valid_until=None if valid_until is None else _day(valid_until, "--valid-until"),
    )
    if json_output:
        _print(_described(made, None, None))
    else:
        typer.echo(f"{made.folder}")


@pki_app.command("revoke")
def revoke_command(
    folder: Folder,
    name: Annotated[str, typer.Argument(help="Whose certificate.")],
    on: Annotated[str, typer.Option(help="From the beginning of which day, YYYY-MM-DD; it may be to come.")],
    usage: UsageOption = "envelope",
    number: Annotated[
        int | None, typer.Option(help="Which of that name and usage; default: the latest.", min=1)
    ] = None,
    reason: Annotated[
        str, typer.Option(help="unspecified, key-compromise, superseded or ceased.")
    ] = "unspecified",
    until: Annotated[
        str | None, typer.Option(help="Last day on which the new list is believed; default: as before.")
    ] = None,
    json_output: Json = False,
) -> None:
    """Take a certificate back: writes the authority's new list, which everybody who opens needs."""
    from sim.drivers import keyring
    from sim.exchange.pki import Reason, Usage

    found = keyring.revoke(
        folder,
        name,
        _word(Usage, usage, "--usage"),
        number,
        _day(on, "--on"),
        None if until is None else _day(until, "--until"),
        _word(Reason, reason, "--reason"),
    )
    if json_output:
        _print(_described(found, keyring.load_revocations(folder), None))
    else:
        typer.echo(f"{found.folder.name} is taken back from {on} on")
        typer.echo(f"{folder / keyring.REVOKED}")


@pki_app.command("show")
def show_command(
    folder: Folder,
    on: Annotated[
        str | None, typer.Option(help="Judge validity on this day, YYYY-MM-DD; default: no judgement.")
    ] = None,
    json_output: Json = False,
) -> None:
    """Show the authority, every certificate with its usage, validity and state, and the list.

    Exit code 1 when a key can be read by others than its owner.
    """
    from sim.drivers import keyring

    day = None if on is None else _day(on, "--on")
    trust = keyring.load_trust(folder)
    revocations = keyring.load_revocations(folder)
    rows = [_described(one, revocations, day) for one in keyring.issued(folder)]
    open_keys = [str(path) for path in sorted(folder.rglob("*.key.pem")) if path.stat().st_mode & 0o077]
    found = {
        "authority": {
            "from": keyring.japan(trust.not_valid_before_utc),
            "until": keyring.japan(trust.not_valid_after_utc),
        },
        "revocations": {
            "number": revocations.number,
            "since": keyring.japan(revocations.since),
            "until": keyring.japan(revocations.until),
            "revoked": len(revocations.revoked),
        },
        "certificates": rows,
        "keys_open_to_others": open_keys,
    }
    if json_output:
        _print(found)
    else:
        typer.echo(f"authority  {found['authority']['from']} .. {found['authority']['until']}")  # type: ignore[index]
        typer.echo(
            f"list       number {revocations.number}, {len(revocations.revoked)} revoked, believed"
            f" {keyring.japan(revocations.since)} .. {keyring.japan(revocations.until)}"
        )
        for row in rows:
            typer.echo(
                f"{row['folder']:<30} {row['usage']:<11} {row['from'][:10]} .. {row['until'][:10]}"
                f"  {row['state']}  sha256 {row['sha256'][:16]}"
            )
        for path in open_keys:
            typer.echo(f"KEY OPEN TO OTHERS: {path} (chmod 600)")
    if open_keys:
        raise typer.Exit(1)


def _described(one: Issued, revocations: Revocations | None, day: date | None) -> dict[str, Any]:
    from sim.drivers import keyring
    from sim.exchange.pki import valid_on

    certificate = one.certificate
    state = "valid"
    if revocations is not None and certificate.serial_number in revocations.revoked:
        moment, reason = revocations.revoked[certificate.serial_number]
        state = f"revoked from {keyring.japan(moment)}, {reason}"
        if day is not None and not revocations.revoked_on(certificate, day):
            state = "valid"
    if day is not None and not valid_on(certificate, day):
        state = "not valid on that day"
    return {
        "name": one.name,
        "usage": str(one.usage),
        "number": one.number,
        "folder": one.folder.name,
        "serial": certificate.serial_number,
        "from": keyring.japan(certificate.not_valid_before_utc),
        "until": keyring.japan(certificate.not_valid_after_utc),
        "sha256": one.fingerprint,
        "state": state,
    }


def _word(kind: type[StrEnum], text: str, option: str) -> Any:
    """A word of a list, or a refusal that names the nearest one."""
    words = [str(word) for word in kind]
    if text not in words:
        hint = nearest(text, words)
        raise UsageError(
            f"{option}: {text!r} is unknown",
            expected=" or ".join(words),
            received=text,
            remedy=f"did you mean {hint!r}?" if hint else None,
        )
    return kind(text)


def _day(text: str, option: str) -> date:
    try:
        if len(text) != 10 or not text.isascii():
            raise ValueError
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(
            f"{option} is no day", expected="YYYY-MM-DD, such as 2019-04-01", received=text[:40]
        ) from None


def _print(value: object) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))
