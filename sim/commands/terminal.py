"""`renkei terminal …`: an exchange terminal between a municipality's folders and the ministry server.

`init` makes its folder from the kit that the agency hands out, `run` lets it work; the others are what an
operator does at its console, one job after each log-on. A PIN is asked for, or read from standard input; it
is never an argument.
"""

from __future__ import annotations

import base64
import json
import sys
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from sim.base.errors import UsageError, nearest

if TYPE_CHECKING:
    from sim.drivers.live.terminal.console import Answer, Job
    from sim.drivers.live.terminal.settings import Place
    from sim.drivers.live.terminal.tables import OperatorTable

terminal_app = typer.Typer(
    help="An exchange terminal: folders on one side, the ministry server on the other.", no_args_is_help=True
)

REFUSED: Final = 1

_PIN_HELP: Final = "The PIN, 4 to 16 digits, is asked for, or read from a pipe, a line each:"
# Characters of standard input that are looked at for more than was asked for.
_SURPLUS: Final = 4096

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="The terminal's folder.")]
Kit = Annotated[
    Path,
    typer.Option("--kit", metavar="KIT", help="What the agency handed out: kits/CODE of `ministry init`."),
]
Administrator = Annotated[
    str | None,
    typer.Option("--administrator", metavar="ID", help=f"An administrator. {_PIN_HELP} the first line."),
]
OperatorId = Annotated[
    str | None,
    typer.Option("--operator", metavar="ID", help=f"An operator. {_PIN_HELP} after the administrator's."),
]

ServerUrl = Annotated[
    str | None,
    typer.Option(
        "--server",
        metavar="URL",
        help="Another address than the kit's, such as that of a line: `renkei lgwan show` tells it.",
    ),
]
ServerName = Annotated[
    str | None,
    typer.Option("--name", metavar="NAME", help="The name in the server's certificate, if not the address."),
]


@terminal_app.command("init")
def init_command(
    folder: Folder,
    kit: Kit,
    administrator: Administrator = None,
    operator: OperatorId = None,
    server: ServerUrl = None,
    name: ServerName = None,
) -> None:
    """Make a terminal's folder from a municipality's kit."""
    from sim.drivers.live.terminal import settings

    settings.read_kit(kit, server, name)  # before anybody is asked for a PIN
    place = settings.make(folder, kit, _people(administrator, operator), server=server, name=name)
    typer.echo(f"{folder}: terminal of {place.code}, server {place.file.server.url}")
    typer.echo(f"  files go up from   {place.exchange / 'outbox'}")
    typer.echo(f"  and come down to   {place.exchange / 'inbox'}, results to {place.exchange / 'result'}")
    typer.echo(f"  sealed with        {place.keys / settings.PLACE_KEY}")
    typer.echo(f"Start it: renkei terminal run {folder}")


@terminal_app.command("replace")
def replace_command(
    folder: Folder,
    kit: Kit,
    serial: Annotated[
        str, typer.Option("--serial", help="What stands on the new machine; not the old one's.")
    ],
    exchange: Annotated[
        Path, typer.Option("--exchange", metavar="DIR", help="The five folders of the machine before.")
    ],
    place_key: Annotated[
        Path, typer.Option("--place-key", metavar="FILE", help="The key that opens what lies there.")
    ],
    administrator: Administrator = None,
    operator: OperatorId = None,
    server: ServerUrl = None,
    name: ServerName = None,
) -> None:
    """Make the folder of a machine that takes another's place, with an empty memory.

    When it runs it asks the server where the numbers stand, takes in what was not answered, and sends again
    what lies in sent/. The machine before it must not run any more.
    """
    from sim.drivers.live.terminal import settings

    settings.read_kit(kit, server, name)
    people = _people(administrator, operator)
    place = settings.make(
        folder,
        kit,
        people,
        server=server,
        name=name,
        replaces=serial,
        exchange=exchange,
        place_key=place_key,
    )
    typer.echo(f"{folder}: terminal of {place.code}, machine {serial}, in the place of the one before")
    typer.echo(f"Start it: renkei terminal run {folder}")


@terminal_app.command("add-operator")
def add_operator_command(
    folder: Folder, administrator: Administrator = None, operator: OperatorId = None
) -> None:
    """Let somebody else use a terminal that was made before; instructed today.

    They stand in terminal.toml like those of `init`. A terminal that runs takes them up when it is started
    again.
    """
    from sim.drivers.live.terminal import console, people, settings

    place = settings.read(folder)
    if administrator is None and operator is None:
        raise UsageError("say who is to use the terminal", expected="--operator ID or --administrator ID")
    for one in people.add(place, _people(administrator, operator, place)):
        typer.echo(f"{one.id}: {one.role} of the terminal of {place.code}, in {folder / settings.SETTINGS}")
    try:
        console.status_of(place)
    except UsageError:
        typer.echo(f"It takes this up when it starts: renkei terminal run {folder}")
    else:
        typer.echo(
            f"It runs, and takes this up at its next start: stop it, then renkei terminal run {folder}"
        )


