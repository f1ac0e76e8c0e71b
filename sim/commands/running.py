"""`renkei demo` and `renkei sim …`: runs of scenarios. Light to import: work is imported when it starts."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from sim.base.errors import UsageError

if TYPE_CHECKING:
    from sim.studies.measures import Measures
    from sim.studies.scenario import Scenario

DEMO_SCENARIO: Final = "shinjuku-2019"
RUNS_FOLDER: Final = Path("renkei-runs")
DEMO_FOLDER: Final = Path("renkei-demo")
REPORT_FILE: Final = "report.html"

sim_app = typer.Typer(help="Simulate: scenarios, runs.", no_args_is_help=True)


class Clock(StrEnum):
    """Which clock drives a run."""

    SIMULATED = "simulated"
    LIVE = "live"


def demo_command() -> None:
    """Watch Shinjuku's 42,157 foreign residents for a month.

    Writes into the folder renkei-demo; the last line is the path of the report, to be opened in a browser.
    """
    _run(DEMO_SCENARIO, None, 1, str(DEMO_FOLDER), Clock.SIMULATED, json_output=False)


@sim_app.command("scenarios")
def scenarios_command(
    json_output: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    schema: Annotated[
        bool, typer.Option("--schema", help="Print the JSON Schema of a scenario file.")
    ] = False,
    show: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Print the file of a scenario: a starting point for your own."),
    ] = None,
) -> None:
    """List the scenarios that come with renkei, each with what it shows."""
    from sim.studies.scenario import loading

    if show is not None:
        typer.echo(loading.text(show), nl=False)
        return
    if schema:
        typer.echo(json.dumps(loading.schema(), ensure_ascii=False, indent=2))
        return
    known = [loading.load(name) for name in loading.names()]
    if json_output:
        rows = [
            {
                "name": item.name,
                "title_ja": item.title_ja,
                "title_en": item.title_en,
                "shows_ja": item.shows_ja,
                "shows_en": item.shows_en,
                "start": item.start.isoformat(),
                "days": item.days,
                "municipalities": len(item.places),
                "residents": item.residents,
            }
            for item in known
        ]
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    for item in known:
        where = _many(len(item.places), "municipality")
        typer.echo(f"{item.name}  ({_many(item.days, 'day')}, {where}, {item.residents:,} residents)")
        for line in (item.title_ja, item.shows_ja, item.title_en, item.shows_en):
            typer.echo(f"  {line}")


@sim_app.command("run")
def run_command(
    name: Annotated[str, typer.Argument(help="A scenario's name, or a scenario file that ends in .toml.")],
    days: Annotated[
        int | None, typer.Option(help="Days to run instead of the scenario's own.", min=1, max=3660)
    ] = None,
    seed: Annotated[int, typer.Option(help="Base seed: the same seed gives the same bytes.", min=0)] = 1,
    out: Annotated[
        str | None,
        typer.Option(
            metavar="DIR",
            help="Folder for journal, measures and report."
            " Default: renkei-runs/SCENARIO-DAYSd-SEED, such as renkei-runs/shinjuku-2019-30d-1;"
            " of a scenario file its name without .toml.",
        ),
    ] = None,
    clock: Annotated[
        Clock,
        typer.Option(
            help="simulated: in one process; live: server and municipality as two processes over TLS."
        ),
    ] = Clock.SIMULATED,
    json_output: Annotated[bool, typer.Option("--json", help="Print the outcome as JSON.")] = False,
) -> None:
    """Run a scenario: writes journal.ndjson, measures.json and report.html into --out.

    Exit code 1 when the reconciliation does not add up to zero.
    """
    _run(name, days, seed, out, clock, json_output=json_output)


def _folder(name: str, scenario: Scenario, seed: int, out: str | None) -> Path:
    if out is None:
        stem = Path(name).stem if name.endswith(".toml") else scenario.name
        return RUNS_FOLDER / f"{stem}-{scenario.days}d-{seed}"
    if not out:
        raise UsageError(
            "--out is empty",
            expected="a folder",
            where="--out",
            remedy="write `--out DIR`, or leave it out for a folder in renkei-runs",
        )
    return Path(out)


def _run(name: str, days: int | None, seed: int, out: str | None, clock: Clock, *, json_output: bool) -> None:
    from sim.studies.scenario import loading

    scenario = loading.load(name)
    if days is not None:
        scenario = loading.lasting(scenario, days)
    folder = _folder(name, scenario, seed, out)
    measures = _play(name, scenario, seed, folder, clock)
    report = folder / REPORT_FILE
    balances = {**measures.balances, **{f"batches_{way}": b for way, b in measures.batches.items()}}
    unsound = {
        kind: {"rest": balance.rest, "lost": balance.lost}
        for kind, balance in balances.items()
        if not balance.sound
    }
    if json_output:
        typer.echo(json.dumps(_outcome(measures, folder, unsound), ensure_ascii=False, indent=2))
    else:
        _summary(measures, report, unsound)
    if unsound:
        raise typer.Exit(1)


def _play(name: str, scenario: Scenario, seed: int, folder: Path, clock: Clock) -> Measures:
    from sim.base.errors import HarnessError
    from sim.studies import simulate

    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file in (simulate.JOURNAL_FILE, simulate.MEASURES_FILE, REPORT_FILE):
            _check_writable(folder / file)
        if clock is Clock.LIVE:
            scenario = simulate.on_real_network(scenario)
            with _waiting(f"{scenario.name}: {_many(scenario.days, 'day')}, two processes"):
                lines = simulate.run_live(scenario, seed, folder / "live")
        else:
            with progress_bar(f"{scenario.name}: {_many(scenario.days, 'day')}", scenario.days) as tick:
                lines = simulate.run(scenario, seed, progress=tick).site.lines()
        description = simulate.run_of(scenario, seed, asked=name, clock=clock)
        measures = simulate.write(lines, description, folder)
        from reports.page import render

        (folder / REPORT_FILE).write_text(render(measures), encoding="utf-8")
    except OSError as error:
        raise HarnessError(
            "the results cannot be written",
            where=str(error.filename or folder),
            received=str(error.strerror),
            remedy="give a folder in which you may write: --out DIR",
        ) from error
    return measures


def _check_writable(path: Path) -> None:
    """Fails now rather than after a long run; leaves everything as it was."""
    known = path.exists()
    with path.open("ab"):
        pass
    if not known:
        path.unlink()


def _outcome(measures: Measures, folder: Path, unsound: dict[str, dict[str, int]]) -> dict[str, Any]:
    accepted = sum(cell.in_time + cell.late for cell in measures.filings.values())
    return {
        "folder": str(folder),
        "report": str(folder / REPORT_FILE),
        "filings": accepted,
        "in_time": sum(cell.in_time for cell in measures.filings.values()),
        "residents_end": measures.residents_end,
        "balances": {
            kind: {"raised": b.raised, "accepted": b.accepted, "rejected": b.rejected, "pending": b.pending}
            for kind, b in measures.balances.items()
        },
        "unsound": unsound,
        "beyond": measures.run.beyond,
    }


def tell_beyond(beyond: Sequence[dict[str, str]], label: str) -> None:
    """What the scenario plans after the last day that was run; nothing when it was run to its end."""
    if beyond:
        planned = "; ".join(f"{one['en']} ({one['at']}, {one['place']})" for one in beyond)
        typer.echo(f"  {label:<14} {len(beyond)} planned after the last day: {planned}")


def _summary(measures: Measures, report: Path, unsound: dict[str, dict[str, int]]) -> None:
    """A few figures and the report's path, which is the last line."""
    run = measures.run
    filings = sum(cell.in_time + cell.late for cell in measures.filings.values())
    in_time = sum(cell.in_time for cell in measures.filings.values())
    deemed = sum(sum(cell.deemed.values()) for cell in measures.filings.values())
    hours = measures.raised_to_agency.quantile(0.5)
    place = f"{run.municipality_ja} ({run.municipality_en})"
    typer.echo(f"{place}, {_many(run.days, 'day')} from {run.start}, seed {run.seed}")
    typer.echo(f"  residents      {run.residents:,} -> {measures.residents_end:,}")
    shares = f"{_share(in_time, filings)} in time, {deemed:,} deemed residence filings"
    typer.echo(f"  filings        {filings:,} ({shares})")
    reached = "nothing arrived"
    if hours is not None:
        reached = f"{_many(hours, 'hour')} from the raised record to the ministry (median)"
    typer.echo(f"  to the agency  {reached}")
    if run.clock == Clock.LIVE:
        typer.echo("  network        a real TLS connection, and nothing was measured on it;")
        typer.echo("                 the scenario's line rate, latency and outages were not applied")
    for kind, balance in measures.balances.items():
        typer.echo(
            f"  {kind:<26}{balance.raised:>8,} = {balance.accepted:,} accepted"
            f" + {balance.rejected:,} rejected + {balance.pending:,} pending"
        )
    verdict = f"DOES NOT ADD UP: {unsound}" if unsound else "adds up to zero: nothing lost, nothing doubled"
    typer.echo(f"  reconciliation {verdict}")
    tell_beyond(run.beyond, "not played")
    typer.echo(f"{report}")


def _many(count: int, noun: str) -> str:
    if count == 1:
        return f"1 {noun}"
    return f"{count:,} {noun.removesuffix('y')}ies" if noun.endswith("ty") else f"{count:,} {noun}s"


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "none"


@contextmanager
def _waiting(title: str) -> Iterator[None]:
    """A spinner on standard error when somebody is looking, for work that cannot say how far it is."""
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        yield
        return
    with console.status(title):
        yield


@contextmanager
def progress_bar(title: str, total: int) -> Iterator[Callable[[int], None]]:
    """A bar on standard error when somebody is looking, otherwise nothing."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda _: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(title, total=total)
        yield lambda done: bar.update(task, completed=done)
