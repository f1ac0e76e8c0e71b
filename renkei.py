"""`renkei`: the root of the command line. It composes each package's `commands.py`, nothing else.

Our packages carry plain names (`sim`, `reports`, …), so a stranger's folder of the same name can stand in
front of ours on Python's path. A verdict given by a mixture of two programs is worth nothing: before any
package is imported, the guard finds out which one Python would take, and refuses when it is not ours.

Exit codes: 0 done, 1 the implementation under test broke a rule, 2 wrong use or a fault of the harness,
130 interrupted.
"""

from __future__ import annotations

import errno
import os
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Final, NoReturn

import typer

HOME: Final = Path(__file__).resolve().parent
PACKAGES: Final = ("sim", "virtual_card", "conformance", "features", "load", "reports")

BREACH: Final = 1
REFUSED: Final = 2
INTERRUPTED: Final = 130

UNWRITABLE: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF)


def strangers() -> dict[str, str]:
    """The packages that do not lie beside this file, each with the place Python would take it from.

    Nothing is imported on the way: asking for the spec of a top-level name only looks it up.
    """
    found = {}
    for name in PACKAGES:
        spec = find_spec(name)
        if spec is None or spec.origin is None:  # absent, or a bare folder: a namespace without a file
            found[name] = "nowhere" if spec is None else ", ".join(spec.submodule_search_locations or ())
        elif Path(spec.origin).resolve() != HOME / name / "__init__.py":
            found[name] = spec.origin
    return found


def refuse(found: dict[str, str]) -> NoReturn:
    """Say which packages are not ours and how to get rid of them, and stop."""
    lines = ["renkei: refused to start: Python would not import renkei's own packages."]
    for name, place in found.items():
        lines += [f"  {name}", f"    expected: {HOME / name}", f"    received: {place}"]
    if os.environ.get("PYTHONPATH"):
        lines.append(f"  PYTHONPATH is set: {os.environ['PYTHONPATH']}")
    lines.append(
        "  what to do: unset PYTHONPATH, or give renkei an environment of its own (pipx install renkei)"
    )
    print("\n".join(lines), file=sys.stderr)
    sys.exit(REFUSED)


def show_version(wanted: bool) -> None:
    """Print the version of the installed distribution and stop, when it was asked for."""
    if wanted:
        from importlib.metadata import version

        typer.echo(f"renkei {version('renkei')}")
        raise typer.Exit


def root(
    version: Annotated[
        bool, typer.Option("--version", help="Show the version.", callback=show_version, is_eager=True)
    ] = False,
) -> None:
    """The options that stand before a command."""


def compose() -> typer.Typer:
    """The whole command line. The `commands` modules are light: what is heavy, they import when called."""
    from conformance.commands import app as conform_app
    from load.commands import load_app
    from reports.commands import app as report_app
    from sim.commands import (
        demo_command,
        exchange_app,
        law_app,
        lgwan_app,
        ministry_app,
        pki_app,
        sim_app,
        status_command,
        terminal_app,
    )
    from virtual_card.commands import card_app

    app = typer.Typer(
        name="renkei",
        help="Test harness and simulator for the exchange of residence records (市区町村 ⇄ 入管庁).",
        add_completion=False,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
    )

    app.callback()(root)
    app.command("demo")(demo_command)
    app.add_typer(sim_app, name="sim")
    app.add_typer(law_app, name="law")
    app.add_typer(exchange_app, name="exchange")
    app.add_typer(pki_app, name="pki")
    app.add_typer(ministry_app, name="ministry")
    app.add_typer(terminal_app, name="terminal")
    app.add_typer(lgwan_app, name="lgwan")
    app.command("status")(status_command)
    app.add_typer(load_app, name="load")
    app.add_typer(conform_app, name="conform")
    app.add_typer(card_app, name="card")
    app.add_typer(report_app, name="report")
    return app


def run() -> NoReturn:
    """Run the command line; every exception ends as a message on standard error and an exit code."""
    from sim.base.errors import Breach, RenkeiError
    from virtual_card.errors import CardError

    try:
        compose()()
    except Breach as breach:
        print(f"renkei: {breach}", file=sys.stderr)
        sys.exit(BREACH)
    except (RenkeiError, CardError) as error:
        print(f"renkei: {error}", file=sys.stderr)
        sys.exit(REFUSED)
    except Exception as error:
        if _of_the_output(error):
            print(
                "renkei: the output cannot be written\n"
                f"  where: standard output\n  received: {error}\n"
                "  what to do: send it to a place that has room and may be written",
                file=sys.stderr,
            )
            sys.exit(REFUSED)
        if os.environ.get("RENKEI_TRACEBACK") == "1":
            import traceback

            traceback.print_exc()
        print(
            "renkei: an unexpected fault of the harness, not of what it tests\n"
            f"  received: {type(error).__name__}: {error}\n"
            "  what to do: please report it, with the traceback that RENKEI_TRACEBACK=1 shows",
            file=sys.stderr,
        )
        sys.exit(REFUSED)
    sys.exit(0)


def _of_the_output(error: Exception) -> bool:
    """Whether standard output is what failed: files of ours have a name, and their faults are caught."""
    if not isinstance(error, OSError) or error.filename is not None or error.errno not in UNWRITABLE:
        return False
    # Python flushes once more on its way out, and would complain.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return True


def main() -> NoReturn:
    """Where the console script comes in: the guard first, then everything else."""
    try:
        if found := strangers():
            refuse(found)
        run()
    except KeyboardInterrupt:
        print("renkei: interrupted", file=sys.stderr)
        sys.exit(INTERRUPTED)