@terminal_app.command("run")
def run_command(folder: Folder) -> None:
    """Work until SIGTERM or SIGINT. Logs go to standard error, a line of JSON each."""
    from sim.drivers.live.terminal import running

    running.run(folder)


@terminal_app.command("status")
def status_command(
    folder: Folder, json_output: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False
) -> None:
    """How the running terminal stands."""
    import msgspec

    from sim.drivers.live.terminal import console, settings, standing

    status = console.status_of(settings.read(folder))
    if json_output:
        typer.echo(json.dumps(msgspec.to_builtins(status), ensure_ascii=False, indent=2))
        return
    answers = f", of which {status.answers} are answers to what came down" if status.answers else ""
    state = "connected" if status.connected else "closed" if status.closed else "not connected"
    rows = [
        ("server", f"{state}, {status.profile}" + (f" ({status.trouble})" if status.trouble else "")),
        ("last exchange", status.last_exchange or "none yet"),
        ("records", f"{status.queue} wait for the next exchange{answers}"),
        ("batches", f"{status.waiting} not with the server yet, {status.unanswered} not answered"),
        ("files", f"outbox {status.outbox} (held back {status.held_back}), sent {status.sent}"),
        ("quarantine", standing.put_aside(status.quarantine, status.stopped)),
        ("logged on", status.operator or "nobody"),
        ("machine", status.serial + (f", {status.phase}" if status.phase else "")),
    ]
    if (fault := status.last_fault) is not None:
        rows.append(("last fault", f"{fault.code} at {fault.at}: {fault.detail}"))
        rows += [("what to do", fault.remedy)] if fault.remedy else []
    typer.echo(f"terminal of {status.code}, renkei {status.version}")
    for name, value in rows:
        typer.echo(f"  {name:<14} {value}")


# --- at the console ---------------------------------------------------------------------------------------
@terminal_app.command("log-on")
def log_on_command(
    folder: Folder, operator: Annotated[str, typer.Option("--operator", metavar="ID", help="Who.")]
) -> None:
    """Log on with a PIN. A session is for one job."""
    from sim.drivers.live.terminal.console import Job

    _do(folder, Job("log-on", operator=operator, pin=_pin("PIN")))


@terminal_app.command("log-off")
def log_off_command(folder: Folder) -> None:
    """Log off without a job."""
    from sim.drivers.live.terminal.console import Job

    _do(folder, Job("log-off"))


@terminal_app.command("send")
def send_command(folder: Folder) -> None:
    """Exchange now, with all that waits."""
    from sim.drivers.live.terminal.console import Job

    _do(folder, Job("send"))


@terminal_app.command("collect")
def collect_command(folder: Folder) -> None:
    """Fetch what the server has: an empty batch goes up, whose answer brings it."""
    from sim.drivers.live.terminal.console import Job

    _do(folder, Job("collect"))


@terminal_app.command("view")
def view_command(
    folder: Folder,
    what: Annotated[str, typer.Argument(help="queue, unanswered, quarantine or log: how many there are.")],
) -> None:
    """Look at what waits, is not answered, was put aside, or how long the audit log is."""
    from sim.drivers.live.terminal.console import Job
    from sim.nodes.terminal import VIEWS

    if what not in VIEWS:
        hint = nearest(what, VIEWS)
        raise UsageError(
            f"there is nothing called {what[:40]!r} to look at",
            expected=", ".join(VIEWS),
            remedy=f"did you mean {hint!r}?" if hint else "give one of these",
        )
    _do(folder, Job("view", what=what))


@terminal_app.command("put")
def put_command(
    folder: Folder,
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE…", help="Plain batches of renkei-open/1, CSV or XML.")
    ],
) -> None:
    """Seal plain batches with the place key and lay them into outbox/, as a municipal system does."""
    from sim.drivers.live.terminal import boxes, settings

    place = settings.read(folder)
    for file in files:
        typer.echo(boxes.put(place, file))


@terminal_app.command("take")
def take_command(
    folder: Folder,
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Where the plain files go.")],
) -> None:
    """Open what came down (result/ and inbox/) into plain files, and delete it there."""
    from sim.drivers.live.terminal import boxes, settings

    for path in boxes.take(settings.read(folder), out):
        typer.echo(path)


@terminal_app.command("export-log")
def export_log_command(
    folder: Folder,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="A new file, as a rule on a medium.")],
    medium: Annotated[str, typer.Option("--medium", help="The medium's name; each holds one log.")],
) -> None:
    """Write the audit log onto a medium. `renkei terminal check-log` verifies it."""
    from sim.drivers.live.terminal.console import Job

    if out.exists():
        raise UsageError("the file is there already", where=str(out), remedy="give a new one")
    answer = _do(folder, Job("export-log", medium=medium))
    try:
        out.write_bytes(base64.b64decode(answer.content))
    except OSError as error:
        raise UsageError("the log cannot be written", where=str(out), received=error.strerror) from error


