"""`renkei sim compare`: two scenarios side by side. Light to import: work is imported when it starts."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from sim.base.errors import HarnessError
from sim.commands.running import RUNS_FOLDER, progress_bar, sim_app, tell_beyond

if TYPE_CHECKING:
    from sim.studies.comparison import Comparison
    from sim.studies.scenario import Scenario

PAGE_FILE: Final = "comparison.html"


@sim_app.command("compare")
def compare_command(
    a: Annotated[str, typer.Argument(metavar="A", help="A scenario's name, or a file that ends in .toml.")],
    b: Annotated[str, typer.Argument(metavar="B", help="The other one; the name of A again for --set.")],
    replications: Annotated[
        int, typer.Option(help="How many pairs of runs; each pair has a seed of its own.", min=1, max=1000)
    ] = 10,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            help="Change B: a key of the scenario with dots, a TOML value; may be given several times."
            " Such as --set exchange.at=12:00:00 or --set rates.moving_in=0.3.",
        ),
    ] = None,
    figure: Annotated[
        str,
        typer.Option(help="Key of the figure that answers the question; default: the one that changed most."),
    ] = "",
    days: Annotated[
        int | None, typer.Option(help="Days to run instead of the scenarios' own.", min=1, max=3660)
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the first pair.", min=0)] = 1,
    workers: Annotated[
        int | None,
        typer.Option(help="Processes at a time; changes nothing in the result. Default: one a core.", min=1),
    ] = None,
    out: Annotated[
        str | None,
        typer.Option(metavar="DIR", help="Folder for the comparison. Default: renkei-runs/A-B-Nx."),
    ] = None,
    json_output: Annotated[bool, typer.Option("--json", help="Print the comparison as JSON.")] = False,
) -> None:
    """Compare two scenarios: the same seeds in both, paired differences, intervals, a sentence and a picture.

    Writes comparison.json and comparison.html into --out. Comparing A with A finds no difference and says so.
    """
    from sim.studies import comparison as comparing
    from sim.studies.replications import compare
    from sim.studies.scenario import loading

    left = loading.load(a)
    right = loading.changed(loading.load(b), settings or [])
    if days is not None:
        left, right = loading.lasting(left, days), loading.lasting(right, days)
    label = b if not settings else f"{b} {' '.join(settings)}"
    folder = Path(out) if out else RUNS_FOLDER / f"{_stem(a, left)}-{_stem(b, right)}-{replications}x"
    command = _command(a, b, settings or [], replications, seed, days, figure)
    most = workers or os.cpu_count() or 1
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with progress_bar(f"{left.name} / {right.name}", 2 * replications) as tick:
            found = compare(
                (left, a),
                (right, label),
                replications=replications,
                seed=seed,
                workers=min(most, 2 * replications),
                figure=figure,
                command=command,
                progress=tick,
            )
        from reports.comparison import answered, render

        found = answered(found)
        (folder / comparing.COMPARISON_FILE).write_bytes(comparing.encode(found))
        (folder / PAGE_FILE).write_text(render(found), encoding="utf-8")
    except OSError as error:
        raise HarnessError(
            "the comparison cannot be written",
            where=str(error.filename or folder),
            received=str(error.strerror),
            remedy="give a folder in which you may write: --out DIR",
        ) from error
    if json_output:
        typer.echo(comparing.encode(found).decode(), nl=False)
        return
    _tell(found)
    typer.echo(f"{folder / PAGE_FILE}")


def _stem(asked: str, scenario: Scenario) -> str:
    return Path(asked).stem if asked.endswith(".toml") else scenario.name


def _command(
    a: str, b: str, settings: list[str], replications: int, seed: int, days: int | None, figure: str
) -> str:
    parts: list[Any] = ["renkei", "sim", "compare", a, b, "--replications", replications, "--seed", seed]
    for setting in settings:
        parts += ["--set", setting]
    parts += ["--days", days] if days is not None else []
    parts += ["--figure", figure] if figure else []
    return shlex.join(str(part) for part in parts) + " --out DIR"


def _tell(found: Comparison) -> None:
    """The answer in both languages, the figures that changed, and what the days were too few for."""
    for told in found.answer.values():
        typer.echo(told["sentence"])
        typer.echo(f"  {told['detail']}")
    for one in found.figures:
        if one.shown and one.difference is not None and one.low is not None and one.high is not None:
            typer.echo(
                f"  {one.key:<22}{one.difference:>+14,.{one.mean_digits}f} {one.unit_en}"
                f"  ({one.low:+,.{one.mean_digits}f} to {one.high:+,.{one.mean_digits}f})"
            )
    for side, variant in (("A", found.a), ("B", found.b)):
        tell_beyond(variant.beyond, f"not played in {side}")
