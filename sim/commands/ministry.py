"""`renkei ministry …`: the agency's exchange server, run for real. Light to import."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Final, Literal

import typer

from sim.base.errors import Breach, UsageError

ministry_app = typer.Typer(
    help="The ministry server (市町村連携用サーバ), run for real: mutual TLS, a kit for each.",
    no_args_is_help=True,
)

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="Folder of the server.")]
Code = Annotated[str, typer.Argument(help="The municipality's code.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]

_JOURNAL: Final = "journal.ndjson"
_AUDIT: Final = "audit.ndjson"


@ministry_app.command("init")
def init_command(
    folder: Folder,
    codes: Annotated[
        str, typer.Option(metavar="CODE,…", help="Municipalities' codes with check digit, by commas.")
    ] = "",
    codes_file: Annotated[
        Path | None,
        typer.Option(metavar="FILE.csv", help="A municipality a line: its code, and perhaps its name."),
    ] = None,
    host: Annotated[
        list[str] | None,
        typer.Option(
            help="A name or address by which terminals reach the server; repeat. Default: this machine."
        ),
    ] = None,
    port: Annotated[int, typer.Option(help="The port that the kits name.", min=1, max=65535)] = 8443,
    keys: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Identities made before, to be taken: authority/, envelope/CODE.cert.pem and .key.pem, tls/"
            " alike (a load test keeps such a folder). What is missing is issued by their authority.",
        ),
    ] = None,
    kits: Annotated[
        bool, typer.Option("--kits/--no-kits", help="Write what each municipality is handed.")
    ] = True,
    json_output: Json = False,
) -> None:
    """Make a server's folder: settings, allow-list, keys, and a kit for each municipality.

    An RSA key for envelopes takes some 60 ms of a core; all cores make them.
    """
    from sim.drivers.live.ministry import folder as folders
    from sim.drivers.live.ministry import issuing

    allowed = _allowed(codes, codes_file)
    hosts = tuple(host or ())
    many = len(allowed) > 50 and sys.stderr.isatty()

    def progress(done: int, of: int) -> None:
        if many and (done % 10 == 0 or done == of):
            typer.echo(f"\r{done} of {of}", err=True, nl=done == of)

    url = f"https://{hosts[0] if hosts else '127.0.0.1'}:{port}"
    place = issuing.make(folder, allowed, ready=keys, hosts=hosts, url=url, kits=kits, progress=progress)
    if json_output:
        typer.echo(json.dumps({"folder": str(place.folder), "municipalities": len(place.allowed)}))
        return
    typer.echo(f"{folder}: {len(allowed)} municipalities")
    if kits:
        typer.echo(f"hand over and remove: {folder / folders.KITS}/CODE")
    typer.echo(f"next: renkei ministry serve {folder}")


@ministry_app.command("serve")
def serve_command(
    folder: Folder,
    port: Annotated[
        int | None, typer.Option(help="For terminals; 0: any free one. Default: as set.", min=0, max=65535)
    ] = None,
    admin_port: Annotated[
        int | None,
        typer.Option(help="For operators, on this machine only. Default: as set.", min=0, max=65535),
    ] = None,
    database: Annotated[
        str | None,
        typer.Option(metavar="URL", help="postgresql+psycopg://…, or a SQLite file. Default: as set."),
    ] = None,
) -> None:
    """Serve until it is asked to stop (SIGTERM, Ctrl-C). Says one line when it is ready, and logs JSON
    lines.
    """
    from sim.drivers.live.ministry import folder as folders
    from sim.drivers.live.ministry import server

    server.serve(folders.read(folder), port=port, admin_port=admin_port, database=database)


@ministry_app.command("revoke")
def revoke_command(
    folder: Folder,
    code: Code,
    reason: Annotated[
        str, typer.Option(help="unspecified, key-compromise, superseded or ceased.")
    ] = "unspecified",
    json_output: Json = False,
) -> None:
    """Take a municipality's certificates back from now on; a server that runs notices by itself."""
    from sim.base.errors import nearest
    from sim.drivers.live.ministry import folder as folders
    from sim.drivers.live.ministry import issuing
    from sim.exchange.pki import Reason

    if reason not in set(Reason):
        hint = nearest(reason, list(Reason))
        raise UsageError(
            f"there is no reason {reason!r}",
            where="--reason",
            expected=", ".join(Reason),
            remedy=f"did you mean {hint!r}?" if hint else None,
        )
    place = folders.read(folder)
    number = issuing.revoke(place, code, Reason(reason))
    if json_output:
        typer.echo(json.dumps({"code": code, "list": number, "file": str(place.revoked)}))
    else:
        typer.echo(f"{code}: taken back with list {number} ({place.revoked})")