@terminal_app.command("check-log")
def check_log_command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An exported audit log.")],
    head: Annotated[str, typer.Option("--head", help="Where its chain must end, as the journal says.")] = "",
) -> None:
    """Verify an exported audit log: nothing altered, taken out, put in or moved."""
    from sim.drivers.folders import read_bounded
    from sim.nodes.terminal.export import check_export, read_export

    data = read_bounded(file)
    check_export(data, head)
    export = read_export(data)
    typer.echo(f"{file}: {len(export.entries)} entries of {export.terminal}, unbroken up to {export.head}")


@terminal_app.command("change-pin")
def change_pin_command(folder: Folder) -> None:
    """Take another PIN; whoever is logged on."""
    from sim.drivers.live.terminal.console import Job

    _do(folder, Job("change-pin", pin=_pin("New PIN", twice=True)))


@terminal_app.command("unlock")
def unlock_command(
    folder: Folder, operator: Annotated[str, typer.Argument(metavar="ID", help="Who.")]
) -> None:
    """Unlock an operator; for administrators."""
    from sim.drivers.live.terminal.console import Job

    _do(folder, Job("unlock", operator=operator))


@terminal_app.command("train")
def train_command(
    folder: Folder,
    operator: Annotated[str, typer.Argument(metavar="ID", help="Who was instructed.")],
    on: Annotated[datetime, typer.Option("--on", formats=["%Y-%m-%d"], help="The day.")],
) -> None:
    """Write down that an operator was instructed."""
    from sim.drivers.live.terminal.console import Job

    _do(folder, Job("train", operator=operator, on=on.date()))


@terminal_app.command("install")
def install_command(
    folder: Folder,
    version: Annotated[str, typer.Argument(help="What runs on the machine now.")],
    patched: Annotated[datetime, typer.Option("--patched", formats=["%Y-%m-%d"], help="Day of its patches.")],
) -> None:
    """Write down that software was installed; for administrators."""
    from sim.drivers.live.terminal.console import Job

    _do(folder, Job("install", version=version, on=patched.date()))


@terminal_app.command("export-media")
def export_media_command(
    folder: Folder,
    medium: Annotated[Path, typer.Argument(metavar="MEDIUM", help="A folder on the medium, empty.")],
    outage: Annotated[str, typer.Option("--outage", help="The outage that was declared.")],
) -> None:
    """Give what waits for the server to a messenger, on a medium."""
    from sim.drivers.live.terminal.console import Job

    _do(folder, Job("export-media", path=str(medium.resolve()), outage=outage))


@terminal_app.command("import-media")
def import_media_command(
    folder: Folder, medium: Annotated[Path, typer.Argument(metavar="MEDIUM", help="A folder on the medium.")]
) -> None:
    """Take in what a messenger brought, and wipe the medium."""
    from sim.drivers.live.terminal.console import Job

    _do(folder, Job("import-media", path=str(medium.resolve())))


def _do(folder: Path, job: Job) -> Answer:
    """Has it done and says what came of it; exit code 1 when it was refused."""
    from sim.drivers.live.terminal import console, settings

    answer = console.do(settings.read(folder), job)
    told = f": {answer.detail}" if answer.detail else ""
    if not answer.ok:
        typer.echo(f"{job.job} refused: {answer.code}{told}", err=True)
        raise typer.Exit(REFUSED)
    typer.echo(f"{job.job} done{told}")
    return answer


def _pin(asked: str, *, twice: bool = False) -> str:
    """A PIN from the keyboard without showing it, or a line of standard input."""
    if sys.stdin.isatty():
        typed: str = typer.prompt(asked, hide_input=True, confirmation_prompt=twice, err=True)
        return typed
    return sys.stdin.readline().rstrip("\r\n")


def _people(
    administrator: str | None, operator: str | None, place: Place | None = None
) -> list[OperatorTable]:
    """Who may use the terminal, each with the PIN that is asked for; instructed today.

    From a pipe: a line for each of them, the administrator's first, and no more.
    """
    from sim.base.instant import japan_date
    from sim.drivers.live.clock import WallClock
    from sim.drivers.live.terminal import people

    today: date = japan_date(WallClock().now)
    named = ((administrator, True), (operator, False))
    asked = [(id, chief) for id, chief in named if id is not None]
    people.check_new((id for id, _ in asked), place)
    made = [
        people.operator_of(id, _pin(f"PIN of {id}", twice=True), administrator=chief, trained=today)
        for id, chief in asked
    ]
    if asked and not sys.stdin.isatty() and sys.stdin.read(_SURPLUS).strip():
        raise UsageError(
            "standard input has more lines than PINs are asked for",
            expected="a line for each: " + ", then ".join(f"the PIN of {id}" for id, _ in asked),
            remedy="leave out what is repeated; nobody was written down",
        )
    return made
