"""`renkei load …`: load tests of the batch exchange. Light to import: what is heavy comes when called."""

from __future__ import annotations

import re
import shlex
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sim.base.errors import UsageError

if TYPE_CHECKING:
    from load.orchestration.running import Finished
    from load.shapes import Shape

load_app = typer.Typer(
    help="Load tests of the batch exchange: an open arrival model, every municipality, one verdict.",
    no_args_is_help=True,
)


Name = Annotated[
    str, typer.Argument(metavar="NAME", help="A shape of `renkei load list`, or a file that ends in .toml.")
]
Out = Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder of the run: new, or empty.")]
Keys = Annotated[
    Path | None,
    typer.Option(
        "--keys",
        metavar="DIR",
        help="Where the endpoints' keys are kept from run to run; default: in the user's cache.",
    ),
]


@load_app.command("run")
def run_command(
    name: Name,
    out: Out,
    seed: Annotated[int, typer.Option(min=0, help="Same seed, same people, same records.")] = 1,
    endpoints: Annotated[
        int | None,
        typer.Option(min=1, help="So many endpoints, spread over the country; default: the shape's."),
    ] = None,
    records: Annotated[
        int | None,
        typer.Option(min=0, help="So many records in a night of all who take part; default: the shape's."),
    ] = None,
    lasts: Annotated[
        str | None,
        typer.Option(
            "--for",
            metavar="TIME",
            help="So many whole nights as fit, one at least: 30m, 2h; default: the shape's.",
        ),
    ] = None,
    workers: Annotated[int, typer.Option(min=1, max=256, help="Processes of the load generator.")] = 1,
    listen: Annotated[
        str,
        typer.Option(
            metavar="HOST:PORT",
            help="Wait there for the workers, which `renkei load worker` starts on other machines.",
        ),
    ] = "",
    keys: Keys = None,
    database: Annotated[
        str | None,
        typer.Option(metavar="URL", help="The server's: postgresql+psycopg://…; default: SQLite in DIR."),
    ] = None,
    network: Annotated[
        bool, typer.Option("--network/--no-network", help="Through the network (LGWAN), or past it.")
    ] = True,
    server: Annotated[
        list[str] | None,
        typer.Option(metavar="URL", help="A server that runs already: https://HOST:PORT. May be repeated."),
    ] = None,
    kill_server_every: Annotated[
        float | None,
        typer.Option(
            min=0.1, metavar="SECONDS", help="Kill the server (SIGKILL) and start it again, over and over."
        ),
    ] = None,
    faulty: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Share of records that are faulty and must be rejected.")
    ] = 0.0,
) -> None:
    """Start server, network and load; wait; reconcile; report.

    Ends with 0 when every threshold holds for which the run is large enough,
    1 when one does not, or something was lost or doubled, 2 when nothing can
    be said (the generator was beyond its limits, a process failed), and 130
    when it was interrupted; what was measured until then is written.
    """
    from load import keys as identities
    from load import shapes
    from load.orchestration import running
    from load.orchestration.attempt import Request

    shape = _narrowed(shapes.load(name), endpoints, records, lasts)
    asked = Request(
        shape=shape,
        out=out,
        seed=seed,
        workers=workers,
        listen=listen,
        keys=identities.default_folder() if keys is None else keys,
        database=database,
        network=network and not server,
        servers=tuple(server or ()),
        kill_every=kill_server_every,
        faulty=faulty,
        command=_typed(sys.argv[1:]),
    )
    # Asked to stop by the system, it ends as on Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    finished = running.run(asked, lambda line: typer.echo(line, err=True))
    _report(out)
    _conclude(finished, out)


@load_app.command("list")
def list_command(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="One of them, with all its settings as TOML.")
    ] = None,
) -> None:
    """The load tests that come along; or all that one of them says, what it leaves to the standard included.

    What is printed is a file for `renkei load run FILE.toml`: change in it what is to differ.
    """
    from load import shapes

    if name is not None:
        typer.echo(shapes.text(shapes.load(name)))
        return
    for one in shapes.names():
        shape = shapes.load(one)
        typer.echo(f"{one:<14} {shape.title_ja}")
        typer.echo(f"{'':<14} {shape.title_en}")


