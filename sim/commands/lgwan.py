"""`renkei lgwan …`: the network between terminals and the ministry server, as a process. Light to import."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from sim.base.errors import HarnessError, UsageError

if TYPE_CHECKING:
    from sim.drivers.live.network.running import Running

lgwan_app = typer.Typer(
    help="The network (LGWAN) as a process: allow-list, rate, latency, loss, outages, capture.",
    no_args_is_help=True,
)

# Seconds that a network has to answer.
_PATIENCE: Final = 10.0

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="Folder of the network.")]
LineOption = Annotated[
    str | None, typer.Option("--line", metavar="CODE", help="One line; default: all of them.")
]
RateOption = Annotated[
    str | None, typer.Option("--rate", help="Bits a second, both directions together: 64k, 1.5M, unlimited.")
]
LatencyOption = Annotated[str | None, typer.Option("--latency", help="One way: 40ms, 1s.")]
LossOption = Annotated[
    float | None,
    typer.Option("--loss", help="How probably a segment has to be sent again: 0 to below 1."),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@lgwan_app.command("init")
def init_command(
    folder: Folder,
    ministry: Annotated[
        str, typer.Option(metavar="HOST:PORT", help="The ministry server.")
    ] = "127.0.0.1:8443",
    codes: Annotated[
        str, typer.Option(metavar="CODE,CODE…", help="Who is listed: municipalities' codes.")
    ] = "",
    codes_file: Annotated[
        Path | None,
        typer.Option(metavar="CSV", help="Who is listed: a table with rows of code or code,name."),
    ] = None,
    port: Annotated[int, typer.Option(help="Where terminals call; 0 takes any free port.")] = 9443,
    rate: RateOption = None,
    latency: LatencyOption = None,
    loss: LossOption = None,
) -> None:
    """Make a folder for a network: its settings with a word on every key, its allow-list, its token."""
    from sim.base.outside import validated
    from sim.drivers.live.network import folder as folders
    from sim.drivers.live.network.settings import REMEDY, Quality, Settings, read_codes

    if bool(codes) == (codes_file is not None):
        raise UsageError(
            "say who may use the network",
            expected="--codes 131041,271004 or --codes-file FILE.csv",
            remedy="give one of the two",
        )
    names = dict.fromkeys(codes.split(","), "") if codes_file is None else read_codes(codes_file)
    quality = validated(Quality, _given(rate, latency, loss, None), "the command line", REMEDY)
    validated(
        Settings, {"ministry": ministry, "port": port, "codes": list(names)}, "the command line", REMEDY
    )
    path = folders.make(folder, ministry, names, quality, port)
    typer.echo(f"{path}")


@lgwan_app.command("run")
def run_command(
    folder: Folder,
    ministry: Annotated[
        str | None, typer.Option(metavar="HOST:PORT", help="The ministry server, instead of the settings'.")
    ] = None,
    port: Annotated[int | None, typer.Option(help="Where terminals call; 0 takes any free port.")] = None,
    control_port: Annotated[
        int | None, typer.Option(help="Where `renkei lgwan set` calls; 0 takes any free port.")
    ] = None,
    script: Annotated[
        Path | None,
        typer.Option(
            metavar="TOML",
            help="A table of steps: [\\[steps]] with after = '30s' (or all with at = a time) and one of"
            " set = {line = '131041', rate = '64k'}, outage = {name = 'cable', for = '2m'}, lift = 'cable'.",
        ),
    ] = None,
) -> None:
    """Run the network until it is stopped (Ctrl-C): prints where it listens, writes DIR/journal.ndjson.

    Terminals call the address of their line instead of the server's: `renkei lgwan show DIR` lists them. TLS
    passes through untouched.
    """
    from sim.base.outside import validated
    from sim.drivers.live.network import running
    from sim.drivers.live.network import script as scripts
    from sim.drivers.live.network.settings import REMEDY, Settings, load

    given: dict[str, Any] = {"ministry": ministry, "port": port, "control_port": control_port}
    given = {key: value for key, value in given.items() if value is not None}
    settings = load(folder)
    validated(Settings, {"ministry": settings.ministry} | given, "the command line", REMEDY)
    settings = settings.model_copy(update=given)
    running.serve(folder, settings, None if script is None else scripts.load(script, settings))


@lgwan_app.command("set")
def set_command(
    folder: Folder,
    line: LineOption = None,
    rate: RateOption = None,
    latency: LatencyOption = None,
    loss: LossOption = None,
    capture: Annotated[
        bool | None, typer.Option("--capture/--no-capture", help="Keep every byte in DIR/capture.")
    ] = None,
    outage: Annotated[
        str | None, typer.Option(metavar="NAME", help="Declare an outage: everything there is cut.")
    ] = None,
    lasting: Annotated[
        str | None,
        typer.Option(
            "--for",
            metavar="TIME",
            help="With --outage: how long (30s, 5m, 2h); default: until it is lifted.",
        ),
    ] = None,
    after: Annotated[
        str | None, typer.Option(metavar="TIME", help="With --outage: begin then, such as 30s.")
    ] = None,
    lift: Annotated[
        str | None, typer.Option(metavar="NAME", help="End the outages of this name or id.")
    ] = None,
    json_output: Json = False,
) -> None:
    """Change a network that runs: a line or all of them, an outage. It stays so until the network stops."""
    from urllib.parse import quote

    from sim.drivers.live.network.quantities import duration_given

    times = (("--latency", latency, "40ms"), ("--for", lasting, "30m"), ("--after", after, "30s"))
    for option, time, example in times:
        if time is not None:
            duration_given(option, time, example)
    change = _given(rate, latency, loss, capture)
    asked = [what for what in (change or None, outage, lift) if what is not None]
    if len(asked) != 1 or (outage is None and (lasting or after)) or (lift is not None and line is not None):
        raise UsageError(
            "say one thing that is to change",
            expected="--rate, --latency, --loss, --capture of --line CODE or of all;"
            " or --outage NAME [--line CODE] [--after 30s] [--for 2m]; or --lift NAME",
            remedy="call it once for each",
        )
    if outage is not None:
        body = {"name": outage, "line": line, "after": after, "for": lasting}
        answer = _ask(
            folder, "POST", "/outages", {key: value for key, value in body.items() if value is not None}
        )
    elif lift is not None:
        answer = _ask(folder, "DELETE", f"/outages/{quote(lift, safe='')}")
    else:
        answer = _ask(folder, "PATCH", "/lines" if line is None else f"/lines/{line}", change)
    if json_output:
        typer.echo(json.dumps(answer, ensure_ascii=False, indent=2))
    elif outage is not None:
        typer.echo(f"{answer['id']}  from {answer['start']}  until {answer['end'] or 'it is lifted'}")
    elif lift is not None:
        typer.echo("\n".join(f"{one['id']}  lifted" for one in answer))
    else:
        typer.echo(_row(answer) if line is not None else _changed(answer["changed"], change))


@lgwan_app.command("show")
def show_command(
    folder: Folder,
    line: LineOption = None,
    json_output: Json = False,
) -> None:
    """Show a network that runs: where each terminal calls, how good the lines are, what passed."""
    answer = _ask(folder, "GET", "/status" if line is None else f"/lines/{line}")
    if json_output:
        typer.echo(json.dumps(answer, ensure_ascii=False, indent=2))
        return
    if line is not None:
        typer.echo(_row(answer))
        return
    typer.echo(
        f"{len(answer['lines'])} lines on port {answer['port']} to {answer['ministry']},"
        f" {answer['open']} connections open, {answer['strangers']} strangers refused"
    )
    for one in answer["outages"]:
        state = "now" if one["running"] else "planned"
        until = one["end"] or "it is lifted"
        typer.echo(f"outage {one['id']} ({state})  {one['line'] or 'all lines'}  {one['start']} .. {until}")
    for fault in answer["faults"]:
        typer.echo(f"FAULT {fault}")
    for one in answer["lines"]:
        typer.echo(_row(one))


def _row(line: dict[str, Any]) -> str:
    from sim.drivers.live.network.quantities import shown_rate

    marks = [f"loss {line['loss']:g}"] * bool(line["loss"]) + ["captured"] * line["capture"]
    marks += [f"OUTAGE {line['outage']}"] * bool(line["outage"])
    return (
        f"{line['code']}  {line['address']:<21}  {shown_rate(line['rate']):>9}  {line['latency_ms']:g} ms"
        f"  {line['open']} open, {line['connections']} connections, {line['refused']} refused,"
        f" {line['cut']} cut, {line['bytes_up']:,} up, {line['bytes_down']:,} down"
        + "".join(f"  {mark}" for mark in marks)
    )


def _changed(lines: int, change: dict[str, Any]) -> str:
    """How many lines are different now, and what they are."""
    from sim.drivers.live.network import quantities

    shown = dict(change)
    if "rate" in shown:
        shown["rate"] = quantities.shown_rate(quantities.rate(shown["rate"]))
        if shown["rate"] != quantities.UNLIMITED:
            shown["rate"] += "bit/s"
    told = ", ".join(f"{key} {value}" for key, value in shown.items())
    return f"{lines} {'line' if lines == 1 else 'lines'} changed: {told}"


def _given(rate: str | None, latency: str | None, loss: float | None, capture: bool | None) -> dict[str, Any]:
    """What was asked for, as the settings have it."""
    values = {"rate": rate, "latency": latency, "loss": loss, "capture": capture}
    return {key: value for key, value in values.items() if value is not None}


def _ask(folder: Path, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    """What the running network of a folder answers."""
    import httpx

    from sim.drivers.live.network.control import token_of
    from sim.drivers.live.network.running import running

    where: Running | None = running(folder)
    if where is None:
        raise UsageError(
            "no network of this folder runs",
            where=str(folder),
            remedy=f"start it: renkei lgwan run {folder}",
        )
    try:
        with httpx.Client(trust_env=False, timeout=_PATIENCE) as client:
            answer = client.request(
                method,
                f"http://127.0.0.1:{where.control_port}{path}",
                json=body,
                headers={"Authorization": f"Bearer {token_of(folder)}"},
            )
    except (httpx.HTTPError, OSError) as error:
        raise HarnessError(
            "the network does not answer",
            where=f"127.0.0.1:{where.control_port}",
            received=str(error) or type(error).__name__,
            remedy="look at what it last said, and start it again",
        ) from error
    if answer.is_error:
        raise UsageError(f"the network refused: {answer.json()['detail']}")
    return answer.json()