@ministry_app.command("command")
def command_command(
    folder: Folder,
    command: Annotated[
        str,
        typer.Argument(
            metavar="JSON|FILE", help='One command, such as {"type":"AskUsage"}; -: standard input.'
        ),
    ],
    key: Annotated[
        str,
        typer.Option(help="Names the command: given again under its key it is done once. Default: drawn."),
    ] = "",
) -> None:
    """Give the server that runs one command of the agency: Decide, RollOut, AskUsage, AskFaults, …"""
    from sim.drivers.live.ministry import asking

    answer = asking.command(folder, _command_text(command), key)
    typer.echo(answer.text)
    if answer.status_code != 200:
        raise UsageError(
            "the server took no command",
            received=f"status {answer.status_code}: {answer.text[:300]}",
            remedy="correct the command",
        )
    if not answer.json()["ok"]:
        raise typer.Exit(1)


@ministry_app.command("export-media")
def export_media_command(
    folder: Folder,
    code: Code,
    medium: Annotated[Path, typer.Argument(metavar="MEDIUM", help="A folder on the medium, empty.")],
    outage: Annotated[str, typer.Option("--outage", help="The outage that was declared.")],
) -> None:
    """Give what waits for a municipality to a messenger, on a medium; the server runs meanwhile."""
    _medium(folder, "export", code, medium, outage)


@ministry_app.command("import-media")
def import_media_command(
    folder: Folder,
    code: Code,
    medium: Annotated[Path, typer.Argument(metavar="MEDIUM", help="A folder on the medium.")],
) -> None:
    """Take in what a municipality's messenger brought, and wipe the medium; the server runs meanwhile."""
    _medium(folder, "import", code, medium)


@ministry_app.command("export")
def export_command(
    folder: Folder,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Where to; default: DIR/export.")] = None,
    database: Annotated[str | None, typer.Option(metavar="URL", help="As for serve.")] = None,
    json_output: Json = False,
) -> None:
    """Write the journal (NDJSON) and the audit log (a hash chain) as files; the server may run meanwhile."""
    from sim.drivers.live.ministry import folder as folders
    from sim.drivers.live.ministry.exporting import export

    place = folders.read(folder)
    target = out or folder / "export"
    told = export(place, database or place.database, target / _JOURNAL, target / _AUDIT)
    if json_output:
        typer.echo(json.dumps({"journal": str(target / _JOURNAL), "audit": str(target / _AUDIT), **told}))
    else:
        typer.echo(f"{target / _JOURNAL}: {told['lines']} lines")
        typer.echo(f"{target / _AUDIT}: {told['entries']} entries, ends in {told['head']}")


@ministry_app.command("verify")
def verify_command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An exported audit log.")],
    head: Annotated[str, typer.Option(help="Where the chain must end, as the journal says.")] = "",
) -> None:
    """Verify an exported audit log: exit code 0 when it is what the server wrote, 1 when it is not."""
    from sim.nodes.terminal.export import check_export, read_export

    try:
        data = file.read_bytes()
    except OSError as error:
        raise UsageError("the file cannot be read", where=str(file), received=error.strerror) from error
    try:
        check_export(data, head)
    except Breach as breach:
        breach.where = str(file)
        raise
    found = read_export(data)
    typer.echo(f"{file}: sound, {len(found.entries)} entries of {found.terminal}, ends in {found.head}")


def _medium(
    folder: Path, job: Literal["import", "export"], code: str, medium: Path, outage: str = ""
) -> None:
    """Has it done and says what came of it; exit code 1 when it was refused."""
    from sim.drivers.live.ministry import asking
    from sim.drivers.live.ministry.media import MediumJob

    done = asking.medium(folder, MediumJob(job, code, str(medium.resolve()), outage))
    told = f": {done.detail}" if done.detail else ""
    if not done.ok:
        typer.echo(f"{job}-media refused: {done.code}{told}", err=True)
        raise typer.Exit(1)
    typer.echo(f"{job}-media done{told}")


def _allowed(codes: str, file: Path | None) -> dict[str, str]:
    from sim.drivers.live.ministry.access import read_allowed

    if bool(codes) == (file is not None):
        raise UsageError(
            "whom the server lets in has to be said once",
            expected="--codes 131041,271004, or --codes-file FILE.csv",
            received="both" if codes else "neither",
        )
    if file is not None:
        return read_allowed(file)
    return _checked([code.strip() for code in codes.split(",")])


def _checked(codes: list[str]) -> dict[str, str]:
    from sim.drivers.keyring import check_holder

    for code in codes:
        check_holder(code, "")
    return dict.fromkeys(codes, "")


def _command_text(command: str) -> bytes:
    if command == "-":
        return sys.stdin.buffer.read()
    if command.lstrip().startswith("{"):
        return command.encode()
    try:
        return Path(command).read_bytes()
    except OSError as error:
        raise UsageError(
            "this is neither a command nor a file that holds one",
            received=command[:100],
            expected='JSON such as {"type":"AskUsage","municipality":"131041"}',
        ) from error