@load_app.command("worker")
def worker_command(
    master: Annotated[str, typer.Option(metavar="HOST:PORT", help="Where `renkei load run --listen` waits.")],
    payloads: Annotated[
        Path,
        typer.Option(metavar="DIR", help="A copy of the run's DIR/payloads.", exists=True, file_okay=False),
    ],
    keys: Keys = None,
) -> None:
    """Work for a load test that runs on another machine, until it is over.

    It needs a copy of the run's payloads and of the folder of keys, and a clock that agrees with the
    master's.
    """
    import tempfile

    from load import keys as identities
    from load.engine.setup import Setup
    from load.orchestration.children import engine

    host, colon, port = master.rpartition(":")
    if not colon or not host or not port.isascii() or not port.isdecimal():
        raise UsageError("this is no address of a master", expected="HOST:PORT", received=master[:80])
    setup = Setup(
        role="worker",
        payloads=str(payloads.resolve()),
        keys=str((identities.default_folder() if keys is None else keys).resolve()),
        master_host=host,
        master_port=int(port),
    )
    with tempfile.TemporaryDirectory(prefix="renkei-load-") as folder:
        log = Path(folder) / "worker.log"
        with engine("the worker", setup, log, lambda _line: None) as child:
            signal.signal(signal.SIGTERM, signal.default_int_handler)
            try:
                while not child.ended():
                    time.sleep(0.2)
            except KeyboardInterrupt:
                child.ask_to_stop()
            if (code := child.wait(60.0)) != 0:
                raise child.died(f"exit code 0, not {code}")
    typer.echo("done")


@load_app.command("report")
def report_command(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of a run.")],
) -> None:
    """Make the page of a run once more from its results."""
    typer.echo(f"{_report(folder)}")


def _typed(arguments: list[str]) -> str:
    """The command as it was typed, without the password of a database: results are handed on."""
    return shlex.join(["renkei", *(re.sub(r"(://[^:/@]*):[^@]*@", r"\1:…@", one) for one in arguments)])


def _narrowed(shape: Shape, endpoints: int | None, records: int | None, lasts: str | None) -> Shape:
    """The shape with fewer endpoints, with another number of records, or with fewer or more nights."""
    from load import shapes
    from load.municipalities import municipalities
    from sim.drivers.live.network.quantities import duration_given

    changes: dict[str, dict[str, Any]] = {}
    everybody = [one.code for one in municipalities()]
    if endpoints is not None and endpoints < len(everybody):
        chosen = [everybody[place * len(everybody) // endpoints] for place in range(endpoints)]
        giants = [giant.code for giant in shape.records.giants]
        kept = [*giants, *(code for code in chosen if code not in giants)][:endpoints]
        changes["endpoints"] = {"only": tuple(kept), "per_class": 0}
    if records is not None:
        changes["records"] = {"total": records, "times": 1, "among": "endpoints"}
    if lasts is not None:
        wanted = duration_given("--for", lasts)
        changes["window"] = {"nights": max(wanted // shape.window.lasts, 1)}
    return shapes.changed(shape, **changes) if changes else shape


def _report(folder: Path) -> Path:
    from load import results
    from reports.load import page

    text = page.render(results.read(folder))
    target = folder / results.REPORT_FILE
    part = target.with_suffix(".part")
    part.write_text(text, encoding="utf-8")
    part.replace(target)
    return target


def _conclude(finished: Finished, out: Path) -> None:
    """Says what came of it, and ends with its exit code."""
    from load.results import REPORT_FILE

    found = finished.results
    for what, one in (("batches", found.batches), ("records", found.records)):
        typer.echo(
            f"{what}: {one.planned:,} planned, {one.unsent:,} unsent, {one.accepted:,} accepted,"
            f" {one.rejected:,} rejected, {one.pending:,} pending, {one.lost:,} lost,"
            f" {one.doubled:,} doubled,"
            f" {one.answered:,} answered, rest {one.rest:,}"
        )
    for judged in found.judged:
        value = "" if judged.value is None else f" {judged.value:g}"
        why = "" if judged.why is None else f" ({judged.why.en})"
        typer.echo(f"{judged.outcome:<10} {judged.threshold.id}:{value} {judged.unit}{why}")
    for line in finished.faults[:20]:
        typer.echo(f"fault: {line}", err=True)
    if found.run.stopped:
        typer.echo(f"cut short: {found.run.stopped}", err=True)
    typer.echo(f"{out / REPORT_FILE}")
    if finished.exit_code:
        raise typer.Exit(finished.exit_code)
