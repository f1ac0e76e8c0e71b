"""`renkei exchange seal`, `open` and `reconcile`: envelopes by a test PKI, and journals held side by side."""

from __future__ import annotations

import json
import os
from datetime import date
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from sim.base.errors import UsageError

SUFFIX = ".p7m"
JOURNAL = "journal.ndjson"
# A header stands at the beginning: so much of a file is enough to find it.
_BEGINNING = 1 << 16

File = Annotated[Path, typer.Argument(metavar="FILE", help="The file.")]
Pki = Annotated[Path, typer.Option("--pki", metavar="DIR", help="Folder that `renkei pki init` made.")]
Out = Annotated[
    Path | None, typer.Option("--out", metavar="FILE", help="Where to write; never over another file.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
On = Annotated[
    str | None,
    typer.Option(help="Day on which the certificates must be valid, YYYY-MM-DD; default: today in Japan."),
]


def register(app: typer.Typer) -> None:
    """Adds the commands to `renkei exchange`."""
    app.command("seal")(seal_command)
    app.command("open")(open_command)
    app.command("reconcile")(reconcile_command)


def seal_command(
    file: File,
    pki: Pki,
    sender: Annotated[str, typer.Option("--from", help="Who signs: ISA or a municipality's code.")],
    recipient: Annotated[str, typer.Option("--to", help="Who alone may open it.")],
    out: Out = None,
    on: On = None,
    json_output: Json = False,
) -> None:
    """Sign a file and encrypt it for one recipient (CMS, DER). Writes FILE.p7m.

    Exit code 2 when a certificate is missing, not valid on the day, taken back, or for something else, or
    when the file is a batch of another sender than --from.
    """
    from sim.drivers import keyring
    from sim.exchange.envelope import seal
    from sim.exchange.pki import Usage, valid_on

    day = _day(on)
    content = _content(file)
    if (named := _sender_of(content)) not in (None, sender):
        raise UsageError(
            f"the batch names another sender than {sender}",
            expected=f"sender {sender} in its header",
            received=f"sender {named}",
            where=str(file),
            remedy=f"--from {named}: whoever opens it refuses a batch that its sender did not sign",
        )
    identity = keyring.load_identity(pki, sender, (Usage.ENVELOPE, Usage.SIGNING))
    to = keyring.latest(pki, recipient, (Usage.ENVELOPE, Usage.ENCRYPTION)).certificate
    revocations = keyring.load_revocations(pki)
    for whose, certificate in ((sender, identity.certificate), (recipient, to)):
        if not valid_on(certificate, day):
            raise UsageError(
                f"the certificate of {whose} is not valid on {day.isoformat()}",
                where=str(pki),
                remedy=f"renkei pki issue {pki} {whose}, or another day: --on YYYY-MM-DD",
            )
        if revocations.revoked_on(certificate, day):
            raise UsageError(
                f"the certificate of {whose} was taken back",
                where=str(pki),
                remedy=f"renkei pki issue {pki} {whose}",
            )
    target = out or file.with_name(file.name + SUFFIX)
    _write(target, seal(content, identity, to))
    if json_output:
        _print({"file": str(target), "from": sender, "to": recipient, "bytes": len(content)})
    else:
        typer.echo(str(target))


def open_command(
    file: File,
    pki: Pki,
    recipient: Annotated[str, typer.Option("--as", help="Who opens it: ISA or a municipality's code.")],
    out: Out = None,
    on: On = None,
    others_may_open: Annotated[
        bool, typer.Option("--others-may-open", help="Take an envelope that has further recipients.")
    ] = False,
    json_output: Json = False,
) -> None:
    """Decrypt an envelope and believe it only when a certified sender signed it. Writes FILE without .p7m.

    The signer must be the sender whom the batch names; of what is no batch only the signer is told.

    Exit code 1 when it was not opened, with the code that says why; nothing is written then.
    """
    from sim.drivers import keyring
    from sim.exchange.codes import Code
    from sim.exchange.envelope import Unopened, open_sealed
    from sim.exchange.pki import Usage

    day = _day(on)
    sealed = _content(file)
    target = out or (file.with_suffix("") if file.suffix == SUFFIX else file.with_name(file.name + ".opened"))
    _check_absent(target)
    identity = keyring.load_identity(pki, recipient, (Usage.ENVELOPE, Usage.ENCRYPTION))
    revocations = keyring.load_revocations(pki)
    found = open_sealed(
        sealed, identity, keyring.load_trust(pki), day, revocations, others_may_open=others_may_open
    )
    if isinstance(found, Unopened):
        _refuse(file, found.code, found.reason, json_output)
    named = _sender_of(found.content)
    if named not in (None, found.sender):
        reason = f"the batch names {named} as its sender, and {found.sender} signed it"
        _refuse(file, Code.WRONG_SENDER, reason, json_output)
    _write(target, found.content)
    if json_output:
        size = len(found.content)
        _print(
            {"opened": True, "file": str(target), "from": found.sender, "sender": named, "bytes": size},
        )
    else:
        told = "" if named is not None else "; no header of a batch names its sender"
        typer.echo(f"{target}  signed by {found.sender}{told}")


def reconcile_command(
    journals: Annotated[
        list[Path],
        typer.Argument(
            metavar="JOURNAL…", help="journal.ndjson of one side or of several, or the folders of runs."
        ),
    ],
    at: Annotated[
        str | None,
        typer.Option(help="As it stood then: ISO 8601 with an offset, such as 2019-04-01T00:00:00+09:00."),
    ] = None,
    person: Annotated[str | None, typer.Option(help="Only this pseudonym.")] = None,
    batch: Annotated[str | None, typer.Option(help="Only this batch.")] = None,
    json_output: Json = False,
) -> None:
    """Hold journals side by side: sent = accepted + rejected + pending, in all, per person and per batch.

    Lists everything that does not add up, and which side saw it last. Exit code 1 when there is any.
    """
    from sim.base import journal
    from sim.base.instant import Instant, parse_iso
    from sim.exchange import reconciliation

    until: Instant | None = None
    if at is not None:
        try:
            until = parse_iso(at)
        except (ValueError, OverflowError):
            raise UsageError(
                "--at is no instant",
                expected="ISO 8601 with an offset, such as 2019-04-01T00:00:00+09:00",
                received=at[:40],
            ) from None
    files = [path / JOURNAL if path.is_dir() else path for path in journals]
    lines = (line for path in files for line in journal.read(path))
    found = reconciliation.reconcile(lines, until)
    if person is not None or batch is not None:
        found = found.only(person=person, batch=batch)
        if not found.records and not found.batches:
            raise UsageError(
                "the journals know nothing of it",
                received=person or batch,
                where=", ".join(map(str, journals)),
            )
    detail = person is not None or batch is not None
    if json_output:
        _print(found.as_dict(detail=detail))
    else:
        for line in found.told(detail=detail):
            typer.echo(line)
    if not found.sound:
        raise typer.Exit(1)


def _refuse(file: Path, code: str, reason: str, json_output: bool) -> NoReturn:
    if json_output:
        _print({"opened": False, "code": str(code), "reason": reason, "file": str(file)})
    else:
        typer.echo(f"{file}: {code}: {reason}")
    raise typer.Exit(1)


def _sender_of(content: bytes) -> str | None:
    """Whom a batch names as its sender; None when the content begins with no header that can be read."""
    from sim.exchange.batch import parts_of
    from sim.exchange.check import meant
    from sim.exchange.model import Header
    from sim.exchange.profile import open_profiles

    beginning = content[:_BEGINNING]
    part = next(parts_of([beginning], meant(beginning, open_profiles())), None)
    return part.sender if isinstance(part, Header) else None


def _content(file: Path) -> bytes:
    """The file's bytes, once it is known to be a file of a size that a batch can have."""
    from sim.drivers.folders import read_bounded

    return read_bounded(file)


def _check_absent(target: Path) -> None:
    if target.exists() or target.is_symlink():
        _exists(target)


def _write(target: Path, content: bytes) -> None:
    """Writes for the owner's eyes only, and never over another file."""
    try:
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        _exists(target)
    except OSError as error:
        raise UsageError("the file cannot be written", where=str(target), received=error.strerror) from error
    with os.fdopen(descriptor, "wb") as opened:
        opened.write(content)


def _exists(target: Path) -> NoReturn:
    raise UsageError(
        "there is a file of that name already",
        where=str(target),
        remedy="move it away, or name another with --out FILE",
    )


def _day(text: str | None) -> date:
    from sim.base.instant import japan_date
    from sim.drivers.live.clock import WallClock

    if text is None:
        return japan_date(WallClock().now)
    try:
        if len(text) != 10 or not text.isascii():
            raise ValueError
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError("--on is no day", expected="YYYY-MM-DD", received=text[:40]) from None


def _print(value: object) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))
